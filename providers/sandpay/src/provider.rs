//! SandPay as the engine sees it.

use std::sync::Arc;

use kernel::{
    Assumption, Attempt, Credentials, Cx, Delivery, Effects, Job, Need, Provider, Realm, Record, Signed, Verdict, View,
    Want,
};
use serde_json::json;

use crate::auth::KeyHash;
use crate::model::{ApiKey, ORG, Org};
use crate::ops::expire;
use crate::{assumptions, fixtures, webhooks};

/// The platform.
#[derive(Debug, Clone, Copy, Default)]
pub struct SandPay;

impl Provider for SandPay {
    fn name(&self) -> &'static str {
        crate::NAME
    }

    fn assumptions(&self) -> Vec<Assumption> {
        assumptions::ALL.iter().map(assumptions::Decision::listed).collect()
    }

    fn credentials(&self, realm: &Realm) -> Credentials {
        let api_key = fixtures::api_key(realm);
        let names = vec![KeyHash::of(&api_key).directory_name()];
        Credentials { names, shown: json!({ "api_key": api_key, "application": fixtures::STORE }) }
    }

    fn fixtures(&self, cx: &Cx, view: &View<'_>, realm: &Realm, empty: bool) -> Result<Effects, Need> {
        fixtures::make(cx, view, realm, empty)
    }

    /// Keys, and the organisation with its endpoints; its stores go back to what they were at first.
    fn kept_by_reset(&self, _: &Cx, view: &View<'_>) -> Result<Effects, Need> {
        let mut fx = Effects::new();
        let Some(org) = view.get::<Org>(ORG)? else { return Ok(fx) };
        let wants: Vec<_> = org.keys.iter().map(|key| Want::Record(ApiKey::KIND, &key.hash)).collect();
        view.want(&wants)?;
        for key in &org.keys {
            if let Some(kept) = view.get::<ApiKey>(&key.hash)? {
                fx.insert(Arc::unwrap_or_clone(kept));
            }
        }
        fx.insert(Org { stores: Vec::new(), ..(*org).clone() });
        Ok(fx)
    }

    fn job(&self, cx: &Cx, view: &View<'_>, job: &Job) -> Result<Effects, Need> {
        match job.kind.as_str() {
            expire::EXPIRE => expire::run(cx, view, job),
            // A job of a version that is not this one: nothing can be done about it here.
            _ => Ok(Effects::new()),
        }
    }

    fn sign(&self, _: &Cx, view: &View<'_>, delivery: &Delivery) -> Result<Signed, Need> {
        webhooks::sign(view, delivery)
    }

    fn verdict(&self, cx: &Cx, delivery: &Delivery, attempt: &Attempt) -> Verdict {
        webhooks::verdict(cx, delivery, attempt)
    }

    fn attempt_timeout_ms(&self) -> u64 {
        webhooks::TIMEOUT_MS
    }
}
