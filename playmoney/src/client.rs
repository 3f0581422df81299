//! A small HTTP client for the admin API and, in the demo, for provider routes: one connection per call, JSON both
//! ways.
//!
//! Must not know any route.

use crate::cli::Target;
use crate::failure::{failed, misused, with_hint};
use anyhow::{Context, bail};
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use http::{Method, Request, Uri};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::fmt;
use std::time::Duration;
use tokio::net::TcpStream;

/// Moving a clock answers after 20 s at the latest; nothing else takes as long.
const PATIENCE: Duration = Duration::from_secs(60);

/// There is no server at the URL.
#[derive(Debug)]
struct Absent(std::io::Error);

impl fmt::Display for Absent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Absent {}

/// Whether an error means that no server is there.
#[must_use]
pub fn is_absent(error: &anyhow::Error) -> bool {
    error.downcast_ref::<Absent>().is_some()
}

/// What was answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The JSON body; null when empty.
    pub body: Value,
}

impl Answer {
    /// Whether the status is 2xx.
    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// A server, and the token that opens it.
#[derive(Debug, Clone)]
pub struct Client {
    base: String,
    authority: String,
    address: String,
    token: Option<String>,
}

impl Client {
    /// For a server at a base URL (`http` only).
    ///
    /// # Errors
    /// The URL is none, or not `http`.
    pub fn new(url: &str, token: Option<&str>) -> anyhow::Result<Self> {
        const HINT: &str = "--url is the address that `playmoney serve` prints, such as http://127.0.0.1:4700";
        let uri: Uri = url.parse().map_err(|_| misused(format!("`{url}` is not a URL"), HINT))?;
        let (Some("http"), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(misused(format!("`{url}` is not an http URL"), HINT));
        };
        let address = format!("{}:{}", authority.host(), authority.port_u16().unwrap_or(80));
        let token = token.filter(|token| !token.is_empty()).map(ToOwned::to_owned);
        let base = url.trim_end_matches('/').to_owned();
        Ok(Self { base, authority: authority.to_string(), address, token })
    }

    /// For what the options say.
    ///
    /// # Errors
    /// As [`Client::new`].
    pub fn to(target: &Target) -> anyhow::Result<Self> {
        Self::new(&target.url, target.admin_token.as_deref())
    }

    /// The base URL, without a slash at its end.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Calls and gives the body; a status other than 2xx is an error in the server's words.
    ///
    /// # Errors
    /// No server, no answer, or a refusal.
    pub async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> anyhow::Result<Value> {
        let answer = self.call(method, path, body).await?;
        if answer.is_success() { Ok(answer.body) } else { Err(refusal(&answer)) }
    }

    /// Reads.
    ///
    /// # Errors
    /// As [`Client::ask`].
    pub async fn get(&self, path: &str) -> anyhow::Result<Value> {
        self.ask(Method::GET, path, None).await
    }

    /// Calls, and gives whatever was answered.
    ///
    /// # Errors
    /// No server, or no answer.
    pub async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> anyhow::Result<Answer> {
        let mut request =
            Request::builder().method(method).uri(format!("{}{path}", self.base)).header(HOST, &self.authority);
        if let Some(token) = &self.token {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        if body.is_some() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        let bytes = body.map(|body| Bytes::from(body.to_string())).unwrap_or_default();
        let request = request.body(Full::new(bytes)).with_context(|| format!("{path} cannot be asked for"))?;
        match tokio::time::timeout(PATIENCE, self.exchange(request)).await {
            Ok(answer) => answer,
            Err(_) => bail!("{} did not answer in {} s", self.base, PATIENCE.as_secs()),
        }
    }

    async fn exchange(&self, mut request: Request<Full<Bytes>>) -> anyhow::Result<Answer> {
        let stream = TcpStream::connect(&self.address).await.map_err(|error| {
            let hint = "start one with `playmoney serve`, or say where it is with --url or PLAYMONEY_URL";
            with_hint(anyhow::Error::new(Absent(error)), format!("no server answers at {}", self.base), hint)
        })?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        let connection = tokio::spawn(connection);
        // On the connection itself only path and query are asked for.
        let path = request.uri().path_and_query().map_or("/", http::uri::PathAndQuery::as_str).to_owned();
        *request.uri_mut() = path.parse()?;
        let answer = sender.send_request(request).await.with_context(|| format!("{} broke off", self.base))?;
        let status = answer.status().as_u16();
        let bytes = answer.into_body().collect().await.with_context(|| format!("{} broke off", self.base))?.to_bytes();
        connection.abort();
        let body = if bytes.is_empty() { Ok(Value::Null) } else { serde_json::from_slice(&bytes) };
        let body = body.map_err(|_| {
            failed(
                format!("{} answered {status} with something else than JSON", self.base),
                "is it a Playmoney server?",
            )
        })?;
        Ok(Answer { status, body })
    }
}

/// A refusal in the words of the problem details.
#[must_use]
pub fn refusal(answer: &Answer) -> anyhow::Error {
    let detail = ["detail", "message", "title"].into_iter().find_map(|member| answer.body[member].as_str());
    let message = format!("the server answered {}: {}", answer.status, detail.unwrap_or("no reason given"));
    match (answer.body["hint"].as_str(), answer.status) {
        (Some(hint), _) => failed(message, hint),
        (None, 401) => failed(message, "give its token with --admin-token or PLAYMONEY_ADMIN_TOKEN"),
        _ => anyhow::Error::msg(message),
    }
}

/// A text as one segment of a path, or as a value in a query.
#[must_use]
pub fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// A path with those of the parameters that have a value.
#[must_use]
pub fn with_query(path: &str, parameters: &[(&str, Option<&str>)]) -> String {
    let given = parameters.iter().filter_map(|(name, value)| value.map(|value| format!("{name}={}", encoded(value))));
    let query = given.collect::<Vec<_>>().join("&");
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_http_urls() {
        assert_eq!(Client::new("http://[::1]:4700/", None).unwrap().address, "[::1]:4700");
        assert_eq!(Client::new("http://sandbox.test", Some("")).unwrap().address, "sandbox.test:80");
        for bad in ["", "127.0.0.1:4700", "https://x.test", "/x"] {
            assert!(Client::new(bad, None).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_people_type_cannot_change_the_path() {
        assert_eq!(encoded("a/../b?c=é"), "a%2F..%2Fb%3Fc%3D%C3%A9");
        assert_eq!(with_query("/x", &[("a", None), ("b", Some("1&2")), ("c", Some("d"))]), "/x?b=1%262&c=d");
        assert_eq!(with_query("/x", &[("a", None)]), "/x");
    }

    #[test]
    fn a_refusal_is_told_in_the_servers_words() {
        let answer = Answer { status: 409, body: json!({ "detail": "It is taken.", "hint": "Take another." }) };
        assert_eq!(
            crate::failure::describe(&refusal(&answer)),
            "error: the server answered 409: It is taken.\nhint: Take another.\n"
        );
    }
}
