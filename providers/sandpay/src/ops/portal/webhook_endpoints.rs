//! Webhook endpoints: added (the secret is shown once), paused, changed, taken away (contract 10.1).
//!
//! Refuses with 404 for an unknown id and 400 for a URL that webhooks cannot go to. Whether this server may reach it is
//! looked at when something is sent.

use kernel::{Cx, Decided, Effects, Stop, View};
use serde_json::json;

use super::{Refused, org, told};
use crate::model::{Endpoint, Org};
use crate::wire::portal::{EndpointChange, EndpointView, NewEndpoint};
use crate::wire::{is_private_host, is_url};

/// Adds one.
///
/// # Errors
/// As the module says, or keys to load first.
pub fn create(cx: &Cx, view: &View<'_>, new: &NewEndpoint) -> Decided<EndpointView, Refused> {
    let org = org(view)?;
    // After a reset a repeatable sandbox draws again what an endpoint that was kept has already.
    let (mut ids, mut secrets) = (cx.chance.draw("endpoint"), cx.chance.draw("webhook_secret"));
    let (id, secret) = loop {
        let drawn = (format!("we_{}", ids.hex(12)), format!("whsec_{}", secrets.hex(32)));
        if org.endpoint(&drawn.0).is_none() {
            break drawn;
        }
    };
    let endpoint = Endpoint {
        id,
        url: checked(&new.url).map_err(Stop::Refused)?,
        secret,
        enabled: new.enabled.unwrap_or(true),
        omit_reference: new.omit_reference.unwrap_or(false),
        created_at: cx.now,
    };
    let shown = EndpointView { secret: Some(endpoint.secret.clone()), ..EndpointView::of(&endpoint) };
    let mut after = (*org).clone();
    after.endpoints.push(endpoint);
    Ok((shown.clone(), replaced(cx, &org, after, ("sandpay.webhook_endpoint.created", &shown))))
}

/// All in the order of their making.
///
/// # Errors
/// Keys to load first.
pub fn list(_: &Cx, view: &View<'_>) -> Result<Vec<EndpointView>, Stop<Refused>> {
    Ok(org(view)?.endpoints.iter().map(EndpointView::of).collect())
}

/// One.
///
/// # Errors
/// As the module says, or keys to load first.
pub fn show(_: &Cx, view: &View<'_>, id: &str) -> Result<EndpointView, Stop<Refused>> {
    org(view)?.endpoint(id).map(EndpointView::of).ok_or(Stop::Refused(UNKNOWN))
}

/// Changes one.
///
/// # Errors
/// As the module says, or keys to load first.
pub fn change(cx: &Cx, view: &View<'_>, asked: &(String, EndpointChange)) -> Decided<EndpointView, Refused> {
    let (id, change) = asked;
    let org = org(view)?;
    let mut after = (*org).clone();
    let found = after.endpoints.iter_mut().find(|endpoint| endpoint.id == *id);
    let endpoint = found.ok_or(Stop::Refused(UNKNOWN))?;
    if let Some(url) = &change.url {
        endpoint.url = checked(url).map_err(Stop::Refused)?;
    }
    endpoint.enabled = change.enabled.unwrap_or(endpoint.enabled);
    endpoint.omit_reference = change.omit_reference.unwrap_or(endpoint.omit_reference);
    let shown = EndpointView::of(endpoint);
    let fx = if after == *org {
        Effects::new()
    } else {
        replaced(cx, &org, after, ("sandpay.webhook_endpoint.changed", &shown))
    };
    Ok((shown, fx))
}

/// Takes one away; what it is still owed is given up at the next attempt.
///
/// # Errors
/// As the module says, or keys to load first.
pub fn remove(cx: &Cx, view: &View<'_>, id: &str) -> Decided<(), Refused> {
    let org = org(view)?;
    let shown = org.endpoint(id).map(EndpointView::of).ok_or(Stop::Refused(UNKNOWN))?;
    let mut after = (*org).clone();
    after.endpoints.retain(|endpoint| endpoint.id != id);
    Ok(((), replaced(cx, &org, after, ("sandpay.webhook_endpoint.deleted", &shown))))
}

const UNKNOWN: Refused = Refused::Unknown { what: "webhook endpoint" };

/// The event never carries the secret.
fn replaced(cx: &Cx, before: &Org, after: Org, (what, shown): (&str, &EndpointView)) -> Effects {
    let mut fx = Effects::new();
    let data = json!({ "url": shown.url, "enabled": shown.enabled, "omit_reference": shown.omit_reference });
    fx.tell(told(cx, what, &shown.id, data));
    fx.replace(before, after);
    fx
}

fn checked(url: &str) -> Result<String, Refused> {
    let is_https = url.get(..8).is_some_and(|start| start.eq_ignore_ascii_case("https://"));
    let is_http = url.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("http://"));
    let is_plain = url.len() <= 2_000 && url.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if is_plain && is_url(url) && (is_https || (is_http && is_private_host(url))) {
        return Ok(url.to_owned());
    }
    Err(Refused::invalid("url", "an https:// URL, or http:// to a loopback or private host"))
}

#[cfg(test)]
mod tests {
    use super::checked;

    #[test]
    fn plain_http_is_for_private_hosts() {
        let good = [
            "https://shop.example/hook",
            "HTTPS://shop.example",
            "http://localhost:3000/x",
            "http://shop.localhost/x",
            "http://127.0.0.1:4000",
            "http://127.9.9.9/",
            "http://[::1]:80/x",
            "http://[fd00::1]/x",
            "http://10.0.0.4/x",
            "http://172.31.0.1/",
            "http://192.168.1.9:8080/",
            "http://merchant:8080/hook",
            "http://host.docker.internal/x",
            "http://user@localhost/x",
        ];
        for url in good {
            assert!(checked(url).is_ok(), "{url}");
        }
        let bad = [
            "",
            "shop.example",
            "ftp://localhost/x",
            "http://",
            "http://shop.example/",
            "http://8.8.8.8/",
            "http://172.32.0.1/",
            "http://169.254.169.254/latest",
            "http://[2001:db8::1]/",
            "http://localhost@shop.example/",
            "http://localhost.shop.example/",
            "https://",
            "https://shop.example/a b",
            "http://localhost\\@shop.example/",
            "javascript:alert(1)",
        ];
        for url in bad {
            assert!(checked(url).is_err(), "{url}");
        }
        assert!(checked(&format!("https://x.example/{}", "a".repeat(2_000))).is_err());
    }
}
