//! Webhooks: configuration, body, signing and delivery (contract 8.4 and 10).

use super::Decision;

/// In the order of the contract.
pub(super) const DECISIONS: &[Decision] = &[
    Decision::new(
        "three_events",
        "payment.completed, payment.refunded, disbursement.completed",
        "The webhooks page knows one and is older than the guide.",
        "sandpay.md Q9, 8.4",
    ),
    Decision::new("webhook_secret", "whsec_ and 32 hex digits", "The prefix alone is documented.", "sandpay.md 10.1"),
    Decision::new(
        "webhook_endpoints",
        "several per organisation, each with its own secret",
        "The documents speak of one.",
        "sandpay.md Q34, 10.1",
    ),
    Decision::new(
        "plain_http_endpoints",
        "loopback and private hosts only",
        "Documented as HTTPS; a developer's receiver has no certificate.",
        "sandpay.md 10.1",
    ),
    Decision::new("paused_endpoint", "no delivery is made, nothing is queued", "Silent.", "sandpay.md Q35, 10.1"),
    Decision::new(
        "webhook_headers",
        "X-SandPay-Delivery with an id kept over retries, User-Agent SandPay-Webhooks/1.0, Content-Type application/json",
        "The documents' list of headers is cut off.",
        "sandpay.md Q16, 10.2",
    ),
    Decision::new("no_signed_time", "no timestamp, no replay window", "None is described.", "sandpay.md 10.2"),
    Decision::new(
        "bytes_once",
        "the body is built once per transaction and sent unchanged",
        "Receivers verify bytes.",
        "sandpay.md 10.2",
    ),
    Decision::setting(
        "webhook_reference_echo",
        "true",
        "The guide says no, both samples show it; endpoints can also ask for it to be left out.",
        "sandpay.md Q7, 10.3",
    ),
    Decision::new("webhook_order_ref", "included", "The text says so, the samples lack it.", "sandpay.md Q8, 10.3"),
    Decision::new(
        "webhook_extra_fields",
        "type, parent_tx_id, order_url, is_url_protected",
        "Additive, helps receivers.",
        "sandpay.md 10.3",
    ),
    Decision::new(
        "webhook_schedule",
        "waits of 15, 30, 60 and 120 s, each with up to 30 s of jitter",
        "Exponential, by Inngest, whose defaults these are.",
        "sandpay.md Q15, 10.4",
    ),
    Decision::new(
        "webhook_attempts",
        "5 in all",
        "The guide says five retries, the webhooks page five attempts.",
        "sandpay.md Q44, 10.4",
    ),
    Decision::setting("webhook_retry_jitter", "true", "Off where a test wants exact instants.", "sandpay.md 10.4"),
    Decision::setting(
        "webhook_retry_scale_pct",
        "100",
        "Waits are multiplied by it, so that tests need not wait.",
        "sandpay.md 10.4",
    ),
    Decision::new("redirects_fail", "a 3xx is a failed attempt", "Documented as not followed.", "sandpay.md 10.4"),
    Decision::new("client_errors_are_retried", "4xx like 5xx", "No permanent codes are named.", "sandpay.md 10.4"),
    Decision::new(
        "delivery_record",
        "attempts with time, status or error, duration, first 2 KiB of the answer",
        "Only a list is documented.",
        "sandpay.md 10.4",
    ),
    Decision::new(
        "manual_replay",
        "one attempt at once, signed with the current secret, on the same delivery",
        "Possible from the dashboard, says the page.",
        "sandpay.md 10.4",
    ),
    Decision::new(
        "at_least_once",
        "unordered; receivers dedupe on tx_id and event",
        "Implied by retries.",
        "sandpay.md 10.4",
    ),
    Decision::new(
        "dispatch_mode",
        "cloud, local-synced or local-unsynced",
        "The behaviours are documented, the switch is ours.",
        "sandpay.md 10.4",
    ),
];
