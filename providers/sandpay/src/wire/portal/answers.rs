//! Answers of the dashboard's routes.

use serde::Serialize;
use utoipa::ToSchema;

use crate::model::{ApiKey, ClientStatus, Endpoint, Environment, Shop, TestClient, Transaction, UnknownMsisdnPolicy};
use crate::operators::{Country, Operator};

/// A page of a list.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Listed<T> {
    /// The items.
    pub data: Vec<T>,
    /// Where to go on; null at the end.
    #[schema(required)]
    pub next_cursor: Option<String>,
}

impl<T> Listed<T> {
    /// A list that is shown whole.
    #[must_use]
    pub const fn whole(data: Vec<T>) -> Self {
        Self { data, next_cursor: None }
    }
}

/// A secret key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ApiKeyView {
    /// `key_…`
    pub id: String,
    /// What it is for.
    pub label: String,
    /// The part that stays visible.
    pub prefix: String,
    /// When it was made.
    pub created_at: String,
    /// When it was revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<String>,
    /// From when on it opens nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
    /// The whole key, on creation only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

impl ApiKeyView {
    /// Without the key itself, which is not known any more.
    #[must_use]
    pub fn of(key: &ApiKey) -> Self {
        Self {
            id: key.key_id.clone(),
            label: key.label.clone(),
            prefix: key.prefix.clone(),
            created_at: key.created_at.iso(),
            revoked_at: key.revoked_at.map(kernel::Instant::iso),
            expires_at: key.expires_at.map(kernel::Instant::iso),
            key: None,
        }
    }
}

/// A store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct StoreView {
    /// What requests name.
    pub slug: String,
    /// For people.
    pub name: String,
}

impl StoreView {
    /// Of a store.
    #[must_use]
    pub fn of(store: &Shop) -> Self {
        Self { slug: store.slug.clone(), name: store.name.clone() }
    }
}

/// An environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct EnvironmentView {
    /// Such as `env_ci_mtn`.
    pub id: String,
    /// Whose network.
    pub operator: Operator,
    /// Where.
    pub country: Country,
    /// ISO 4217.
    pub currency: String,
    /// Off, payments are `env_not_found`.
    pub enabled: bool,
    /// The fee in basis points.
    pub commission_bps: i64,
    /// The merchant's share of the fee in per cent.
    pub merchant_absorption_pct: i64,
    /// For numbers that are not registered.
    pub unknown_msisdn_policy: UnknownMsisdnPolicy,
    /// The float, in whole francs.
    pub merchant_balance: i64,
}

impl EnvironmentView {
    /// With what its float holds.
    #[must_use]
    pub fn of(environment: &Environment, merchant_balance: i64) -> Self {
        Self {
            id: environment.pair().env_id(),
            operator: environment.operator,
            country: environment.country,
            currency: environment.pair().currency().to_owned(),
            enabled: environment.enabled,
            commission_bps: environment.commission_bps,
            merchant_absorption_pct: environment.merchant_absorption_pct,
            unknown_msisdn_policy: environment.unknown_msisdn_policy,
            merchant_balance,
        }
    }
}

/// A test client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct TestClientView {
    /// Such as `env_ci_mtn.2250500000111`.
    pub id: String,
    /// With its plus.
    pub msisdn: String,
    /// Whose network.
    pub operator: Operator,
    /// Where.
    pub country: Country,
    /// In whole francs.
    pub balance: i64,
    /// Whether it can pay.
    pub status: ClientStatus,
    /// Four digits.
    pub pin: String,
    /// What a person calls it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl TestClientView {
    /// With what it holds.
    #[must_use]
    pub fn of(client: &TestClient, balance: i64) -> Self {
        Self {
            id: kernel::Record::id(client),
            msisdn: client.msisdn.clone(),
            operator: client.operator,
            country: client.country,
            balance,
            status: client.status,
            pin: client.pin.clone(),
            name: client.name.clone(),
        }
    }
}

/// A webhook endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct EndpointView {
    /// `we_…`
    pub id: String,
    /// Where webhooks go.
    pub url: String,
    /// False while paused.
    pub enabled: bool,
    /// Whether `reference` is left out of bodies.
    pub omit_reference: bool,
    /// When it was made.
    pub created_at: String,
    /// The signing secret, on creation only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

impl EndpointView {
    /// Without its secret.
    #[must_use]
    pub fn of(endpoint: &Endpoint) -> Self {
        Self {
            id: endpoint.id.clone(),
            url: endpoint.url.clone(),
            enabled: endpoint.enabled,
            omit_reference: endpoint.omit_reference,
            created_at: endpoint.created_at.iso(),
            secret: None,
        }
    }
}

/// A prompt on a payer's handset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PromptView {
    /// The pending payment.
    pub tx_id: String,
    /// Whose handset.
    pub msisdn: String,
    /// What the payer would pay, fee included, in whole francs.
    pub amount: i64,
    /// As the merchant sent it.
    pub currency: String,
    /// The store's name.
    pub store: String,
    /// What the payer dials.
    pub ussd_code: String,
    /// When it came.
    pub created_at: String,
}

impl PromptView {
    /// Of a pending payment to a store.
    #[must_use]
    pub fn of(tx: &Transaction, store: &str) -> Self {
        Self {
            tx_id: tx.id.clone(),
            msisdn: tx.msisdn.clone(),
            amount: tx.quote().customer_total,
            currency: tx.currency.clone(),
            store: store.to_owned(),
            ussd_code: tx.operator.ussd().to_owned(),
            created_at: tx.created_at.iso(),
        }
    }
}

/// What a run of the expiry closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ExpiredView {
    /// How many.
    pub expired: usize,
    /// Which.
    pub tx_ids: Vec<String>,
    /// How many prompts are still open: they are not old enough.
    pub left: usize,
}
