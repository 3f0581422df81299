//! Where an outbound call may go: a pure decision about addresses, made after names are resolved.
//!
//! It must not know sockets, names or requests. An address that carries another one inside (IPv4 in IPv6, NAT64,
//! 6to4, Teredo) is judged by what it carries, too.
//!
//! Source: `playmoney.md` section 3, `--egress`.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

mod ranges;

/// Where webhooks and callbacks may go, as `--egress` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Egress {
    /// Anywhere but link-local and cloud-metadata addresses.
    Any,
    /// Only addresses of the public internet.
    Public,
    /// Only this machine's loopback addresses.
    Loopback,
}

impl Egress {
    /// The word on the command line and in settings.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::Public => "public",
            Self::Loopback => "loopback",
        }
    }
}

impl fmt::Display for Egress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Egress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Any, Self::Public, Self::Loopback]
            .into_iter()
            .find(|mode| mode.as_str() == text)
            .ok_or_else(|| format!("`{text}` is not an egress mode: use `any`, `public` or `loopback`"))
    }
}

/// Why an address was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EgressRefusal {
    /// The mode excludes the kind of address that this is.
    #[error("{ip} is {kind}, and outbound calls to such addresses are refused (egress mode `{mode}`)")]
    Address {
        /// The refused address.
        ip: IpAddr,
        /// What it is, with its article: `a private address`.
        kind: &'static str,
        /// The mode that refused it.
        mode: Egress,
    },
    /// The server would call itself, and this request is none that may.
    #[error("{0} is this server itself, and only the inbox and the reference partner may be called there")]
    OwnOrigin(SocketAddr),
}

/// What one request may do, beside the server's own mode.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Allowance {
    /// A mode set for this sandbox. It can only narrow the server's mode: both must agree.
    pub narrowed_to: Option<Egress>,
    /// May reach the server's own origin whatever the mode. Only for URLs that the server wrote itself.
    pub own_origin_ok: bool,
}

/// The rules of one server.
#[derive(Clone, Debug)]
pub struct Guard {
    mode: Egress,
    own_origins: Vec<SocketAddr>,
}

impl Guard {
    /// `own_origins`: the addresses that the server listens on, as bound. An unspecified one (`0.0.0.0`) stands for
    /// every address of this machine.
    #[must_use]
    pub fn new(mode: Egress, own_origins: Vec<SocketAddr>) -> Self {
        Self { mode, own_origins }
    }

    /// Whether a connection to `address` may be opened.
    ///
    /// # Errors
    /// The refusal, when either mode excludes the address or when it is the server itself.
    pub fn check(&self, allowance: Allowance, address: SocketAddr) -> Result<(), EgressRefusal> {
        if self.is_own(address) {
            return if allowance.own_origin_ok { Ok(()) } else { Err(EgressRefusal::OwnOrigin(address)) };
        }
        allow(self.mode, address.ip())?;
        allowance.narrowed_to.map_or(Ok(()), |mode| allow(mode, address.ip()))
    }

    /// The second half of the check, once connected: a server that listens on every address has origins that cannot
    /// be listed before, but a connection from an address to itself never leaves the machine.
    ///
    /// # Errors
    /// [`EgressRefusal::OwnOrigin`].
    pub fn check_connected(
        &self,
        allowance: Allowance,
        local: SocketAddr,
        peer: SocketAddr,
    ) -> Result<(), EgressRefusal> {
        let listens_everywhere =
            self.own_origins.iter().any(|own| own.port() == peer.port() && own.ip().is_unspecified());
        let itself = local.ip().to_canonical() == peer.ip().to_canonical();
        if listens_everywhere && itself && !allowance.own_origin_ok {
            return Err(EgressRefusal::OwnOrigin(peer));
        }
        Ok(())
    }

    fn is_own(&self, address: SocketAddr) -> bool {
        let target = reached(address.ip());
        self.own_origins.iter().any(|own| {
            let listens = own.ip().to_canonical();
            own.port() == address.port() && (listens == target || listens.is_unspecified() && target.is_loopback())
        })
    }
}

/// What the system connects to when asked for `ip`: connecting to the unspecified address reaches loopback.
fn reached(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V4(v4) if v4.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(v6) if v6.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    }
}

/// Whether `mode` lets a call go to `ip`.
///
/// # Errors
/// [`EgressRefusal::Address`], saying what kind of address it is.
pub fn allow(mode: Egress, ip: IpAddr) -> Result<(), EgressRefusal> {
    let kind = match mode {
        Egress::Any => ranges::dangerous(ip),
        Egress::Public => ranges::dangerous(ip).or_else(|| ranges::not_public(ip)),
        Egress::Loopback => (!ip.to_canonical().is_loopback()).then_some("not a loopback address"),
    };
    kind.map_or(Ok(()), |kind| Err(EgressRefusal::Address { ip, kind, mode }))
}

#[cfg(test)]
mod tests;
