//! The OpenAPI 3.1 document: what handlers say of themselves, completed with what is the same everywhere.
//!
//! Errors are problem details (RFC 9457) on every route; parts of the path are text. Neither is repeated at each handler.

use axum::body::Bytes;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::response::ResponseBuilder;
use utoipa::openapi::schema::{ObjectBuilder, SchemaType, Type};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    ComponentsBuilder, ContentBuilder, InfoBuilder, OpenApi, OpenApiBuilder, Ref, RefOr, Required, Response,
};

/// Where the admin API lives.
pub(crate) const BASE: &str = "/_playmoney/v1";

/// Problem details (RFC 9457).
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemDetails {
    /// `urn:playmoney:problem:` and a stable word: `not-found`, `bad-request`, `conflict`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The word for people.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What happened, in a sentence.
    pub detail: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// The document of the admin API with what these providers serve below it; needs no running server.
#[must_use]
pub fn openapi(provider_documents: Vec<(&'static str, OpenApi)>) -> OpenApi {
    let mut document = crate::admin::own_routes().into_openapi();
    nest(&mut document, provider_documents);
    document
}

/// A document as JSON text.
#[must_use]
pub fn render(document: &OpenApi) -> Bytes {
    // It is a tree of strings, numbers and lists: there is nothing in it that JSON cannot say.
    document.to_json().map(Bytes::from).unwrap_or_default()
}

/// Where a provider's routes are put.
pub(crate) fn provider_path(name: &str) -> String {
    format!("{BASE}/sandboxes/{{id}}/{name}")
}

/// What every document begins with.
pub(crate) fn empty() -> OpenApi {
    let info = InfoBuilder::new().title("Playmoney admin API").version(env!("CARGO_PKG_VERSION")).description(Some(
        "Sandboxes, their clocks, logs, faults and settings. Errors are problem details (RFC 9457).",
    ));
    let token = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    let components = ComponentsBuilder::new().schema_from::<ProblemDetails>().security_scheme("admin_token", token);
    // On loopback it needs no token, unless one is set.
    let either = [SecurityRequirement::default(), SecurityRequirement::new("admin_token", Vec::<String>::new())];
    OpenApiBuilder::new().info(info).components(Some(components.build())).security(Some(either)).build()
}

/// Puts the providers' documents below this one and completes it.
pub(crate) fn nest(document: &mut OpenApi, provider_documents: Vec<(&'static str, OpenApi)>) {
    let mut whole = std::mem::replace(document, empty());
    for (name, described) in provider_documents {
        whole = whole.nest(provider_path(name), described);
    }
    for (path, item) in &mut whole.paths.paths {
        for operation in operations(item) {
            add_path_parameters(path, operation);
            add_errors(path, operation);
        }
    }
    *document = whole;
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, put, post, delete, patch, .. } = item;
    [get, put, post, delete, patch].into_iter().filter_map(Option::as_mut)
}

fn add_path_parameters(path: &str, operation: &mut Operation) {
    let named = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    for name in named {
        let parameters = operation.parameters.get_or_insert_default();
        let is_same = |known: &Parameter| known.name == name && known.parameter_in == ParameterIn::Path;
        if !parameters.iter().any(is_same) {
            let text = ObjectBuilder::new().schema_type(SchemaType::Type(Type::String));
            let parameter = ParameterBuilder::new()
                .name(name)
                .parameter_in(ParameterIn::Path)
                .required(Required::True)
                .description((name == "id").then_some("The id of the sandbox: `sbx_…`."))
                .schema(Some(text));
            parameters.push(parameter.build());
        }
    }
}

fn add_errors(path: &str, operation: &mut Operation) {
    let reads_query = operation.parameters.iter().flatten().any(|known| known.parameter_in == ParameterIn::Query);
    let usual = [
        (path.contains('{'), "404", "What the path names is not there; ids of another sandbox are not there either."),
        (reads_query || operation.request_body.is_some(), "400", "The request cannot be used; `detail` says why."),
        (true, "default", "Refused, or failed."),
    ];
    let responses = &mut operation.responses.responses;
    for (applies, status, description) in usual {
        if applies && !responses.contains_key(status) {
            let response = ResponseBuilder::new().description(description).build();
            responses.insert(status.to_owned(), RefOr::T(response));
        }
    }
    for (status, response) in responses {
        if let RefOr::T(response) = response
            && is_error(status)
        {
            describe_problem(response);
        }
    }
}

fn is_error(status: &str) -> bool {
    status == "default" || status.starts_with('4') || status.starts_with('5')
}

fn describe_problem(response: &mut Response) {
    if response.content.is_empty() {
        let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
        response.content.insert("application/problem+json".to_owned(), content);
    }
}
