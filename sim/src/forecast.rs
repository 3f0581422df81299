//! What must become of a payment, told from the SIM registry as it stands in the store: the contract's tables (6.3, 6.4)
//! once more, in other words than the provider's own.

use crate::tenant::Tenant;
use kernel::{Currency, Found, Key, Record};
use sandpay::model::{ClientStatus, TestClient, Transaction};
use sandpay::operators::Pair;
use sandpay::scenarios::Status;
use std::sync::Arc;
use store::{Memory, Store};

/// A SIM as it stands: who it is, and what it holds.
#[derive(Debug, Clone)]
pub(crate) struct Sim {
    client: Option<Arc<TestClient>>,
    pub(crate) holds: i64,
    /// What the merchant's float holds.
    pub(crate) float: i64,
}

impl Sim {
    /// The SIM of a number in an environment. None before the fixtures are made.
    pub(crate) fn of(memory: &Memory, tenant: &Tenant, pair: Pair, msisdn: &str) -> Option<Self> {
        let made = tenant.sandbox(memory)?.made.iter().any(|made| made == sandpay::NAME);
        let scope = &tenant.seen.scope;
        let id = TestClient::id_of(pair, msisdn);
        let currency = Currency::parse(pair.currency()).ok()?;
        let balance = |account: String| Key::Balance(scope.clone(), account, currency);
        let keys = [
            Key::Record(scope.clone(), TestClient::KIND, id.clone()),
            balance(format!("sim.{id}")),
            balance(format!("float.{}", pair.env_id())),
        ];
        let mut found = memory.load(&keys).ok()?.into_iter();
        let client = match found.next()? {
            Found::Record(stored) => Some(stored.value::<TestClient>()),
            _ => None,
        };
        let mut minor = || match found.next() {
            Some(Found::Balance(minor)) => minor,
            _ => 0,
        };
        made.then(|| Self { client, holds: minor(), float: minor() })
    }

    fn can_pay(&self, total: i64) -> Result<(), Status> {
        match &self.client {
            None => Err(Status::UnknownMsisdn),
            Some(client) if client.status == ClientStatus::Blocked => Err(Status::AccountBlocked),
            Some(_) if self.holds < total => Err(Status::InsufficientFunds),
            Some(_) => Ok(()),
        }
    }

    /// The status of a new payment that no scenario forces.
    pub(crate) fn status_of_new(&self, payment: &Transaction) -> Status {
        self.can_pay(payment.quote().customer_total).err().unwrap_or(Status::Pending)
    }

    /// The status of a payment that is confirmed with this PIN. All SIMs have the same one.
    pub(crate) fn status_of_confirmed(&self, payment: &Transaction, pin: &str) -> Status {
        match (&self.client, pin) {
            (Some(_), wrong) if wrong != "1234" => Status::PinInvalid,
            _ => self.can_pay(payment.quote().customer_total).err().unwrap_or(Status::Success),
        }
    }
}
