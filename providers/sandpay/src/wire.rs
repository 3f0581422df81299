//! Requests, responses and webhook bodies exactly as documented (contract 3 to 5 and 10.3). Nothing here is stored, and
//! nothing here decides: a request is well formed or it is not.
//!
//! Request keys are snake_case; the Payment is camelCase; payouts, meta and webhooks are snake_case.

mod create_payment;
mod fields;
mod payment;
pub mod portal;
mod service;
mod url;
#[cfg(test)]
pub(crate) mod vectors;
mod webhook;

pub use create_payment::{CreatePayment, CreatePaymentBody};
pub use fields::{FieldErrors, Fields, Need, object_of};
pub use payment::{Payment, TransactionType};
pub use service::{API_VERSION, CAPABILITIES, CHANGELOG_URL, ErrorBody, Health, HealthStatus, Meta};
pub use url::{is_private_host, is_url};
pub use webhook::{EventName, TwoDecimals, WebhookBody, WholeUnits};

/// The largest request body read; a longer one is 413 (3.2).
pub const BODY_LIMIT_BYTES: usize = 64 * 1024;
