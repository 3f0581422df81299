//! The one error type of the HTTP edge, and the policy that says which error goes where.
//!
//! Must not know: any platform's words. A platform renders a [`Problem`] in its own shape through its mount.
//!
//! # Error policy
//!
//! 1. **A refusal** that a client can cause is data, in the platform's own words: an operation returns it, the
//!    provider's `refusals.rs` renders it, the handler replies with it. It never passes through this type.
//! 2. **A refusal of the edge** (unknown path, wrong method, body too large, too slow, too deep, wrong host, missing
//!    token, and every refusal of the admin API) is a [`Problem`]. A handler may return one; the pipeline then renders it
//!    with the mount's `platform_error`, or as RFC 9457 problem details on our own routes.
//! 3. **The environment** failing (disk, network) is a `thiserror` enum in the crate that met it; the handler maps it to
//!    [`Problem::unavailable`]. It is logged once, where it is handled.
//! 4. **A bug** is an assertion or a panic. The pipeline catches it, logs it once and answers [`Problem::internal`].
//! 5. Start-up and the command line use `anyhow` with context and a `hint:` line; they are not requests.

use std::borrow::Cow;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{ALLOW, CONTENT_TYPE, WWW_AUTHENTICATE};
use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::{Map, Value};

/// Why a request was refused by the edge, independent of how a platform words it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProblemKind {
    /// No route has this path, or the thing named in it does not exist.
    NotFound,
    /// The path exists, the method does not.
    MethodNotAllowed,
    /// The body is over the limit of its route.
    BodyTooLarge,
    /// The request did not arrive in time.
    Timeout,
    /// JSON nested deeper than [`crate::limits::MAX_JSON_DEPTH`].
    NestedTooDeep,
    /// The request cannot be understood.
    BadRequest,
    /// Credentials are missing or wrong.
    Unauthorized,
    /// Understood and refused.
    Forbidden,
    /// Against the present state.
    Conflict,
    /// Well formed, but not possible.
    Unprocessable,
    /// A fault rule asked for this answer.
    Fault,
    /// The store or another part we need does not answer.
    Unavailable,
    /// A bug of ours.
    Internal,
}

impl ProblemKind {
    /// The last part of the RFC 9457 `type`; also a stable machine word.
    pub const fn slug(self) -> &'static str {
        match self {
            Self::NotFound => "not-found",
            Self::MethodNotAllowed => "method-not-allowed",
            Self::BodyTooLarge => "body-too-large",
            Self::Timeout => "timeout",
            Self::NestedTooDeep => "nested-too-deep",
            Self::BadRequest => "bad-request",
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::Conflict => "conflict",
            Self::Unprocessable => "unprocessable",
            Self::Fault => "fault",
            Self::Unavailable => "unavailable",
            Self::Internal => "internal",
        }
    }

    const fn title(self) -> &'static str {
        match self {
            Self::NotFound => "Not found",
            Self::MethodNotAllowed => "Method not allowed",
            Self::BodyTooLarge => "Request body too large",
            Self::Timeout => "Took too long",
            Self::NestedTooDeep => "JSON nested too deep",
            Self::BadRequest => "Bad request",
            Self::Unauthorized => "Not authorised",
            Self::Forbidden => "Refused",
            Self::Conflict => "Conflict",
            Self::Unprocessable => "Not possible",
            Self::Fault => "Fault injected",
            Self::Unavailable => "Not available",
            Self::Internal => "Internal error",
        }
    }
}

/// A refusal by the edge. As a response it is RFC 9457 problem details; the pipeline replaces that by the platform's shape.
#[derive(Debug, Clone)]
pub struct Problem {
    /// What kind of refusal.
    pub kind: ProblemKind,
    /// The HTTP status to answer with.
    pub status: StatusCode,
    /// What happened, in a sentence, for a person.
    pub detail: Cow<'static, str>,
    /// What to do about it, in a sentence.
    pub hint: Option<Cow<'static, str>>,
    /// Headers that the answer must carry (`Allow`, `WWW-Authenticate`, …).
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Further members of the problem details.
    pub members: Vec<(String, Value)>,
}

impl Problem {
    /// A problem of `kind` with its usual status.
    pub fn new(kind: ProblemKind, status: StatusCode, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, status, detail: detail.into(), hint: None, headers: Vec::new(), members: Vec::new() }
    }

    /// 404.
    pub fn not_found(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ProblemKind::NotFound, StatusCode::NOT_FOUND, detail)
    }

    /// 405; the router adds `Allow`.
    pub fn method_not_allowed() -> Self {
        Self::new(
            ProblemKind::MethodNotAllowed,
            StatusCode::METHOD_NOT_ALLOWED,
            "This path exists, but not with this method; the Allow header lists those it has.",
        )
    }

    /// 413, naming the limit in bytes.
    pub fn body_too_large(limit_bytes: usize) -> Self {
        let detail = format!("The request body is over the limit of {limit_bytes} bytes.");
        Self::new(ProblemKind::BodyTooLarge, StatusCode::PAYLOAD_TOO_LARGE, detail)
    }

    /// 408.
    pub fn timeout(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ProblemKind::Timeout, StatusCode::REQUEST_TIMEOUT, detail)
    }

    /// 400 for JSON nested over the limit.
    pub fn nested_too_deep() -> Self {
        let detail = format!("JSON may be nested at most {} levels deep.", crate::limits::MAX_JSON_DEPTH);
        Self::new(ProblemKind::NestedTooDeep, StatusCode::BAD_REQUEST, detail)
    }

    /// 400.
    pub fn bad_request(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ProblemKind::BadRequest, StatusCode::BAD_REQUEST, detail)
    }

    /// 401 with a `WWW-Authenticate: Bearer` header.
    pub fn unauthorized(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ProblemKind::Unauthorized, StatusCode::UNAUTHORIZED, detail)
            .header(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
    }

    /// 403.
    pub fn forbidden(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ProblemKind::Forbidden, StatusCode::FORBIDDEN, detail)
    }

    /// 409.
    pub fn conflict(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ProblemKind::Conflict, StatusCode::CONFLICT, detail)
    }

    /// 422.
    pub fn unprocessable(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ProblemKind::Unprocessable, StatusCode::UNPROCESSABLE_ENTITY, detail)
    }

    /// 503.
    pub fn unavailable(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ProblemKind::Unavailable, StatusCode::SERVICE_UNAVAILABLE, detail)
    }

    /// 500. Says nothing about the cause, which is in the log.
    pub fn internal() -> Self {
        Self::new(
            ProblemKind::Internal,
            StatusCode::INTERNAL_SERVER_ERROR,
            "The sandbox failed; its log has the cause under this request id.",
        )
    }

    /// The answer a `status` fault asks for.
    pub fn fault(status: StatusCode) -> Self {
        Self::new(ProblemKind::Fault, status, "A fault rule of this sandbox asked for this answer.")
    }

    /// Adds advice.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<Cow<'static, str>>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds a header to the answer.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Adds a member to the problem details.
    #[must_use]
    pub fn member(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.members.push((name.to_owned(), value.into()));
        self
    }

    /// The RFC 9457 document: `type`, `title`, `status`, `detail`, `hint`, then the further members.
    pub fn to_json(&self) -> Value {
        let mut body = Map::new();
        body.insert("type".into(), format!("urn:playmoney:problem:{}", self.kind.slug()).into());
        body.insert("title".into(), self.kind.title().into());
        body.insert("status".into(), self.status.as_u16().into());
        body.insert("detail".into(), self.detail.as_ref().into());
        if let Some(hint) = &self.hint {
            body.insert("hint".into(), hint.as_ref().into());
        }
        for (name, value) in &self.members {
            body.entry(name.clone()).or_insert_with(|| value.clone());
        }
        Value::Object(body)
    }

    /// The problem as RFC 9457 problem details: the shape of our own routes.
    pub fn details(&self) -> Response {
        let mut response = Response::new(Body::from(self.to_json().to_string()));
        *response.status_mut() = self.status;
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        response
    }

    /// Puts the headers of this problem on `response`, whatever shape it was rendered in.
    pub(crate) fn put_headers(&self, response: &mut Response) {
        for (name, value) in &self.headers {
            response.headers_mut().insert(name, value.clone());
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.details();
        self.put_headers(&mut response);
        response.extensions_mut().insert(self);
        response
    }
}

/// The problem a response was made from, if any, with the `Allow` header the router may have added after it.
pub(crate) fn take_problem(response: &mut Response) -> Option<Problem> {
    let mut problem = response.extensions_mut().remove::<Problem>()?;
    if let Some(allow) = response.headers().get(ALLOW) {
        problem.headers.push((ALLOW, allow.clone()));
    }
    Some(problem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn problem_details_have_the_members_of_rfc_9457_and_a_hint() {
        let problem = Problem::bad_request("No.").hint("Try yes.").member("members", vec!["a"]).member("status", 1);
        assert_eq!(
            problem.to_json().to_string(),
            concat!(
                r#"{"type":"urn:playmoney:problem:bad-request","title":"Bad request","status":400,"detail":"No.","#,
                r#""hint":"Try yes.","members":["a"]}"#
            )
        );
    }

    #[test]
    fn a_problem_survives_as_a_response_extension_with_the_allow_header() {
        let mut response = Problem::method_not_allowed().into_response();
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET,HEAD"));
        let problem = take_problem(&mut response).expect("the problem");
        assert_eq!(problem.kind, ProblemKind::MethodNotAllowed);
        assert_eq!(problem.headers, vec![(ALLOW, HeaderValue::from_static("GET,HEAD"))]);
    }
}
