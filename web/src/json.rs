//! JSON in and out of handlers: the body with its raw bytes, unknown members by name, replies.
//!
//! Must not know any schema.

use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::response::Response;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::cell::RequestCell;
use crate::limits::is_within_depth;
use crate::problem::Problem;

/// A request body as bytes and, where it is JSON, as a value. Never refuses by itself: what bad JSON means is the
/// handler's business.
#[derive(Debug, Clone)]
pub struct JsonBody {
    /// The body as sent.
    pub raw: Bytes,
    /// The parsed body, or why it is not JSON. An empty body is not JSON.
    pub value: Result<Value, String>,
}

impl JsonBody {
    /// Parses bytes.
    pub fn parse(raw: Bytes) -> Self {
        let value = if is_within_depth(&raw) {
            serde_json::from_slice(&raw).map_err(|error| error.to_string())
        } else {
            Err("nested too deep".to_owned())
        };
        Self { raw, value }
    }

    /// The body as a `T`; the admin API's way. An empty body reads as `{}`.
    ///
    /// # Errors
    /// 400: not JSON, not an object, unknown members (all named, where `T` denies them), wrong types.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        let bytes: &[u8] = if self.raw.trim_ascii().is_empty() { b"{}" } else { &self.raw };
        if !is_within_depth(bytes) {
            return Err(Problem::nested_too_deep());
        }
        // serde would read an array as the members of a struct in their order.
        if bytes.trim_ascii_start().first() != Some(&b'{') && serde_json::from_slice::<Value>(bytes).is_ok() {
            return Err(Problem::bad_request("The body must be a JSON object."));
        }
        serde_json::from_slice(bytes).map_err(|error| refusal::<T>(&error, bytes))
    }
}

impl<S: Send + Sync> FromRequest<S> for JsonBody {
    type Rejection = Problem;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Problem> {
        if let Some(cell) = request.extensions().get::<RequestCell>() {
            return Ok(Self::parse(cell.body().clone()));
        }
        let read = axum::body::to_bytes(request.into_body(), crate::limits::BODY_LIMIT_BYTES).await;
        read.map(Self::parse).map_err(|_| Problem::body_too_large(crate::limits::BODY_LIMIT_BYTES))
    }
}

/// Members of an object that are not among `known`, in their order: for bodies that are read by hand.
pub fn unknown_members<'v>(value: &'v Value, known: &[&str]) -> Vec<&'v str> {
    let members = value.as_object().into_iter().flat_map(|object| object.keys());
    members.map(String::as_str).filter(|name| !known.contains(name)).collect()
}

/// The 400 for members that are not known, naming them.
pub fn unknown_members_problem(unknown: &[&str], known: &[&str]) -> Problem {
    Problem::bad_request(format!("Unknown members: {}.", unknown.join(", ")))
        .hint(format!("Known here: {}.", known.join(", ")))
        .member("unknown_members", unknown)
}

fn refusal<T: DeserializeOwned>(error: &serde_json::Error, bytes: &[u8]) -> Problem {
    let said = error.to_string();
    if let Some((first, known)) = unknown_member(&said) {
        let unknown = all_unknown::<T>(first, bytes);
        return Problem::bad_request(format!("Unknown members: {}.", unknown.join(", ")))
            .hint(format!("Known here: {known}."))
            .member("unknown_members", unknown);
    }
    let detail = match error.classify() {
        serde_json::error::Category::Data => format!("The body is JSON, but not what is expected here: {said}."),
        _ => format!("The body is not JSON: {said}."),
    };
    Problem::bad_request(detail)
}

/// serde names one denied member, in a fixed form: unknown field `x`, expected one of `a`, `b` at line …
fn unknown_member(said: &str) -> Option<(&str, &str)> {
    let (name, expected) = said.strip_prefix("unknown field `")?.split_once('`')?;
    Some((name, expected.trim_start_matches(", ").split(" at line ").next().unwrap_or_default()))
}

/// All denied members: takes away the one that was named and reads again, as long as it stood at the top.
fn all_unknown<T: DeserializeOwned>(first: &str, bytes: &[u8]) -> Vec<String> {
    let mut unknown = vec![first.to_owned()];
    let Ok(Value::Object(mut object)) = serde_json::from_slice(bytes) else { return unknown };
    while object.shift_remove(unknown.last().map_or("", String::as_str)).is_some() {
        let Err(error) = T::deserialize(Value::Object(object.clone())) else { break };
        let said = error.to_string();
        let Some((name, _)) = unknown_member(&said) else { break };
        unknown.push(name.to_owned());
    }
    unknown
}

/// A reply in JSON, with `Content-Type: application/json; charset=utf-8`.
pub fn json_response(status: StatusCode, value: &impl Serialize) -> Response {
    match serde_json::to_vec(value) {
        Ok(bytes) => json_bytes_response(status, bytes),
        // Only maps with keys that are not strings fail: a bug in a wire type.
        Err(error) => {
            tracing::error!(%error, "a reply could not be rendered as JSON");
            axum::response::IntoResponse::into_response(Problem::internal())
        }
    }
}

/// A reply of JSON text that is rendered already.
pub fn json_bytes_response(status: StatusCode, bytes: impl Into<Bytes>) -> Response {
    let mut response = Response::new(Body::from(bytes.into()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    response
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        #[serde(default)]
        id: Option<String>,
    }

    fn read(text: &str) -> Result<Sample, Problem> {
        JsonBody::parse(Bytes::copy_from_slice(text.as_bytes())).read()
    }

    #[test]
    fn an_empty_body_is_an_empty_object() {
        for text in ["", " \n", "{}"] {
            assert_eq!(read(text).expect("readable").id, None, "{text:?}");
        }
        assert_eq!(read(r#"{"id":"a"}"#).expect("readable").id.as_deref(), Some("a"));
    }

    #[test]
    fn refusals_are_400_and_say_why() {
        let cases = [
            (r#"{"idd":1}"#, "Unknown members: idd."),
            (r#"{"id":1}"#, "The body is JSON, but not what is expected here: invalid type"),
            ("{", "The body is not JSON: EOF"),
            ("[]", "The body must be a JSON object."),
            ("1", "The body must be a JSON object."),
        ];
        for (text, says) in cases {
            let problem = read(text).expect_err("refused");
            assert_eq!(problem.status, StatusCode::BAD_REQUEST);
            assert!(problem.detail.starts_with(says), "{text}: {}", problem.detail);
        }
        let deep = "[".repeat(129) + &"]".repeat(129);
        assert_eq!(read(&deep).expect_err("refused").kind, crate::problem::ProblemKind::NestedTooDeep);
        let problem = read(r#"{"idd":1,"id":"x","name":2}"#).expect_err("refused");
        assert_eq!(problem.to_json()["unknown_members"], json!(["idd", "name"]));
        assert_eq!(problem.hint.as_deref(), Some("Known here: expected `id`."));
    }

    #[test]
    fn unknown_members_are_listed_in_order() {
        assert_eq!(unknown_members(&json!({"b": 1, "a": 2, "c": 3}), &["a"]), ["b", "c"]);
        assert!(unknown_members(&json!([1]), &[]).is_empty());
    }
}
