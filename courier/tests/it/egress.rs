//! The guard at connect time: every address is judged after resolution, and the judged address is the one called.

use std::sync::Arc;

use courier::{Allowance, Egress, EgressRefusal, Failure, Outbound, Sender, SenderOptions, TlsOptions};

use crate::receiver::{Behaviour, Receiver};
use crate::{Scripted, get, options, sender, url};

const OWN: Allowance = Allowance { narrowed_to: None, own_origin_ok: true };

fn with_resolver(egress: Egress, resolver: &Arc<Scripted>) -> Sender {
    let resolver = Arc::clone(resolver);
    Sender::new(SenderOptions { egress, own_origins: Vec::new(), resolver, tls: TlsOptions::default() })
}

#[tokio::test]
async fn each_mode_decides_about_a_loopback_receiver() {
    let mut receiver = Receiver::start(Behaviour::ok("in")).await;
    for (mode, allowed) in [(Egress::Any, true), (Egress::Loopback, true), (Egress::Public, false)] {
        let outcome = sender(mode).send(get(url(receiver.address))).await;
        assert_eq!(outcome.as_ref().err().map(courier::SendError::kind), (!allowed).then_some("egress"), "{mode}");
    }
    assert_eq!(receiver.connections(), 2);
}

#[tokio::test]
async fn spellings_of_loopback_are_seen_through() {
    let mut receiver = Receiver::start(Behaviour::ok("in")).await;
    let port = receiver.address.port();
    let system =
        || Sender::new(SenderOptions { resolver: Arc::new(courier::SystemResolver::new()), ..options(Egress::Public) });
    for host in [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "017700000001",
        "[::ffff:127.0.0.1]",
        "[::1]",
        "localhost",
        "0.0.0.0",
    ] {
        let error = system().send(get(format!("http://{host}:{port}/"))).await.unwrap_err();
        assert_eq!(error.kind(), "egress", "{host}: {error}");
    }
    assert_eq!(receiver.seen(), []);
}

#[tokio::test]
async fn metadata_addresses_are_refused_even_where_anything_goes() {
    let literals =
        ["169.254.169.254", "[fd00:ec2::254]", "100.100.100.200", "[::ffff:a9fe:a9fe]", "[64:ff9b::a9fe:a9fe]"];
    for host in literals {
        let error = sender(Egress::Any).send(get(format!("http://{host}/latest/"))).await.unwrap_err();
        assert_eq!(error.kind(), "egress");
        assert!(error.to_string().contains("a cloud-metadata address"), "{error}");
    }
}

#[tokio::test]
async fn a_name_is_refused_if_any_of_its_addresses_is() {
    let mut receiver = Receiver::start(Behaviour::ok("in")).await;
    let port = receiver.address.port();
    for answer in [["127.0.0.1", "169.254.169.254"], ["169.254.169.254", "127.0.0.1"]] {
        let resolver = Scripted::new(&[&answer]);
        let error = with_resolver(Egress::Any, &resolver).send(get(format!("http://shop.example:{port}/"))).await;
        assert_eq!(error.unwrap_err().kind(), "egress");
    }
    let resolver = Scripted::new(&[&["93.184.216.34", "10.0.0.1"]]);
    let error = with_resolver(Egress::Public, &resolver).send(get("http://shop.example/")).await.unwrap_err();
    let Failure::Refused(EgressRefusal::Address { ip, .. }) = error.failure else { panic!("{error}") };
    assert_eq!(ip.to_string(), "10.0.0.1");
    assert_eq!(receiver.seen(), []);
}

#[tokio::test]
async fn a_name_that_changes_its_address_is_asked_once_and_pinned() {
    // The first answer passes the guard, the second would not: whoever asks twice is rebound.
    let receiver = Receiver::start(Behaviour::ok("first")).await;
    let resolver = Scripted::new(&[&["127.0.0.1"], &["169.254.169.254"]]);
    let sender = with_resolver(Egress::Any, &resolver);
    let shop = format!("http://shop.example:{}/", receiver.address.port());
    assert_eq!(sender.send(get(&shop)).await.unwrap().body, "first");
    assert_eq!(resolver.asked(), 1);
}

#[tokio::test]
async fn a_name_that_turns_private_is_refused_at_its_next_connection() {
    let close = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
    let receiver = Receiver::start(Behaviour::Close(close.to_vec())).await;
    let resolver = Scripted::new(&[&["127.0.0.1"], &["10.0.0.1"]]);
    let sender = with_resolver(Egress::Loopback, &resolver);
    let shop = format!("http://shop.example:{}/", receiver.address.port());
    assert_eq!(sender.send(get(&shop)).await.unwrap().status, 200);
    assert_eq!(sender.send(get(&shop)).await.unwrap_err().kind(), "egress");
    assert_eq!(resolver.asked(), 2);
}

#[tokio::test]
async fn the_server_itself_is_called_only_by_those_who_may() {
    let mut server = Receiver::start(Behaviour::ok("inbox")).await;
    let own = SenderOptions { own_origins: vec![server.address], ..options(Egress::Public) };
    let sender = Sender::new(own);
    let may = Outbound { allowance: OWN, ..get(url(server.address)) };
    assert_eq!(sender.send(may).await.unwrap().body, "inbox");
    // The connection that was just opened lies ready, and must not be handed to a call that may not.
    let refused = [url(server.address), format!("http://localhost:{}/", server.address.port())];
    for url in refused {
        let error = sender.send(get(url)).await.unwrap_err();
        assert!(matches!(error.failure, Failure::Refused(EgressRefusal::OwnOrigin(_))), "{error}");
    }
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn a_narrowed_sandbox_does_not_reuse_a_connection_of_a_wider_one() {
    let mut receiver = Receiver::start(Behaviour::ok("in")).await;
    let sender = sender(Egress::Any);
    sender.send(get(url(receiver.address))).await.unwrap();
    let narrowed = Allowance { narrowed_to: Some(Egress::Public), own_origin_ok: false };
    let call = Outbound { allowance: narrowed, ..get(url(receiver.address)) };
    assert_eq!(sender.send(call).await.unwrap_err().kind(), "egress");
    assert_eq!(receiver.connections(), 1);
}
