//! Reads: the same view as decisions have, without a commit, on the caller's thread.

use crate::command::{Command, Failure};
use crate::known::sandbox_key;
use crate::run::Engine;
use kernel::{Cx, Decided, Effects, Found, Key, Known, Sandbox, SandboxId, Stop, View};
use std::collections::HashMap;
use std::sync::Arc;
use store::StoreError;

/// Rounds of loading before a read that still needs more is taken for a bug.
const MOST_ROUNDS: usize = 32;

#[derive(Default)]
struct Loaded(HashMap<Key, Found>);

impl Known for Loaded {
    fn known(&self, key: &Key) -> Option<Found> {
        self.0.get(key).cloned()
    }
}

/// Does nothing, so that the fixtures of a provider are made.
struct Touch(&'static str);

impl Command for Touch {
    type Reply = ();
    type Refusal = ();

    fn provider(&self) -> Option<&'static str> {
        Some(self.0)
    }

    fn decide(&self, _: &Cx, _: &View<'_>) -> Decided<(), ()> {
        Ok(((), Effects::new()))
    }
}

impl Engine {
    /// The sandbox, or none.
    ///
    /// # Errors
    /// The database failed.
    pub fn sandbox(&self, id: &SandboxId) -> Result<Option<Arc<Sandbox>>, StoreError> {
        if !self.store().is_exclusive() {
            return self.load_sandbox(id);
        }
        let known = self.feed().sandboxes();
        let (found, as_of) = known.get(id);
        if found.is_some() {
            return Ok(found);
        }
        let loaded = self.load_sandbox(id)?;
        if let Some(sandbox) = &loaded {
            known.keep(Arc::clone(sandbox), as_of);
        }
        Ok(loaded)
    }

    /// The sandbox as the database has it: after a commit, memory is a moment behind.
    pub(crate) fn load_sandbox(&self, id: &SandboxId) -> Result<Option<Arc<Sandbox>>, StoreError> {
        Ok(match self.store().load(&[sandbox_key(id)])?.pop() {
            Some(Found::Record(stored)) => Some(stored.value::<Sandbox>()),
            _ => None,
        })
    }

    /// The sandbox that a name of the directory belongs to.
    ///
    /// # Errors
    /// The database failed.
    pub fn owner_of(&self, name: &str) -> Result<Option<SandboxId>, StoreError> {
        if !self.store().is_exclusive() {
            return self.load_owner(name);
        }
        let known = self.feed().names();
        let (found, as_of) = known.get(name);
        if found.is_some() {
            return Ok(found);
        }
        let loaded = self.load_owner(name)?;
        if let Some(owner) = &loaded {
            known.keep(name, owner, as_of);
        }
        Ok(loaded)
    }

    fn load_owner(&self, name: &str) -> Result<Option<SandboxId>, StoreError> {
        Ok(match self.store().load(&[Key::Name(name.to_owned())])?.pop() {
            Some(Found::Name(sandbox)) => Some(sandbox),
            _ => None,
        })
    }

    /// Looks at a sandbox.
    ///
    /// # Errors
    /// Refused by `look`, no such sandbox, or the database failed.
    pub fn read<T, R>(
        &self,
        id: &SandboxId,
        look: impl Fn(&Cx, &View<'_>) -> Result<T, Stop<R>>,
    ) -> Result<T, Failure<R>> {
        let unavailable = |error: StoreError| Failure::Unavailable(error.to_string());
        let sandbox = self.sandbox(id).map_err(unavailable)?.ok_or(Failure::NoSandbox)?;
        let wall = self.wall().now();
        let chance = crate::batch::sandbox_chance(&sandbox).child("read");
        let cx = Cx { now: sandbox.clock.now(wall), wall, chance, sandbox };
        let mut loaded = Loaded::default();
        for _ in 0..MOST_ROUNDS {
            let keys = match look(&cx, &View::new(cx.sandbox.scope(), &loaded)) {
                Ok(seen) => return Ok(seen),
                Err(Stop::Refused(refusal)) => return Err(Failure::Refused(refusal)),
                Err(Stop::Need(need)) => need.0,
            };
            let found = self.store().load(&keys).map_err(unavailable)?;
            loaded.0.extend(keys.into_iter().zip(found));
        }
        tracing::error!(sandbox = %id, "a read never has enough");
        Err(Failure::Bug)
    }

    /// Makes sure that the fixtures of a provider stand, before a read that expects them.
    ///
    /// # Errors
    /// No such sandbox, or the database failed.
    pub async fn ensure_made(&self, id: &SandboxId, provider: &'static str) -> Result<(), Failure<()>> {
        let sandbox = self.sandbox(id).map_err(|error| Failure::Unavailable(error.to_string()))?;
        let sandbox = sandbox.ok_or(Failure::NoSandbox)?;
        if sandbox.made.iter().any(|made| made == provider) {
            return Ok(());
        }
        self.decide(id, Touch(provider)).await
    }
}
