//! What the inbox keeps: messages, and one record that counts them and says how they are answered.

use kernel::{Entry, Instant, Record};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct InboxMessage {
    /// `inb_` and its number.
    pub(crate) id: String,
    /// Virtual time.
    pub(crate) at: Instant,
    pub(crate) method: String,
    /// The path below `/inbox/{sandbox}`; begins with a slash.
    pub(crate) path: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) query: Option<String>,
    /// Names in lower case, in the order sent.
    pub(crate) headers: Vec<(String, String)>,
    /// As text, or in base64.
    pub(crate) body: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) is_base64: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) subject: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) checked: Option<CheckedBy>,
}

/// Whose signature a message carries and whether it is right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CheckedBy {
    pub(crate) provider: String,
    pub(crate) endpoint: String,
    pub(crate) verified: bool,
}

/// The index of messages by time.
pub(crate) const BY_TIME: &str = "inbox.message.at";

impl Record for InboxMessage {
    const KIND: &'static str = "inbox.message";

    fn id(&self) -> String {
        self.id.clone()
    }

    fn entries(&self) -> Vec<Entry> {
        let mut fields = vec![("method", self.method.clone()), ("path", self.path.clone())];
        fields.extend(self.subject.clone().map(|subject| ("subject", subject)));
        vec![Entry::timed(BY_TIME, self.at, &self.id, fields)]
    }
}

/// What is answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = InboxAnswer)]
pub(crate) struct Answer {
    /// 200 to 599.
    pub(crate) status: u16,
    /// Names and values.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub(crate) headers: serde_json::Map<String, serde_json::Value>,
    /// Text is sent as it is, anything else as JSON; `{}` when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub(crate) body: Option<serde_json::Value>,
    /// Held for so many milliseconds of real time; at most 60000.
    #[serde(default)]
    pub(crate) delay_ms: u64,
    /// How many messages are still answered so; all when left out or null.
    #[serde(default)]
    pub(crate) times: Option<u32>,
}

/// The id of the one state.
pub(crate) const STATE: &str = "state";

/// How many messages came, and how the next one is answered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct InboxState {
    pub(crate) received: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) answer: Option<Answer>,
}

impl Record for InboxState {
    const KIND: &'static str = "inbox.state";

    fn id(&self) -> String {
        STATE.to_owned()
    }
}

/// The id of the message of a number; they sort by it.
pub(crate) fn message_id(number: u64) -> String {
    format!("inb_{number:012}")
}
