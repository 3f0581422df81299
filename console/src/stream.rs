//! The live feed: server-sent events of one sandbox.
//!
//! Bounded: so many streams at once, so many events on their way to a client that does not read. A `reset` event says
//! that the position a client came from is not there any more: what it knows is to be thrown away.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use engine::Engine;
use engine::events::Wanted;
use hyper::body::Frame;
use kernel::{SandboxId, Scope};
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;
use store::StoreError;
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use web::Problem;

use crate::admin::{Admin, Closing, off_thread};
use crate::events::{EventShown, wanted};
use crate::extract::{Asks, At};
use crate::refusals::{bad_value, no_store};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct StreamQuery {
    /// Begin after this position; from now on when left out. `Last-Event-ID` wins.
    after: Option<u64>,
    /// Types separated by commas; one that ends in `*` stands for all that begin so.
    types: Option<String>,
    /// Only events about this.
    subject: Option<String>,
}

/// Events read at a time, and the most on their way to a client.
const ROOM: usize = 64;
/// How often something is sent on a quiet stream, so that both ends notice a broken connection.
const HEARTBEAT: Duration = Duration::from_secs(15);

pub(crate) fn routes() -> OpenApiRouter<Admin> {
    OpenApiRouter::new().routes(routes!(stream))
}

/// What happens, as it happens. The id of each server-sent event is its position.
#[utoipa::path(
    get,
    path = "/sandboxes/{id}/events/stream",
    tag = "events",
    params(StreamQuery, ("Last-Event-ID" = Option<u64>, Header, description = "Position to resume after.")),
    responses(
        (status = 200, description = "Server-sent events; `reset` when the position is not there any more.", body = String, content_type = "text/event-stream"),
        (status = 503, description = "Too many streams are open.")
    )
)]
async fn stream(
    State(admin): State<Admin>,
    At(sandbox): At,
    headers: HeaderMap,
    Asks(asked): Asks<StreamQuery>,
) -> Result<Response, Problem> {
    let permit = Arc::clone(admin.streams()).try_acquire_owned().map_err(|_| {
        Problem::unavailable("Too many event streams are open.").hint("Close some, or use …/events/wait.")
    })?;
    let (engine, scope) = (admin.engine().clone(), sandbox.scope());
    let after = last_event_id(&headers)?.or(asked.after);
    let start = {
        let (engine, scope) = (engine.clone(), scope.clone());
        off_thread(move || starting_point(&engine, &scope, after).map_err(|error| no_store(&error))).await?
    };
    let (lines, body) = mpsc::channel(ROOM);
    let feeding = Feeding {
        engine,
        sandbox: sandbox.id.clone(),
        scope,
        wanted: Arc::new(wanted(asked.types.as_deref(), asked.subject)),
        closing: admin.closing().clone(),
        lines,
    };
    tokio::spawn(feeding.run(start));
    let mut response = Response::new(Body::new(Lines { body, _permit: permit }));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

fn last_event_id(headers: &HeaderMap) -> Result<Option<u64>, Problem> {
    let Some(sent) = headers.get("last-event-id") else { return Ok(None) };
    let read = sent.to_str().ok().and_then(|text| text.parse().ok());
    read.map(Some).ok_or_else(|| bad_value("Last-Event-ID", "it is the position of an event"))
}

/// Where a stream begins.
enum Start {
    After(u64),
    /// The client knows what is not there: all of it is sent again.
    Anew,
}

fn starting_point(engine: &Engine, scope: &Scope, after: Option<u64>) -> Result<Start, StoreError> {
    let Some(after) = after else { return engine.last_position(scope, 0).map(Start::After) };
    let is_there = after == 0 || !engine.store().journal(scope, after - 1, 1)?.is_empty();
    Ok(if is_there { Start::After(after) } else { Start::Anew })
}

/// One client being fed.
struct Feeding {
    engine: Engine,
    sandbox: SandboxId,
    scope: Scope,
    wanted: Arc<Wanted>,
    closing: Closing,
    lines: mpsc::Sender<Bytes>,
}

impl Feeding {
    /// Ends when the client is gone, the sandbox was reset or deleted, the server stops, or the database failed.
    async fn run(self, start: Start) {
        let mut news = self.engine.feed().follow(&self.scope);
        let mut position = match start {
            Start::After(position) => position,
            Start::Anew if self.send(reset_line()).await => 0,
            Start::Anew => return,
        };
        // So that the head of the answer leaves at once.
        if !self.send(Bytes::from_static(b": open\n\n")).await {
            return;
        }
        loop {
            news.borrow_and_update();
            match self.send_new(position).await {
                Some(sent_to) => position = sent_to,
                None => return,
            }
            if self.is_over() {
                self.send(reset_line()).await;
                return;
            }
            tokio::select! {
                changed = news.changed() => if changed.is_err() { return },
                () = self.lines.closed() => return,
                () = self.closing.closed() => return,
                () = heartbeat() => if !self.send(Bytes::from_static(b":\n\n")).await { return },
            }
        }
    }

    /// Sends what stands after a position; none when that did not work.
    async fn send_new(&self, mut position: u64) -> Option<u64> {
        loop {
            let (engine, scope, wanted) = (self.engine.clone(), self.scope.clone(), Arc::clone(&self.wanted));
            let read =
                off_thread(move || engine.events(&scope, position, &wanted, ROOM).map_err(|error| no_store(&error)));
            let (found, looked_to) = read.await.ok()?;
            for seen in found {
                if !self.send(event_line(&EventShown::from(seen))).await {
                    return None;
                }
            }
            if looked_to == position {
                return Some(position);
            }
            position = looked_to;
        }
    }

    async fn send(&self, line: Bytes) -> bool {
        self.lines.send(line).await.is_ok()
    }

    fn is_over(&self) -> bool {
        match self.engine.sandbox(&self.sandbox) {
            Ok(Some(sandbox)) => sandbox.scope() != self.scope,
            Ok(None) => true,
            Err(_) => false,
        }
    }
}

async fn heartbeat() {
    #[expect(clippy::disallowed_methods, reason = "the heartbeat of a quiet connection, in real time")]
    tokio::time::sleep(HEARTBEAT).await;
}

fn event_line(event: &EventShown) -> Bytes {
    let data = serde_json::to_string(event).unwrap_or_default();
    format!("id: {}\nevent: {}\ndata: {data}\n\n", event.position, event.kind).into()
}

fn reset_line() -> Bytes {
    let data = json!({ "type": "reset" });
    format!("id: 0\nevent: reset\ndata: {data}\n\n").into()
}

/// The lines as a body; the stream counts as open as long as it lives.
struct Lines {
    body: mpsc::Receiver<Bytes>,
    _permit: OwnedSemaphorePermit,
}

impl hyper::body::Body for Lines {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.get_mut().body.poll_recv(cx).map(|line| line.map(|line| Ok(Frame::data(line))))
    }
}
