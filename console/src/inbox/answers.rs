//! What the inbox answers: set, shown, taken back.

use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use engine::{Background, Command};
use kernel::{Cx, Decided, Effects, Event, Stop, View};
use serde_json::{Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use web::{JsonBody, Problem};

use super::record::{Answer, InboxState, STATE};
use crate::admin::Admin;
use crate::extract::At;
use crate::refusals::{bad_value, failed};

/// The longest that an answer is held, in milliseconds.
const MOST_DELAY_MS: u64 = 60_000;
/// The largest body that is answered, in bytes.
const MOST_BODY: usize = 64 * 1024;
/// Headers that the connection has to itself.
const NOT_OURS: [&str; 4] = ["content-length", "transfer-encoding", "connection", "upgrade"];

pub(super) fn routes() -> OpenApiRouter<Admin> {
    OpenApiRouter::new().routes(routes!(show, set, take_back))
}

/// How the next message is answered; null for 200 and `{}`.
#[utoipa::path(get, path = "/sandboxes/{id}/inbox/answers", tag = "inbox", responses((status = 200, description = "The answer.", body = Option<Answer>)))]
async fn show(State(admin): State<Admin>, At(sandbox): At) -> Result<Response, Problem> {
    let read = admin.engine().read(&sandbox.id, |_, view| Ok::<_, Stop<()>>(view.get::<InboxState>(STATE)?));
    let state = read.map_err(|failure| failed(failure, |()| Problem::internal()))?;
    Ok(web::json_response(StatusCode::OK, &state.and_then(|state| state.answer.clone())))
}

/// Says how messages are answered from now on.
#[utoipa::path(put, path = "/sandboxes/{id}/inbox/answers", tag = "inbox", request_body = Answer, responses((status = 200, description = "The answer.", body = Answer)))]
async fn set(State(admin): State<Admin>, At(sandbox): At, body: JsonBody) -> Result<Response, Problem> {
    let answer: Answer = body.read()?;
    check(&answer)?;
    keep(&admin, &sandbox.id, Some(answer.clone())).await?;
    Ok(web::json_response(StatusCode::OK, &answer))
}

/// Messages are answered 200 and `{}` again.
#[utoipa::path(delete, path = "/sandboxes/{id}/inbox/answers", tag = "inbox", responses((status = 204, description = "Taken back.")))]
async fn take_back(State(admin): State<Admin>, At(sandbox): At) -> Result<Response, Problem> {
    keep(&admin, &sandbox.id, None).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn keep(admin: &Admin, sandbox: &kernel::SandboxId, answer: Option<Answer>) -> Result<(), Problem> {
    let kept = admin.engine().decide(sandbox, SetAnswer { answer }).await;
    kept.map_err(|failure| failed(failure, |()| Problem::internal()))
}

fn check(answer: &Answer) -> Result<(), Problem> {
    if !(200..=599).contains(&answer.status) {
        return Err(bad_value("status", "it is a status from 200 to 599"));
    }
    if answer.delay_ms > MOST_DELAY_MS {
        return Err(bad_value("delay_ms", &format!("it is at most {MOST_DELAY_MS}")));
    }
    if answer.times == Some(0) {
        return Err(bad_value("times", "it is at least 1").hint("Leave it out to answer so every time."));
    }
    if answer.body.as_ref().is_some_and(|body| body.to_string().len() > MOST_BODY) {
        return Err(bad_value("body", &format!("it is at most {MOST_BODY} bytes")));
    }
    for (name, value) in &answer.headers {
        let is_name = HeaderName::try_from(name.as_str()).is_ok_and(|name| !NOT_OURS.contains(&name.as_str()));
        let is_value = value.as_str().is_some_and(|value| HeaderValue::from_str(value).is_ok());
        if !is_name || !is_value {
            let why = format!("`{name}` with this value cannot be sent");
            return Err(bad_value("headers", &why).hint("Names and values are text without line breaks."));
        }
    }
    Ok(())
}

struct SetAnswer {
    answer: Option<Answer>,
}

impl Command for SetAnswer {
    type Reply = ();
    type Refusal = ();

    fn decide(&self, cx: &Cx, view: &View<'_>) -> Decided<(), ()> {
        let before = view.get::<InboxState>(STATE)?;
        let mut fx = Effects::new();
        let state = InboxState { answer: self.answer.clone(), ..before.as_deref().cloned().unwrap_or_default() };
        match before {
            Some(before) if *before == state => return Ok(((), fx)),
            Some(before) => fx.replace(&*before, state),
            None => fx.insert(state),
        }
        let status = self.answer.as_ref().map_or(Value::Null, |answer| answer.status.into());
        fx.tell(Event::own("inbox.answer_set", cx.now, json!({ "status": status })));
        Ok(((), fx))
    }

    fn background(&self) -> Background {
        Background { chance: Some("inbox".to_owned()), ..Background::default() }
    }
}
