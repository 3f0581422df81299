//! The inbox: a receiver for tests that have none. Whatever is sent below `/inbox/{sandbox}/` is recorded and answered.
//!
//! Reading order: [`record`] (what is kept), [`receive`] (the decision and the open routes), [`answers`] (what is
//! answered), [`list`] (looking at it).

mod answers;
mod list;
mod receive;
mod record;

use engine::Engine;
use kernel::SandboxId;
use utoipa_axum::router::OpenApiRouter;

use crate::admin::Admin;

pub(crate) use receive::open_routes;

/// A message as it came in.
#[derive(Debug, Clone, Copy)]
pub struct Received<'a> {
    /// The whole address that it was sent to, as its sender wrote it.
    pub url: &'a str,
    /// Header names in lower case, with their values.
    pub headers: &'a [(String, String)],
    /// The body, byte for byte.
    pub body: &'a [u8],
}

/// What came of checking a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// The endpoint whose secret it was checked with, as its provider names it.
    pub endpoint: String,
    /// Whether the signature is right.
    pub verified: bool,
}

/// Knows how one provider signs what it sends. Implemented by the wiring on a provider's public face.
pub trait Verifier: Send + Sync {
    /// The provider.
    fn provider(&self) -> &'static str;

    /// Checks a message by the secrets of the provider's endpoints for its address. None when the message is not this
    /// provider's: no endpoint has the address, or no signature of its kind is there. May read; runs off the async
    /// threads.
    fn check(&self, engine: &Engine, sandbox: &SandboxId, message: &Received<'_>) -> Option<Checked>;
}

pub(crate) fn routes() -> OpenApiRouter<Admin> {
    list::routes().merge(answers::routes())
}
