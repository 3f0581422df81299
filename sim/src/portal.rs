//! What merchants do in the dashboard: endpoints, keys, test clients, environments; and replays of deliveries.

use crate::payments::{a_pair, funded};
use crate::run::{Said, Sim};
use crate::tenant::{Hook, Key};
use crate::world::at_once;
use engine::Failure;
use sandpay::model::{ClientStatus, TestClient};
use sandpay::ops::portal::{Refused, api_keys, environments, test_clients, webhook_endpoints};
use sandpay::wire::portal::{
    EndpointChange, EnvironmentChange, NewApiKey, NewEndpoint, NewTestClient, TestClientChange,
};

impl Sim {
    /// An answer, or none when the store had failed. Everything else should not be.
    fn done<T>(&mut self, what: &str, answer: Result<T, Failure<Refused>>) -> Result<Option<T>, String> {
        match answer {
            Ok(done) => Ok(Some(done)),
            Err(Failure::Unavailable(_)) => self.excuse(what).map(|()| None),
            Err(failure) => Err(format!("{what}: {failure:?}")),
        }
    }

    /// An endpoint is added.
    pub(crate) fn add_endpoint(&mut self) -> Said {
        let Some(at) = self.draw_tenant() else { return Ok("nobody is there".to_owned()) };
        let sandbox = self.tenants[at].id.clone();
        if self.tenants[at].hooks.values().filter(|hook| !hook.is_removed).count() >= 3 {
            return Ok(format!("{sandbox} has endpoints enough"));
        }
        let new = NewEndpoint {
            url: format!("https://shop.example/{}", self.draw.hex(4)),
            enabled: (self.draw.below(4) == 0).then_some(false),
            omit_reference: (self.draw.below(3) == 0).then_some(true),
        };
        let answer = self.world.run(&sandbox, new, webhook_endpoints::create);
        let Some(shown) = self.done("add an endpoint", answer)? else { return Ok("unavailable".to_owned()) };
        let secret = shown.secret.ok_or("an endpoint without a secret")?;
        let hook = Hook { secret, is_enabled: shown.enabled, is_removed: false };
        self.tenants[at].hooks.insert(shown.id.clone(), hook);
        Ok(format!("{sandbox} listens at {}", shown.id))
    }

    /// An endpoint is paused, resumed, moved or removed.
    pub(crate) fn change_endpoint(&mut self) -> Said {
        let Some(at) = self.draw_tenant() else { return Ok("nobody is there".to_owned()) };
        let sandbox = self.tenants[at].id.clone();
        let hooks = &self.tenants[at].hooks;
        let nth = usize::try_from(self.draw.below(hooks.len().max(1) as u64)).unwrap_or(0);
        let Some((id, hook)) = hooks.iter().nth(nth).map(|(id, hook)| (id.clone(), hook.clone())) else {
            return Ok(format!("{sandbox} has no endpoint"));
        };
        if hook.is_removed {
            let answer = self.world.run(&sandbox, id, |cx, view, id| webhook_endpoints::remove(cx, view, id));
            return match answer {
                Err(Failure::Refused(Refused::Unknown { .. })) => Ok("it is removed already".to_owned()),
                Err(Failure::Unavailable(_)) => self.excuse("remove").map(|()| "unavailable".to_owned()),
                other => Err(format!("removed twice: {other:?}")),
            };
        }
        if self.draw.below(4) == 0 {
            let asked = id.clone();
            let answer = self.world.run(&sandbox, asked, |cx, view, id| webhook_endpoints::remove(cx, view, id));
            if self.done("remove an endpoint", answer)?.is_some() {
                self.hook(at, &id)?.is_removed = true;
            }
            return Ok(format!("{sandbox} removes {id}"));
        }
        let enabled = self.draw.below(2) == 0;
        let url = (self.draw.below(4) == 0).then(|| format!("https://shop.example/{}", self.draw.hex(4)));
        let change = EndpointChange { url, enabled: Some(enabled), omit_reference: None };
        let answer = self.world.run(&sandbox, (id.clone(), change), webhook_endpoints::change);
        if self.done("change an endpoint", answer)?.is_some() {
            self.hook(at, &id)?.is_enabled = enabled;
        }
        Ok(format!("{sandbox} {id} on: {enabled}"))
    }

    fn hook(&mut self, at: usize, id: &str) -> Result<&mut Hook, String> {
        self.tenants[at].hooks.get_mut(id).ok_or_else(|| format!("no endpoint {id}"))
    }

    /// A key is made.
    pub(crate) fn make_key(&mut self) -> Said {
        let Some(at) = self.draw_tenant() else { return Ok("nobody is there".to_owned()) };
        let sandbox = self.tenants[at].id.clone();
        let answer = self.world.run(&sandbox, NewApiKey::default(), api_keys::create);
        let Some(shown) = self.done("make a key", answer)? else { return Ok("unavailable".to_owned()) };
        let whole = shown.key.ok_or("a key that is not shown")?;
        self.tenants[at].keys.push(Key { whole, id: Some(shown.id.clone()), is_revoked: false });
        Ok(format!("{sandbox} makes {}", shown.id))
    }

    /// A key is revoked, perhaps one that was already.
    pub(crate) fn revoke_key(&mut self) -> Said {
        let Some(at) = self.draw_tenant() else { return Ok("nobody is there".to_owned()) };
        let sandbox = self.tenants[at].id.clone();
        let keys = &self.tenants[at].keys;
        let nth = usize::try_from(self.draw.below(keys.len() as u64)).unwrap_or(0);
        let Some(id) = keys[nth].id.clone() else { return Ok(format!("{sandbox} keeps its first key")) };
        let answer = self.world.run(&sandbox, id.clone(), |cx, view, id| api_keys::revoke(cx, view, id));
        if self.done("revoke a key", answer)?.is_some() {
            self.tenants[at].keys[nth].is_revoked = true;
        }
        Ok(format!("{sandbox} revokes {id}"))
    }

    /// A SIM is topped up, emptied, blocked, or made.
    pub(crate) fn change_client(&mut self) -> Said {
        let Some(at) = self.draw_tenant() else { return Ok("nobody is there".to_owned()) };
        let sandbox = self.tenants[at].id.clone();
        let pair = a_pair(&mut self.draw);
        if self.draw.below(5) == 0 {
            let msisdn = format!("+22507{:08}", self.draw.below(20));
            let balance = Some(self.draw.between(0, 50_000));
            let (operator, country) = (Some(pair.operator), Some(pair.country));
            let new = NewTestClient { msisdn, operator, country, balance, status: None, pin: None, name: None };
            let answer = self.world.run(&sandbox, new, test_clients::create);
            return match answer {
                Ok(made) => Ok(format!("{sandbox} registers {}", made.id)),
                Err(Failure::Refused(Refused::Taken { .. })) => Ok("registered already".to_owned()),
                Err(Failure::Unavailable(_)) => self.excuse("register").map(|()| "unavailable".to_owned()),
                Err(failure) => Err(format!("register a SIM: {failure:?}")),
            };
        }
        let number = funded(pair);
        let id = TestClient::id_of(pair, &number);
        let status = if self.draw.below(4) == 0 { ClientStatus::Blocked } else { ClientStatus::Active };
        let change = TestClientChange {
            balance: (self.draw.below(2) == 0).then(|| self.draw.between(0, 300_000)),
            status: Some(status),
            ..TestClientChange::default()
        };
        let answer = self.world.run(&sandbox, (id.clone(), change.clone()), test_clients::change);
        let done = self.done("change a SIM", answer)?.is_some();
        Ok(format!("{sandbox} {id} {status:?} {:?}: {done}", change.balance))
    }

    /// An environment is switched, its fee set.
    pub(crate) fn change_environment(&mut self) -> Said {
        let Some(at) = self.draw_tenant() else { return Ok("nobody is there".to_owned()) };
        let sandbox = self.tenants[at].id.clone();
        let pair = a_pair(&mut self.draw);
        let (env_id, on) = (pair.env_id(), self.draw.below(3) > 0);
        let change = EnvironmentChange {
            enabled: Some(on),
            commission_bps: (self.draw.below(2) == 0).then(|| self.draw.between(0, 10_000)),
            merchant_absorption_pct: (self.draw.below(2) == 0).then(|| self.draw.between(0, 100)),
            ..EnvironmentChange::default()
        };
        let answer = self.world.run(&sandbox, (env_id.clone(), change), environments::change);
        if self.done("change an environment", answer)?.is_some() {
            if on {
                self.tenants[at].off.remove(&env_id);
            } else {
                self.tenants[at].off.insert(env_id.clone());
            }
        }
        Ok(format!("{sandbox} {env_id} on: {on}"))
    }

    /// A delivery is asked for again, perhaps one that is not there.
    pub(crate) fn replay(&mut self) -> Said {
        let Some(at) = self.draw_tenant() else { return Ok("nobody is there".to_owned()) };
        let tenant = &self.tenants[at];
        let nth = usize::try_from(self.draw.below(tenant.seen.deliveries.len() as u64 + 1)).unwrap_or(0);
        let picked = tenant.seen.deliveries.keys().nth(nth).cloned();
        let id = picked.clone().unwrap_or_else(|| "nothing".to_owned());
        let answer = at_once(self.world.engine.replay(&tenant.id, &id));
        let said = format!("{} replays {id}", tenant.id);
        match (picked, answer) {
            (Some(_), Ok(_)) | (None, Err(Failure::Refused(()))) => Ok(said),
            (_, Err(Failure::Unavailable(_))) => self.excuse("replay").map(|()| said),
            (_, answer) => Err(format!("{said}: {answer:?}")),
        }
    }
}
