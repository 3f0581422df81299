//! Rules that make the next matching exchange go wrong.

use serde::{Deserialize, Serialize};

/// Which exchanges a fault is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultOn {
    /// Calls that come in.
    Request,
    /// Deliveries that go out.
    Delivery,
}

/// What goes wrong with a call that comes in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum RequestAction {
    /// Answered with this status in the platform's shape, the operation not run.
    Status(u16),
    /// Answered late by so many milliseconds of real time.
    DelayMs(u64),
    /// The operation runs, its answer is lost and the connection closed.
    Drop(bool),
    /// Answered with a redirect to the same place, so many times.
    Redirect(u32),
    /// The operation runs, half of the body is sent.
    Truncate(bool),
}

/// What goes wrong with a delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum DeliveryAction {
    /// Sent twice.
    Duplicate,
    /// Sent after the one that follows it.
    Reorder,
    /// Sent late by so many milliseconds of virtual time.
    DelayMs(u64),
    /// Not sent; the attempt counts as one that was not answered.
    Drop,
    /// Sent with a signature made with another key.
    BadSignature,
    /// Sent with the signature of an older moment or body.
    StaleSignature,
    /// Sent with a byte of the body changed after signing.
    AlteredBody,
}

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Action {
    /// With a call that comes in.
    Request(RequestAction),
    /// With a delivery.
    Delivery(DeliveryAction),
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// `flt_…`
    pub id: String,
    /// Which exchanges.
    pub on: FaultOn,
    /// Of which provider.
    pub provider: String,
    /// Only this method.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Only paths that match this glob (`*` within a segment, `**` across).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Only deliveries of this event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// What goes wrong.
    pub action: Action,
    /// How often it may still fire; none for always.
    pub times: Option<u32>,
    /// How likely it fires on a match, in millionths.
    pub probability_ppm: u32,
    /// How often it fired.
    #[serde(default)]
    pub fired: u64,
}

impl Fault {
    /// Whether it may still fire.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.times != Some(0)
    }

    /// The action on a delivery of this provider and event, when it is a live fault for it.
    #[must_use]
    pub fn on_delivery(&self, provider: &str, event: &str) -> Option<DeliveryAction> {
        let fits = self.on == FaultOn::Delivery
            && self.is_live()
            && self.provider == provider
            && self.event.as_deref().is_none_or(|wanted| wanted == event);
        match &self.action {
            Action::Delivery(action) if fits => Some(action.clone()),
            // A delay is written alike for both, so a rule that was read back from storage holds the other's.
            Action::Request(RequestAction::DelayMs(delay_ms)) if fits => Some(DeliveryAction::DelayMs(*delay_ms)),
            _ => None,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn every_action_on_deliveries_survives_storage() {
        use DeliveryAction::{AlteredBody, BadSignature, DelayMs, Drop, Duplicate, Reorder, StaleSignature};
        for action in [Duplicate, Reorder, DelayMs(5), Drop, BadSignature, StaleSignature, AlteredBody] {
            let fault = Fault {
                id: "flt_1".to_owned(),
                on: FaultOn::Delivery,
                provider: "p".to_owned(),
                method: None,
                path: None,
                event: None,
                action: Action::Delivery(action.clone()),
                times: None,
                probability_ppm: 1_000_000,
                fired: 0,
            };
            let read: Fault = serde_json::from_str(&serde_json::to_string(&fault).unwrap()).unwrap();
            assert_eq!(read.on_delivery("p", "e"), Some(action));
            assert_eq!(read.on_delivery("q", "e"), None);
        }
    }
}
