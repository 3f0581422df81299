//! Receiving: one decision records the message, counts it and takes the answer; then it is answered.

use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_TYPE, HOST};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri};
use axum::response::Response;
use axum::routing::any;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use engine::{Background, Command};
use kernel::{Cx, Decided, Effects, Event, SandboxId, View, Want};
use serde_json::{Value, json};
use web::Problem;

use super::Received;
use super::record::{Answer, CheckedBy, InboxMessage, InboxState, STATE, message_id};
use crate::admin::{Admin, off_thread};
use crate::extract::At;
use crate::refusals::failed;

/// The largest body that is received, in bytes.
const MOST_BODY: usize = 1024 * 1024;
/// Messages kept; older ones go as new ones come.
const MOST_KEPT: u64 = 2_000;

/// The routes that anybody may call, relative to `/inbox`.
pub(crate) fn open_routes() -> Router<Admin> {
    Router::new().route("/{id}", any(receive)).route("/{id}/", any(receive)).route("/{id}/{*rest}", any(receive))
}

async fn receive(State(admin): State<Admin>, At(sandbox): At, request: Request) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, MOST_BODY).await.map_err(|_| Problem::body_too_large(MOST_BODY))?;
    let sandbox = sandbox.id.clone();
    let message = message(&admin, &sandbox, &parts, body).await?;
    let received = admin.engine().decide(&sandbox, Receive { message }).await;
    let answer = received.map_err(|failure| failed(failure, |()| Problem::internal()))?;
    let Some(answer) = answer else { return Ok(web::json_response(StatusCode::OK, &json!({}))) };
    if answer.delay_ms > 0 {
        #[expect(clippy::disallowed_methods, reason = "the answer is asked to be late, in real time")]
        tokio::time::sleep(Duration::from_millis(answer.delay_ms)).await;
    }
    Ok(response(&answer))
}

/// The message without its number, its signature checked.
async fn message(admin: &Admin, sandbox: &SandboxId, parts: &Parts, body: Bytes) -> Result<InboxMessage, Problem> {
    let headers: Vec<(String, String)> = parts.headers.iter().map(header_text).collect();
    let path = path_below(&parts.uri);
    let query = parts.uri.query().map(str::to_owned);
    let url = sent_to(admin, sandbox, &parts.headers, (&path, query.as_deref()));
    let subject = serde_json::from_slice(&body).ok().as_ref().and_then(subject_of);
    let checked = {
        let (admin, sandbox) = (admin.clone(), sandbox.clone());
        let (headers, body) = (headers.clone(), body.clone());
        off_thread(move || Ok(check(&admin, &sandbox, &Received { url: &url, headers: &headers, body: &body }))).await?
    };
    let (body, is_base64) = match std::str::from_utf8(&body) {
        Ok(text) => (text.to_owned(), false),
        Err(_) => (STANDARD.encode(&body), true),
    };
    Ok(InboxMessage {
        id: String::new(),
        at: kernel::Instant::default(),
        method: parts.method.as_str().to_owned(),
        path,
        query,
        headers,
        body,
        is_base64,
        subject,
        checked,
    })
}

fn header_text((name, value): (&HeaderName, &HeaderValue)) -> (String, String) {
    (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
}

/// `/{sandbox}/a/b` is `/a/b`.
fn path_below(uri: &Uri) -> String {
    let rest = uri.path().trim_start_matches('/').split_once('/').map_or("", |(_, rest)| rest);
    format!("/{rest}")
}

/// The address as its sender knows it: endpoints are registered with that.
fn sent_to(admin: &Admin, sandbox: &SandboxId, headers: &HeaderMap, place: (&str, Option<&str>)) -> String {
    let public = admin.public_url();
    let base = match (headers.get(HOST).and_then(|host| host.to_str().ok()), public.split_once("://")) {
        (Some(host), Some((scheme, _))) => format!("{scheme}://{host}"),
        _ => public.to_owned(),
    };
    let (path, query) = place;
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    format!("{base}/inbox/{sandbox}{path}{query}")
}

fn check(admin: &Admin, sandbox: &SandboxId, received: &Received<'_>) -> Option<CheckedBy> {
    admin.verifiers().iter().find_map(|verifier| {
        let checked = verifier.check(admin.engine(), sandbox, received)?;
        let provider = verifier.provider().to_owned();
        Some(CheckedBy { provider, endpoint: checked.endpoint, verified: checked.verified })
    })
}

/// What a body says it is about: its `tx_id`, else its `id`, also one level down in `data`.
fn subject_of(body: &Value) -> Option<String> {
    let named = |object: &Value| {
        let text = |name: &str| object.get(name).and_then(Value::as_str).map(str::to_owned);
        text("tx_id").or_else(|| text("id"))
    };
    body.get("tx_id")
        .and_then(Value::as_str)
        .map(str::to_owned)
        .or_else(|| body.get("data").and_then(named))
        .or_else(|| named(body))
}

struct Receive {
    message: InboxMessage,
}

impl Command for Receive {
    type Reply = Option<Answer>;
    type Refusal = ();

    fn decide(&self, cx: &Cx, view: &View<'_>) -> Decided<Option<Answer>, ()> {
        let before = view.get::<InboxState>(STATE)?;
        let mut state = before.as_deref().cloned().unwrap_or_default();
        state.received += 1;
        let id = message_id(state.received);
        let oldest = state.received.checked_sub(MOST_KEPT).map(message_id);
        if let Some(oldest) = &oldest {
            view.want(&[Want::Record("inbox.message", oldest)])?;
        }
        let answer = take_answer(&mut state);
        let mut fx = Effects::new();
        if let Some(gone) = oldest.map(|oldest| view.get::<InboxMessage>(&oldest)).transpose()?.flatten() {
            fx.remove(&*gone);
        }
        match before {
            Some(before) => fx.replace(&*before, state),
            None => fx.insert(state),
        }
        let message = InboxMessage { id, at: cx.now, ..self.message.clone() };
        fx.tell(told(&message));
        fx.insert(message);
        Ok((answer, fx))
    }

    fn background(&self) -> Background {
        // What a receiver gets is no request of a client: it must not change what a seeded sandbox draws.
        Background { chance: Some("inbox".to_owned()), ..Background::default() }
    }
}

/// The answer that applies, used up by one.
fn take_answer(state: &mut InboxState) -> Option<Answer> {
    let answer = state.answer.clone()?;
    let left = answer.times.map(|times| times.saturating_sub(1));
    match (left, &mut state.answer) {
        (Some(0), kept) => *kept = None,
        (left, Some(kept)) => kept.times = left,
        (_, None) => {}
    }
    Some(answer)
}

fn told(message: &InboxMessage) -> Event {
    let checked = message.checked.as_ref();
    let data = json!({
        "message": message.id, "method": message.method, "path": message.path,
        "verified": checked.map(|checked| checked.verified), "endpoint": checked.map(|checked| &checked.endpoint),
    });
    Event { subject: message.subject.clone(), ..Event::own("inbox.received", message.at, data) }
}

/// An answer as it was checked when it was set.
fn response(answer: &Answer) -> Response {
    let (text, content_type) = match &answer.body {
        None => ("{}".to_owned(), "application/json"),
        Some(Value::String(text)) => (text.clone(), "text/plain; charset=utf-8"),
        Some(value) => (value.to_string(), "application/json"),
    };
    let is_empty = matches!(answer.status, 204 | 205 | 304);
    let mut response = Response::new(if is_empty { Body::empty() } else { Body::from(text) });
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    if !is_empty {
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    }
    for (name, value) in &answer.headers {
        let named = HeaderName::try_from(name.as_str()).ok();
        let valued = value.as_str().and_then(|value| HeaderValue::from_str(value).ok());
        if let (Some(name), Some(value)) = (named, valued) {
            response.headers_mut().insert(name, value);
        }
    }
    keep_plain_text(&mut response);
    response
}

/// The pipeline takes a plain-text refusal for one of an extractor and words it anew. This one is as somebody asked for
/// it: the same media type in another case (RFC 9110, 8.3.1) is left alone.
fn keep_plain_text(response: &mut Response) {
    let sent = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if let Some(rest) = sent.strip_prefix("text/plain")
        && let Ok(same) = HeaderValue::from_str(&format!("Text/plain{rest}"))
    {
        response.headers_mut().insert(CONTENT_TYPE, same);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_says_what_it_is_about() {
        let cases = [
            (json!({ "tx_id": "TX_1", "id": "evt_1" }), Some("TX_1")),
            (json!({ "id": "evt_1", "data": { "id": "pi_1" } }), Some("pi_1")),
            (json!({ "id": "evt_1" }), Some("evt_1")),
            (json!({ "id": 1 }), None),
            (json!([]), None),
        ];
        for (body, subject) in cases {
            assert_eq!(subject_of(&body).as_deref(), subject, "{body}");
        }
    }

    #[test]
    fn answers_are_used_up() {
        let answer = Answer { status: 503, headers: serde_json::Map::new(), body: None, delay_ms: 0, times: Some(2) };
        let mut state = InboxState { received: 0, answer: Some(answer) };
        assert!(take_answer(&mut state).is_some());
        assert!(take_answer(&mut state).is_some());
        assert!(take_answer(&mut state).is_none());
        let mut always = InboxState {
            received: 0,
            answer: Some(Answer { status: 500, headers: serde_json::Map::new(), body: None, delay_ms: 0, times: None }),
        };
        assert!(take_answer(&mut always).is_some());
        assert!(take_answer(&mut always).is_some());
    }

    #[test]
    fn the_path_is_what_comes_after_the_sandbox() {
        for (sent, path) in [("/sbx_a", "/"), ("/sbx_a/", "/"), ("/sbx_a/hooks/1", "/hooks/1"), ("/sbx_a//x", "//x")] {
            assert_eq!(path_below(&sent.parse().expect("a path")), path);
        }
    }
}
