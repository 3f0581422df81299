//! The eleven statuses, the ten scenarios and how long each seems to take (contract 6.1 to 6.3). Tables only: which
//! status a payment gets is decided elsewhere, and the latency is drawn there too.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where a transaction stands. Only `PENDING` can still change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// Completed.
    Success,
    /// Wrong PIN.
    PinInvalid,
    /// The SIM holds less than the customer's total, or the merchant's float less than a payout.
    InsufficientFunds,
    /// The operator timed out, or nobody answered the prompt in time.
    Timeout,
    /// The SIM is blocked.
    AccountBlocked,
    /// The payer refused the prompt.
    UserCancelled,
    /// The number is not in the SIM registry.
    UnknownMsisdn,
    /// An operator's limit.
    LimitExceeded,
    /// The operator is under maintenance.
    ServiceUnavailable,
    /// The reference was used for something else.
    DuplicateReference,
    /// The prompt is on the payer's handset.
    Pending,
}

impl Status {
    /// All eleven, in the order of table 6.1.
    pub const ALL: [Self; 11] = [
        Self::Success,
        Self::PinInvalid,
        Self::InsufficientFunds,
        Self::Timeout,
        Self::AccountBlocked,
        Self::UserCancelled,
        Self::UnknownMsisdn,
        Self::LimitExceeded,
        Self::ServiceUnavailable,
        Self::DuplicateReference,
        Self::Pending,
    ];

    /// The name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "SUCCESS",
            Self::PinInvalid => "PIN_INVALID",
            Self::InsufficientFunds => "INSUFFICIENT_FUNDS",
            Self::Timeout => "TIMEOUT",
            Self::AccountBlocked => "ACCOUNT_BLOCKED",
            Self::UserCancelled => "USER_CANCELLED",
            Self::UnknownMsisdn => "UNKNOWN_MSISDN",
            Self::LimitExceeded => "LIMIT_EXCEEDED",
            Self::ServiceUnavailable => "SERVICE_UNAVAILABLE",
            Self::DuplicateReference => "DUPLICATE_REFERENCE",
            Self::Pending => "PENDING",
        }
    }

    /// Reads the name, which has one spelling.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }

    /// Whether it never changes again and its webhook is owed.
    #[must_use]
    pub const fn terminal(self) -> bool {
        !matches!(self, Self::Pending)
    }

    /// What the registry path and payouts draw their latency from, in milliseconds: the range of the scenario with
    /// this status; a prompt reaches the handset in 200 to 600 (6.3).
    #[must_use]
    pub fn latency_range_ms(self) -> RangeInclusive<u32> {
        Scenario::ALL
            .into_iter()
            .find(|scenario| scenario.status() == self)
            .map_or(200..=600, Scenario::latency_range_ms)
    }
}

/// An outcome the caller can force, by its id on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scenario {
    /// Ends in `SUCCESS`.
    Success,
    /// Ends in `PIN_INVALID`.
    PinInvalid,
    /// Ends in `INSUFFICIENT_FUNDS`.
    LowBalance,
    /// Ends in `TIMEOUT`.
    Timeout,
    /// Ends in `ACCOUNT_BLOCKED`.
    Blocked,
    /// Ends in `USER_CANCELLED`.
    Cancelled,
    /// Ends in `UNKNOWN_MSISDN`.
    UnknownMsisdn,
    /// Ends in `LIMIT_EXCEEDED`.
    LimitExceeded,
    /// Ends in `SERVICE_UNAVAILABLE`.
    Maintenance,
    /// Ends in `DUPLICATE_REFERENCE`.
    Duplicate,
}

/// How loudly a dashboard shows a scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Went well.
    Ok,
    /// Try again later.
    Warn,
    /// Refused.
    Error,
}

/// One row of table 6.2.
struct Row {
    id: &'static str,
    label: &'static str,
    status: Status,
    latency_ms: (u32, u32),
    severity: Severity,
}

const fn row(id: &'static str, label: &'static str, status: Status, latency_ms: (u32, u32), severity: Severity) -> Row {
    Row { id, label, status, latency_ms, severity }
}

impl Scenario {
    /// All ten, in the order of table 6.2.
    pub const ALL: [Self; 10] = [
        Self::Success,
        Self::PinInvalid,
        Self::LowBalance,
        Self::Timeout,
        Self::Blocked,
        Self::Cancelled,
        Self::UnknownMsisdn,
        Self::LimitExceeded,
        Self::Maintenance,
        Self::Duplicate,
    ];

    const fn row(self) -> Row {
        use Severity::{Error, Ok, Warn};
        match self {
            Self::Success => row("success", "Success", Status::Success, (800, 1_800), Ok),
            Self::PinInvalid => row("pin_invalid", "Invalid PIN", Status::PinInvalid, (600, 1_400), Error),
            Self::LowBalance => {
                row("low_balance", "Insufficient funds", Status::InsufficientFunds, (600, 1_400), Error)
            }
            Self::Timeout => row("timeout", "Timeout", Status::Timeout, (25_000, 35_000), Warn),
            Self::Blocked => row("blocked", "Blocked account", Status::AccountBlocked, (500, 1_000), Error),
            Self::Cancelled => row("cancelled", "User cancelled", Status::UserCancelled, (3_000, 8_000), Warn),
            Self::UnknownMsisdn => row("unknown_msisdn", "Unknown number", Status::UnknownMsisdn, (400, 900), Error),
            Self::LimitExceeded => row("limit_exceeded", "Limit exceeded", Status::LimitExceeded, (500, 1_000), Error),
            Self::Maintenance => {
                row("maintenance", "Service under maintenance", Status::ServiceUnavailable, (200, 600), Warn)
            }
            Self::Duplicate => row("duplicate", "Duplicate reference", Status::DuplicateReference, (200, 500), Error),
        }
    }

    /// The id on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.row().id
    }

    /// Reads an id, which has one spelling.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scenario| scenario.as_str() == text)
    }

    /// The name for people.
    #[must_use]
    pub const fn label(self) -> &'static str {
        self.row().label
    }

    /// The terminal status it forces.
    #[must_use]
    pub const fn status(self) -> Status {
        self.row().status
    }

    /// What its latency is drawn from, both ends included, in milliseconds.
    #[must_use]
    pub const fn latency_range_ms(self) -> RangeInclusive<u32> {
        let (least, most) = self.row().latency_ms;
        least..=most
    }

    /// How it is shown.
    #[must_use]
    pub const fn severity(self) -> Severity {
        self.row().severity
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Table 6.2, word for word.
    const TABLE: &str = "
        success | Success | SUCCESS | 800-1800 | ok
        pin_invalid | Invalid PIN | PIN_INVALID | 600-1400 | error
        low_balance | Insufficient funds | INSUFFICIENT_FUNDS | 600-1400 | error
        timeout | Timeout | TIMEOUT | 25000-35000 | warn
        blocked | Blocked account | ACCOUNT_BLOCKED | 500-1000 | error
        cancelled | User cancelled | USER_CANCELLED | 3000-8000 | warn
        unknown_msisdn | Unknown number | UNKNOWN_MSISDN | 400-900 | error
        limit_exceeded | Limit exceeded | LIMIT_EXCEEDED | 500-1000 | error
        maintenance | Service under maintenance | SERVICE_UNAVAILABLE | 200-600 | warn
        duplicate | Duplicate reference | DUPLICATE_REFERENCE | 200-500 | error";

    fn word(value: impl Serialize) -> String {
        serde_json::to_value(value).expect("serialises").as_str().expect("a string").to_owned()
    }

    #[test]
    fn the_scenarios_are_table_6_2() {
        let table: Vec<_> = TABLE.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        assert_eq!(table.len(), Scenario::ALL.len());
        for (scenario, expected) in Scenario::ALL.into_iter().zip(table) {
            let range = scenario.latency_range_ms();
            let row = format!(
                "{} | {} | {} | {}-{} | {}",
                word(scenario),
                scenario.label(),
                word(scenario.status()),
                range.start(),
                range.end(),
                word(scenario.severity())
            );
            assert_eq!(row, expected);
            assert_eq!(Scenario::parse(&word(scenario)), Some(scenario));
        }
        assert_eq!(Scenario::parse("pending"), None, "there is no pending scenario");
        assert_eq!(Scenario::parse("Success"), None);
    }

    #[test]
    fn only_pending_is_not_terminal() {
        let open: Vec<_> = Status::ALL.into_iter().filter(|status| !status.terminal()).collect();
        assert_eq!(open, [Status::Pending]);
    }

    #[test]
    fn statuses_read_as_they_are_written() {
        for status in Status::ALL {
            assert_eq!(word(status), status.as_str());
            assert_eq!(Status::parse(status.as_str()), Some(status));
        }
        assert_eq!(Status::parse("success"), None);
    }

    #[test]
    fn the_registry_path_draws_from_the_scenario_of_the_status() {
        assert_eq!(Status::Pending.latency_range_ms(), 200..=600);
        assert_eq!(Status::UnknownMsisdn.latency_range_ms(), 400..=900);
        assert_eq!(Status::InsufficientFunds.latency_range_ms(), 600..=1_400);
        for scenario in Scenario::ALL {
            assert_eq!(scenario.status().latency_range_ms(), scenario.latency_range_ms(), "one status, one scenario");
        }
    }
}
