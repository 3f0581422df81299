//! Who may talk to the server at all: the DNS-rebinding rule, the cross-site rule and the admin token
//! (playmoney.md section 9).
//!
//! Pure: header values in, a verdict out. Must not know platforms' own credentials, which are the providers' business.

use http::Method;
use subtle::ConstantTimeEq;

use crate::problem::Problem;
use crate::route::{RouteTable, bare_host};

/// What is guarded and how.
#[derive(Debug, Clone, Default)]
pub struct Guard {
    /// The listener is on a loopback address.
    pub loopback: bool,
    /// Token of the admin API and console; none means that loopback alone protects them.
    pub token: Option<String>,
    /// Host of `--public-url`, with its port if it has one.
    pub public_host: Option<String>,
}

/// Which part of the server a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Area {
    /// A provider's route that is called by servers.
    Provider,
    /// A provider's route that is meant for browsers, also from other sites.
    ProviderPage,
    /// Admin API and console.
    Own,
    /// `/healthz`, `/readyz`, `/metrics`.
    Probe,
}

/// The parts of a request that the guard looks at.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'r> {
    /// Part of the server.
    pub area: Area,
    /// The method; reading ones are not held to the cross-site rule.
    pub method: &'r Method,
    /// `Host` header or authority, as sent.
    pub host: Option<&'r str>,
    /// `Origin` header.
    pub origin: Option<&'r str>,
    /// `Sec-Fetch-Site` header.
    pub sec_fetch_site: Option<&'r str>,
    /// `Authorization` header.
    pub authorization: Option<&'r str>,
}

impl Guard {
    /// Lets the request pass or says why not.
    ///
    /// # Errors
    /// 403 for a foreign host or a cross-site change, 401 for a missing or wrong token.
    pub fn check(&self, asked: &Asked<'_>, routes: &RouteTable) -> Result<(), Problem> {
        if self.loopback && self.token.is_none() {
            self.check_host(asked, routes)?;
            self.check_origin(asked)?;
        }
        self.check_token(asked)
    }

    fn check_host(&self, asked: &Asked<'_>, routes: &RouteTable) -> Result<(), Problem> {
        // Browsers, the ones that DNS rebinding works on, always send a host; HTTP/1.0 clients may not.
        let Some(host) = asked.host else { return Ok(()) };
        let bare = bare_host(host);
        let public = self.public_host.as_deref().is_some_and(|public| bare_host(public) == bare);
        if is_loopback_host(&bare) || public || routes.knows_host(host) {
            return Ok(());
        }
        Err(Problem::forbidden("The Host header names a host that this server does not answer for.").hint(
            "Use 127.0.0.1, localhost, a *.localhost name or a provider's host; or start with --public-url or \
             --admin-token.",
        ))
    }

    fn check_origin(&self, asked: &Asked<'_>) -> Result<(), Problem> {
        let reads = matches!(*asked.method, Method::GET | Method::HEAD | Method::OPTIONS);
        if reads || asked.area == Area::ProviderPage {
            return Ok(());
        }
        let foreign = asked.origin.is_some_and(|origin| self.is_foreign(origin, asked.host));
        let cross_site = asked.sec_fetch_site.is_some_and(|site| site.eq_ignore_ascii_case("cross-site"));
        if !foreign && !cross_site {
            return Ok(());
        }
        Err(Problem::forbidden("A page of another site may not change anything here.")
            .hint("Call it from a server or a script, or from a page of this origin."))
    }

    fn is_foreign(&self, origin: &str, host: Option<&str>) -> bool {
        let Some((_, authority)) = origin.split_once("://") else { return true };
        let same = |ours: &str| without_default_port(ours).eq_ignore_ascii_case(without_default_port(authority));
        !(host.is_some_and(same) || self.public_host.as_deref().is_some_and(same))
    }

    fn check_token(&self, asked: &Asked<'_>) -> Result<(), Problem> {
        let Some(token) = &self.token else { return Ok(()) };
        if asked.area != Area::Own {
            return Ok(());
        }
        let given = asked.authorization.and_then(bearer);
        // Lengths may show; the contents may not.
        if given.is_some_and(|given| bool::from(given.as_bytes().ct_eq(token.as_bytes()))) {
            return Ok(());
        }
        Err(Problem::unauthorized("This needs the admin token.")
            .hint("Send `Authorization: Bearer <token>` with the value of --admin-token."))
    }
}

/// The token of an `Authorization: Bearer …` value; the scheme in any case.
pub fn bearer(authorization: &str) -> Option<&str> {
    let (scheme, token) = authorization.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

fn is_loopback_host(bare: &str) -> bool {
    bare == "localhost"
        || bare.ends_with(".localhost")
        || bare.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn without_default_port(authority: &str) -> &str {
    authority.strip_suffix(":80").or_else(|| authority.strip_suffix(":443")).unwrap_or(authority)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::route::Place;

    fn routes() -> RouteTable {
        RouteTable::new(vec![Place {
            provider: "sandpay",
            prefix: "/sandpay",
            localhost: &["sandpay.localhost"],
            hosts: &["api.sandpay.dev"],
        }])
    }

    fn asked<'r>(area: Area, method: &'r Method, host: &'r str) -> Asked<'r> {
        Asked { area, method, host: Some(host), origin: None, sec_fetch_site: None, authorization: None }
    }

    fn status(guard: &Guard, asked: &Asked<'_>) -> u16 {
        guard.check(asked, &routes()).map_or_else(|problem| problem.status.as_u16(), |()| 200)
    }

    #[test]
    fn hosts_on_loopback_without_a_token() {
        let guard = Guard { loopback: true, token: None, public_host: Some("pay.example:8443".into()) };
        let cases = [
            ("127.0.0.1:4700", 200),
            ("127.8.9.1", 200),
            ("[::1]:4700", 200),
            ("LOCALHOST:1", 200),
            ("anything.localhost", 200),
            ("api.sandpay.dev", 200),
            ("pay.example", 200),
            ("evil.example", 403),
            ("localhost.evil.example", 403),
            ("127.0.0.1.evil.example", 403),
            ("10.0.0.1", 403),
            ("", 403),
        ];
        for (host, expected) in cases {
            for area in [Area::Provider, Area::ProviderPage, Area::Own, Area::Probe] {
                assert_eq!(status(&guard, &asked(area, &Method::GET, host)), expected, "{host:?} {area:?}");
            }
        }
        assert_eq!(status(&guard, &Asked { host: None, ..asked(Area::Own, &Method::GET, "") }), 200);
    }

    #[test]
    fn other_sites_may_not_change_anything() {
        let guard = Guard { loopback: true, token: None, public_host: Some("pay.example".into()) };
        let own = "http://127.0.0.1:4700";
        // area, method, origin, sec-fetch-site, status
        let cases = [
            (Area::Own, Method::POST, Some(own), Some("same-origin"), 200),
            (Area::Own, Method::POST, None, None, 200),
            (Area::Own, Method::POST, Some("https://pay.example"), None, 200),
            (Area::Own, Method::POST, Some("https://evil.example"), None, 403),
            (Area::Own, Method::DELETE, Some("http://127.0.0.1:3000"), None, 403),
            (Area::Own, Method::PUT, Some("null"), None, 403),
            (Area::Own, Method::POST, None, Some("cross-site"), 403),
            (Area::Own, Method::GET, Some("https://evil.example"), Some("cross-site"), 200),
            (Area::Provider, Method::POST, Some("https://evil.example"), None, 403),
            (Area::ProviderPage, Method::POST, Some("https://evil.example"), Some("cross-site"), 200),
        ];
        for (area, method, origin, sec_fetch_site, expected) in cases {
            let asked = Asked { origin, sec_fetch_site, ..asked(area, &method, "127.0.0.1:4700") };
            assert_eq!(status(&guard, &asked), expected, "{asked:?}");
        }
        let default_port =
            Asked { origin: Some("http://localhost"), ..asked(Area::Own, &Method::POST, "localhost:80") };
        assert_eq!(status(&guard, &default_port), 200);
    }

    #[test]
    fn a_configured_token_is_asked_for_on_our_own_routes_only() {
        for loopback in [true, false] {
            let guard = Guard { loopback, token: Some("s3cret".into()), public_host: None };
            let cases = [
                (Area::Own, None, 401),
                (Area::Own, Some("Bearer s3cret"), 200),
                (Area::Own, Some("bearer s3cret"), 200),
                (Area::Own, Some("Bearer s3cre"), 401),
                (Area::Own, Some("Bearer s3cret2"), 401),
                (Area::Own, Some("Bearer "), 401),
                (Area::Own, Some("Basic s3cret"), 401),
                (Area::Provider, None, 200),
                (Area::ProviderPage, None, 200),
                (Area::Probe, None, 200),
            ];
            for (area, authorization, expected) in cases {
                let asked = Asked { authorization, ..asked(area, &Method::POST, "sandbox.example") };
                assert_eq!(status(&guard, &asked), expected, "{asked:?}");
            }
        }
    }

    #[test]
    fn a_hosted_server_answers_any_host() {
        let guard = Guard { loopback: false, token: Some("t".into()), public_host: None };
        assert_eq!(status(&guard, &asked(Area::Provider, &Method::GET, "sandbox.example")), 200);
    }
}
