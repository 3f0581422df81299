//! The Payment resource (contract 5): what create, retrieve and list answer for transactions of every type.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::commission::CommissionMode;
use crate::operators::Operator;
use crate::scenarios::{Scenario, Status};

/// What kind of transaction it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum TransactionType {
    /// From the payer's SIM to the merchant.
    Collection,
    /// Back to the payer of a collection.
    Refund,
    /// To any number.
    Disbursement,
}

impl TransactionType {
    /// The name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Collection => "collection",
            Self::Refund => "refund",
            Self::Disbursement => "disbursement",
        }
    }

    /// Reads the name, which has one spelling.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Collection, Self::Refund, Self::Disbursement].into_iter().find(|kind| kind.as_str() == text)
    }
}

/// A transaction, in camelCase and in the order of the contract's table. Amounts are whole francs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Payment {
    /// `TX_` and upper-case letters or digits.
    #[schema(pattern = "^TX_[A-Z0-9]+$")]
    pub id: String,
    /// What kind it is.
    #[serde(rename = "type")]
    pub kind: TransactionType,
    /// The refunded collection; null on other types.
    #[schema(required)]
    pub parent_tx_id: Option<String>,
    /// The source order, else the reference.
    pub order_ref: String,
    /// Where the order can be seen.
    #[schema(required)]
    pub order_url: Option<String>,
    /// Whether that needs a login.
    pub is_url_protected: bool,
    /// Gross, as requested.
    pub amount: i64,
    /// The operator's fee.
    pub commission: i64,
    /// What the merchant is credited; final once the status is.
    pub net_amount: i64,
    /// What the SIM is debited.
    pub customer_total: i64,
    /// The merchant's part of the fee in per cent; null on payouts and legacy rows.
    #[schema(required, minimum = 0, maximum = 100)]
    pub merchant_absorption_pct: Option<i64>,
    /// `amount` less `netAmount`.
    pub merchant_share: i64,
    /// `commission` less `merchantShare`.
    pub customer_share: i64,
    /// Who absorbed the fee; null with the percentage.
    #[schema(required)]
    pub commission_mode: Option<CommissionMode>,
    /// As sent.
    pub currency: String,
    /// As sent, or told by the number.
    pub operator: Operator,
    /// As sent, in upper case, or told by the number.
    pub country: String,
    /// With its plus.
    pub msisdn: String,
    /// The idempotency key.
    pub reference: String,
    /// As sent.
    #[schema(required)]
    pub description: Option<String>,
    /// The outcome that was forced.
    #[schema(required)]
    pub scenario: Option<Scenario>,
    /// Where it stands.
    pub status: Status,
    /// Simulated, in milliseconds, whatever was really waited.
    pub latency_ms: u32,
    /// ISO 8601 in UTC with milliseconds.
    pub created_at: String,
    /// The operator's own answer, `_simulated` first; null on legacy rows.
    #[schema(required, value_type = Option<Object>)]
    pub raw: Option<Value>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn legacy_refund() -> Payment {
        Payment {
            id: "TX_RF9B20C4".to_owned(),
            kind: TransactionType::Refund,
            parent_tx_id: Some("TX_4QH7ZK2M".to_owned()),
            order_ref: "cart-7781".to_owned(),
            order_url: None,
            is_url_protected: false,
            amount: 18_000,
            commission: 0,
            net_amount: 18_000,
            customer_total: 18_000,
            merchant_absorption_pct: None,
            merchant_share: 0,
            customer_share: 0,
            commission_mode: None,
            currency: "RWF".to_owned(),
            operator: Operator::Mtn,
            country: "RW".to_owned(),
            msisdn: "+250788000111".to_owned(),
            reference: "r".to_owned(),
            description: None,
            scenario: None,
            status: Status::InsufficientFunds,
            latency_ms: 700,
            created_at: "2026-06-02T08:15:30.250Z".to_owned(),
            raw: None,
        }
    }

    #[test]
    fn keys_are_in_the_order_of_section_5_and_nulls_are_written() {
        let expected = concat!(
            r#"{"id":"TX_RF9B20C4","type":"refund","parentTxId":"TX_4QH7ZK2M","orderRef":"cart-7781","#,
            r#""orderUrl":null,"isUrlProtected":false,"amount":18000,"commission":0,"netAmount":18000,"#,
            r#""customerTotal":18000,"merchantAbsorptionPct":null,"merchantShare":0,"customerShare":0,"#,
            r#""commissionMode":null,"currency":"RWF","operator":"mtn","country":"RW","msisdn":"+250788000111","#,
            r#""reference":"r","description":null,"scenario":null,"status":"INSUFFICIENT_FUNDS","latencyMs":700,"#,
            r#""createdAt":"2026-06-02T08:15:30.250Z","raw":null}"#
        );
        assert_eq!(serde_json::to_string(&legacy_refund()).expect("serialises"), expected);
    }

    #[test]
    fn what_is_set_is_written_in_the_words_of_the_documents() {
        let payment = Payment {
            kind: TransactionType::Collection,
            commission_mode: Some(CommissionMode::Merchant),
            merchant_absorption_pct: Some(100),
            scenario: Some(Scenario::LowBalance),
            raw: Some(json!({"_simulated": true})),
            ..legacy_refund()
        };
        let value = serde_json::to_value(payment).expect("serialises");
        let got = ["type", "commissionMode", "merchantAbsorptionPct", "scenario", "raw"].map(|key| value[key].clone());
        assert_eq!(
            got,
            [json!("collection"), json!("merchant"), json!(100), json!("low_balance"), json!({"_simulated": true})]
        );
    }
}
