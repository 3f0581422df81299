//! The body of `POST /v1/payments` (contract 4.1).

use serde::Deserialize;
use utoipa::ToSchema;

use super::fields::{FieldErrors, Fields, Need, object_of};
use crate::commission::MAX_AMOUNT;
use crate::msisdn::is_e164;
use crate::operators::Operator;
use crate::scenarios::Scenario;

/// A well-formed request: every rule of table 4.1 holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreatePayment {
    /// Gross, in whole francs, 1 to 10¹².
    pub amount: i64,
    /// As sent.
    pub currency: String,
    /// Left out, the number's prefix tells it.
    pub operator: Option<Operator>,
    /// Two letters in upper case; left out, the calling code tells it.
    pub country: Option<String>,
    /// E.164 with its plus.
    pub msisdn: String,
    /// The idempotency key.
    pub reference: String,
    /// The store's slug.
    pub application: String,
    /// The source order; left out, the reference stands in for it.
    pub order_ref: Option<String>,
    /// Where the order can be seen.
    pub order_url: Option<String>,
    /// Whether that needs a login.
    pub is_url_protected: bool,
    /// Stored and returned, without effect.
    pub description: Option<String>,
    /// The outcome to force.
    pub scenario: Option<Scenario>,
}

impl CreatePayment {
    /// Reads and checks a request body.
    ///
    /// # Errors
    /// Everything that is wrong with it, for `invalid_body`.
    pub fn parse(bytes: &[u8]) -> Result<Self, FieldErrors> {
        use Need::{Optional, Required};
        let object = object_of(bytes)?;
        let mut fields = Fields::of(&object);
        let amount = fields.integer("amount", Required, 1, MAX_AMOUNT);
        let currency = fields.text("currency", Required, 3, 4);
        let operator = fields.word("operator", Optional, &Operator::ALL.map(Operator::as_str), Operator::parse);
        let country = fields.text("country", Optional, 2, 2);
        let msisdn = fields.matching("msisdn", Required, is_e164);
        let reference = fields.text("reference", Required, 1, 80);
        let application = fields.text("application", Required, 1, 80);
        let order_ref = fields.text("order_ref", Optional, 1, 120);
        let order_url = fields.url("order_url", Optional, 500);
        let is_url_protected = fields.boolean("is_url_protected", Optional);
        let description = fields.text("description", Optional, 0, 200);
        let scenario = fields.word("scenario", Optional, &Scenario::ALL.map(Scenario::as_str), Scenario::parse);
        let errors = fields.errors();
        match (amount, currency, msisdn, reference, application) {
            (Some(amount), Some(currency), Some(msisdn), Some(reference), Some(application)) if errors.is_empty() => {
                Ok(Self {
                    amount,
                    currency: currency.to_owned(),
                    operator,
                    country: country.map(str::to_ascii_uppercase),
                    msisdn: msisdn.to_owned(),
                    reference: reference.to_owned(),
                    application: application.to_owned(),
                    order_ref: order_ref.map(str::to_owned),
                    order_url: order_url.map(str::to_owned),
                    is_url_protected: is_url_protected.unwrap_or(false),
                    description: description.map(str::to_owned),
                    scenario,
                })
            }
            _ => Err(errors),
        }
    }
}

/// The body as the generated document describes it. Bodies are read by [`CreatePayment::parse`], whose errors name
/// every field at once.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = CreatePayment)]
pub struct CreatePaymentBody {
    /// Gross, in whole francs.
    #[schema(minimum = 1, maximum = 1_000_000_000_000_i64)]
    pub amount: i64,
    /// Such as `RWF`, `XOF` or its alias `FCFA`.
    #[schema(min_length = 3, max_length = 4)]
    pub currency: String,
    /// In any case; left out, the number's prefix tells it.
    pub operator: Option<Operator>,
    /// ISO 3166, two letters in any case; left out, the calling code tells it.
    #[schema(min_length = 2, max_length = 2)]
    pub country: Option<String>,
    /// E.164.
    #[schema(pattern = r"^\+[1-9][0-9]{6,14}$")]
    pub msisdn: String,
    /// The idempotency key, unique per organisation.
    #[schema(min_length = 1, max_length = 80)]
    pub reference: String,
    /// The store's slug.
    #[schema(min_length = 1, max_length = 80)]
    pub application: String,
    /// The source order's id; falls back to the reference.
    #[schema(min_length = 1, max_length = 120)]
    pub order_ref: Option<String>,
    /// Where the order can be seen.
    #[schema(format = "uri", max_length = 500)]
    pub order_url: Option<String>,
    /// Whether that needs a login.
    #[schema(default = false)]
    pub is_url_protected: Option<bool>,
    /// Stored and returned, without effect.
    #[schema(max_length = 200)]
    pub description: Option<String>,
    /// The outcome to force.
    pub scenario: Option<Scenario>,
}

#[cfg(test)]
#[path = "create_payment_tests.rs"]
mod tests;
