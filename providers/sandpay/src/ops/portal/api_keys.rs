//! Keys: made (the whole key is shown once), listed, renamed, revoked (contract 2.4). A revoked key stays in the list.
//!
//! Refuses with 404 for an unknown id and 400 for a label or an expiry that cannot be.

use std::sync::Arc;

use kernel::{Cx, Decided, Effects, Instant, Record, Stop, View, Want};
use serde_json::json;

use super::{Refused, org, short_text, told};
use crate::auth::{self, KeyHash};
use crate::model::{ApiKey, KeyRef, Org};
use crate::wire::portal::{ApiKeyChange, ApiKeyView, NewApiKey};

/// Makes a key.
///
/// # Errors
/// As the module says, or keys to load first.
pub fn create(cx: &Cx, view: &View<'_>, new: &NewApiKey) -> Decided<ApiKeyView, Refused> {
    let org = org(view)?;
    let label = short_text("label", new.label.as_deref().unwrap_or("unnamed")).map_err(Stop::Refused)?;
    // After a reset a repeatable sandbox draws again what a key that was kept has already.
    let (mut ids, mut secrets) = (cx.chance.draw("key_id"), cx.chance.draw("api_key"));
    let (key_id, whole) = loop {
        let drawn = (format!("key_{}", ids.hex(12)), format!("{}{}", auth::PREFIX, secrets.hex(auth::RANDOM_CHARS)));
        if org.hash_of(&drawn.0).is_none() {
            break drawn;
        }
    };
    let hash = KeyHash::of(&whole);
    let key = ApiKey {
        hash: hash.as_str().to_owned(),
        key_id,
        label,
        prefix: auth::visible(&whole),
        created_at: cx.now,
        revoked_at: None,
        expires_at: expiry(new.expires_at.as_deref()).map_err(Stop::Refused)?,
    };
    let mut after = (*org).clone();
    after.keys.push(KeyRef { id: key.key_id.clone(), hash: key.hash.clone() });
    let shown = ApiKeyView { key: Some(whole), ..ApiKeyView::of(&key) };
    let mut fx = Effects::new();
    fx.names.push(hash.directory_name());
    fx.tell(told(cx, "sandpay.api_key.created", &key.key_id, json!({ "label": key.label, "prefix": key.prefix })));
    fx.replace(&*org, after);
    fx.insert(key);
    Ok((shown, fx))
}

/// All keys in the order of their making.
///
/// # Errors
/// Keys to load first.
pub fn list(_: &Cx, view: &View<'_>) -> Result<Vec<ApiKeyView>, Stop<Refused>> {
    let org = org(view)?;
    let wants: Vec<_> = org.keys.iter().map(|key| Want::Record(ApiKey::KIND, &key.hash)).collect();
    view.want(&wants)?;
    let mut shown = Vec::new();
    for key in &org.keys {
        shown.extend(view.get::<ApiKey>(&key.hash)?.map(|key| ApiKeyView::of(&key)));
    }
    Ok(shown)
}

/// One key.
///
/// # Errors
/// As the module says, or keys to load first.
pub fn show(_: &Cx, view: &View<'_>, key_id: &str) -> Result<ApiKeyView, Stop<Refused>> {
    Ok(ApiKeyView::of(&*found(view, &*org(view)?, key_id)?))
}

/// Changes what can be changed of a key.
///
/// # Errors
/// As the module says, or keys to load first.
pub fn change(cx: &Cx, view: &View<'_>, asked: &(String, ApiKeyChange)) -> Decided<ApiKeyView, Refused> {
    let (key_id, change) = asked;
    let before = found(view, &*org(view)?, key_id)?;
    let mut after = (*before).clone();
    if let Some(label) = &change.label {
        after.label = short_text("label", label).map_err(Stop::Refused)?;
    }
    if let Some(at) = expiry(change.expires_at.as_deref()).map_err(Stop::Refused)? {
        after.expires_at = Some(at);
    }
    Ok((ApiKeyView::of(&after), replaced(cx, &before, after, "sandpay.api_key.changed")))
}

/// Revokes a key, at once and for good; twice is once.
///
/// # Errors
/// As the module says, or keys to load first.
pub fn revoke(cx: &Cx, view: &View<'_>, key_id: &str) -> Decided<(), Refused> {
    let before = found(view, &*org(view)?, key_id)?;
    let after = ApiKey { revoked_at: before.revoked_at.or(Some(cx.now)), ..(*before).clone() };
    Ok(((), replaced(cx, &before, after, "sandpay.api_key.revoked")))
}

fn replaced(cx: &Cx, before: &ApiKey, after: ApiKey, what: &str) -> Effects {
    let mut fx = Effects::new();
    if after != *before {
        fx.tell(told(cx, what, &before.key_id, json!({ "label": after.label, "prefix": after.prefix })));
        fx.replace(before, after);
    }
    fx
}

fn found(view: &View<'_>, org: &Org, key_id: &str) -> Result<Arc<ApiKey>, Stop<Refused>> {
    let unknown = Stop::Refused(Refused::Unknown { what: "API key" });
    match org.hash_of(key_id) {
        Some(hash) => view.get::<ApiKey>(hash)?.ok_or(unknown),
        None => Err(unknown),
    }
}

fn expiry(text: Option<&str>) -> Result<Option<Instant>, Refused> {
    text.map(Instant::parse).transpose().map_err(|why| Refused::invalid("expires_at", why))
}
