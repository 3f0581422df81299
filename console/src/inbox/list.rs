//! Looking at the inbox: newest first, filtered; and emptying it in slices.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use engine::{Background, Command, Engine};
use kernel::{Cx, Decided, Effects, Event, SandboxId, Scope, Stop, View, Want};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use store::{Scan, Source};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use web::Problem;

use super::record::{BY_TIME, InboxMessage};
use crate::admin::{Admin, off_thread};
use crate::cursor;
use crate::extract::{Asks, At};
use crate::refusals::{failed, no_store};

/// A message.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = InboxMessage)]
struct MessageShown {
    id: String,
    /// Virtual time, ISO 8601 in UTC.
    at: String,
    method: String,
    /// Below `/inbox/{sandbox}`.
    path: String,
    query: Option<String>,
    /// Names in lower case; values of one name joined with a comma.
    #[schema(value_type = Object)]
    headers: Map<String, Value>,
    body: String,
    /// `text`, or `base64` where the body is not text.
    body_encoding: &'static str,
    /// The id of what it is about.
    subject: Option<String>,
    /// Whether its signature was right when it came; null when nobody here signs for this address.
    verified: Option<bool>,
    /// Whose endpoint it was checked for: provider and endpoint.
    endpoint: Option<EndpointShown>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = InboxEndpoint)]
struct EndpointShown {
    provider: String,
    id: String,
}

/// Messages, newest first.
#[derive(Debug, Serialize, ToSchema)]
struct MessagePage {
    data: Vec<MessageShown>,
    /// Cursor of the next page; null at the end.
    next_cursor: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct InboxQuery {
    /// Only paths that begin so.
    path: Option<String>,
    /// Only this method.
    method: Option<String>,
    /// Only messages about this.
    subject: Option<String>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// 1 to 200, 50 when left out.
    limit: Option<u32>,
}

/// Entries looked at for one page.
const BUDGET: usize = 5_000;
/// Messages removed in one decision.
const SLICE: usize = 200;

pub(super) fn routes() -> OpenApiRouter<Admin> {
    OpenApiRouter::new().routes(routes!(list, clear))
}

/// What came in, newest first.
#[utoipa::path(
    get,
    path = "/sandboxes/{id}/inbox",
    tag = "inbox",
    params(InboxQuery),
    responses((status = 200, description = "A page of messages.", body = MessagePage))
)]
async fn list(State(admin): State<Admin>, At(sandbox): At, Asks(asked): Asks<InboxQuery>) -> Result<Response, Problem> {
    let limit = cursor::limit(asked.limit, 50, 200)?;
    let after = cursor::read(asked.cursor.as_deref())?;
    let engine = admin.engine().clone();
    let page = off_thread(move || {
        let (ids, next) = matching(&engine, &sandbox.scope(), &asked, (after, limit))?;
        let data = messages(&engine, &sandbox.id, &ids)?.iter().map(|message| shown(message)).collect();
        Ok(MessagePage { data, next_cursor: next.as_deref().map(cursor::write) })
    });
    Ok(web::json_response(StatusCode::OK, &page.await?))
}

/// Ids of a page, and where the next one goes on. Only entries are read, not the messages that do not match.
fn matching(
    engine: &Engine,
    scope: &Scope,
    asked: &InboxQuery,
    page: (Option<String>, usize),
) -> Result<(Vec<String>, Option<String>), Problem> {
    let (mut after, limit) = page;
    let mut scan = Scan::newest(scope, Source::Entries(BY_TIME.to_owned()), SLICE);
    if let Some(method) = &asked.method {
        scan = scan.only("method", &method.to_ascii_uppercase());
    }
    if let Some(subject) = &asked.subject {
        scan = scan.only("subject", subject);
    }
    let begins = |fields: &Value| {
        let path = fields.get("path").and_then(Value::as_str).unwrap_or_default();
        asked.path.as_deref().is_none_or(|wanted| path.starts_with(wanted))
    };
    let (mut found, mut looked_at) = (Vec::new(), 0);
    loop {
        let read = engine.store().scan(&scan.clone().after(after)).map_err(|error| no_store(&error))?;
        looked_at += SLICE;
        for row in read.rows {
            if found.len() == limit {
                return Ok((found.iter().map(|(id, _)| String::clone(id)).collect(), found.pop().map(|(_, key)| key)));
            }
            if begins(&row.fields) {
                found.push((row.id, row.key));
            }
        }
        after = read.next;
        if after.is_none() || looked_at >= BUDGET {
            return Ok((found.into_iter().map(|(id, _)| id).collect(), after));
        }
    }
}

fn messages(engine: &Engine, sandbox: &SandboxId, ids: &[String]) -> Result<Vec<Arc<InboxMessage>>, Problem> {
    let read = engine.read(sandbox, |_, view| {
        let wants: Vec<Want<'_>> = ids.iter().map(|id| Want::Record("inbox.message", id)).collect();
        view.want(&wants)?;
        let found: Result<Vec<_>, _> = ids.iter().map(|id| view.get::<InboxMessage>(id)).collect();
        Ok::<_, Stop<()>>(found?.into_iter().flatten().collect())
    });
    read.map_err(|failure| failed(failure, |()| Problem::internal()))
}

/// Empties the inbox. The answers stay as they are set.
#[utoipa::path(delete, path = "/sandboxes/{id}/inbox", tag = "inbox", responses((status = 204, description = "It is empty.")))]
async fn clear(State(admin): State<Admin>, At(sandbox): At) -> Result<Response, Problem> {
    let scope = sandbox.scope();
    loop {
        let (engine, scope) = (admin.engine().clone(), scope.clone());
        let scan = Scan::newest(&scope, Source::Entries(BY_TIME.to_owned()), SLICE);
        let page = off_thread(move || engine.store().scan(&scan).map_err(|error| no_store(&error))).await?;
        if page.rows.is_empty() {
            return Ok(StatusCode::NO_CONTENT.into_response());
        }
        let ids = page.rows.into_iter().map(|row| row.id).collect();
        let removed = admin.engine().decide(&sandbox.id, Remove { ids, scope: scope.clone() }).await;
        let removed = removed.map_err(|failure| failed(failure, |()| Problem::internal()))?;
        if removed == 0 {
            // The sandbox was reset meanwhile: its inbox is empty.
            return Ok(StatusCode::NO_CONTENT.into_response());
        }
    }
}

struct Remove {
    ids: Vec<String>,
    scope: Scope,
}

impl Command for Remove {
    type Reply = usize;
    type Refusal = ();

    fn decide(&self, cx: &Cx, view: &View<'_>) -> Decided<usize, ()> {
        let mut fx = Effects::new();
        if *view.scope() != self.scope {
            return Ok((0, fx));
        }
        let wants: Vec<Want<'_>> = self.ids.iter().map(|id| Want::Record("inbox.message", id)).collect();
        view.want(&wants)?;
        let mut removed = 0;
        for id in &self.ids {
            if let Some(message) = view.get::<InboxMessage>(id)? {
                fx.remove(&*message);
                removed += 1;
            }
        }
        fx.tell(Event::own("inbox.cleared", cx.now, json!({ "messages": removed })));
        Ok((removed, fx))
    }

    fn background(&self) -> Background {
        Background { chance: Some("inbox".to_owned()), ..Background::default() }
    }
}

fn shown(message: &InboxMessage) -> MessageShown {
    let mut headers: Map<String, Value> = Map::new();
    for (name, value) in &message.headers {
        match headers.get_mut(name) {
            Some(Value::String(before)) => {
                before.push_str(", ");
                before.push_str(value);
            }
            _ => {
                headers.insert(name.clone(), value.clone().into());
            }
        }
    }
    let checked = message.checked.as_ref();
    MessageShown {
        id: message.id.clone(),
        at: message.at.iso(),
        method: message.method.clone(),
        path: message.path.clone(),
        query: message.query.clone(),
        headers,
        body: message.body.clone(),
        body_encoding: if message.is_base64 { "base64" } else { "text" },
        subject: message.subject.clone(),
        verified: checked.map(|checked| checked.verified),
        endpoint: checked
            .map(|checked| EndpointShown { provider: checked.provider.clone(), id: checked.endpoint.clone() }),
    }
}
