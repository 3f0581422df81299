//! The organisation of a sandbox, with its stores, webhook endpoints and keys: one aggregate, so that creating a payment
//! reads it with one key.

use std::fmt;

use kernel::{Instant, Record};
use serde::{Deserialize, Serialize};

/// The id of the one organisation of a sandbox.
pub const ORG: &str = "org";

/// An organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Org {
    /// `org_…`, in webhooks.
    pub org_id: String,
    /// In the order of their making.
    pub stores: Vec<Shop>,
    /// In the order of their making.
    pub endpoints: Vec<Endpoint>,
    /// All keys ever made, in that order.
    pub keys: Vec<KeyRef>,
}

/// A store, named by `application` in requests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shop {
    /// What requests name.
    pub slug: String,
    /// What the payer's prompt shows.
    pub name: String,
}

/// Where webhooks go.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// `we_…`
    pub id: String,
    /// HTTPS, or HTTP to a private host.
    pub url: String,
    /// `whsec_…`, shown once.
    pub secret: String,
    /// False while paused: then nothing is owed to it.
    pub enabled: bool,
    /// Leaves `reference` out of bodies.
    pub omit_reference: bool,
    /// Virtual time.
    pub created_at: Instant,
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the secret, which must not reach a log.
        f.debug_struct("Endpoint").field("id", &self.id).field("url", &self.url).finish_non_exhaustive()
    }
}

/// Leads from the id of a key that people see to its record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyRef {
    /// `key_…`
    pub id: String,
    /// The id of the [`ApiKey`].
    pub hash: String,
}

impl Record for Org {
    const KIND: &'static str = "sandpay.org";

    fn id(&self) -> String {
        ORG.to_owned()
    }
}

impl Org {
    /// The store of that slug.
    #[must_use]
    pub fn store(&self, slug: &str) -> Option<&Shop> {
        self.stores.iter().find(|store| store.slug == slug)
    }

    /// The endpoint of that id.
    #[must_use]
    pub fn endpoint(&self, id: &str) -> Option<&Endpoint> {
        self.endpoints.iter().find(|endpoint| endpoint.id == id)
    }

    /// The id of the record of a key.
    #[must_use]
    pub fn hash_of(&self, key_id: &str) -> Option<&str> {
        self.keys.iter().find(|key| key.id == key_id).map(|key| key.hash.as_str())
    }
}

/// A secret key, of which only the hash and the visible prefix are kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKey {
    /// SHA-256 of the whole key, hexadecimal.
    pub hash: String,
    /// `key_…`, what people see.
    pub key_id: String,
    /// What it is for, in its owner's words.
    pub label: String,
    /// `sp_sk_test_` and the first 8 of the rest.
    pub prefix: String,
    /// Virtual time.
    pub created_at: Instant,
    /// Virtual time; from then on it opens nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<Instant>,
    /// Virtual time; from then on it opens nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Instant>,
}

impl Record for ApiKey {
    const KIND: &'static str = "sandpay.api_key";

    fn id(&self) -> String {
        self.hash.clone()
    }
}

impl ApiKey {
    /// Whether it opens the API at an instant.
    #[must_use]
    pub fn is_active(&self, now: Instant) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|expires_at| now < expires_at)
    }
}
