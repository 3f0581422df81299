//! Tables of addresses and what each mode says of them.
#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;

/// Address, and what `any` and `public` answer: `.` allows, anything else is part of the named kind.
const TABLE: &[(&str, &str, &str)] = &[
    // Public.
    ("1.1.1.1", ".", "."),
    ("93.184.216.34", ".", "."),
    ("172.32.0.1", ".", "."),
    ("100.128.0.1", ".", "."),
    ("198.20.0.1", ".", "."),
    ("2606:4700::1111", ".", "."),
    ("2001:4860:4860::8888", ".", "."),
    // Link-local and metadata: refused by both.
    ("169.254.0.1", "link-local", "link-local"),
    ("169.254.169.254", "metadata", "metadata"),
    ("100.100.100.200", "metadata", "metadata"),
    ("168.63.129.16", "metadata", "metadata"),
    ("fe80::1", "link-local", "link-local"),
    ("febf::1", "link-local", "link-local"),
    ("fd00:ec2::254", "metadata", "metadata"),
    ("fd20:ce::254", "metadata", "metadata"),
    // The same, wrapped: mapped, compatible, translated, NAT64, 6to4, Teredo client (inverted) and server.
    ("::ffff:169.254.169.254", "metadata", "metadata"),
    ("::169.254.169.254", "metadata", "metadata"),
    ("::ffff:0:169.254.169.254", "metadata", "metadata"),
    ("64:ff9b::169.254.169.254", "metadata", "metadata"),
    ("64:ff9b:1::169.254.169.254", "metadata", "metadata"),
    ("64:ff9b:1:a9fe:a9:fe00::", "metadata", "metadata"),
    ("64:ff9b::6464:64c8", "metadata", "metadata"),
    ("2002:a9fe:a9fe::1", "metadata", "metadata"),
    ("2002:6464:64c8::", "metadata", "metadata"),
    ("2001:0:4136:e378:8000:63bf:5601:5601", "metadata", "metadata"),
    ("2001:0:a9fe:a9fe:8000:63bf:f7f7:f7f7", "metadata", "metadata"),
    ("::ffff:169.254.1.1", "link-local", "link-local"),
    // Not public.
    ("0.0.0.0", ".", "unspecified"),
    ("0.1.2.3", ".", "unspecified"),
    ("10.0.0.1", ".", "private"),
    ("172.16.0.1", ".", "private"),
    ("172.31.255.255", ".", "private"),
    ("192.168.1.1", ".", "private"),
    ("100.64.0.1", ".", "carrier"),
    ("100.127.255.255", ".", "carrier"),
    ("127.0.0.1", ".", "loopback"),
    ("127.255.255.254", ".", "loopback"),
    ("192.0.0.8", ".", "reserved"),
    ("192.0.2.1", ".", "documentation"),
    ("198.51.100.1", ".", "documentation"),
    ("203.0.113.1", ".", "documentation"),
    ("198.18.0.1", ".", "benchmarking"),
    ("198.19.255.255", ".", "benchmarking"),
    ("224.0.0.1", ".", "multicast"),
    ("239.255.255.255", ".", "multicast"),
    ("240.0.0.1", ".", "reserved"),
    ("255.255.255.255", ".", "broadcast"),
    ("::", ".", "unspecified"),
    ("::1", ".", "loopback"),
    ("fec0::1", ".", "site-local"),
    ("fc00::1", ".", "unique local"),
    ("fdff::1", ".", "unique local"),
    ("ff02::1", ".", "multicast"),
    ("2001:db8::1", ".", "documentation"),
    ("3fff:fff::1", ".", "documentation"),
    ("2001:2::1", ".", "benchmarking"),
    ("100::1", ".", "reserved"),
    ("5f00::1", ".", "reserved"),
    ("4000::1", ".", "reserved"),
    // Not public, wrapped.
    ("::ffff:127.0.0.1", ".", "loopback"),
    ("::ffff:10.0.0.1", ".", "private"),
    ("::127.0.0.1", ".", "loopback"),
    ("::10.0.0.1", ".", "private"),
    ("64:ff9b::10.0.0.1", ".", "private"),
    ("64:ff9b:1::1.1.1.1", ".", "local NAT64"),
    ("64:ff9b:1::192.168.0.1", ".", "local NAT64"),
    ("2002:a00:1::", ".", "private"),
    ("2002:7f00:1::", ".", "loopback"),
    ("2001:0:4136:e378:8000:63bf:f5ff:fffe", ".", "private"),
    ("2001:0:a00:1:8000:63bf:fefe:fefe", ".", "private"),
    // Public, wrapped.
    ("::ffff:1.1.1.1", ".", "."),
    ("64:ff9b::1.1.1.1", ".", "."),
    ("2002:101:101::1", ".", "."),
    ("2001:0:4136:e378:8000:63bf:fefe:fefe", ".", "."),
];

fn agrees(mode: Egress, ip: IpAddr, expected: &str) {
    match allow(mode, ip) {
        Ok(()) => assert_eq!(".", expected, "{mode} allows {ip}"),
        Err(EgressRefusal::Address { kind, .. }) => {
            assert!(expected != "." && kind.contains(expected), "{mode} refuses {ip} as {kind}, not {expected}");
        }
        Err(other) => panic!("{ip}: {other}"),
    }
}

#[test]
fn any_and_public_judge_each_address() {
    for (text, any, public) in TABLE {
        let ip = text.parse().unwrap();
        agrees(Egress::Any, ip, any);
        agrees(Egress::Public, ip, public);
    }
}

#[test]
fn loopback_allows_loopback_alone() {
    let loopback = ["127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1"];
    for text in loopback {
        agrees(Egress::Loopback, text.parse().unwrap(), ".");
    }
    let others = TABLE.iter().map(|(text, ..)| *text).filter(|text| !loopback.contains(text));
    for text in others.filter(|text| !text.starts_with("127.")) {
        agrees(Egress::Loopback, text.parse().unwrap(), "not a loopback");
    }
}

#[test]
fn modes_are_written_as_on_the_command_line() {
    for mode in [Egress::Any, Egress::Public, Egress::Loopback] {
        assert_eq!(mode.to_string().parse(), Ok(mode));
    }
    assert!("all".parse::<Egress>().unwrap_err().contains("`any`, `public` or `loopback`"));
}

#[test]
fn a_refusal_says_what_and_why() {
    let refusal = allow(Egress::Public, Ipv4Addr::new(10, 0, 0, 1).into()).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "10.0.0.1 is a private address, and outbound calls to such addresses are refused (egress mode `public`)"
    );
}

#[test]
fn own_origins_are_refused_unless_the_request_may() {
    let may = Allowance { own_origin_ok: true, narrowed_to: None };
    // Listens on; called; is it the server itself?
    let table = [
        ("127.0.0.1:4700", "127.0.0.1:4700", true),
        ("127.0.0.1:4700", "[::ffff:127.0.0.1]:4700", true),
        ("127.0.0.1:4700", "0.0.0.0:4700", true),
        ("127.0.0.1:4700", "127.0.0.1:4701", false),
        ("127.0.0.1:4700", "[::1]:4700", false),
        ("[::1]:4700", "[::]:4700", true),
        ("0.0.0.0:4700", "127.0.0.1:4700", true),
        ("0.0.0.0:4700", "127.9.9.9:4700", true),
        ("[::]:4700", "127.0.0.1:4700", true),
        ("[::]:4700", "[::1]:4700", true),
        ("0.0.0.0:4700", "10.0.0.1:4700", false),
        ("10.0.0.1:4700", "10.0.0.1:4700", true),
    ];
    for (listens, called, own) in table {
        let guard = Guard::new(Egress::Any, vec![listens.parse().unwrap()]);
        let called: SocketAddr = called.parse().unwrap();
        let expected = if own { Err(EgressRefusal::OwnOrigin(called)) } else { Ok(()) };
        assert_eq!(guard.check(Allowance::default(), called), expected, "{listens} {called}");
        assert_eq!(guard.check(may, called), Ok(()), "{listens} {called}");
    }
}

#[test]
fn the_own_origin_is_reachable_in_any_mode_but_nothing_else_becomes_so() {
    let may = Allowance { own_origin_ok: true, narrowed_to: None };
    let guard = Guard::new(Egress::Public, vec!["127.0.0.1:4700".parse().unwrap()]);
    assert_eq!(guard.check(may, "127.0.0.1:4700".parse().unwrap()), Ok(()));
    assert!(guard.check(may, "127.0.0.1:4701".parse().unwrap()).is_err());
}

#[test]
fn a_sandbox_narrows_the_mode_and_never_widens_it() {
    let narrowed = |mode| Allowance { narrowed_to: Some(mode), own_origin_ok: false };
    let loopback = "127.0.0.1:9000".parse().unwrap();
    let public = "1.1.1.1:443".parse().unwrap();
    let any = Guard::new(Egress::Any, vec![]);
    assert!(any.check(narrowed(Egress::Public), loopback).is_err());
    assert!(any.check(narrowed(Egress::Loopback), loopback).is_ok());
    assert!(any.check(narrowed(Egress::Loopback), public).is_err());
    let hosted = Guard::new(Egress::Public, vec![]);
    assert!(hosted.check(narrowed(Egress::Any), loopback).is_err());
    assert!(hosted.check(narrowed(Egress::Any), public).is_ok());
}

#[test]
fn a_connection_from_an_address_to_itself_is_the_server_when_it_listens_everywhere() {
    let at = |text: &str| text.parse::<SocketAddr>().unwrap();
    let guard = Guard::new(Egress::Any, vec![at("0.0.0.0:4700")]);
    let (nobody, may) = (Allowance::default(), Allowance { own_origin_ok: true, narrowed_to: None });
    assert!(guard.check_connected(nobody, at("10.0.0.5:50000"), at("10.0.0.5:4700")).is_err());
    assert!(guard.check_connected(may, at("10.0.0.5:50000"), at("10.0.0.5:4700")).is_ok());
    assert!(guard.check_connected(nobody, at("10.0.0.5:50000"), at("10.0.0.6:4700")).is_ok());
    assert!(guard.check_connected(nobody, at("10.0.0.5:50000"), at("10.0.0.5:4701")).is_ok());
}
