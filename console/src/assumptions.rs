//! What the sandbox assumes where the platforms' documents are silent, as a list.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use kernel::Assumption;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::admin::Admin;

/// An assumption.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Assumption)]
struct AssumptionShown {
    /// `provider.name`.
    id: String,
    /// What is assumed.
    #[schema(value_type = Object)]
    value: Value,
    /// Why.
    reason: String,
    /// Where the contract says so.
    source: String,
    /// Whether a sandbox may set another value.
    overridable: bool,
}

#[derive(ToSchema)]
#[schema(as = AssumptionList)]
#[expect(dead_code, reason = "only described: the list is sent as it is kept")]
struct AssumptionListShown {
    data: Vec<AssumptionShown>,
    /// Always null: the list is whole.
    next_cursor: Option<String>,
}

#[derive(Serialize)]
struct AssumptionList<'a> {
    data: &'a [Assumption],
    next_cursor: Option<String>,
}

pub(crate) fn routes() -> OpenApiRouter<Admin> {
    OpenApiRouter::new().routes(routes!(list))
}

/// Every assumption with its value, its reason and its source.
#[utoipa::path(get, path = "/assumptions", tag = "settings", responses((status = 200, description = "All assumptions.", body = AssumptionListShown)))]
async fn list(State(admin): State<Admin>) -> Response {
    web::json_response(StatusCode::OK, &AssumptionList { data: admin.assumptions(), next_cursor: None })
}
