//! A keep-alive HTTP/1.1 connection, just enough to time one request after the other. Bodies need a `content-length`.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::Duration;

use super::server::Server;

pub(super) struct Client {
    connection: BufReader<TcpStream>,
    host: String,
}

/// A status and a body.
#[derive(Debug, PartialEq, Eq)]
struct Answer {
    status: u16,
    body: String,
}

impl Client {
    pub(super) fn connect(server: &Server) -> Result<Self, String> {
        let stream = TcpStream::connect(server.address).map_err(|error| format!("{}: {error}", server.address))?;
        let options = stream.set_nodelay(true).and_then(|()| stream.set_read_timeout(Some(Duration::from_secs(10))));
        options.map_err(|error| error.to_string())?;
        Ok(Self { connection: BufReader::new(stream), host: server.address.to_string() })
    }

    /// Sends a request and returns the body of its answer. Fails unless the status is 2xx.
    pub(super) fn expect_success(&mut self, method: &str, path: &str, body: &str) -> Result<String, String> {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            self.host,
            body.len()
        );
        let sent = self.connection.get_mut().write_all(request.as_bytes());
        let answer = sent.and_then(|()| read_answer(&mut self.connection));
        let answer = answer.map_err(|error| format!("{method} {path}: {error}"))?;
        if (200..300).contains(&answer.status) {
            return Ok(answer.body);
        }
        Err(format!("{method} {path}: {} {}", answer.status, answer.body))
    }
}

fn read_answer(input: &mut impl BufRead) -> std::io::Result<Answer> {
    let invalid = |what: &str| std::io::Error::other(what.to_owned());
    let first = read_line(input)?;
    let status = first.split(' ').nth(1).and_then(|word| word.parse().ok()).ok_or_else(|| invalid("no status"))?;
    let mut length = None;
    loop {
        let line = read_line(input)?;
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().ok();
        }
    }
    let length: usize = length.ok_or_else(|| invalid("an answer without content-length"))?;
    let mut body = vec![0; length];
    input.read_exact(&mut body)?;
    Ok(Answer { status, body: String::from_utf8_lossy(&body).into_owned() })
}

fn read_line(input: &mut impl BufRead) -> std::io::Result<String> {
    let mut line = String::new();
    if input.read_line(&mut line)? == 0 {
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    }
    Ok(line.trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_one_answer_and_leaves_the_next() {
        let mut input =
            "HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n"
                .as_bytes();
        assert_eq!(read_answer(&mut input).ok(), Some(Answer { status: 201, body: "{}".to_owned() }));
        assert_eq!(read_answer(&mut input).ok(), Some(Answer { status: 404, body: String::new() }));
        assert!(read_answer(&mut input).is_err());
    }
}
