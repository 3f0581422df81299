//! The demo is the promise of the product in one command.

use crate::program::{Ran, Server, directory, program};

#[test]
fn the_demo_verifies_every_signature_and_exits_0() {
    let ran = Ran::alone("demo", &["demo"]);
    assert_eq!((ran.status, ran.errors.as_str()), (0, ""), "{}", ran.out);
    assert_eq!(ran.out.matches(": signature verified\n").count(), 4, "{}", ran.out);
    assert!(ran.out.contains("4 webhooks, every signature verified."), "{}", ran.out);
    for status in ["SUCCESS", "INSUFFICIENT_FUNDS", "PENDING", "TIMEOUT"] {
        assert!(ran.out.contains(status), "{}", ran.out);
    }
}

#[test]
fn kept_it_goes_on_serving_until_it_is_told_to_stop() {
    let server = Server::run(&mut program(&directory("demo-keep"), &["demo", "--keep"]));
    assert_eq!(server.said.matches(": signature verified\n").count(), 4, "{}", server.said);
    let payments = server.client().admin("GET", "/sandboxes/sbx_demo/deliveries", None);
    assert_eq!(payments["data"].as_array().unwrap().len(), 4);
    assert!(server.terminate().success());
}
