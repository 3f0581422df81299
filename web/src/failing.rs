//! Applies inbound faults to a request on its way: before its handler runs where its sandbox is known, else after.
//!
//! Which rule matches is [`crate::faults`]' business; here is what is done about it. Must not know any platform.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use http::header::LOCATION;
use http::request::Parts;
use http::{HeaderValue, StatusCode};

use crate::cell::RequestCell;
use crate::faults::{FaultAction, Plan, Target, plan, take_hops, with_hops};
use crate::mount::Mount;
use crate::pipeline::Trail;
use crate::problem::Problem;
use crate::tenancy::Tenant;
use crate::wiring::Inner;

/// Applies faults where the sandbox is known before the handler runs; what is returned replaces the handler.
pub(crate) async fn fail_before(
    web: &Inner,
    mount: &Mount,
    tenant: Option<Tenant>,
    parts: &mut Parts,
    trail: &mut Trail,
) -> Result<Option<Response>, Problem> {
    if let Some((path_and_query, left)) = take_hops(&trail.routed.path_and_query) {
        trail.routed.path_and_query = path_and_query;
        trail.routed.rewritten = true;
        if left > 0 {
            return Ok(Some(redirect(&trail.sent, left - 1)));
        }
    }
    let (sandbox, tenant) = match (tenant, &trail.routed.sandbox) {
        (Some(tenant), Some(sandbox)) => (Arc::clone(sandbox), tenant),
        _ if !web.tenancy.any_faults() => return Ok(None),
        _ => {
            let found = mount.identify.as_ref().and_then(|identify| identify(parts));
            let known = found.and_then(|id| web.tenancy.tenant(&id).map(|tenant| (Arc::from(id), tenant)));
            let Some(known) = known else { return Ok(None) };
            trail.identified = Some(Arc::clone(&known.0));
            known
        }
    };
    trail.faults_done = true;
    let plan = plan_for(web, &sandbox, &tenant, trail);
    apply(plan, trail).await
}

/// Applies faults where the handler found out whose request it was: the work is then done and its answer is lost.
pub(crate) async fn fail_after(web: &Inner, trail: &mut Trail) -> Result<Option<Response>, Problem> {
    if trail.faults_done || trail.routed.mount.is_none() || !web.tenancy.any_faults() {
        return Ok(None);
    }
    let Some(sandbox) = trail.cell.as_ref().and_then(RequestCell::sandbox) else { return Ok(None) };
    let Some(tenant) = web.tenancy.tenant(&sandbox) else { return Ok(None) };
    let plan = plan_for(web, &sandbox, &tenant, trail);
    apply(plan, trail).await
}

fn plan_for(web: &Inner, sandbox: &str, tenant: &Tenant, trail: &Trail) -> Plan {
    if tenant.faults.is_empty() {
        return Plan::default();
    }
    let target = Target {
        sandbox,
        provider: trail.routed.provider.unwrap_or_default(),
        method: trail.method.as_str(),
        path: trail.routed.path(),
    };
    plan(&tenant.faults, target, &*web.tenancy)
}

async fn apply(plan: Plan, trail: &mut Trail) -> Result<Option<Response>, Problem> {
    trail.fired = plan.fired;
    if plan.delay_ms > 0 {
        #[expect(
            clippy::disallowed_methods,
            reason = "a delay_ms fault holds the request in real time; that is its point"
        )]
        tokio::time::sleep(Duration::from_millis(plan.delay_ms)).await;
    }
    match plan.end {
        Some(FaultAction::Status(status)) => {
            Err(Problem::fault(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)))
        }
        Some(FaultAction::Redirect(hops)) if hops > 0 => Ok(Some(redirect(&trail.sent, hops - 1))),
        end => {
            trail.end = end;
            Ok(None)
        }
    }
}

/// A redirect to the same place, with `left` more to come.
fn redirect(sent: &str, left: u32) -> Response {
    let sent = take_hops(sent).map_or_else(|| sent.to_owned(), |(before, _)| before);
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::TEMPORARY_REDIRECT;
    if let Ok(location) = HeaderValue::from_str(&with_hops(&sent, left)) {
        response.headers_mut().insert(LOCATION, location);
    }
    response
}
