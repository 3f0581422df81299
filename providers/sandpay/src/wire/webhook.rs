//! The body of a webhook (contract 10.3), in the key order of the test vectors. Its bytes are built once and signed as
//! they are.

use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;
use utoipa::ToSchema;

use super::payment::TransactionType;
use crate::commission::CommissionMode;
use crate::operators::Operator;
use crate::scenarios::{Scenario, Status};

/// What happened, in the body and in `X-SandPay-Event`. Sent for every terminal status, failures too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
pub enum EventName {
    /// A collection ended.
    #[serde(rename = "payment.completed")]
    PaymentCompleted,
    /// A refund ended.
    #[serde(rename = "payment.refunded")]
    PaymentRefunded,
    /// A disbursement ended.
    #[serde(rename = "disbursement.completed")]
    DisbursementCompleted,
}

impl EventName {
    /// The event of a type of transaction (8.4).
    #[must_use]
    pub const fn of(kind: TransactionType) -> Self {
        match kind {
            TransactionType::Collection => Self::PaymentCompleted,
            TransactionType::Refund => Self::PaymentRefunded,
            TransactionType::Disbursement => Self::DisbursementCompleted,
        }
    }

    /// The name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PaymentCompleted => "payment.completed",
            Self::PaymentRefunded => "payment.refunded",
            Self::DisbursementCompleted => "disbursement.completed",
        }
    }
}

/// An amount as a string without decimals: `"25000"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ToSchema)]
#[schema(value_type = String, example = "25000")]
pub struct WholeUnits(pub i64);

impl Serialize for WholeUnits {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// An amount as a string with two decimals, which are always zero: `"250.00"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ToSchema)]
#[schema(value_type = String, example = "250.00")]
pub struct TwoDecimals(pub i64);

impl Serialize for TwoDecimals {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{}.00", self.0))
    }
}

/// The body, in the order in which it is written.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct WebhookBody {
    /// What happened; receivers branch on it.
    pub event: EventName,
    /// Whose; receivers match on it.
    pub tx_id: String,
    /// What kind of transaction it is.
    #[serde(rename = "type")]
    pub kind: TransactionType,
    /// The refunded collection.
    #[schema(required)]
    pub parent_tx_id: Option<String>,
    /// The organisation.
    pub org_id: String,
    /// The environment.
    pub env_id: String,
    /// Its country.
    pub country: String,
    /// Its operator.
    pub operator: Operator,
    /// Gross.
    pub amount: WholeUnits,
    /// The operator's fee.
    pub commission: TwoDecimals,
    /// What the merchant is credited.
    pub net_amount: TwoDecimals,
    /// What the SIM is debited.
    pub customer_total: TwoDecimals,
    /// A number, unlike the amounts.
    #[schema(required)]
    pub merchant_absorption_pct: Option<i64>,
    /// The merchant's part of the fee.
    pub merchant_share: TwoDecimals,
    /// The payer's part of the fee.
    pub customer_share: TwoDecimals,
    /// Who absorbed the fee.
    #[schema(required)]
    pub commission_mode: Option<CommissionMode>,
    /// As sent.
    pub currency: String,
    /// With its plus.
    pub msisdn: String,
    /// The merchant's reference; `None` leaves the key out, for endpoints that ask for it (Q7).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// The source order.
    pub order_ref: String,
    /// Where the order can be seen.
    #[schema(required)]
    pub order_url: Option<String>,
    /// Whether that needs a login.
    pub is_url_protected: bool,
    /// How it ended.
    pub status: Status,
    /// A number of milliseconds.
    pub latency_ms: u32,
    /// ISO 8601 in UTC with milliseconds.
    pub created_at: String,
    /// ISO 8601 in UTC with milliseconds.
    pub completed_at: String,
    /// The outcome that was forced.
    #[schema(required)]
    pub scenario: Option<Scenario>,
    /// `SIM_…` on success.
    #[schema(required)]
    pub provider_tx_id: Option<String>,
    /// As sent.
    #[schema(required)]
    pub description: Option<String>,
    /// The same object as the Payment's.
    #[schema(required, value_type = Option<Object>)]
    pub raw: Option<Value>,
}

impl WebhookBody {
    /// The bytes that are sent and signed: one line of UTF-8, no newline at the end.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("text and numbers always serialise")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commission::Quote;
    use crate::operators::{Country, Pair};
    use crate::raw::Native;
    use crate::wire::vectors::{VECTOR_1, VECTOR_2};

    fn body(kind: TransactionType, quote: Quote) -> WebhookBody {
        let pair = Pair { operator: Operator::Mtn, country: Country::Rw };
        WebhookBody {
            event: EventName::of(kind),
            tx_id: "TX_4QH7ZK2M".to_owned(),
            kind,
            parent_tx_id: None,
            org_id: "org_demo".to_owned(),
            env_id: pair.env_id(),
            country: pair.country.as_str().to_owned(),
            operator: pair.operator,
            amount: WholeUnits(18_000),
            commission: TwoDecimals(quote.commission),
            net_amount: TwoDecimals(quote.net_amount),
            customer_total: TwoDecimals(quote.customer_total),
            merchant_absorption_pct: quote.absorption_pct,
            merchant_share: TwoDecimals(quote.merchant_share),
            customer_share: TwoDecimals(quote.customer_share),
            commission_mode: quote.mode,
            currency: "RWF".to_owned(),
            msisdn: "+250788000111".to_owned(),
            reference: Some("SHOP-PAY-20260601090000-0A1B2C3D4E5F".to_owned()),
            order_ref: "cart-7781".to_owned(),
            order_url: None,
            is_url_protected: false,
            status: Status::Success,
            latency_ms: 1_013,
            created_at: "2026-06-01T09:00:00.000Z".to_owned(),
            completed_at: "2026-06-01T09:00:01.013Z".to_owned(),
            scenario: Some(Scenario::Success),
            provider_tx_id: Some("SIM_0C9D11E2".to_owned()),
            description: Some("Abonnement été".to_owned()),
            raw: None,
        }
    }

    fn with_raw(body: WebhookBody) -> WebhookBody {
        let native = Native {
            operator: body.operator,
            kind: body.kind,
            status: body.status,
            expired: false,
            tx_id: &body.tx_id,
            provider_tx_id: body.provider_tx_id.as_deref(),
            amount: body.amount.0,
            currency: &body.currency,
            msisdn: &body.msisdn,
            reference: body.reference.as_deref().expect("set"),
            description: body.description.as_deref(),
        };
        let raw = native.build();
        WebhookBody { raw, ..body }
    }

    #[test]
    fn vector_1_byte_for_byte() {
        let body = with_raw(body(TransactionType::Collection, Quote::of(18_000, 100, 50)));
        assert_eq!(String::from_utf8(body.bytes()).expect("UTF-8"), VECTOR_1);
        assert_eq!(body.bytes().len(), 1_045);
    }

    #[test]
    fn vector_2_byte_for_byte() {
        let refund = WebhookBody {
            tx_id: "TX_RF9B20C4".to_owned(),
            parent_tx_id: Some("TX_4QH7ZK2M".to_owned()),
            reference: Some("SHOP-REF-20260601090000-A448886AC2F3".to_owned()),
            status: Status::InsufficientFunds,
            latency_ms: 700,
            created_at: "2026-06-02T08:15:30.250Z".to_owned(),
            completed_at: "2026-06-02T08:15:30.950Z".to_owned(),
            scenario: None,
            provider_tx_id: None,
            description: None,
            ..body(TransactionType::Refund, Quote::free(18_000))
        };
        let refund = with_raw(refund);
        assert_eq!(String::from_utf8(refund.bytes()).expect("UTF-8"), VECTOR_2);
        assert_eq!(refund.bytes().len(), 716);
    }

    #[test]
    fn the_reference_can_be_left_out() {
        let silent = WebhookBody { reference: None, ..body(TransactionType::Disbursement, Quote::free(1)) };
        let value: Value = serde_json::from_slice(&silent.bytes()).expect("JSON");
        assert_eq!(value.get("reference"), None);
        assert_eq!(value["event"], "disbursement.completed");
    }

    #[test]
    fn each_type_has_its_event() {
        let kinds = [TransactionType::Collection, TransactionType::Refund, TransactionType::Disbursement];
        for (kind, name) in kinds.into_iter().zip(["payment.completed", "payment.refunded", "disbursement.completed"]) {
            assert_eq!(EventName::of(kind).as_str(), name);
            assert_eq!(serde_json::to_value(EventName::of(kind)).expect("serialises"), name);
            assert_eq!(TransactionType::parse(kind.as_str()), Some(kind));
        }
    }
}
