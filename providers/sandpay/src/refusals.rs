//! Every error of the API: status, code, words and source (contract 3.2). A payment that fails is none of them: it is an
//! ordinary answer with a status.

use serde_json::{Value, json};

use crate::operators::Operator;
use crate::wire::{ErrorBody, FieldErrors};

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// 400: the body breaks the schema, or operator and country cannot be told. Source: docs en/errors.
    InvalidBody(FieldErrors),
    /// 413: the body is over 64 KiB. Source: decision.
    BodyTooLarge {
        /// The limit.
        limit_bytes: usize,
    },
    /// 400: bad query parameters. Source: docs en/errors.
    InvalidParams(FieldErrors),
    /// 401: no `Authorization`, another scheme than Bearer, or an empty token. Source: docs en/errors; the
    /// split is a decision.
    Unauthorized,
    /// 401: the key is unknown, revoked, expired, malformed or a live one. Source: docs en/errors;
    /// the split is a decision.
    InvalidApiKey,
    /// 402: the monthly quota is used up. Source: docs en/errors.
    QuotaExceeded,
    /// 404: no such thing in this organisation. Source: docs en/errors.
    NotFound {
        /// What was looked for: `transaction`, `application`, `client`, `route`.
        resource: &'static str,
    },
    /// 404: the pair is not configured, not enabled, or settles in another currency. Source: docs en/errors; that it is
    /// never a 5xx is a decision.
    EnvNotFound {
        /// As sent or told by the number.
        operator: Operator,
        /// As sent or told by the number.
        country: String,
        /// As sent.
        currency: String,
    },
    /// 405: wrong verb on a known path. Source: decision.
    MethodNotAllowed,
    /// 422: more than what can still be refunded. Source: the guide.
    ExceedsRefundable {
        /// What can still be refunded, in whole francs.
        refundable_remaining: i64,
    },
    /// 422: the parent is not a successful collection. Source: the guide; the code is a decision.
    NotRefundable(NotRefundable),
    /// 429: over the plan's rate. Source: docs en/errors.
    RateLimited {
        /// Whole seconds to the end of the window, for `Retry-After`.
        retry_after_s: u32,
    },
    /// 500: our fault, or one that was asked for. Source: docs en/errors.
    Internal,
}

/// What keeps a transaction from being refunded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotRefundable {
    /// It did not succeed.
    Status,
    /// It is not a collection.
    Type,
}

impl Refusal {
    /// The HTTP status.
    #[must_use]
    pub const fn http_status(&self) -> u16 {
        match self {
            Self::InvalidBody(_) | Self::InvalidParams(_) => 400,
            Self::Unauthorized | Self::InvalidApiKey => 401,
            Self::QuotaExceeded => 402,
            Self::NotFound { .. } | Self::EnvNotFound { .. } => 404,
            Self::MethodNotAllowed => 405,
            Self::BodyTooLarge { .. } => 413,
            Self::ExceedsRefundable { .. } | Self::NotRefundable(_) => 422,
            Self::RateLimited { .. } => 429,
            Self::Internal => 500,
        }
    }

    /// The stable code that clients branch on.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::InvalidBody(_) | Self::BodyTooLarge { .. } => "invalid_body",
            Self::InvalidParams(_) => "invalid_params",
            Self::Unauthorized => "unauthorized",
            Self::InvalidApiKey => "invalid_api_key",
            Self::QuotaExceeded => "quota_exceeded",
            Self::NotFound { .. } => "not_found",
            Self::EnvNotFound { .. } => "env_not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::ExceedsRefundable { .. } => "exceeds_refundable",
            Self::NotRefundable(_) => "not_refundable",
            Self::RateLimited { .. } => "rate_limited",
            Self::Internal => "internal",
        }
    }

    /// For people. The documents promise no wording, so these words are ours.
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            Self::InvalidBody(_) => "The request body is invalid.".to_owned(),
            Self::BodyTooLarge { limit_bytes } => format!("The request body is over {limit_bytes} bytes."),
            Self::InvalidParams(_) => "The query parameters are invalid.".to_owned(),
            Self::Unauthorized => "Send your API key as `Authorization: Bearer sp_sk_test_...`.".to_owned(),
            Self::InvalidApiKey => "The API key is unknown, malformed or revoked.".to_owned(),
            Self::QuotaExceeded => {
                "The monthly simulation quota is used up. Upgrade at /settings/billing or wait for the 1st.".to_owned()
            }
            Self::NotFound { resource } => format!("No such {resource}."),
            Self::EnvNotFound { operator, country, currency } => format!(
                "No environment is enabled for {} in {country} with currency {currency}. \
                 Enable it in Settings -> Countries & operators.",
                operator.as_str()
            ),
            Self::MethodNotAllowed => "This path does not answer that method.".to_owned(),
            Self::ExceedsRefundable { refundable_remaining } => {
                format!("The amount exceeds what can still be refunded ({refundable_remaining}).")
            }
            Self::NotRefundable(NotRefundable::Status) => "Only a SUCCESS transaction can be refunded.".to_owned(),
            Self::NotRefundable(NotRefundable::Type) => "Only a collection can be refunded.".to_owned(),
            Self::RateLimited { retry_after_s } => format!("Too many requests. Retry in {retry_after_s} s."),
            Self::Internal => "Something went wrong on our side.".to_owned(),
        }
    }

    /// Context for programs, where there is any.
    #[must_use]
    pub fn detail(&self) -> Option<Value> {
        match self {
            Self::InvalidBody(errors) | Self::InvalidParams(errors) => Some(errors.detail()),
            Self::BodyTooLarge { .. } => Some(FieldErrors::form(&self.message()).detail()),
            Self::NotFound { resource } => Some(json!({"resource": resource})),
            Self::EnvNotFound { operator, country, currency } => {
                Some(json!({"operator": operator, "country": country, "currency": currency}))
            }
            Self::ExceedsRefundable { refundable_remaining } => {
                Some(json!({"refundable_remaining": refundable_remaining}))
            }
            Self::NotRefundable(NotRefundable::Status) => Some(json!({"reason": "status"})),
            Self::NotRefundable(NotRefundable::Type) => Some(json!({"reason": "type"})),
            Self::Unauthorized
            | Self::InvalidApiKey
            | Self::QuotaExceeded
            | Self::MethodNotAllowed
            | Self::RateLimited { .. }
            | Self::Internal => None,
        }
    }

    /// Seconds for the `Retry-After` header, on 429 alone.
    #[must_use]
    pub const fn retry_after_s(&self) -> Option<u32> {
        match self {
            Self::RateLimited { retry_after_s } => Some(*retry_after_s),
            _ => None,
        }
    }

    /// The body.
    #[must_use]
    pub fn body(&self) -> ErrorBody {
        ErrorBody { error: self.code().to_owned(), message: self.message(), detail: self.detail() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_and_codes_are_table_3_2() {
        let errors = FieldErrors::field("amount", "Required");
        let env = Refusal::EnvNotFound { operator: Operator::Mtn, country: "SN".into(), currency: "XOF".into() };
        let rows = [
            (Refusal::InvalidBody(errors.clone()), 400, "invalid_body"),
            (Refusal::InvalidParams(errors), 400, "invalid_params"),
            (Refusal::Unauthorized, 401, "unauthorized"),
            (Refusal::InvalidApiKey, 401, "invalid_api_key"),
            (Refusal::QuotaExceeded, 402, "quota_exceeded"),
            (Refusal::NotFound { resource: "transaction" }, 404, "not_found"),
            (env, 404, "env_not_found"),
            (Refusal::ExceedsRefundable { refundable_remaining: 250 }, 422, "exceeds_refundable"),
            (Refusal::NotRefundable(NotRefundable::Status), 422, "not_refundable"),
            (Refusal::NotRefundable(NotRefundable::Type), 422, "not_refundable"),
            (Refusal::RateLimited { retry_after_s: 12 }, 429, "rate_limited"),
            (Refusal::Internal, 500, "internal"),
            (Refusal::MethodNotAllowed, 405, "method_not_allowed"),
            (Refusal::BodyTooLarge { limit_bytes: 65_536 }, 413, "invalid_body"),
        ];
        for (refusal, status, code) in rows {
            assert_eq!((refusal.http_status(), refusal.code()), (status, code));
            assert!(!refusal.message().is_empty());
            assert_eq!(refusal.retry_after_s().is_some(), status == 429, "{code}");
        }
    }

    #[test]
    fn validation_has_zods_flattened_shape() {
        let body = Refusal::InvalidBody(FieldErrors::field("amount", "Required")).body();
        let expected = concat!(
            r#"{"error":"invalid_body","message":"The request body is invalid.","#,
            r#""detail":{"formErrors":[],"fieldErrors":{"amount":["Required"]}}}"#
        );
        assert_eq!(serde_json::to_string(&body).expect("serialises"), expected);
    }

    #[test]
    fn a_refund_says_why_not() {
        assert_eq!(Refusal::NotRefundable(NotRefundable::Status).detail(), Some(json!({"reason": "status"})));
        assert_eq!(Refusal::NotRefundable(NotRefundable::Type).detail(), Some(json!({"reason": "type"})));
    }
}
