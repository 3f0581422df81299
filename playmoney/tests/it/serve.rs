//! `serve` from its options to its clean end.

use crate::http::Client;
use crate::program::{Ran, Server, directory, program, read_json};
use crate::shop::Shop;
use std::fs;
use std::path::Path;

#[test]
fn ready_file_then_a_payment_then_sigterm() {
    let directory = directory("serve");
    let path = directory.join("ready.json");
    fs::write(&path, "of an earlier run").unwrap();
    let server = Server::start(&directory, &["--ready-file", "ready.json"]);
    let ready = read_json(&path);
    assert_eq!(ready["url"], server.url.as_str());
    assert_eq!(ready["tls_url"], serde_json::Value::Null);
    assert_eq!(ready["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(ready["sandbox"], "sbx_demo");
    assert!(ready["pid"].is_u64());
    let sandpay = &ready["providers"]["sandpay"];
    assert_eq!(sandpay["base_url"], format!("{}/sandpay", server.url));
    assert!(server.said.contains(sandpay["api_key"].as_str().unwrap()), "{}", server.said);

    let mut client = server.client();
    let shop = Shop::demo(&server);
    let made = shop.pay(&mut client, &shop.payment("first", Some("success"))).unwrap();
    assert_eq!((made.status, made.json()["status"].as_str()), (201, Some("SUCCESS")));
    let id = made.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(server.terminate().code(), Some(0));

    let again = Server::start(&directory, &[]);
    assert_eq!(shop.look(&mut again.client(), &id).json(), made.json(), "what was done is in the database");
}

#[test]
fn the_pasted_curl_of_the_banner_works() {
    let server = Server::start(&directory("banner"), &["--ephemeral"]);
    let (_, request) = server.said.split_once("-d '").unwrap();
    let (body, _) = request.split_once('\'').unwrap();
    let shop = Shop::demo(&server);
    let answer = shop.pay(&mut server.client(), &serde_json::from_str(body).unwrap()).unwrap();
    assert_eq!((answer.status, answer.json()["status"].as_str()), (201, Some("SUCCESS")));
}

#[test]
fn a_flag_beats_the_environment_which_beats_the_file() {
    let directory = directory("precedence");
    let url = |variable: Option<&str>, flag: Option<&str>| {
        let mut command = program(&directory, &["serve", "--ready-file", "ready.json"]);
        command.args(flag.iter().flat_map(|url| ["--public-url", url]));
        command.envs(variable.map(|url| ("PLAYMONEY_PUBLIC_URL", url)));
        let _server = Server::run(&mut command);
        read_json(&directory.join("ready.json"))["url"].as_str().unwrap().to_owned()
    };
    fs::write(
        directory.join("playmoney.toml"),
        "listen = '127.0.0.1:0'\nephemeral = true\npublic_url = 'http://file.test'\n",
    )
    .unwrap();
    assert_eq!(url(None, None), "http://file.test");
    assert_eq!(url(Some("http://environment.test"), None), "http://environment.test");
    assert_eq!(url(Some("http://environment.test"), Some("http://flag.test")), "http://flag.test");
    assert!(!directory.join(".playmoney").exists(), "an ephemeral server writes no database");
}

#[test]
fn an_open_listener_needs_a_token_and_shows_its_credentials_once() {
    let directory = directory("open");
    let start = || {
        let arguments =
            ["serve", "--listen", "0.0.0.0:0", "--admin-token", "open-sesame", "--ready-file", "ready.json"];
        Server::run(&mut program(&directory, &arguments))
    };
    let first = start();
    let key = api_key(&directory);
    assert!(first.said.contains(&key), "{}", first.said);
    let port = first.url.rsplit(':').next().unwrap();
    let mut client = Client::connect(&format!("127.0.0.1:{port}"));
    assert_eq!(client.call("GET", "/_playmoney/v1/sandboxes", "", None).unwrap().status, 401);
    assert_eq!(client.call("GET", "/_playmoney/v1/sandboxes", "open-sesame", None).unwrap().status, 200);
    assert!(first.terminate().success());

    let second = start();
    assert_eq!(api_key(&directory), key, "they stay the same");
    assert!(!second.said.contains(&key), "{}", second.said);
    drop(second);
    let loopback = directory.join("loopback");
    fs::create_dir(&loopback).unwrap();
    let _published = Server::start(&loopback, &["--ready-file", "ready.json"]);
    assert_ne!(api_key(&loopback), key, "the published key opens no other listener");
}

fn api_key(directory: &Path) -> String {
    let ready = read_json(&directory.join("ready.json"));
    ready["providers"]["sandpay"]["api_key"].as_str().unwrap().to_owned()
}

#[test]
fn a_database_has_one_server() {
    let directory = directory("one-server");
    let _server = Server::start(&directory, &[]);
    let second = Ran::of(&mut program(&directory, &["serve", "--listen", "127.0.0.1:0"]));
    insta::assert_snapshot!(second.told(), @r#"
    exit status 1
    error: cannot use the database: the database failed: .playmoney/playmoney.db: another process uses this database
    hint: choose another file with --database sqlite:PATH, or --ephemeral for none
    "#);
}

#[test]
fn refusals_to_start() {
    insta::assert_snapshot!(Ran::alone("no-token", &["serve", "--listen", "0.0.0.0:0"]).told(), @r#"
    exit status 2
    error: listening on 0.0.0.0:0 would open the admin API to everyone who can reach it
    hint: set --admin-token (or PLAYMONEY_ADMIN_TOKEN) to a long random text, or listen on 127.0.0.1
    "#);
    insta::assert_snapshot!(Ran::alone("tls", &["serve", "--tls", "self-signed"]).told(), @r#"
    exit status 2
    error: serving TLS is not possible yet
    hint: leave tls and tls_listen out; put a proxy in front for TLS
    "#);
    insta::assert_snapshot!(Ran::alone("postgres", &["--database", "postgres://localhost/x"]).told(), @r#"
    exit status 2
    error: PostgreSQL is not possible yet
    hint: use sqlite:PATH for now
    "#);
    insta::assert_snapshot!(Ran::alone("latency", &["serve", "--latency", "fast"]).told(), @r#"
    exit status 2
    error: invalid value `fast` of latency
    hint: --latency: latency is `instant`, `real`, or a factor from 0 to 100 with at most three decimals
    "#);
    insta::assert_snapshot!(Ran::alone("both", &["serve", "--ephemeral", "--database", "sqlite:a.db"]).told(), @r#"
    exit status 2
    error: ephemeral and database exclude each other
    hint: leave one of them out
    "#);
    let directory = directory("unknown-keys");
    fs::write(directory.join("playmoney.toml"), "listn = ':0'\nseeds = 7\n").unwrap();
    insta::assert_snapshot!(Ran::of(&mut program(&directory, &[])).told(), @r#"
    exit status 2
    error: playmoney.toml: unknown keys: listn, seeds
    hint: the keys are listen, database, ephemeral, public_url, ready_file, latency, seed, admin_token, egress, tls, tls_listen, log, workers, deliveries
    "#);
}
