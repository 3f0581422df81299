//! What the operator itself would have answered: the `raw` object of payments and webhooks (contract 12).
//!
//! The shapes mimic four real interfaces; no operator is ever called. The order of keys is part of the webhook's bytes.

use serde_json::{Map, Value, json};

use crate::msisdn::digits;
use crate::operators::Operator;
use crate::scenarios::Status;
use crate::wire::TransactionType;

/// What the operator's answer is built from.
#[derive(Debug, Clone, Copy)]
pub struct Native<'a> {
    /// Whose shape.
    pub operator: Operator,
    /// A collection debits the payer; refunds and disbursements pay out.
    pub kind: TransactionType,
    /// The canonical status that is translated.
    pub status: Status,
    /// `TIMEOUT` because nobody answered the prompt, not because the operator was slow.
    pub expired: bool,
    /// The transaction's own id, `TX_…`.
    pub tx_id: &'a str,
    /// `SIM_…` on success, else none.
    pub provider_tx_id: Option<&'a str>,
    /// Gross, in whole francs.
    pub amount: i64,
    /// As the merchant sent it.
    pub currency: &'a str,
    /// With its plus.
    pub msisdn: &'a str,
    /// The merchant's reference.
    pub reference: &'a str,
    /// The merchant's description.
    pub description: Option<&'a str>,
}

impl Native<'_> {
    /// The object, `_simulated` first. `None` where the operator is never reached: a payout the float cannot cover.
    #[must_use]
    pub fn build(&self) -> Option<Value> {
        if self.is_payout() && self.status == Status::InsufficientFunds {
            return None;
        }
        let mut object = Map::new();
        object.insert("_simulated".to_owned(), Value::Bool(true));
        let shape = match self.operator {
            Operator::Mtn => self.mtn(),
            Operator::Orange => self.orange(),
            Operator::Moov => self.moov(),
            Operator::Airtel => self.airtel(),
        };
        object.extend(shape);
        Some(Value::Object(object))
    }

    fn is_payout(&self) -> bool {
        self.kind != TransactionType::Collection
    }

    /// 12.1: the status of a request to pay, or of a transfer.
    fn mtn(&self) -> Map<String, Value> {
        let (status, reason) = self.mtn_status();
        let party = if self.is_payout() { "payee" } else { "payer" };
        let mut object = object([
            ("amount", json!(self.amount.to_string())),
            ("currency", json!(self.currency)),
            ("externalId", json!(self.reference)),
            (party, json!({"partyIdType": "MSISDN", "partyId": digits(self.msisdn)})),
            ("payerMessage", json!(self.description.unwrap_or("Payment"))),
            ("payeeNote", json!(self.reference)),
            ("status", json!(status)),
        ]);
        if self.status == Status::Success {
            object.insert("financialTransactionId".to_owned(), json!(self.provider_tx_id));
        }
        if let Some(reason) = reason {
            object.insert("reason".to_owned(), json!(reason));
        }
        object
    }

    fn mtn_status(&self) -> (&'static str, Option<&'static str>) {
        let reason = match self.status {
            Status::Success => return ("SUCCESSFUL", None),
            Status::Pending => return ("PENDING", None),
            Status::PinInvalid => "PAYMENT_NOT_APPROVED",
            Status::InsufficientFunds => "NOT_ENOUGH_FUNDS",
            Status::Timeout if self.expired => "EXPIRED",
            Status::Timeout => "COULD_NOT_PERFORM_TRANSACTION",
            Status::AccountBlocked if self.is_payout() => "PAYEE_NOT_ALLOWED_TO_RECEIVE",
            Status::AccountBlocked => "SENDER_ACCOUNT_NOT_ACTIVE",
            Status::UserCancelled => "APPROVAL_REJECTED",
            Status::UnknownMsisdn if self.is_payout() => "PAYEE_NOT_FOUND",
            Status::UnknownMsisdn => "PAYER_NOT_FOUND",
            Status::LimitExceeded => "PAYER_LIMIT_REACHED",
            Status::ServiceUnavailable => "SERVICE_UNAVAILABLE",
            Status::DuplicateReference => "RESOURCE_ALREADY_EXIST",
        };
        ("FAILED", Some(reason))
    }

    /// 12.2: flat. Until it succeeds, the transaction's own id stands in for the operator's.
    fn orange(&self) -> Map<String, Value> {
        let (status, confirmation) = self.orange_status();
        let txnid = self.provider_tx_id.unwrap_or(self.tx_id);
        object([
            ("status", json!(status)),
            ("subscriber_msisdn", json!(digits(self.msisdn))),
            ("amount", json!(self.amount)),
            ("txnid", json!(txnid)),
            ("pay_token", json!(format!("ORANGE_{txnid}"))),
            ("inittxnstatus", json!("200")),
            ("inittxnmessage", json!("Ok")),
            ("confirmtxnstatus", json!(confirmation.map(|(code, _)| code))),
            ("confirmtxnmessage", json!(confirmation.map(|(_, text)| text))),
            ("order_id", json!(self.reference)),
        ])
    }

    fn orange_status(&self) -> (&'static str, Option<(&'static str, &'static str)>) {
        match self.status {
            Status::Success => ("SUCCESSFULL", Some(("200", "Transaction completed"))),
            Status::Pending => ("PENDING", None),
            Status::PinInvalid => ("FAILED", Some(("60023", "Wrong PIN"))),
            Status::InsufficientFunds => ("FAILED", Some(("60019", "Insufficient balance"))),
            Status::Timeout => ("EXPIRED", Some(("60026", "Transaction expired"))),
            Status::AccountBlocked => ("FAILED", Some(("60022", "Account blocked"))),
            Status::UserCancelled => ("CANCELLED", Some(("60025", "Cancelled by the subscriber"))),
            Status::UnknownMsisdn => ("FAILED", Some(("60021", "Unknown subscriber"))),
            Status::LimitExceeded => ("FAILED", Some(("60020", "Limit exceeded"))),
            Status::ServiceUnavailable => ("FAILED", Some(("60030", "Service unavailable"))),
            Status::DuplicateReference => ("FAILED", Some(("4009", "Duplicate order_id"))),
        }
    }

    /// 12.3: flat, an assumption beyond `responseCode` and `transactionId`.
    fn moov(&self) -> Map<String, Value> {
        let (code, message) = self.moov_status();
        object([
            ("responseCode", json!(code)),
            ("responseMessage", json!(message)),
            ("transactionId", json!(self.provider_tx_id)),
            ("type", json!(if self.is_payout() { "cashout" } else { "cashin" })),
            ("msisdn", json!(digits(self.msisdn))),
            ("amount", json!(self.amount)),
            ("currency", json!(self.currency)),
            ("reference", json!(self.reference)),
        ])
    }

    const fn moov_status(&self) -> (&'static str, &'static str) {
        match self.status {
            Status::Success => ("0", "SUCCESS"),
            Status::Pending => ("15", "PENDING"),
            Status::PinInvalid => ("12", "WRONG_PIN"),
            Status::InsufficientFunds => ("12", "INSUFFICIENT_BALANCE"),
            Status::Timeout => ("12", "TIMEOUT"),
            Status::AccountBlocked => ("12", "ACCOUNT_BLOCKED"),
            Status::UserCancelled => ("12", "CANCELLED"),
            Status::UnknownMsisdn => ("12", "UNKNOWN_SUBSCRIBER"),
            Status::LimitExceeded => ("12", "LIMIT_EXCEEDED"),
            Status::ServiceUnavailable => ("12", "SERVICE_UNAVAILABLE"),
            Status::DuplicateReference => ("12", "DUPLICATE"),
        }
    }

    /// 12.4: nested. `data.transaction.id` is the operator's on success, else the merchant's reference.
    fn airtel(&self) -> Map<String, Value> {
        let native = self.airtel_status();
        let mut transaction = object([
            ("id", json!(self.provider_tx_id.unwrap_or(self.reference))),
            ("status", json!(native.transaction)),
            ("message", json!(native.message)),
        ]);
        if let (Status::Success, Some(id)) = (self.status, self.provider_tx_id) {
            transaction.insert("airtel_money_id".to_owned(), json!(format!("AIRTEL_{id}")));
        }
        let success = matches!(self.status, Status::Success | Status::Pending);
        object([
            ("data", json!({"transaction": transaction})),
            (
                "status",
                json!({
                    "code": native.code,
                    "message": native.message,
                    "result_code": native.result_code,
                    "response_code": native.response.map(|response| self.airtel_response(response)),
                    "success": success,
                }),
            ),
        ])
    }

    /// Collections and their refunds answer with one family of codes, disbursements with another.
    fn airtel_response(&self, response: &str) -> String {
        let family = if self.kind == TransactionType::Disbursement { "DP009" } else { "DP008" };
        format!("{family}0000{response}")
    }

    fn airtel_status(&self) -> AirtelStatus {
        let answered = |transaction, response, message| AirtelStatus {
            transaction,
            message,
            code: "200",
            result_code: if matches!(transaction, "TS" | "TIP") { "ESB000010" } else { "ESB000011" },
            response: Some(response),
        };
        let refused =
            |code, result_code, message| AirtelStatus { transaction: "TF", message, code, result_code, response: None };
        match self.status {
            Status::Success => answered("TS", "1001", "Success"),
            Status::Pending => answered("TIP", "1006", "In process"),
            Status::PinInvalid => answered("TF", "1002", "Incorrect PIN"),
            Status::InsufficientFunds => answered("TF", "1007", "Not enough balance"),
            Status::Timeout if self.expired => answered("TE", "1029", "Transaction expired"),
            Status::Timeout => answered("TF", "1024", "Transaction timed out"),
            Status::AccountBlocked => answered("TF", "1009", "Do not honour"),
            Status::UserCancelled => answered("TF", "1008", "Refused"),
            Status::UnknownMsisdn => answered("TF", "1010", "Not permitted"),
            Status::LimitExceeded => answered("TF", "1003", "Limit exceeded"),
            Status::ServiceUnavailable => refused("503", "ESB000001", "Service unavailable"),
            Status::DuplicateReference => refused("200", "ESB000041", "Duplicate external id"),
        }
    }
}

/// Airtel's way of telling one outcome; `response` is the last four digits of its response code.
struct AirtelStatus {
    transaction: &'static str,
    message: &'static str,
    code: &'static str,
    result_code: &'static str,
    response: Option<&'static str>,
}

fn object<const N: usize>(entries: [(&str, Value); N]) -> Map<String, Value> {
    entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

#[cfg(test)]
#[path = "raw_tests.rs"]
mod tests;
