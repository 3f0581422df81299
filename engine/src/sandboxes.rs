//! Making, changing, resetting and deleting sandboxes.

use crate::batch::sandbox_chance;
use crate::command::{Background, Command, Failure};
use crate::run::Engine;
use kernel::{
    Chance, Clock, Cx, Decided, Effects, Event, Fixtures, Instant, Latency, Provider, Realm, Sandbox, SandboxId, Stop,
    View,
};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a new sandbox is to be.
#[derive(Debug, Clone)]
pub struct NewSandbox {
    /// Its id; random, or derived from the seed, without one.
    pub id: Option<SandboxId>,
    /// What a person calls it.
    pub name: Option<String>,
    /// Makes it repeatable.
    pub seed: Option<i64>,
    /// Its clock; wall time without one.
    pub clock: Option<Clock>,
    /// How much simulated latency clients wait for.
    pub latency: Latency,
    /// What it holds.
    pub fixtures: Fixtures,
    /// Deleted after so many seconds of wall time.
    pub ttl_seconds: Option<u32>,
    /// Mixed into its credentials, where the listener is not loopback.
    pub credential_salt: Option<String>,
}

impl Default for NewSandbox {
    fn default() -> Self {
        Self {
            id: None,
            name: None,
            seed: None,
            clock: None,
            latency: Latency::INSTANT,
            fixtures: Fixtures::Full,
            ttl_seconds: None,
            credential_salt: None,
        }
    }
}

/// Times that a free id is looked for when others take it first.
const MOST_TRIES: usize = 16;

/// A sandbox of that id is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken;

/// From what the credentials of a sandbox are derived.
#[must_use]
pub fn realm_of(sandbox: &Sandbox) -> Realm {
    let salt = sandbox.credential_salt.as_deref().unwrap_or_default();
    Realm {
        sandbox: sandbox.id.clone(),
        published: sandbox.id == SandboxId::demo() && salt.is_empty(),
        chance: sandbox_chance(sandbox).child(&format!("credentials.{salt}")),
    }
}

struct Create {
    sandbox: Box<Sandbox>,
    seed_name: Option<String>,
    providers: Arc<[Arc<dyn Provider>]>,
}

impl Command for Create {
    type Reply = Arc<Sandbox>;
    type Refusal = Taken;

    fn decide(&self, cx: &Cx, view: &View<'_>) -> Decided<Arc<Sandbox>, Taken> {
        let sandbox = &self.sandbox;
        let name = Sandbox::directory_name(&sandbox.id);
        if view.get::<Sandbox>(sandbox.id.as_str())?.is_some() || view.name(&name)?.is_some() {
            return Err(Stop::Refused(Taken));
        }
        let mut fx = Effects::new();
        fx.names.push(name);
        fx.names.extend(self.seed_name.clone());
        fx.names.extend(credential_names(&self.providers, sandbox));
        fx.tell(Event::own("sandbox.created", cx.now, json!({ "seed": sandbox.seed, "name": sandbox.name })));
        fx.insert((**sandbox).clone());
        Ok((Arc::new((**sandbox).clone()), fx))
    }

    fn background(&self) -> Background {
        let chance = Some("create".to_owned());
        Background { chance, makes: Some(self.sandbox.clone()), ..Background::default() }
    }
}

fn credential_names(providers: &[Arc<dyn Provider>], sandbox: &Sandbox) -> Vec<String> {
    let realm = realm_of(sandbox);
    providers.iter().flat_map(|provider| provider.credentials(&realm).names).collect()
}

/// Changes the sandbox's own record by a function of it.
struct Change<F> {
    what: &'static str,
    change: F,
}

impl<F, R> Command for Change<F>
where
    F: Fn(&Cx, &mut Sandbox) -> Result<serde_json::Value, R> + Send + 'static,
    R: Send + 'static,
{
    type Reply = Arc<Sandbox>;
    type Refusal = R;

    fn decide(&self, cx: &Cx, view: &View<'_>) -> Decided<Arc<Sandbox>, R> {
        let mut fx = Effects::new();
        let mut after = (*cx.sandbox).clone();
        let data = (self.change)(cx, &mut after).map_err(Stop::Refused)?;
        if after != *cx.sandbox {
            // The read that its version is checked by.
            let before = view.get::<Sandbox>(cx.sandbox.id.as_str())?.unwrap_or_else(|| Arc::clone(&cx.sandbox));
            let at = after.clock.now(cx.wall);
            fx.replace(&*before, after.clone());
            fx.tell(Event::own(self.what, at, data));
        }
        Ok((Arc::new(after), fx))
    }

    fn background(&self) -> Background {
        Background { chance: Some(self.what.to_owned()), ..Background::default() }
    }
}

struct Reset {
    providers: Arc<[Arc<dyn Provider>]>,
    generation: u32,
}

impl Command for Reset {
    type Reply = Arc<Sandbox>;
    type Refusal = ();

    fn decide(&self, cx: &Cx, view: &View<'_>) -> Decided<Arc<Sandbox>, ()> {
        let before = view.get::<Sandbox>(cx.sandbox.id.as_str())?.unwrap_or_else(|| Arc::clone(&cx.sandbox));
        let mut fx = Effects::new();
        // Also of those whose fixtures do not stand: they can have kept something at the reset before.
        for provider in self.providers.iter() {
            let kept = provider.kept_by_reset(cx, view)?;
            fx.writes.extend(kept.writes);
        }
        let mut after = (*before).clone();
        after.generation = self.generation.max(before.generation.saturating_add(1));
        after.clock = before.first_clock;
        after.commands = 0;
        after.made.clear();
        after.faults.clear();
        after.assumptions.clear();
        fx.moves_to = Some(after.generation);
        fx.tell(Event::own("sandbox.reset", after.clock.now(cx.wall), json!({ "generation": after.generation })));
        fx.replace(&*before, after.clone());
        Ok((Arc::new(after), fx))
    }

    fn background(&self) -> Background {
        Background { chance: Some("reset".to_owned()), ..Background::default() }
    }
}

struct Delete {
    providers: Arc<[Arc<dyn Provider>]>,
}

impl Command for Delete {
    type Reply = ();
    type Refusal = ();

    fn decide(&self, cx: &Cx, view: &View<'_>) -> Decided<(), ()> {
        let before = view.get::<Sandbox>(cx.sandbox.id.as_str())?.unwrap_or_else(|| Arc::clone(&cx.sandbox));
        let mut fx = Effects::new();
        fx.ends_sandbox = true;
        fx.names_released.push(Sandbox::directory_name(&before.id));
        fx.names_released.extend(credential_names(&self.providers, &before));
        fx.remove(&*before);
        Ok(((), fx))
    }

    fn background(&self) -> Background {
        Background { chance: Some("delete".to_owned()), ..Background::default() }
    }
}

impl Engine {
    /// Makes a sandbox.
    ///
    /// # Errors
    /// Refused when its id is taken.
    pub async fn create_sandbox(&self, new: NewSandbox) -> Result<Arc<Sandbox>, Failure<Taken>> {
        let mut tries = 0;
        loop {
            let (id, seed_name) = match (new.id.clone(), new.seed) {
                (Some(id), _) => (id, None),
                (None, Some(seed)) => self.next_of_seed(seed)?,
                (None, None) => (self.random_id(), None),
            };
            let sandbox = Box::new(self.sandbox_of(new.clone(), id));
            let create = Create { sandbox: sandbox.clone(), seed_name, providers: self.providers().into() };
            tries += 1;
            match self.decide(&sandbox.id, create).await {
                // Somebody else took the number that was free: the next one is.
                Err(Failure::Refused(Taken)) if new.id.is_none() && tries < MOST_TRIES => {}
                answer => return answer,
            }
        }
    }

    fn sandbox_of(&self, new: NewSandbox, id: SandboxId) -> Sandbox {
        let created_at = self.wall().now();
        let clock = new.clock.unwrap_or(Clock::WALL);
        Sandbox {
            id,
            name: new.name,
            generation: self.next_generation(),
            seed: new.seed,
            credential_salt: new.credential_salt,
            clock,
            first_clock: clock,
            latency: new.latency,
            egress: None,
            fixtures: new.fixtures,
            made: Vec::new(),
            assumptions: BTreeMap::new(),
            faults: Vec::new(),
            commands: 0,
            created_at,
            expires_at: new.ttl_seconds.map(|seconds| created_at.plus_ms(i64::from(seconds) * 1000)),
        }
    }

    fn random_id(&self) -> SandboxId {
        let at = self.next_id();
        let text = format!("sbx_{}", self.ids().child(&at.to_string()).draw("sandbox").lower_alphanumeric(16));
        SandboxId::parse(&text).unwrap_or_else(|_| SandboxId::demo())
    }

    /// The id of the next sandbox of a seed, and the name that says that it is taken.
    fn next_of_seed(&self, seed: i64) -> Result<(SandboxId, Option<String>), Failure<Taken>> {
        let prefix = format!("seed:{seed}:");
        let mut last = String::new();
        loop {
            let names = self.store().names(&prefix, &last, 1000);
            let names = names.map_err(|error| Failure::Unavailable(error.to_string()))?;
            match names.last() {
                Some((name, _)) => last.clone_from(name),
                None => break,
            }
        }
        let taken = last.strip_prefix(&prefix).and_then(|n| n.parse::<u64>().ok());
        let number = taken.map_or(0, |n| n + 1);
        let chance = Chance::keyed(&[b"sandbox of seed", seed.to_string().as_bytes(), number.to_string().as_bytes()]);
        let text = format!("sbx_{}", chance.draw("id").lower_alphanumeric(16));
        let id = SandboxId::parse(&text).map_err(|_| Failure::Bug)?;
        Ok((id, Some(format!("{prefix}{number:010}"))))
    }

    /// Changes a sandbox's own record: settings, clock, faults. Tells `what` with the data that `change` returns.
    ///
    /// # Errors
    /// Refused by `change`.
    pub async fn change_sandbox<R: Send + 'static>(
        &self,
        id: &SandboxId,
        what: &'static str,
        change: impl Fn(&Cx, &mut Sandbox) -> Result<serde_json::Value, R> + Send + 'static,
    ) -> Result<Arc<Sandbox>, Failure<R>> {
        self.decide(id, Change { what, change }).await
    }

    /// Goes back to creation. Credentials and webhook endpoints are kept.
    ///
    /// # Errors
    /// No such sandbox, or the database failed.
    pub async fn reset_sandbox(&self, id: &SandboxId) -> Result<Arc<Sandbox>, Failure<()>> {
        let generation = self.next_generation();
        self.decide(id, Reset { providers: self.providers().into(), generation }).await
    }

    /// Deletes a sandbox.
    ///
    /// # Errors
    /// No such sandbox, or the database failed.
    pub async fn delete_sandbox(&self, id: &SandboxId) -> Result<(), Failure<()>> {
        self.decide(id, Delete { providers: self.providers().into() }).await
    }

    pub(crate) fn delete_here(&self, id: &SandboxId) -> Result<(), Failure<()>> {
        self.decide_here(id, Delete { providers: self.providers().into() })
    }

    /// The sandboxes by id, after the one given.
    ///
    /// # Errors
    /// The database failed.
    pub fn sandboxes(&self, after: &str, limit: usize) -> Result<Vec<Arc<Sandbox>>, store::StoreError> {
        let after = if after.is_empty() { String::new() } else { format!("sandbox:{after}") };
        let names = self.store().names("sandbox:", &after, limit)?;
        let mut found = Vec::new();
        for (_, id) in names {
            found.extend(self.sandbox(&id)?);
        }
        Ok(found)
    }
}

/// When time was asked to go backwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backwards {
    /// Where it stands.
    pub now: Instant,
}

/// A change of the clock: frozen or running, at an instant that is not before its now.
///
/// # Errors
/// [`Backwards`].
pub fn set_clock(cx: &Cx, sandbox: &mut Sandbox, frozen: Option<bool>, to: Option<Instant>) -> Result<(), Backwards> {
    let now = sandbox.clock.now(cx.wall);
    if to.is_some_and(|to| to < now) {
        return Err(Backwards { now });
    }
    let clock = to.map_or(sandbox.clock, |to| sandbox.clock.set_to(to, cx.wall));
    sandbox.clock = match frozen {
        Some(true) => clock.frozen(cx.wall),
        Some(false) => clock.running(cx.wall),
        None => clock,
    };
    Ok(())
}
