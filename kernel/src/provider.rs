//! What a platform plugs into the engine. Its routes and pages are wired where HTTP is known.

use crate::assumption::Assumption;
use crate::chance::Chance;
use crate::context::Cx;
use crate::delivery::{Attempt, Delivery};
use crate::effects::Effects;
use crate::id::SandboxId;
use crate::job::Job;
use crate::view::{Need, View};
use serde_json::Value;

/// From what the credentials of a sandbox are derived.
#[derive(Debug, Clone)]
pub struct Realm {
    /// The sandbox.
    pub sandbox: SandboxId,
    /// The demo sandbox of a loopback listener has published credentials.
    pub published: bool,
    /// Derived from sandbox, seed and, where the listener is not loopback, a server secret.
    pub chance: Chance,
}

/// The credentials of a sandbox at one provider.
#[derive(Debug, Clone, PartialEq)]
pub struct Credentials {
    /// The directory names that lead to the sandbox. Hashes, not the secrets themselves.
    pub names: Vec<String>,
    /// The members that the ready file and the creation answer show, beside `base_url`.
    pub shown: Value,
}

/// One attempt, ready to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signed {
    /// Post the body with these headers.
    Send {
        /// Header names and values, the signature among them.
        headers: Vec<(String, String)>,
    },
    /// There is nobody to send to any more; the reason is recorded.
    Abandon {
        /// Why.
        reason: String,
    },
}

/// What follows an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Acknowledged.
    Delivered,
    /// Try again after so many milliseconds of virtual time.
    RetryAfter(i64),
    /// Give up.
    Failed,
}

/// A simulated platform.
pub trait Provider: Send + Sync + 'static {
    /// Its name in paths, events and settings: `sandpay`.
    fn name(&self) -> &'static str;

    /// Every `[decision]` of its contract that it acts on.
    fn assumptions(&self) -> Vec<Assumption>;

    /// The credentials of a sandbox. The same realm gives the same ones.
    fn credentials(&self, realm: &Realm) -> Credentials;

    /// The demo data of a new sandbox, or, when `empty`, only what its credentials need.
    ///
    /// # Errors
    /// Keys to load first.
    fn fixtures(&self, cx: &Cx, view: &View<'_>, realm: &Realm, empty: bool) -> Result<Effects, Need>;

    /// What a reset keeps: records of the old generation to insert in the new one.
    ///
    /// # Errors
    /// Keys to load first.
    fn kept_by_reset(&self, cx: &Cx, view: &View<'_>) -> Result<Effects, Need>;

    /// What a job does at its time.
    ///
    /// # Errors
    /// Keys to load first.
    fn job(&self, cx: &Cx, view: &View<'_>, job: &Job) -> Result<Effects, Need>;

    /// The headers of one attempt, signed now.
    ///
    /// # Errors
    /// Keys to load first.
    fn sign(&self, cx: &Cx, view: &View<'_>, delivery: &Delivery) -> Result<Signed, Need>;

    /// What follows an attempt, by the platform's schedule. `delivery` holds the attempts before it.
    fn verdict(&self, cx: &Cx, delivery: &Delivery, attempt: &Attempt) -> Verdict;

    /// The time limit of one attempt, in milliseconds of real time.
    fn attempt_timeout_ms(&self) -> u64;
}
