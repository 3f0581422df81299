//! Names to addresses. The resolver is handed in, so that a test can change its answers between two calls.
//!
//! It must not judge what it finds: every address goes to the egress guard.

use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::Semaphore;

/// What a lookup gives, later.
pub type Lookup = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// Finds the addresses of a name.
pub trait Resolver: Send + Sync {
    /// All addresses of `host`, the preferred one first. Called once per connection, never for address literals and
    /// never for `localhost` names.
    fn lookup(&self, host: &str) -> Lookup;
}

/// The addresses that `host` of a URL stands for. Literals stand for themselves, `localhost` and `*.localhost` for
/// loopback without asking anyone (RFC 6761), so that no name server can move them.
pub(crate) async fn addresses_of(resolver: &dyn Resolver, host: &str) -> io::Result<Vec<IpAddr>> {
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    if let Ok(ip) = bare.parse() {
        return Ok(vec![ip]);
    }
    if is_localhost(bare) {
        return Ok(vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]);
    }
    resolver.lookup(bare).await
}

fn is_localhost(host: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host);
    let last = host.rsplit('.').next().unwrap_or(host);
    last.eq_ignore_ascii_case("localhost")
}

/// Lookups at once. Each occupies a thread until the system gives up, long after the caller's own timeout.
const LOOKUPS_AT_ONCE: usize = 32;

/// The operating system's resolver.
pub struct SystemResolver {
    threads: Arc<Semaphore>,
}

impl SystemResolver {
    /// A resolver with no lookups under way.
    #[must_use]
    pub fn new() -> Self {
        Self { threads: Arc::new(Semaphore::new(LOOKUPS_AT_ONCE)) }
    }
}

impl Default for SystemResolver {
    fn default() -> Self {
        Self::new()
    }
}

impl Resolver for SystemResolver {
    fn lookup(&self, host: &str) -> Lookup {
        let threads = Arc::clone(&self.threads);
        let host = host.to_owned();
        Box::pin(async move {
            let place = threads.acquire_owned().await.map_err(io::Error::other)?;
            // In a task of its own, so that the place stays taken while the thread is, even if the caller gives up.
            let lookup = tokio::spawn(async move {
                let found = tokio::net::lookup_host((host, 0)).await.map(|found| found.map(|at| at.ip()).collect());
                drop(place);
                found
            });
            lookup.await.map_err(io::Error::other)?
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    struct Never;

    impl Resolver for Never {
        fn lookup(&self, host: &str) -> Lookup {
            let host = host.to_owned();
            Box::pin(async move { Err(io::Error::other(format!("asked for {host}"))) })
        }
    }

    #[tokio::test]
    async fn literals_and_localhost_need_no_resolver() {
        let loopback: [IpAddr; 2] = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
        for host in ["localhost", "LocalHost", "localhost.", "shop.localhost", "a.b.localhost."] {
            assert_eq!(addresses_of(&Never, host).await.unwrap(), loopback, "{host}");
        }
        for (host, ip) in [("10.1.2.3", "10.1.2.3"), ("[::1]", "::1"), ("[::ffff:10.0.0.1]", "::ffff:10.0.0.1")] {
            assert_eq!(addresses_of(&Never, host).await.unwrap(), [ip.parse::<IpAddr>().unwrap()]);
        }
    }

    #[tokio::test]
    async fn other_names_are_asked_for() {
        for host in ["example.com", "notlocalhost", "localhost.example.com", "2130706433"] {
            let error = addresses_of(&Never, host).await.unwrap_err();
            assert_eq!(error.to_string(), format!("asked for {host}"));
        }
    }

    #[tokio::test]
    async fn the_system_gives_addresses_of_what_only_looks_like_a_name() {
        // Old spellings of 127.0.0.1 are not literals in Rust, but are for the system: judged after resolution.
        let found = addresses_of(&SystemResolver::new(), "127.1").await.unwrap();
        assert_eq!(found, [IpAddr::from(Ipv4Addr::LOCALHOST)]);
    }
}
