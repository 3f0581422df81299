//! Which provider signed what arrives at the inbox, asked of the providers' public faces.

use console::{Checked, Received, Verifier};
use engine::Engine;
use kernel::{SandboxId, Stop};
use sandpay::model::{ORG, Org};

/// Checks SandPay's signatures by the secrets of its endpoints.
pub(super) struct SandPayVerifier;

impl Verifier for SandPayVerifier {
    fn provider(&self) -> &'static str {
        sandpay::NAME
    }

    fn check(&self, engine: &Engine, sandbox: &SandboxId, message: &Received<'_>) -> Option<Checked> {
        let header = message.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(sandpay::signature::HEADER));
        let signature = &header?.1;
        let org = engine.read(sandbox, |_, view| view.get::<Org>(ORG).map_err(Stop::<()>::Need)).ok()??;
        let mut at_address = org.endpoints.iter().filter(|endpoint| endpoint.url == message.url).peekable();
        let first = at_address.peek()?.id.clone();
        // Several endpoints may have one address; the one whose secret fits sent it.
        let sender =
            at_address.find(|endpoint| sandpay::signature::verify(&endpoint.secret, message.body, Some(signature)));
        Some(Checked { verified: sender.is_some(), endpoint: sender.map_or(first, |endpoint| endpoint.id.clone()) })
    }
}
