//! What handlers take from a request, refused as problem details: the sandbox of the path, further parts of the path,
//! and the query.

use std::sync::Arc;

use axum::extract::{FromRequestParts, Query, RawPathParams};
use axum::http::request::Parts;
use kernel::{Sandbox, SandboxId};
use serde::de::DeserializeOwned;
use web::Problem;

use crate::admin::Admin;
use crate::refusals::{no_sandbox, no_store};

/// The sandbox that `{id}` names.
pub(crate) struct At(pub(crate) Arc<Sandbox>);

/// The last part of the path that a route captures.
pub(crate) struct Last(pub(crate) String);

/// The query, with unknown parameters refused where `T` denies them.
pub(crate) struct Asks<T>(pub(crate) T);

impl FromRequestParts<Admin> for At {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, admin: &Admin) -> Result<Self, Problem> {
        let captured = captured(parts, |name| name == "id").await.ok_or_else(no_sandbox)?;
        sandbox_named(admin, &captured).map(Self)
    }
}

/// The sandbox of that id; one that cannot be an id is not there either.
pub(crate) fn sandbox_named(admin: &Admin, id: &str) -> Result<Arc<Sandbox>, Problem> {
    let id = SandboxId::parse(id).map_err(|_| no_sandbox())?;
    admin.engine().sandbox(&id).map_err(|error| no_store(&error))?.ok_or_else(no_sandbox)
}

impl<S: Send + Sync> FromRequestParts<S> for Last {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let last = captured(parts, |_| true).await;
        last.map(Self).ok_or_else(|| Problem::not_found("The path names nothing that is here."))
    }
}

/// The last captured part of the path whose name fits. None when there is none, or when it is not text.
async fn captured(parts: &mut Parts, fits: impl Fn(&str) -> bool) -> Option<String> {
    let captured = RawPathParams::from_request_parts(parts, &()).await.ok()?;
    let found = captured.iter().filter(|(name, _)| fits(name)).last();
    found.map(|(_, value)| value.to_owned())
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Asks<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let read = Query::<T>::try_from_uri(&parts.uri);
        read.map(|Query(asked)| Self(asked)).map_err(|rejection| {
            let said = rejection.to_string();
            let said = said.strip_prefix("Failed to deserialize query string: ").unwrap_or(&said);
            Problem::bad_request(format!("The query cannot be understood: {said}."))
        })
    }
}
