//! The values of the overridable assumptions in a sandbox: as set there, else the listed default.
//!
//! Must not know what they are used for. A value of the wrong type or out of range counts as not set.

use kernel::Cx;
use serde_json::Value;

use crate::assumptions;

/// From when on a prompt may expire, in milliseconds after its creation.
#[must_use]
pub fn expiry_age_ms(cx: &Cx) -> i64 {
    integer(cx, "expiry_age_minutes", 0, 1_000_000) * 60_000
}

/// What a new environment's float holds, in whole francs.
#[must_use]
pub fn initial_float(cx: &Cx) -> i64 {
    integer(cx, "initial_float", 0, crate::ledger::MOST)
}

/// The largest request body in bytes.
#[must_use]
pub fn body_limit_bytes(cx: &Cx) -> usize {
    usize::try_from(integer(cx, "body_limit_bytes", 0, 1_048_576)).unwrap_or(crate::wire::BODY_LIMIT_BYTES)
}

/// Whether webhooks carry the merchant's reference.
#[must_use]
pub fn echoes_reference(cx: &Cx) -> bool {
    boolean(cx, "webhook_reference_echo")
}

/// Whether retries wait a little longer by chance.
#[must_use]
pub fn has_retry_jitter(cx: &Cx) -> bool {
    boolean(cx, "webhook_retry_jitter")
}

/// What waits between attempts are multiplied by, in per cent.
#[must_use]
pub fn retry_scale_pct(cx: &Cx) -> i64 {
    integer(cx, "webhook_retry_scale_pct", 0, 10_000)
}

/// The oldest SDK that `/v1/meta` says works; without a sandbox the default.
#[must_use]
pub fn min_sdk_version(set: Option<&Value>) -> String {
    let default = || default("min_sdk_version").as_str().unwrap_or_default().to_owned();
    set.and_then(Value::as_str).map_or_else(default, str::to_owned)
}

/// The id under which a sandbox sets it.
pub const MIN_SDK_VERSION: &str = "sandpay.min_sdk_version";

fn default(name: &str) -> Value {
    assumptions::find(name).map_or(Value::Null, assumptions::Decision::json)
}

fn integer(cx: &Cx, name: &str, least: i64, most: i64) -> i64 {
    let set = cx.setting(&format!("sandpay.{name}")).and_then(Value::as_i64);
    let valid = set.filter(|value| (least..=most).contains(value));
    valid.unwrap_or_else(|| default(name).as_i64().unwrap_or(least))
}

fn boolean(cx: &Cx, name: &str) -> bool {
    let set = cx.setting(&format!("sandpay.{name}")).and_then(Value::as_bool);
    set.unwrap_or_else(|| default(name).as_bool().unwrap_or(true))
}
