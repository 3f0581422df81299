//! From a stored transaction to what is shown of it: the Payment resource and the body of its webhook.
//!
//! Both are made from the same values, so that they cannot disagree. Must not decide anything.

use serde_json::Value;

use crate::model::Transaction;
use crate::raw::Native;
use crate::wire::{EventName, Payment, TwoDecimals, WebhookBody, WholeUnits};

/// The Payment resource.
#[must_use]
pub fn payment(tx: &Transaction) -> Payment {
    let quote = tx.quote();
    Payment {
        id: tx.id.clone(),
        kind: tx.kind,
        parent_tx_id: tx.parent_tx_id.clone(),
        order_ref: tx.order_ref().to_owned(),
        order_url: tx.order_url.clone(),
        is_url_protected: tx.is_url_protected,
        amount: tx.amount,
        commission: quote.commission,
        net_amount: quote.net_amount,
        customer_total: quote.customer_total,
        merchant_absorption_pct: quote.absorption_pct,
        merchant_share: quote.merchant_share,
        customer_share: quote.customer_share,
        commission_mode: quote.mode,
        currency: tx.currency.clone(),
        operator: tx.operator,
        country: tx.country.as_str().to_owned(),
        msisdn: tx.msisdn.clone(),
        reference: tx.reference.clone(),
        description: tx.description.clone(),
        scenario: tx.scenario,
        status: tx.status,
        latency_ms: tx.latency_ms,
        created_at: tx.created_at.iso(),
        raw: raw(tx),
    }
}

/// The body of the webhook that a terminal transaction owes; none while it is pending.
#[must_use]
pub fn webhook(tx: &Transaction, org_id: &str, with_reference: bool) -> Option<WebhookBody> {
    let completed_at = tx.completed_at()?;
    let quote = tx.quote();
    Some(WebhookBody {
        event: EventName::of(tx.kind),
        tx_id: tx.id.clone(),
        kind: tx.kind,
        parent_tx_id: tx.parent_tx_id.clone(),
        org_id: org_id.to_owned(),
        env_id: tx.pair().env_id(),
        country: tx.country.as_str().to_owned(),
        operator: tx.operator,
        amount: WholeUnits(tx.amount),
        commission: TwoDecimals(quote.commission),
        net_amount: TwoDecimals(quote.net_amount),
        customer_total: TwoDecimals(quote.customer_total),
        merchant_absorption_pct: quote.absorption_pct,
        merchant_share: TwoDecimals(quote.merchant_share),
        customer_share: TwoDecimals(quote.customer_share),
        commission_mode: quote.mode,
        currency: tx.currency.clone(),
        msisdn: tx.msisdn.clone(),
        reference: with_reference.then(|| tx.reference.clone()),
        order_ref: tx.order_ref().to_owned(),
        order_url: tx.order_url.clone(),
        is_url_protected: tx.is_url_protected,
        status: tx.status,
        latency_ms: tx.latency_ms,
        created_at: tx.created_at.iso(),
        completed_at: completed_at.iso(),
        scenario: tx.scenario,
        provider_tx_id: tx.provider_tx_id.clone(),
        description: tx.description.clone(),
        raw: raw(tx),
    })
}

fn raw(tx: &Transaction) -> Option<Value> {
    let native = Native {
        operator: tx.operator,
        kind: tx.kind,
        status: tx.status,
        expired: tx.expired,
        tx_id: &tx.id,
        provider_tx_id: tx.provider_tx_id.as_deref(),
        amount: tx.amount,
        currency: &tx.currency,
        msisdn: &tx.msisdn,
        reference: &tx.reference,
        description: tx.description.as_deref(),
    };
    native.build()
}
