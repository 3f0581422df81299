//! What becomes of a payment: outcomes, prompts, expiry and the SIM registry (contract 6), references (9).

use super::Decision;

/// In the order of the contract.
pub(super) const DECISIONS: &[Decision] = &[
    Decision::new("terminal_is_final", "a terminal status never changes", "Implied.", "sandpay.md 6.1"),
    Decision::new("refund_keeps_parent", "the parent stays SUCCESS", "Implied.", "sandpay.md 6.1"),
    Decision::new(
        "latency_draw",
        "a uniform whole number, both ends included",
        "Drawn at random inside the range; the distribution is silent.",
        "sandpay.md 6.2",
    ),
    Decision::new(
        "held_response",
        "the answer waits latencyMs times the sandbox's latency scale, 0 by default",
        "Silent whether POST blocks.",
        "sandpay.md Q18, 6.2",
    ),
    Decision::new(
        "completed_at",
        "createdAt plus latencyMs where final at creation, else the instant it was settled",
        "After the sample of the webhooks page.",
        "sandpay.md 6.2",
    ),
    Decision::new(
        "scenario_needs_environment",
        "a forced outcome still needs an enabled environment",
        "Silent.",
        "sandpay.md 6.2",
    ),
    Decision::new(
        "passthrough_collection",
        "an unknown number succeeds at once, no SIM is debited",
        "The documents' sentence is cut off; the guide says so for payouts.",
        "sandpay.md Q17, 6.3",
    ),
    Decision::new(
        "balance_compared_with",
        "customerTotal",
        "The guide says so twice; the scenarios page says amount.",
        "sandpay.md Q6, 6.3",
    ),
    Decision::new("registry_scope", "per environment and number", "Silent.", "sandpay.md 6.3"),
    Decision::new(
        "registry_latency",
        "from the range of the scenario with that status; PENDING 200-600 ms, kept at settlement",
        "Only scenarios have documented ranges.",
        "sandpay.md 6.3",
    ),
    Decision::new(
        "raw_at_settlement",
        "raw and provider_tx_id are rebuilt once, when a prompt is settled",
        "Silent.",
        "sandpay.md 6.3",
    ),
    Decision::new(
        "prompt_settlement",
        "right PIN settles after a new look at block and balance; wrong PIN is PIN_INVALID at once; refusing is USER_CANCELLED; PINs have 4 digits, 1234 by default",
        "Only the screen's name is documented.",
        "sandpay.md Q22, 6.4",
    ),
    Decision::new("settling_twice", "refused, nothing changes", "A terminal status is final.", "sandpay.md 6.4"),
    Decision::new(
        "no_reservation",
        "nothing is reserved while PENDING; looked at again on confirmation",
        "Silent.",
        "sandpay.md Q23, 6.4",
    ),
    Decision::new(
        "expiry_tick",
        "minute 0 of each hour in UTC, for prompts that are old enough",
        "An hourly cron, about 60 minutes.",
        "sandpay.md Q38, 6.4",
    ),
    Decision::setting("expiry_age_minutes", "60", "About 60 minutes in the guide.", "sandpay.md 6.4"),
    Decision::new(
        "fee_account",
        "the fee is credited to an operator account",
        "So that postings sum to zero.",
        "sandpay.md 6.5",
    ),
    Decision::new(
        "outside_account",
        "what has no SIM moves against an outside account",
        "So that postings sum to zero.",
        "sandpay.md 6.5",
    ),
    Decision::new(
        "forced_success_debit",
        "a forced success debits the SIM only if registered, active and funded",
        "A forced outcome must not depend on the registry.",
        "sandpay.md 6.5",
    ),
    Decision::new(
        "reference_forms",
        "canonical with a real date-time, the older form without time, anything else unstructured",
        "The guide gives the format in words; any 1-80 characters are accepted.",
        "sandpay.md 9.1",
    ),
    Decision::new(
        "generated_reference",
        "ORIGIN of the parent if it can be read, else SP; the transaction's second; six random bytes",
        "Only the pattern is documented.",
        "sandpay.md 9.1",
    ),
    Decision::new(
        "duplicate_reference",
        "same fingerprint replays the original with 200, another one makes a DUPLICATE_REFERENCE row",
        "Silent beyond idempotency key, unique per organisation.",
        "sandpay.md Q1, 9.2",
    ),
    Decision::new(
        "replay_of_failures",
        "a failed original is replayed too; trying again needs a new reference",
        "Same rule for all.",
        "sandpay.md 9.2",
    ),
    Decision::new(
        "reference_uniqueness",
        "case-sensitive, per organisation, for ever; of two at once one wins",
        "Silent.",
        "sandpay.md 9.2",
    ),
    Decision::new("order_group", "organisation and order_ref", "Silent.", "sandpay.md 9.3"),
    Decision::new("refund_order_ref", "inherited, ignored if sent", "Do not resend, says the guide.", "sandpay.md 9.3"),
    Decision::new("protected_without_url", "stored, no hint shown", "Silent.", "sandpay.md 9.3"),
    Decision::new(
        "no_scheduler",
        "recurring charges are the client's own POSTs",
        "No endpoint; only the operation ABO and a shared order_ref.",
        "sandpay.md Q40, 9.3",
    ),
];
