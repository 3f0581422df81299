//! Bodies of the dashboard's routes. A member that is left out, or null, is not touched.

use serde::Deserialize;
use utoipa::ToSchema;

use crate::model::{ClientStatus, UnknownMsisdnPolicy};
use crate::operators::{Country, Operator};

/// A key to make.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewApiKey {
    /// What it is for; 1 to 80 characters.
    pub label: Option<String>,
    /// ISO 8601, virtual time; never without it.
    pub expires_at: Option<String>,
}

/// What to change of a key.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApiKeyChange {
    /// What it is for; 1 to 80 characters.
    pub label: Option<String>,
    /// ISO 8601, virtual time.
    pub expires_at: Option<String>,
}

/// A store to add.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewStore {
    /// What requests name: 1 to 80 of letters, digits, `.`, `_` and `-`.
    pub slug: String,
    /// For people; the slug without it.
    pub name: Option<String>,
}

/// What to change of a store.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StoreChange {
    /// For people.
    pub name: Option<String>,
}

/// What to change of an environment.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EnvironmentChange {
    /// Off, payments are `env_not_found`.
    pub enabled: Option<bool>,
    /// The fee in basis points.
    #[schema(minimum = 0, maximum = 10_000)]
    pub commission_bps: Option<i64>,
    /// The merchant's share of the fee in per cent.
    #[schema(minimum = 0, maximum = 100)]
    pub merchant_absorption_pct: Option<i64>,
    /// For numbers that are not registered.
    pub unknown_msisdn_policy: Option<UnknownMsisdnPolicy>,
    /// What the float is to hold, in whole francs.
    #[schema(minimum = 0)]
    pub merchant_balance: Option<i64>,
}

/// A test client to register.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTestClient {
    /// E.164 with its plus.
    pub msisdn: String,
    /// Told by the number when left out.
    pub operator: Option<Operator>,
    /// Told by the number when left out.
    pub country: Option<Country>,
    /// In whole francs; 0 without it.
    #[schema(minimum = 0)]
    pub balance: Option<i64>,
    /// `active` without it.
    pub status: Option<ClientStatus>,
    /// Four digits; `1234` without it.
    pub pin: Option<String>,
    /// What a person calls it.
    pub name: Option<String>,
}

/// What to change of a test client.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TestClientChange {
    /// What it is to hold, in whole francs.
    #[schema(minimum = 0)]
    pub balance: Option<i64>,
    /// Whether it can pay.
    pub status: Option<ClientStatus>,
    /// Four digits.
    pub pin: Option<String>,
    /// What a person calls it.
    pub name: Option<String>,
}

/// A webhook endpoint to add.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewEndpoint {
    /// HTTPS, or HTTP to a loopback or private host.
    pub url: String,
    /// True without it.
    pub enabled: Option<bool>,
    /// Leave `reference` out of bodies; false without it.
    pub omit_reference: Option<bool>,
}

/// What to change of a webhook endpoint.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EndpointChange {
    /// HTTPS, or HTTP to a loopback or private host.
    pub url: Option<String>,
    /// False pauses it.
    pub enabled: Option<bool>,
    /// Leave `reference` out of bodies.
    pub omit_reference: Option<bool>,
}

/// The payer's confirmation.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Confirmation {
    /// As typed on the handset; a wrong one ends the payment as `PIN_INVALID`.
    pub pin: String,
}

/// Run expiry now.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpirePending {
    /// Only prompts that are this old; without it the age at which the hourly run closes them.
    #[schema(minimum = 0)]
    pub min_age_minutes: Option<u32>,
}
