//! The commands that talk to a running server, and what they do without one.

use crate::program::{Ran, Server, directory, program};
use crate::receiver::Receiver;
use crate::shop::Shop;
use serde_json::{Value, json};

/// Nothing listens there: it is a reserved port.
const NOWHERE: &str = "http://127.0.0.1:1";

/// Commands against one server.
struct Terminal<'s> {
    server: &'s Server,
    directory: std::path::PathBuf,
}

impl<'s> Terminal<'s> {
    fn new(test: &str, server: &'s Server) -> Self {
        Self { server, directory: directory(test) }
    }

    fn run(&self, words: &str) -> Ran {
        let arguments: Vec<&str> = words.split(' ').collect();
        Ran::of(program(&self.directory, &arguments).env("PLAYMONEY_URL", &self.server.url))
    }

    /// What a command prints that must succeed and say nothing on standard error.
    fn prints(&self, words: &str) -> String {
        let ran = self.run(words);
        assert_eq!((ran.status, ran.errors.as_str()), (0, ""), "{words}: {}", ran.out);
        ran.out
    }

    fn json(&self, words: &str) -> Value {
        serde_json::from_str(&self.prints(&format!("{words} --json"))).unwrap()
    }
}

#[test]
fn sandboxes_and_their_clocks() {
    let server = Server::start(&directory("sandboxes-server"), &["--ephemeral"]);
    let terminal = Terminal::new("sandboxes", &server);
    let made = terminal.json("sandbox create --id sbx_mine --seed 7 --frozen --now 2026-06-01T09:00:00Z --ttl 1h");
    assert_eq!((&made["sandbox"], &made["seed"]), (&json!("sbx_mine"), &json!(7)));
    let list = terminal.prints("sandbox list");
    assert!(list.starts_with("ID ") && list.contains("\nsbx_demo ") && list.contains("\nsbx_mine "), "{list}");

    let within = "--sandbox sbx_mine";
    insta::assert_snapshot!(terminal.prints(&format!("clock show {within}")), @"2026-06-01T09:00:00.000Z  frozen");
    insta::assert_snapshot!(terminal.prints(&format!("clock advance 1h30m {within}")), @"2026-06-01T10:30:00.000Z  0 jobs run, 0 deliveries attempted");
    insta::assert_snapshot!(terminal.prints(&format!("clock set 2026-06-02T00:00:00Z {within}")), @"2026-06-02T00:00:00.000Z  frozen");
    insta::assert_snapshot!(terminal.run(&format!("clock set 2026-06-01T00:00:00Z {within}")).told(), @r#"
    exit status 1
    error: the server answered 409: Time does not go backwards: the clock stands at 2026-06-02T00:00:00.000Z.
    hint: Ask for a later instant, or reset the sandbox to begin again.
    "#);
    assert_eq!(terminal.json(&format!("clock resume {within}"))["mode"], "running");
    assert_eq!(terminal.json(&format!("clock freeze {within}"))["mode"], "frozen");

    let reset = terminal.json("sandbox reset sbx_mine");
    assert_eq!(reset["clock"], json!({ "mode": "frozen", "now": "2026-06-01T09:00:00.000Z" }));
    assert_eq!(reset["providers"], made["providers"]);
    let env = terminal.prints(&format!("env sandpay {within}"));
    let key = made["providers"]["sandpay"]["api_key"].as_str().unwrap();
    assert!(env.contains(&format!("SANDPAY_API_KEY={key}\n")), "{env}");

    assert_eq!(terminal.prints("sandbox delete sbx_mine"), "deleted sbx_mine\n");
    insta::assert_snapshot!(terminal.run("sandbox show sbx_mine").told(), @r#"
    exit status 1
    error: the server answered 404: There is no sandbox of this id.
    hint: GET /_playmoney/v1/sandboxes lists them, POST makes one.
    "#);
}

#[test]
fn logs_ledger_and_replay() {
    let server = Server::start(&directory("logs-server"), &["--ephemeral"]);
    let terminal = Terminal::new("logs", &server);
    let (shop, receiver, mut client) = (Shop::demo(&server), Receiver::start(), server.client());
    shop.register(&mut client, &receiver.url());
    let answer = shop.pay(&mut client, &shop.payment("logged", Some("success"))).unwrap();
    let (paid, request_id) = (answer.json(), answer.header("x-request-id").unwrap());
    let id = paid["id"].as_str().unwrap();
    let first = receiver.next();
    shop.advance(&mut client, 0);

    let delivery = terminal.json("deliveries list --status delivered")["data"][0].clone();
    assert_eq!((&delivery["subject"], &delivery["attempts"][0]["status"]), (&json!(id), &json!(204)));
    let table = terminal.prints(&format!("deliveries list --subject {id}"));
    assert!(table.contains("payment.completed") && table.contains("  delivered         1   204  "), "{table}");
    terminal.prints(&format!("deliveries replay {}", delivery["id"].as_str().unwrap()));
    let again = receiver.next();
    assert_eq!(
        (again.body, first.header("x-sandpay-delivery")),
        (first.body.clone(), delivery["id"].as_str().unwrap())
    );

    let requests = terminal.prints("requests list --provider sandpay --status 201 --q logged");
    assert!(requests.contains(request_id) && requests.lines().count() == 2, "{requests}");
    let request = terminal.json(&format!("requests show {request_id}"));
    assert_eq!((&request["subject"], &request["path"]), (&json!(id), &json!("/sandpay/v1/payments")));
    assert!(!request.to_string().contains(&shop.key), "secrets are masked: {request}");

    let ledger = terminal.prints("ledger");
    assert!(ledger.contains("float.env_ci_mtn") && ledger.ends_with("balanced\n"), "{ledger}");
    let healthy = terminal.prints("doctor");
    assert!(healthy.ends_with("nothing is wrong\n"), "{healthy}");
}

#[test]
fn a_fault_is_added_fires_and_is_cleared() {
    let server = Server::start(&directory("faults-server"), &["--ephemeral"]);
    let terminal = Terminal::new("faults", &server);
    let (shop, mut client) = (Shop::demo(&server), server.client());
    terminal.prints("faults add request --path /v1/payments --answer 503");
    let body = shop.payment("faulty", Some("success"));
    assert_eq!(shop.pay(&mut client, &body).unwrap().status, 503);
    assert_eq!(shop.pay(&mut client, &body).unwrap().status, 201);
    terminal.prints("faults add delivery --action duplicate --times always");
    let rules = terminal.json("faults list");
    assert_eq!(rules["data"].as_array().unwrap().last().unwrap()["action"], "duplicate");
    assert_eq!(terminal.prints("faults clear"), "cleared\n");
    insta::assert_snapshot!(terminal.run("faults list").told(), @r#"
    exit status 0
    there is no fault rule
    "#);
}

#[test]
fn assumptions_come_from_the_server_or_are_built_in() {
    let server = Server::start(&directory("assumptions-server"), &["--ephemeral"]);
    let terminal = Terminal::new("assumptions", &server);
    let served = terminal.json("assumptions sandpay");
    let alone = Ran::alone("assumptions-alone", &["assumptions", "sandpay", "--json", "--url", NOWHERE]);
    assert_eq!(alone.errors, format!("no server answers at {NOWHERE}; this is the built-in list\n"));
    let built_in: Value = serde_json::from_str(&alone.out).unwrap();
    let ids =
        |list: &Value| -> Vec<Value> { list["data"].as_array().unwrap().iter().map(|it| it["id"].clone()).collect() };
    assert_eq!(ids(&served), ids(&built_in));
    assert!(!ids(&served).is_empty());
    assert!(ids(&terminal.json("assumptions")).len() >= ids(&served).len());
}

#[test]
fn without_a_server() {
    insta::assert_snapshot!(Ran::alone("absent-ledger", &["ledger", "--url", NOWHERE]).told(), @r#"
    exit status 1
    error: no server answers at http://127.0.0.1:1: Connection refused (os error 111)
    hint: start one with `playmoney serve`, or say where it is with --url or PLAYMONEY_URL
    "#);
    let directory = directory("absent-doctor");
    std::fs::write(directory.join("playmoney.toml"), "listen = ':0'").unwrap();
    insta::assert_snapshot!(Ran::of(&mut program(&directory, &["doctor", "--url", NOWHERE])).told(), @r#"
    exit status 1
    problem  server: http://127.0.0.1:1, seen from outside
      what:  nothing listens there
      mend:  start one with `playmoney serve`, or say where it is with --url
    ok       settings: playmoney.toml, if it is there
    ok       port: 127.0.0.1:0
    ok       database: .playmoney/playmoney.db (not there yet, made at the first start)
    "#);
    let bash = Ran::alone("completions", &["completions", "bash"]);
    assert!(bash.status == 0 && bash.out.contains("complete -F _playmoney"), "{}", bash.errors);
    for name in ["sandpay", "admin"] {
        let document: Value = serde_json::from_str(&Ran::alone("openapi", &["openapi", name]).out).unwrap();
        assert!(document["openapi"].as_str().unwrap().starts_with("3.1"), "{name}");
        assert!(!document["paths"].as_object().unwrap().is_empty(), "{name}");
    }
}

#[test]
fn a_wrong_token_is_said_to_be_one() {
    let server = Server::start(&directory("token-server"), &["--ephemeral", "--admin-token", "open-sesame"]);
    let terminal = Terminal::new("token", &server);
    insta::assert_snapshot!(terminal.run("ledger").told(), @r#"
    exit status 1
    error: the server answered 401: This needs the admin token.
    hint: Send `Authorization: Bearer <token>` with the value of --admin-token.
    "#);
    assert_eq!(terminal.run("ledger --admin-token open-sesame").status, 0);
}
