//! What the API says about itself, and how it says no (contract 3.1, 4.6, 4.7).

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// The API's date version: in the header of every response and in `/v1/meta`.
pub const API_VERSION: &str = "2026-05-31";

/// What this version can do, in this order.
pub const CAPABILITIES: [&str; 9] = [
    "payments",
    "refunds",
    "disbursements",
    "webhooks",
    "test_clients",
    "multi_environment",
    "commission_split",
    "order_linkage",
    "reference_format",
];

/// Where changes are announced.
pub const CHANGELOG_URL: &str = "https://docs.sandpay.dev/integration-changelog";

/// The answer of `GET /v1/meta`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Meta {
    /// Equal to the version header.
    pub api_version: String,
    /// What clients are meant to test instead of comparing versions.
    pub capabilities: Vec<String>,
    /// The oldest SDK that works.
    pub min_sdk_version: String,
    /// Where changes are announced.
    pub changelog_url: String,
}

impl Meta {
    /// The answer; the SDK version is the one part that a sandbox may set.
    #[must_use]
    pub fn of(min_sdk_version: &str) -> Self {
        Self {
            api_version: API_VERSION.to_owned(),
            capabilities: CAPABILITIES.map(str::to_owned).to_vec(),
            min_sdk_version: min_sdk_version.to_owned(),
            changelog_url: CHANGELOG_URL.to_owned(),
        }
    }
}

/// How the platform feels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum HealthStatus {
    /// 200.
    Ok,
    /// 503, storage is down.
    Degraded,
}

/// The answer of `GET /v1/health`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Health {
    /// How it feels.
    pub status: HealthStatus,
    /// Equal to the version header.
    pub api_version: String,
    /// ISO 8601 in UTC with milliseconds.
    pub time: String,
}

impl Health {
    /// The answer at an instant.
    #[must_use]
    pub fn at(status: HealthStatus, time: String) -> Self {
        Self { status, api_version: API_VERSION.to_owned(), time }
    }
}

/// The one shape of every error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ErrorBody {
    /// The stable code that clients branch on.
    pub error: String,
    /// For people; may change.
    pub message: String,
    /// Context; left out where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub detail: Option<Value>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn meta_is_the_documented_object() {
        let expected = concat!(
            r#"{"api_version":"2026-05-31","capabilities":["payments","refunds","disbursements","webhooks","#,
            r#""test_clients","multi_environment","commission_split","order_linkage","reference_format"],"#,
            r#""min_sdk_version":"0.3.0","changelog_url":"https://docs.sandpay.dev/integration-changelog"}"#
        );
        assert_eq!(serde_json::to_string(&Meta::of("0.3.0")).expect("serialises"), expected);
    }

    #[test]
    fn health_carries_version_and_time() {
        let health = Health::at(HealthStatus::Ok, "2026-06-01T09:00:00.000Z".to_owned());
        let expected = r#"{"status":"ok","api_version":"2026-05-31","time":"2026-06-01T09:00:00.000Z"}"#;
        assert_eq!(serde_json::to_string(&health).expect("serialises"), expected);
    }

    #[test]
    fn an_error_without_context_has_no_detail() {
        let body = ErrorBody { error: "internal".to_owned(), message: "m".to_owned(), detail: None };
        assert_eq!(serde_json::to_string(&body).expect("serialises"), r#"{"error":"internal","message":"m"}"#);
    }
}
