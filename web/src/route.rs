//! Where a request goes: path prefix, `*.localhost` host or the platform's real host, and the `/s/{sandbox}` prefix.
//!
//! Pure: strings in, a [`Routed`] out. Must not know sockets, routers or what a provider does. Paths are never
//! normalised: a doubled slash below a provider reaches that provider's router as it was sent.

use std::borrow::Cow;
use std::sync::Arc;

/// Where one provider is reachable (playmoney.md section 5).
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// The provider's name, as in the admin API and the request log.
    pub provider: &'static str,
    /// Path prefix on any of our own hosts, such as `/sandpay`. The longest that fits wins.
    pub prefix: &'static str,
    /// Hosts below `.localhost`, lower case.
    pub localhost: &'static [&'static str],
    /// The platform's real hosts, lower case.
    pub hosts: &'static [&'static str],
}

/// Which of the three ways a request came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// A path prefix such as `/sandpay` on one of our own hosts.
    Path,
    /// A host such as `sandpay.localhost`.
    Localhost,
    /// The platform's real host name.
    RealHost,
}

/// Where a request was sent, before anybody handled it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Routed {
    /// The provider, or none for our own routes (admin API, console, probes).
    pub provider: Option<&'static str>,
    /// The sandbox of the `/s/{sandbox}` path prefix.
    pub sandbox: Option<Arc<str>>,
    /// Path and query as the provider's router sees them. Never empty.
    pub path_and_query: String,
    /// How it came in.
    pub by: By,
    /// Whether `path_and_query` differs from what was sent.
    pub(crate) rewritten: bool,
    /// Position of the provider in the table.
    pub(crate) mount: Option<usize>,
}

impl Routed {
    /// The path without its query.
    pub fn path(&self) -> &str {
        self.path_and_query.split('?').next().unwrap_or_default()
    }
}

/// All places, in the order of their mounts.
#[derive(Debug, Clone, Default)]
pub struct RouteTable {
    places: Vec<Place>,
}

impl RouteTable {
    /// A table of `places`; their positions are what `Routed::mount` means.
    pub fn new(places: Vec<Place>) -> Self {
        Self { places }
    }

    /// Routes one request. `host` is the `Host` header or the authority of an absolute target, with or without port.
    pub fn route(&self, host: Option<&str>, path_and_query: &str) -> Routed {
        let by_host = host.and_then(|host| self.place_of_host(&bare_host(host)));
        let (sandbox, rest) = split_sandbox(path_and_query);
        let (mount, by, rest) = match by_host {
            Some((mount, by)) => (Some(mount), by, rest),
            None => match self.place_of_path(rest) {
                Some((mount, below)) => (Some(mount), By::Path, below),
                None => (None, By::Path, rest),
            },
        };
        let path_and_query = rooted(rest);
        Routed {
            provider: mount.map(|at| self.places[at].provider),
            sandbox: sandbox.map(Arc::from),
            rewritten: rest.len() != path_and_query.len() || sandbox.is_some() || (mount.is_some() && by == By::Path),
            path_and_query,
            by,
            mount,
        }
    }

    /// Whether a host (any case, with or without port) belongs to a provider.
    pub fn knows_host(&self, host: &str) -> bool {
        self.place_of_host(&bare_host(host)).is_some()
    }

    fn place_of_host(&self, host: &str) -> Option<(usize, By)> {
        self.places.iter().enumerate().find_map(|(at, place)| {
            if place.localhost.contains(&host) {
                Some((at, By::Localhost))
            } else if place.hosts.contains(&host) {
                Some((at, By::RealHost))
            } else {
                None
            }
        })
    }

    fn place_of_path<'p>(&self, path_and_query: &'p str) -> Option<(usize, &'p str)> {
        let fits = self.places.iter().enumerate().filter_map(|(at, place)| {
            let below = path_and_query.strip_prefix(place.prefix)?;
            let ends = below.is_empty() || below.starts_with(['/', '?']);
            ends.then_some((at, below, place.prefix.len()))
        });
        fits.max_by_key(|(_, _, length)| *length).map(|(at, below, _)| (at, below))
    }
}

/// A host in lower case without its port and without a trailing dot; the brackets of an IPv6 address go too.
pub fn bare_host(host: &str) -> Cow<'_, str> {
    let without_port = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or(rest),
        None => match host.rsplit_once(':') {
            Some((name, port)) if !name.contains(':') && port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            _ => host,
        },
    };
    let bare = without_port.strip_suffix('.').unwrap_or(without_port);
    if bare.bytes().any(|byte| byte.is_ascii_uppercase()) { bare.to_ascii_lowercase().into() } else { bare.into() }
}

/// `/s/{sandbox}/rest` as the sandbox and `/rest`; anything else unchanged.
fn split_sandbox(path_and_query: &str) -> (Option<&str>, &str) {
    let Some(rest) = path_and_query.strip_prefix("/s/") else {
        return (None, path_and_query);
    };
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    if end == 0 {
        return (None, path_and_query);
    }
    (Some(&rest[..end]), &rest[end..])
}

/// What is left after a prefix, made a path again: `` is `/`, `?q` is `/?q`.
fn rooted(rest: &str) -> String {
    if rest.starts_with('/') || rest == "*" { rest.to_owned() } else { format!("/{rest}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> RouteTable {
        let place = |provider, prefix, localhost, hosts| Place { provider, prefix, localhost, hosts };
        RouteTable::new(vec![
            place("sandpay", "/sandpay", &["sandpay.localhost"], &["api.sandpay.dev"]),
            place("dojo", "/dojo", &["api.dojo.localhost"], &["api.dojo.tech"]),
            place("dojo-pay", "/dojo/pay", &["pay.dojo.localhost"], &["pay.dojo.tech"]),
        ])
    }

    #[test]
    fn three_ways_lead_to_the_same_internal_path() {
        // host, sent, provider, sandbox, internal, by
        let cases = [
            ("127.0.0.1:4700", "/sandpay/v1/x?a=1", Some("sandpay"), None, "/v1/x?a=1", By::Path),
            ("SandPay.localhost:4700", "/v1/x?a=1", Some("sandpay"), None, "/v1/x?a=1", By::Localhost),
            ("api.sandpay.dev", "/v1/x?a=1", Some("sandpay"), None, "/v1/x?a=1", By::RealHost),
            ("api.sandpay.dev.:443", "/v1/x", Some("sandpay"), None, "/v1/x", By::RealHost),
            ("localhost", "/s/sbx_a/sandpay/v1/x", Some("sandpay"), Some("sbx_a"), "/v1/x", By::Path),
            ("sandpay.localhost", "/s/sbx_a/v1/x", Some("sandpay"), Some("sbx_a"), "/v1/x", By::Localhost),
            ("api.sandpay.dev", "/s/sbx_a/v1/x", Some("sandpay"), Some("sbx_a"), "/v1/x", By::RealHost),
            ("api.sandpay.dev", "/s/sbx_a", Some("sandpay"), Some("sbx_a"), "/", By::RealHost),
            ("localhost", "/s/sbx_a?x", None, Some("sbx_a"), "/?x", By::Path),
            ("localhost", "/sandpay", Some("sandpay"), None, "/", By::Path),
            ("localhost", "/sandpay/", Some("sandpay"), None, "/", By::Path),
            ("localhost", "/sandpay?a", Some("sandpay"), None, "/?a", By::Path),
            ("localhost", "/sandpayx/v1", None, None, "/sandpayx/v1", By::Path),
            ("localhost", "/dojo/pay/p", Some("dojo-pay"), None, "/p", By::Path),
            ("localhost", "/dojo/payments", Some("dojo"), None, "/payments", By::Path),
            ("localhost", "/_playmoney/v1/x", None, None, "/_playmoney/v1/x", By::Path),
            ("localhost", "/s//sandpay", None, None, "/s//sandpay", By::Path),
            // A provider's host wins over a path that looks like another's prefix.
            ("api.sandpay.dev", "/dojo/x", Some("sandpay"), None, "/dojo/x", By::RealHost),
            ("evil.example", "/sandpay/v1/x", Some("sandpay"), None, "/v1/x", By::Path),
        ];
        for (host, sent, provider, sandbox, internal, by) in cases {
            let routed = table().route(Some(host), sent);
            assert_eq!(routed.provider, provider, "{host} {sent}");
            assert_eq!(routed.sandbox.as_deref(), sandbox, "{host} {sent}");
            assert_eq!(routed.path_and_query, internal, "{host} {sent}");
            assert_eq!(routed.by, by, "{host} {sent}");
            assert_eq!(routed.rewritten, sent != internal, "{host} {sent}");
        }
    }

    #[test]
    fn doubled_slashes_are_never_normalised() {
        let cases = [
            ("localhost", "/sandpay//api/v1/x", "//api/v1/x"),
            ("api.sandpay.dev", "//api/v1/x", "//api/v1/x"),
            ("api.sandpay.dev", "/s/sbx_a//api/v1/x", "//api/v1/x"),
        ];
        for (host, sent, internal) in cases {
            let routed = table().route(Some(host), sent);
            assert_eq!((routed.provider, routed.path_and_query.as_str()), (Some("sandpay"), internal), "{sent}");
        }
        assert_eq!(table().route(None, "//sandpay/v1").provider, None);
    }

    #[test]
    fn hosts_lose_port_case_and_dot() {
        let cases = [
            ("A.B:80", "a.b"),
            ("[::1]:4700", "::1"),
            ("[::1]", "::1"),
            ("::1", "::1"),
            ("a.b.", "a.b"),
            ("a:b", "a:b"),
            ("", ""),
        ];
        for (host, bare) in cases {
            assert_eq!(bare_host(host), bare);
        }
    }
}
