//! `GET /v1/payments/{id}`: one transaction of any type (contract 4.2).
//!
//! Refuses with 401 `invalid_api_key`, and with 404 `not_found` for an id that is unknown, another sandbox's, or none.

use std::sync::Arc;

use kernel::{Cx, Record, Stop, View, Want};

use crate::auth::{self, KeyHash};
use crate::model::{ApiKey, Transaction};
use crate::refusals::Refusal;

/// Looks it up.
///
/// # Errors
/// The refusals above, or keys to load first.
pub fn look(cx: &Cx, view: &View<'_>, key: &KeyHash, id: &str) -> Result<Arc<Transaction>, Stop<Refusal>> {
    view.want(&[Want::Record(ApiKey::KIND, key.as_str()), Want::Record(Transaction::KIND, id)])?;
    auth::check(cx, view, key)?;
    view.get::<Transaction>(id)?.ok_or(Stop::Refused(Refusal::NotFound { resource: "transaction" }))
}

/// Whether a text can be an id: `^TX_[A-Z0-9]+$`.
#[must_use]
pub fn has_id_shape(text: &str) -> bool {
    let rest = text.strip_prefix("TX_").unwrap_or_default();
    (1..=40).contains(&rest.len()) && rest.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}
