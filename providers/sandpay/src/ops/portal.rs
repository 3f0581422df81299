//! What a person does in the platform's dashboard and on a handset (playmoney.md section 8): decisions behind the
//! sandbox's own routes, refused in our own words.

pub mod api_keys;
pub mod environments;
pub mod prompts;
pub mod stores;
pub mod test_clients;
pub mod webhook_endpoints;

use std::sync::Arc;

use kernel::{Cx, Event, Need, View};
use serde_json::Value;

use crate::model::{ORG, Org};

/// Why something was not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// No such thing in this sandbox.
    Unknown {
        /// What was looked for.
        what: &'static str,
    },
    /// A member has a value that it cannot have.
    Invalid {
        /// Which.
        member: &'static str,
        /// What it can have.
        why: String,
    },
    /// It is there already.
    Taken {
        /// What.
        what: &'static str,
    },
    /// The payment has ended; nothing changes it any more.
    Settled {
        /// How it ended.
        status: &'static str,
    },
}

impl Refused {
    fn invalid(member: &'static str, why: impl Into<String>) -> Self {
        Self::Invalid { member, why: why.into() }
    }
}

/// The organisation, which is made with the fixtures.
fn org(view: &View<'_>) -> Result<Arc<Org>, Need> {
    Ok(view.get::<Org>(ORG)?.expect("the fixtures make the organisation before the first command"))
}

/// An event about something that was set up.
fn told(cx: &Cx, kind: &str, subject: &str, data: Value) -> Event {
    Event::of(crate::NAME, kind, subject, cx.now, data)
}

/// A text of 1 to 80 characters.
fn short_text(member: &'static str, text: &str) -> Result<String, Refused> {
    if (1..=80).contains(&text.chars().count()) {
        return Ok(text.to_owned());
    }
    Err(Refused::invalid(member, "1 to 80 characters"))
}

/// A whole number within bounds.
fn within(member: &'static str, value: i64, least: i64, most: i64) -> Result<i64, Refused> {
    if (least..=most).contains(&value) {
        return Ok(value);
    }
    Err(Refused::invalid(member, format!("a whole number from {least} to {most}")))
}
