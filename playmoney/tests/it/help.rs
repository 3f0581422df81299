//! What the program says of itself, word for word.

use crate::program::Ran;

#[test]
fn help_of_the_program() {
    insta::assert_snapshot!(Ran::alone("help", &["--help"]).told(), @r#"
    exit status 0
    A payments sandbox you run yourself: it behaves on the wire like the platforms that you integrate.
    Without a command it is `playmoney serve`.

    Usage: playmoney [COMMAND] [OPTIONS]

    Commands:
      serve        Start the server
      demo         Run one real payment against a server of its own and verify the signed webhooks
      sandbox      Make, list, reset and delete sandboxes
      clock        Show and move the virtual clock of a sandbox
      requests     Show what came in
      deliveries   Show what went out, and send it again
      faults       Make the next matching exchanges go wrong
      ledger       Print the trial balance of a sandbox; exits 1 if it does not sum to zero
      assumptions  List what is assumed where a platform's documents are silent
      openapi      Print the OpenAPI 3.1 document of a provider, or of `admin`
      doctor       Look for what is wrong and say how to mend it; exits 1 on findings
      env          Print base URLs and credentials of a sandbox as dotenv lines
      completions  Print a completion script for a shell

    Options:
      -h, --help
              Print help (see a summary with '-h')

      -V, --version
              Print version

    Examples:
      playmoney                         start the server on http://127.0.0.1:4700
      playmoney demo                    one payment, start to signed webhook
      playmoney clock advance 121m      let two hours pass
    "#);
}

#[test]
fn help_of_serve() {
    insta::assert_snapshot!(Ran::alone("help-serve", &["serve", "--help"]).told(), @r#"
    exit status 0
    Start the server

    Usage: playmoney serve [OPTIONS]

    Options:
          --listen <ADDR>        Where to listen; port 0 picks a free one [default: 127.0.0.1:4700] [env: PLAYMONEY_LISTEN]
          --database <URL>       The database: sqlite:PATH [default: sqlite:.playmoney/playmoney.db] [env: PLAYMONEY_DATABASE]
          --ephemeral[=<BOOL>]   A private database in memory instead; it ends with the process [env: PLAYMONEY_EPHEMERAL]
          --public-url <URL>     Base of the links that are handed out [default: from --listen] [env: PLAYMONEY_PUBLIC_URL]
          --ready-file <PATH>    Write a JSON file with URL and credentials once requests are accepted [env: PLAYMONEY_READY_FILE]
          --latency <SCALE>      How much simulated operator latency clients wait for: instant, real or a factor [default: instant] [env: PLAYMONEY_LATENCY]
          --seed <N>             Default seed of new sandboxes: same requests, same bytes [env: PLAYMONEY_SEED]
          --admin-token <TOKEN>  Required by the admin API when set; mandatory unless listening on loopback [env: PLAYMONEY_ADMIN_TOKEN]
          --egress <MODE>        Where webhooks may go: any, public or loopback [default: any on loopback, else public] [env: PLAYMONEY_EGRESS]
          --tls <MODE>           Only `off` for now [default: off] [env: PLAYMONEY_TLS]
          --tls-listen <ADDR>    Where TLS will be served; not yet [env: PLAYMONEY_TLS_LISTEN]
          --log <human|json>     Logs for people or as JSON lines [default: human on a terminal, else json] [env: PLAYMONEY_LOG]
          --workers <N>          Threads that answer requests [default: one per core] [env: PLAYMONEY_WORKERS]
          --deliveries <N>       Webhooks that may be on their way at once [default: 64] [env: PLAYMONEY_DELIVERIES]
      -h, --help                 Print help

    Each option is also a variable PLAYMONEY_<NAME> and a key of playmoney.toml in the current directory.
    A flag beats the variable, the variable beats the file.

    Examples:
      playmoney serve --listen 127.0.0.1:0 --ephemeral --ready-file ready.json
      PLAYMONEY_SEED=7 playmoney serve
    "#);
}

#[test]
fn help_of_a_clock_command() {
    insta::assert_snapshot!(Ran::alone("help-advance", &["clock", "advance", "--help"]).told(), @r#"
    exit status 0
    Let time pass; all that falls due on the way happens, in order

    Usage: playmoney clock advance [OPTIONS] <DURATION>

    Arguments:
      <DURATION>  How long: 90s, 121m, 36h, 30d, 1h30m

    Options:
          --sandbox <ID>         The sandbox [default: sbx_demo]
          --url <URL>            Where the server is [env: PLAYMONEY_URL] [default: http://127.0.0.1:4700]
          --admin-token <TOKEN>  The server's admin token, if it has one [env: PLAYMONEY_ADMIN_TOKEN]
          --json                 Print JSON
      -h, --help                 Print help

    Example:
      playmoney clock advance 121m
    "#);
}

#[test]
fn help_of_a_fault() {
    insta::assert_snapshot!(Ran::alone("help-fault", &["faults", "add", "request", "--help"]).told(), @r#"
    exit status 0
    For calls that come in

    Usage: playmoney faults add request [OPTIONS] <--answer <STATUS>|--delay-ms <N>|--drop|--redirect <N>|--truncate>

    Options:
          --method <METHOD>      Only this method
          --path <GLOB>          Only paths that match this glob
          --answer <STATUS>      Answer with this status instead
          --delay-ms <N>         Answer late by so many milliseconds
          --drop                 Do what was asked, then close the connection without an answer
          --redirect <N>         Redirect to the same place so many times
          --truncate             Send half of the answer
          --provider <PROVIDER>  Whose exchanges [default: sandpay]
          --times <N>            Fires so many times, or `always` [default: 1]
          --probability <P>      From 0 to 1
          --sandbox <ID>         The sandbox [default: sbx_demo]
          --url <URL>            Where the server is [env: PLAYMONEY_URL] [default: http://127.0.0.1:4700]
          --admin-token <TOKEN>  The server's admin token, if it has one [env: PLAYMONEY_ADMIN_TOKEN]
          --json                 Print JSON
      -h, --help                 Print help

    Example:
      playmoney faults add request --path '/v1/payments' --method POST --answer 503 --times 1
    "#);
}

#[test]
fn every_command_has_help() {
    for words in [
        "demo",
        "sandbox",
        "sandbox create",
        "sandbox list",
        "sandbox show",
        "sandbox reset",
        "sandbox delete",
        "clock",
        "clock show",
        "clock freeze",
        "clock resume",
        "clock set",
        "requests list",
        "requests show",
        "deliveries list",
        "deliveries show",
        "deliveries replay",
        "faults add delivery",
        "faults list",
        "faults clear",
        "ledger",
        "assumptions",
        "openapi",
        "doctor",
        "env",
        "completions",
    ] {
        let arguments: Vec<&str> = words.split(' ').chain(["--help"]).collect();
        let ran = Ran::alone("every-help", &arguments);
        assert_eq!((ran.status, ran.errors.as_str()), (0, ""), "{words}");
        assert!(ran.out.contains(&format!("Usage: playmoney {words}")), "{}", ran.out);
    }
}

#[test]
fn wrong_uses() {
    insta::assert_snapshot!(Ran::alone("wrong-command", &["serv"]).told(), @r#"
    exit status 2
    error: unrecognized subcommand 'serv'

      tip: some similar subcommands exist: 'env', 'serve'

    Usage: playmoney [COMMAND] [OPTIONS]

    For more information, try '--help'.
    "#);
    insta::assert_snapshot!(Ran::alone("wrong-option", &["ledger", "--sandbx", "x"]).told(), @r#"
    exit status 2
    error: unexpected argument '--sandbx' found

      tip: a similar argument exists: '--sandbox'

    Usage: playmoney ledger --sandbox <ID>

    For more information, try '--help'.
    "#);
    insta::assert_snapshot!(Ran::alone("wrong-duration", &["clock", "advance", "soon"]).told(), @r#"
    exit status 2
    error: invalid value 'soon' for '<DURATION>': write a length of time as 90s, 121m, 36h, 30d or 1h30m

    For more information, try '--help'.
    "#);
    insta::assert_snapshot!(Ran::alone("wrong-delete", &["sandbox", "delete"]).told(), @r#"
    exit status 2
    error: the following required arguments were not provided:
      <ID>

    Usage: playmoney sandbox delete <ID>

    For more information, try '--help'.
    "#);
    insta::assert_snapshot!(Ran::alone("wrong-document", &["openapi", "paypal"]).told(), @r#"
    exit status 2
    error: there is no document `paypal`
    hint: one of: sandpay, admin
    "#);
    insta::assert_snapshot!(Ran::alone("wrong-url", &["ledger", "--url", "https://x.test"]).told(), @r#"
    exit status 2
    error: `https://x.test` is not an http URL
    hint: --url is the address that `playmoney serve` prints, such as http://127.0.0.1:4700
    "#);
}
