//! From an entry to a row: masked, as JSON. Runs when the log is written, never while a client waits.

use serde_json::{Map, Value};
use store::requests::RequestRow;

use super::entry::{Entry, FlatHeaders, KeptBody};
use crate::mask;

/// The row of an entry, with nothing in it that must not be seen.
pub(super) fn row(entry: &Entry) -> RequestRow {
    let mut detail = Map::new();
    detail.insert("request".into(), side(&entry.request_headers, &entry.request_body));
    detail.insert("response".into(), side(&entry.response_headers, &entry.response_body));
    detail.insert("faults".into(), entry.faults.iter().map(|id| Value::from(&**id)).collect());
    RequestRow {
        scope: entry.scope.to_string(),
        id: entry.id.clone(),
        at_ms: entry.at_ms,
        wall_ms: entry.wall_ms,
        provider: entry.provider.to_owned(),
        method: entry.method.as_str().to_owned(),
        path: mask::path(&entry.path),
        status: entry.status,
        duration_us: entry.duration_us,
        subject: entry.subject.clone(),
        detail: Value::Object(detail).to_string(),
    }
}

/// `{headers: {name: value}, body: text or null, body_bytes, body_cut?}`; repeated headers are joined with a comma.
fn side(headers: &FlatHeaders, body: &KeptBody) -> Value {
    let mut shown: Map<String, Value> = Map::new();
    for (name, value) in headers.iter() {
        let value = mask::header(name, &String::from_utf8_lossy(value)).into_owned();
        match shown.get_mut(name) {
            Some(Value::String(before)) => {
                before.push_str(", ");
                before.push_str(&value);
            }
            _ => {
                shown.insert(name.to_owned(), value.into());
            }
        }
    }
    let content_type = headers.get("content-type").unwrap_or_default();
    let text = (!body.bytes.is_empty()).then(|| mask::body(content_type, &body.bytes));
    let mut side = Map::new();
    side.insert("headers".into(), shown.into());
    side.insert("body".into(), text.into());
    side.insert("body_bytes".into(), body.whole_bytes.into());
    if body.bytes.len() < body.whole_bytes {
        side.insert("body_cut".into(), true.into());
    }
    side.into()
}
