//! A test client: a SIM in the registry of one environment. Its balance is a ledger account.

use kernel::Record;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::msisdn::digits;
use crate::operators::{Country, Operator, Pair};

/// The PIN of a client that was given none.
pub const DEFAULT_PIN: &str = "1234";

/// Whether a SIM can pay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ClientStatus {
    /// It can.
    Active,
    /// Every payment is `ACCOUNT_BLOCKED`.
    Blocked,
}

/// A test client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestClient {
    /// Whose network.
    pub operator: Operator,
    /// Where.
    pub country: Country,
    /// With its plus.
    pub msisdn: String,
    /// Whether it can pay.
    pub status: ClientStatus,
    /// Four digits, asked for on the handset. It opens nothing outside the sandbox and is shown.
    pub pin: String,
    /// What a person calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl Record for TestClient {
    const KIND: &'static str = "sandpay.test_client";

    fn id(&self) -> String {
        Self::id_of(self.pair(), &self.msisdn)
    }
}

impl TestClient {
    /// The id of a number in an environment.
    #[must_use]
    pub fn id_of(pair: Pair, msisdn: &str) -> String {
        format!("{}.{}", pair.env_id(), digits(msisdn))
    }

    /// Operator and country.
    #[must_use]
    pub const fn pair(&self) -> Pair {
        Pair { operator: self.operator, country: self.country }
    }
}
