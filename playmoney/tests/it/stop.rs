//! Being told to stop: what runs is finished, nothing new is accepted, and a second signal does not wait.

use crate::http::{Client, read_body, read_headers, read_line};
use crate::program::{Server, directory, program};
use crate::shop::Shop;
use serde_json::Value;
use std::io::{BufReader, Read, Write};
use std::net::TcpStream;

const STOPPING: &str = "stopping";

fn start(test: &str) -> Server {
    Server::run_with_log(&mut program(&directory(test), &["serve", "--listen", "127.0.0.1:0", "--ephemeral"]))
}

/// A payment whose last byte is not sent yet. The server has begun with it: it has said that the body may come.
fn half_a_payment(server: &Server) -> (BufReader<TcpStream>, u8) {
    let shop = Shop::demo(server);
    let body = shop.payment("half", Some("success")).to_string();
    let mut stream = TcpStream::connect(server.address()).unwrap();
    let head = format!(
        "POST /sandpay/v1/payments HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\n\
         content-type: application/json\r\nexpect: 100-continue\r\ncontent-length: {}\r\n\r\n",
        shop.key,
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut stream = BufReader::new(stream);
    assert_eq!(read_line(&mut stream).unwrap(), "HTTP/1.1 100 Continue");
    assert_eq!(read_line(&mut stream).unwrap(), "");
    let (first, last) = body.as_bytes().split_at(body.len() - 1);
    stream.get_mut().write_all(first).unwrap();
    (stream, last[0])
}

#[test]
fn what_was_begun_is_finished() {
    let mut server = start("stop-finish");
    let (mut stream, last) = half_a_payment(&server);
    server.signal("TERM");
    server.logs(STOPPING);
    stream.get_mut().write_all(&[last]).unwrap();
    assert_eq!(read_line(&mut stream).unwrap(), "HTTP/1.1 201 Created");
    let headers = read_headers(&mut stream).unwrap();
    let payment: Value = serde_json::from_slice(&read_body(&mut stream, &headers).unwrap()).unwrap();
    assert_eq!(payment["status"], "SUCCESS");
    let address = server.address().to_owned();
    assert_eq!(server.end().code(), Some(0));
    assert!(Client::try_connect(&address).is_err());
}

#[test]
fn a_second_signal_does_not_wait() {
    let mut server = start("stop-twice");
    let (mut stream, _) = half_a_payment(&server);
    server.signal("INT");
    server.logs(STOPPING);
    server.signal("TERM");
    assert_eq!(server.end().code(), Some(1));
    // Cut off: the end of the stream or a reset, but no answer.
    assert!(stream.read(&mut [0]).map_or(true, |read| read == 0));
}

#[test]
fn logs_are_json_lines_when_they_are_not_for_people() {
    let directory = directory("logs-json");
    let mut command = program(&directory, &["serve", "--listen", "127.0.0.1:0", "--ephemeral"]);
    let mut server = Server::run_with_log(command.env("RUST_LOG", "debug"));
    let answer = server.client().call("GET", "/sandpay/v1/meta", "", None).unwrap();
    let id = answer.header("x-request-id").unwrap();
    let line: Value = serde_json::from_str(&server.logs(id)).unwrap();
    assert_eq!((&line["request_id"], &line["level"]), (&Value::from(id), &Value::from("DEBUG")));
    server.signal("TERM");
    server.logs(STOPPING);
    assert!(server.end().success());
}
