//! Whether a string is an absolute URL, as `new URL(text)` would say. Only the shape: nothing is fetched, and a page
//! that links to it must still look at the scheme.

use std::net::{IpAddr, Ipv6Addr};

/// Schemes that cannot do without a host.
const WITH_HOST: [&str; 5] = ["http", "https", "ws", "wss", "ftp"];

/// What no host may contain.
const FORBIDDEN_IN_HOST: &[char] = &[' ', '#', '<', '>', '^', '|', '%', '[', ']', '"', '`', '{', '}'];

/// Whether a text is an absolute URL.
#[must_use]
pub fn is_url(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let scheme_is_good = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
    if !scheme_is_good || text.chars().any(|char| char.is_control()) {
        return false;
    }
    if WITH_HOST.iter().any(|special| special.eq_ignore_ascii_case(scheme)) { has_host(rest) } else { true }
}

/// Whether the host of a URL is this machine's, a private network's, or a name without a domain.
#[must_use]
pub fn is_private_host(url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '\\', '?', '#']).next().unwrap_or_default();
    let host_and_port = authority.rsplit_once('@').map_or(authority, |(_, after)| after);
    let host = match host_and_port.strip_prefix('[') {
        Some(bracketed) => bracketed.split(']').next().unwrap_or_default(),
        None => host_and_port.split(':').next().unwrap_or_default(),
    };
    match host.parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) => address.is_loopback() || address.is_private(),
        Ok(IpAddr::V6(address)) => address.is_loopback() || address.is_unique_local(),
        Err(_) => is_private_name(&host.to_ascii_lowercase()),
    }
}

fn is_private_name(host: &str) -> bool {
    match host.rsplit_once('.') {
        None => host.bytes().any(|byte| byte.is_ascii_alphabetic()),
        Some((_, last)) => matches!(last, "localhost" | "local" | "internal"),
    }
}

fn has_host(rest: &str) -> bool {
    let rest = rest.trim_start_matches(['/', '\\']);
    let authority = rest.split(['/', '\\', '?', '#']).next().unwrap_or_default();
    let host_and_port = authority.rsplit_once('@').map_or(authority, |(_, after)| after);
    if let Some(bracketed) = host_and_port.strip_prefix('[') {
        let Some((address, port)) = bracketed.split_once(']') else { return false };
        return address.parse::<Ipv6Addr>().is_ok() && (port.is_empty() || port.strip_prefix(':').is_some_and(is_port));
    }
    let (host, port) = host_and_port.split_once(':').unwrap_or((host_and_port, ""));
    !host.is_empty() && !host.contains(FORBIDDEN_IN_HOST) && is_port(port)
}

fn is_port(text: &str) -> bool {
    text.is_empty() || (text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::is_url;

    #[test]
    fn absolute_urls_are_taken() {
        for good in [
            "https://shop.test/orders/42",
            "http://localhost:3000/o?x=1#y",
            "HTTPS://user:pw@shop.test",
            "https://[::1]:8080/",
            "https://été.test/é",
            "myapp://orders/42",
            "mailto:a@b.test",
            "https:shop.test",
        ] {
            assert!(is_url(good), "{good}");
        }
    }

    #[test]
    fn everything_else_is_not() {
        for bad in [
            "",
            "/orders/42",
            "shop.test/orders",
            "//shop.test",
            "https://",
            "https:///",
            "http://:80",
            "http://a b/",
            "http://shop.test:99999/",
            "http://shop.test:x/",
            "http://[::1",
            "1http://shop.test",
            "://shop.test",
            "https://shop\u{0}.test",
        ] {
            assert!(!is_url(bad), "{bad:?}");
        }
    }
}
