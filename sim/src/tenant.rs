//! What a merchant knows of its sandbox: what it was answered, nothing else.

use crate::observe::Seen;
use engine::Engine;
use kernel::{Sandbox, SandboxId};
use sandpay::auth::KeyHash;
use sandpay::scenarios::Status;
use std::collections::{BTreeMap, BTreeSet};
use store::{Memory, Store};

/// An API key.
#[derive(Debug, Clone)]
pub(crate) struct Key {
    pub(crate) whole: String,
    pub(crate) id: Option<String>,
    pub(crate) is_revoked: bool,
}

/// A webhook endpoint.
#[derive(Debug, Clone)]
pub(crate) struct Hook {
    pub(crate) secret: String,
    pub(crate) is_enabled: bool,
    pub(crate) is_removed: bool,
}

/// What was sent under a reference, as far as a repeated request must agree with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sent {
    pub(crate) amount: i64,
    pub(crate) currency: String,
    pub(crate) msisdn: String,
    pub(crate) operator: &'static str,
    pub(crate) country: &'static str,
}

/// A sandbox as its owner knows it.
pub(crate) struct Tenant {
    pub(crate) id: SandboxId,
    pub(crate) keys: Vec<Key>,
    pub(crate) hooks: BTreeMap<String, Hook>,
    /// Environments that were switched off.
    pub(crate) off: BTreeSet<String>,
    /// Who holds a reference, and what was sent.
    pub(crate) references: BTreeMap<String, (String, Sent)>,
    /// The last answer about each payment.
    pub(crate) answered: BTreeMap<String, Status>,
    /// How often the faults that were set may fire.
    pub(crate) faults: BTreeMap<String, u32>,
    pub(crate) seen: Seen,
}

impl Tenant {
    pub(crate) fn of(sandbox: &Sandbox) -> Self {
        let key = sandpay::fixtures::api_key(&engine::sandboxes::realm_of(sandbox));
        Self {
            id: sandbox.id.clone(),
            keys: vec![Key { whole: key, id: None, is_revoked: false }],
            hooks: BTreeMap::new(),
            off: BTreeSet::new(),
            references: BTreeMap::new(),
            answered: BTreeMap::new(),
            faults: BTreeMap::new(),
            seen: Seen::new(sandbox.scope()),
        }
    }

    /// After a reset: keys and endpoints are kept, everything else is as at first.
    pub(crate) fn reset_to(&mut self, sandbox: &Sandbox) {
        self.off.clear();
        self.references.clear();
        self.answered.clear();
        self.seen = Seen::new(sandbox.scope());
    }

    /// The endpoints that are owed what happens now.
    pub(crate) fn listening(&self) -> BTreeSet<String> {
        let on = self.hooks.iter().filter(|(_, hook)| hook.is_enabled && !hook.is_removed);
        on.map(|(id, _)| id.clone()).collect()
    }

    /// A key that opens the API.
    pub(crate) fn good_key(&self) -> Option<&Key> {
        self.keys.iter().find(|key| !key.is_revoked)
    }

    /// Names of the directory that must lead here, and nowhere once it is gone.
    pub(crate) fn names(&self) -> Vec<String> {
        let keys = self.keys.iter().map(|key| KeyHash::of(&key.whole).directory_name());
        keys.chain([Sandbox::directory_name(&self.id)]).collect()
    }

    /// Whether each of its names leads to it.
    pub(crate) fn check_names(&self, engine: &Engine) -> Result<(), String> {
        for name in self.names() {
            let owner = engine.owner_of(&name).map_err(|error| error.to_string())?;
            if owner.as_ref() != Some(&self.id) {
                return Err(format!("{name} leads to {owner:?} and not to {}", self.id));
            }
        }
        Ok(())
    }

    /// The sandbox as it stands in the store.
    pub(crate) fn sandbox(&self, memory: &Memory) -> Option<std::sync::Arc<Sandbox>> {
        match memory.load(&[engine::known::sandbox_key(&self.id)]).ok()?.pop() {
            Some(kernel::Found::Record(stored)) => Some(stored.value::<Sandbox>()),
            _ => None,
        }
    }
}
