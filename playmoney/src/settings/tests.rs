//! What beats what, and what is refused.

#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::failure::{describe, status};

fn settings(arguments: ServeArguments, given: Given, file: &str) -> anyhow::Result<Settings> {
    Settings::new(arguments, given, &File::parse(file)?)
}

fn from_file(file: &str) -> anyhow::Result<Settings> {
    settings(ServeArguments::default(), Given::default(), file)
}

fn refused(file: &str) -> String {
    let error = from_file(file).unwrap_err();
    assert_eq!(status(&error), 2, "{error:#}");
    describe(&error)
}

#[test]
fn defaults() {
    let settings = from_file("").unwrap();
    let expected = Settings {
        listen: "127.0.0.1:4700".parse().unwrap(),
        database: Place::Sqlite(".playmoney/playmoney.db".into()),
        public_url: None,
        ready_file: None,
        latency: Latency::INSTANT,
        seed: None,
        admin_token: None,
        egress: None,
        log: None,
        workers: None,
        deliveries: 64,
    };
    assert_eq!(settings, expected);
}

#[test]
fn every_key_of_the_file_is_read() {
    let file = "listen = '0.0.0.0:80'\ndatabase = 'sqlite:a.db'\npublic-url = 'https://pay.test/'\nready_file = 'r.json'\n\
                latency = 0.25\nseed = -7\nadmin_token = 'secret'\negress = 'loopback'\ntls = 'off'\nlog = 'json'\n\
                workers = 3\ndeliveries = 5\nephemeral = false";
    let expected = Settings {
        listen: "0.0.0.0:80".parse().unwrap(),
        database: Place::Sqlite("a.db".into()),
        public_url: Some("https://pay.test".to_owned()),
        ready_file: Some("r.json".into()),
        latency: Latency(250),
        seed: Some(-7),
        admin_token: Some("secret".to_owned()),
        egress: Some(Egress::Loopback),
        log: Some(LogFormat::Json),
        workers: Some(3),
        deliveries: 5,
    };
    assert_eq!(from_file(file).unwrap(), expected);
}

#[test]
fn what_is_typed_beats_the_file() {
    let arguments = ServeArguments { seed: Some("8".to_owned()), ..ServeArguments::default() };
    assert_eq!(settings(arguments, Given::default(), "seed = 7").unwrap().seed, Some(8));
}

#[test]
fn of_database_and_ephemeral_the_higher_rank_counts() {
    let both = |ephemeral, database| {
        let arguments = ServeArguments {
            ephemeral: Some(true),
            database: Some("sqlite:a.db".to_owned()),
            ..ServeArguments::default()
        };
        settings(arguments, Given { ephemeral: Some(ephemeral), database: Some(database) }, "").map(|it| it.database)
    };
    let file = Place::Sqlite("a.db".into());
    assert_eq!(both(Rank::Flag, Rank::Environment).unwrap(), Place::Ephemeral);
    assert_eq!(both(Rank::Environment, Rank::Flag).unwrap(), file);
    assert!(both(Rank::Flag, Rank::Flag).is_err());
    assert_eq!(from_file("ephemeral = true").unwrap().database, Place::Ephemeral);
    let arguments = ServeArguments { database: Some("sqlite:a.db".to_owned()), ..ServeArguments::default() };
    let given = Given { database: Some(Rank::Environment), ephemeral: None };
    assert_eq!(settings(arguments, given, "ephemeral = true").unwrap().database, file);
}

#[test]
fn an_open_listener_needs_a_token() {
    assert!(refused("listen = '0.0.0.0:4700'").contains("hint: set --admin-token"));
    assert!(from_file("listen = '0.0.0.0:4700'\nadmin_token = 'x'").is_ok());
    assert!(from_file("listen = '[::1]:4700'").is_ok());
}

#[test]
fn what_cannot_be_is_refused_with_a_hint() {
    for (file, said) in [
        ("data_base = 'x'\nsed = 1", "unknown keys: data_base, sed"),
        ("tls = 'self-signed'", "TLS is not possible yet"),
        ("tls_listen = '127.0.0.1:4743'", "TLS is not possible yet"),
        ("database = 'postgres://db/x'", "PostgreSQL is not possible yet"),
        ("database = 'sqlite::memory:'", "use --ephemeral"),
        ("database = 'a.db'", "write it as sqlite:PATH"),
        ("latency = 'fast'", "latency is"),
        ("egress = 'none'", "`none` is not an egress mode"),
        ("workers = 0", "a whole number from 1 to 512"),
        ("listen = ['a']", "listen is not a single value"),
        ("listen = ", "hint: keys are the names"),
        ("public_url = 'ftp://x'", "write it as https://HOST"),
        ("ephemeral = 1", "true or false"),
    ] {
        let text = refused(file);
        assert!(text.contains(said) && text.contains("hint: "), "{file}: {text}");
    }
    let secret = refused("admin_token = 'two words'");
    assert!(!secret.contains("words"), "{secret}");
}
