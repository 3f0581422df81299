//! What kind of address an address is, as tables. Sources: the IANA special-purpose registries for IPv4 and IPv6,
//! and the metadata addresses that the cloud platforms publish.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

const LINK_LOCAL: &str = "a link-local address";
const METADATA: &str = "a cloud-metadata address";

/// Services that hand credentials to whoever asks from inside. The link-local ones would be refused anyway, but
/// deserve their own name.
const METADATA_V4: &[Ipv4Addr] = &[
    Ipv4Addr::new(169, 254, 169, 254), // AWS, Azure, Google and others
    Ipv4Addr::new(169, 254, 170, 2),   // AWS task credentials
    Ipv4Addr::new(100, 100, 100, 200), // Alibaba
    Ipv4Addr::new(168, 63, 129, 16),   // Azure's host agent
    Ipv4Addr::new(192, 0, 0, 192),     // Oracle
];

const METADATA_V6: &[Ipv6Addr] = &[
    Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254), // AWS
    Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23),  // AWS pod credentials
    Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254),  // Google
];

/// Network, prefix length in bits, name.
const NOT_PUBLIC_V4: &[(Ipv4Addr, u32, &str)] = &[
    (Ipv4Addr::new(0, 0, 0, 0), 8, "an unspecified address"),
    (Ipv4Addr::new(10, 0, 0, 0), 8, "a private address"),
    (Ipv4Addr::new(100, 64, 0, 0), 10, "a carrier's shared address"),
    (Ipv4Addr::new(127, 0, 0, 0), 8, "a loopback address"),
    (Ipv4Addr::new(169, 254, 0, 0), 16, LINK_LOCAL),
    (Ipv4Addr::new(172, 16, 0, 0), 12, "a private address"),
    (Ipv4Addr::new(192, 0, 0, 0), 24, "a reserved address"),
    (Ipv4Addr::new(192, 0, 2, 0), 24, "a documentation address"),
    (Ipv4Addr::new(192, 88, 99, 0), 24, "a reserved address"),
    (Ipv4Addr::new(192, 168, 0, 0), 16, "a private address"),
    (Ipv4Addr::new(198, 18, 0, 0), 15, "a benchmarking address"),
    (Ipv4Addr::new(198, 51, 100, 0), 24, "a documentation address"),
    (Ipv4Addr::new(203, 0, 113, 0), 24, "a documentation address"),
    (Ipv4Addr::new(224, 0, 0, 0), 4, "a multicast address"),
    (Ipv4Addr::new(255, 255, 255, 255), 32, "the broadcast address"),
    (Ipv4Addr::new(240, 0, 0, 0), 4, "a reserved address"),
];

const NOT_PUBLIC_V6: &[(Ipv6Addr, u32, &str)] = &[
    (Ipv6Addr::UNSPECIFIED, 128, "an unspecified address"),
    (Ipv6Addr::LOCALHOST, 128, "a loopback address"),
    (Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), 10, LINK_LOCAL),
    (Ipv6Addr::new(0xfec0, 0, 0, 0, 0, 0, 0, 0), 10, "a site-local address"),
    (Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7, "a unique local address"),
    (Ipv6Addr::new(0xff00, 0, 0, 0, 0, 0, 0, 0), 8, "a multicast address"),
    (Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, 0, 0), 48, "a local NAT64 address"),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32, "a documentation address"),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20, "a documentation address"),
    (Ipv6Addr::new(0x2001, 2, 0, 0, 0, 0, 0, 0), 48, "a benchmarking address"),
    (Ipv6Addr::new(0x2001, 0x10, 0, 0, 0, 0, 0, 0), 28, "a reserved address"),
    (Ipv6Addr::new(0x2001, 0x20, 0, 0, 0, 0, 0, 0), 28, "a reserved address"),
];

/// Where public IPv6 addresses lie. What is neither here nor carries a public IPv4 address is not public.
const GLOBAL_UNICAST: (Ipv6Addr, u32) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

/// What no mode but `loopback` (which excludes it by itself) may reach: link-local and metadata, in any wrapping.
pub(super) fn dangerous(ip: IpAddr) -> Option<&'static str> {
    match ip {
        IpAddr::V4(v4) => dangerous_v4(v4),
        IpAddr::V6(v6) if METADATA_V6.contains(&v6) => Some(METADATA),
        IpAddr::V6(v6) if v6.is_unicast_link_local() => Some(LINK_LOCAL),
        IpAddr::V6(v6) => carried(v6).into_iter().flatten().find_map(dangerous_v4),
    }
}

fn dangerous_v4(v4: Ipv4Addr) -> Option<&'static str> {
    if METADATA_V4.contains(&v4) { Some(METADATA) } else { v4.is_link_local().then_some(LINK_LOCAL) }
}

/// What is not on the public internet.
pub(super) fn not_public(ip: IpAddr) -> Option<&'static str> {
    match ip {
        IpAddr::V4(v4) => not_public_v4(v4),
        IpAddr::V6(v6) => not_public_v6(v6),
    }
}

fn not_public_v4(v4: Ipv4Addr) -> Option<&'static str> {
    let inside = |network: Ipv4Addr, bits: u32| (v4.to_bits() ^ network.to_bits()).leading_zeros() >= bits;
    NOT_PUBLIC_V4.iter().find(|(network, bits, _)| inside(*network, *bits)).map(|(_, _, kind)| *kind)
}

fn not_public_v6(v6: Ipv6Addr) -> Option<&'static str> {
    if let Some((_, _, kind)) = NOT_PUBLIC_V6.iter().find(|(network, bits, _)| inside_v6(v6, *network, *bits)) {
        return Some(kind);
    }
    let inner = carried(v6);
    if let Some(kind) = inner.into_iter().flatten().find_map(not_public_v4) {
        return Some(kind);
    }
    let carries = inner.iter().any(Option::is_some);
    (!carries && !inside_v6(v6, GLOBAL_UNICAST.0, GLOBAL_UNICAST.1)).then_some("a reserved address")
}

fn inside_v6(v6: Ipv6Addr, network: Ipv6Addr, bits: u32) -> bool {
    (v6.to_bits() ^ network.to_bits()).leading_zeros() >= bits
}

/// The IPv4 addresses inside an IPv6 address: one for most wrappings, two for Teredo (its server and its client).
fn carried(v6: Ipv6Addr) -> [Option<Ipv4Addr>; 2] {
    let join = |high: u16, low: u16| Some(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)));
    match v6.segments() {
        // The unspecified and the loopback address only look like "compatible" ones.
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => [None, None],
        // IPv4-compatible; IPv4-mapped; IPv4-translated; NAT64 (RFC 6052).
        [0, 0, 0, 0, 0, 0, high, low]
        | [0, 0, 0, 0, 0, 0xffff, high, low]
        | [0, 0, 0, 0, 0xffff, 0, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => [join(high, low), None],
        // Local NAT64 (RFC 8215), cut at 96 and at 48 bits; the latter leaves the eight bits after the 64th unused.
        [0x64, 0xff9b, 1, first, middle, last, high, low] => {
            [join(high, low), join(first, (middle & 0xff) << 8 | last >> 8)]
        }
        // 6to4.
        [0x2002, high, low, ..] => [join(high, low), None],
        // Teredo: the client's address is stored inverted.
        [0x2001, 0, server_high, server_low, _, _, high, low] => [join(server_high, server_low), join(!high, !low)],
        _ => [None, None],
    }
}
