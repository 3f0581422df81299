//! Stores: what `application` names (contract 2.4, 13). Payments of a store that is taken away stay.
//!
//! Refuses with 404 for an unknown slug, 409 for a taken one, 400 for one that cannot be.

use kernel::{Cx, Decided, Effects, Stop, View};
use serde_json::json;

use super::{Refused, org, short_text, told};
use crate::model::Shop;
use crate::wire::portal::{NewStore, StoreChange, StoreView};

/// Adds a store.
///
/// # Errors
/// As the module says, or keys to load first.
pub fn create(cx: &Cx, view: &View<'_>, new: &NewStore) -> Decided<StoreView, Refused> {
    let org = org(view)?;
    let slug_fits = (1..=80).contains(&new.slug.len())
        && new.slug.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'));
    if !slug_fits {
        return Err(Stop::Refused(Refused::invalid("slug", "1 to 80 of letters, digits, `.`, `_` and `-`")));
    }
    if org.store(&new.slug).is_some() {
        return Err(Stop::Refused(Refused::Taken { what: "store" }));
    }
    let name = short_text("name", new.name.as_deref().unwrap_or(&new.slug)).map_err(Stop::Refused)?;
    let store = Shop { slug: new.slug.clone(), name };
    let shown = StoreView::of(&store);
    let mut after = (*org).clone();
    let mut fx = Effects::new();
    fx.tell(told(cx, "sandpay.store.created", &store.slug, json!({ "name": store.name })));
    after.stores.push(store);
    fx.replace(&*org, after);
    Ok((shown, fx))
}

/// All stores in the order of their making.
///
/// # Errors
/// Keys to load first.
pub fn list(_: &Cx, view: &View<'_>) -> Result<Vec<StoreView>, Stop<Refused>> {
    Ok(org(view)?.stores.iter().map(StoreView::of).collect())
}

/// One store.
///
/// # Errors
/// As the module says, or keys to load first.
pub fn show(_: &Cx, view: &View<'_>, slug: &str) -> Result<StoreView, Stop<Refused>> {
    org(view)?.store(slug).map(StoreView::of).ok_or(Stop::Refused(Refused::Unknown { what: "store" }))
}

/// Renames a store.
///
/// # Errors
/// As the module says, or keys to load first.
pub fn change(cx: &Cx, view: &View<'_>, asked: &(String, StoreChange)) -> Decided<StoreView, Refused> {
    let (slug, change) = asked;
    let org = org(view)?;
    let mut after = (*org).clone();
    let found = after.stores.iter_mut().find(|store| store.slug == *slug);
    let store = found.ok_or(Stop::Refused(Refused::Unknown { what: "store" }))?;
    if let Some(name) = &change.name {
        store.name = short_text("name", name).map_err(Stop::Refused)?;
    }
    let shown = StoreView::of(store);
    let mut fx = Effects::new();
    if after != *org {
        fx.tell(told(cx, "sandpay.store.changed", slug, json!({ "name": shown.name })));
        fx.replace(&*org, after);
    }
    Ok((shown, fx))
}

/// Takes a store away.
///
/// # Errors
/// As the module says, or keys to load first.
pub fn remove(cx: &Cx, view: &View<'_>, slug: &str) -> Decided<(), Refused> {
    let org = org(view)?;
    if org.store(slug).is_none() {
        return Err(Stop::Refused(Refused::Unknown { what: "store" }));
    }
    let mut after = (*org).clone();
    after.stores.retain(|store| store.slug != slug);
    let mut fx = Effects::new();
    fx.tell(told(cx, "sandpay.store.deleted", slug, json!({})));
    fx.replace(&*org, after);
    Ok(((), fx))
}
