//! Replies in the platform's shape: every one carries the API's version, and every refusal is one of
//! [`crate::refusals`].

use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use engine::Failure;
use serde::Serialize;
use web::{Problem, ProblemKind, json_response};

use crate::refusals::Refusal;
use crate::wire::{API_VERSION, ErrorBody, FieldErrors};

const VERSION_HEADER: HeaderName = HeaderName::from_static("x-sandpay-api-version");
const RETRY_AFTER: HeaderName = HeaderName::from_static("retry-after");

/// A reply in JSON.
pub(super) fn json(status: StatusCode, value: &impl Serialize) -> Response {
    let mut response = json_response(status, value);
    response.headers_mut().insert(VERSION_HEADER, HeaderValue::from_static(API_VERSION));
    response
}

/// A refusal.
pub(super) fn refused(refusal: &Refusal) -> Response {
    let mut response = json(status_of(refusal.http_status()), &refusal.body());
    if let Some(seconds) = refusal.retry_after_s() {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// A command that was not done. A sandbox that is gone took its keys with it.
pub(super) fn failed(failure: Failure<Refusal>) -> Response {
    match failure {
        Failure::Refused(refusal) => refused(&refusal),
        Failure::NoSandbox => refused(&Refusal::InvalidApiKey),
        Failure::Unavailable(why) => {
            tracing::warn!(why, "a request was not done");
            json(StatusCode::SERVICE_UNAVAILABLE, &Refusal::Internal.body())
        }
        Failure::Bug => refused(&Refusal::Internal),
    }
}

/// What the edge refuses, in the platform's shape.
pub(super) fn platform_error(problem: &Problem) -> Response {
    let refusal = match problem.kind {
        ProblemKind::NotFound => Refusal::NotFound { resource: "route" },
        ProblemKind::MethodNotAllowed => Refusal::MethodNotAllowed,
        ProblemKind::Unauthorized | ProblemKind::Forbidden => Refusal::Unauthorized,
        ProblemKind::Fault => return faulty(problem.status),
        ProblemKind::Unavailable | ProblemKind::Internal => Refusal::Internal,
        _ => Refusal::InvalidBody(FieldErrors::form(&problem.detail)),
    };
    json(problem.status, &refusal.body())
}

/// A status that a fault rule asks for: with the code that belongs to it, where the platform has one.
fn faulty(status: StatusCode) -> Response {
    let code = match status.as_u16() {
        400 | 413 => "invalid_body",
        401 => "unauthorized",
        402 => "quota_exceeded",
        404 => "not_found",
        405 => "method_not_allowed",
        422 => "not_refundable",
        429 => "rate_limited",
        _ => "internal",
    };
    let message = "A fault rule of this sandbox asked for this answer.".to_owned();
    let mut response = json(status, &ErrorBody { error: code.to_owned(), message, detail: None });
    if status == StatusCode::TOO_MANY_REQUESTS {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}

pub(super) fn status_of(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
