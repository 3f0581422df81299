//! The doctor: looks for damage and says how to mend it.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use engine::Engine;
use kernel::Sandbox;
use serde::Serialize;
use store::StoreError;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use web::Problem;

use crate::admin::{Admin, off_thread};
use crate::ledger::{balances, sums};

/// What was found.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DoctorReport)]
struct Report {
    /// Whether nothing is wrong.
    ok: bool,
    checks: Vec<Check>,
}

/// One thing that was looked at.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DoctorCheck)]
struct Check {
    /// `database`, `migrations`, `ledgers`, `queue`.
    name: &'static str,
    ok: bool,
    /// What was looked at.
    detail: String,
    findings: Vec<Finding>,
}

/// One thing that is wrong.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DoctorFinding)]
struct Finding {
    what: String,
    /// How to mend it.
    mend: String,
}

/// Sandboxes that are looked into; more are counted and said.
const MOST_SANDBOXES: usize = 2_000;
/// How late work may be, in milliseconds of virtual time.
const LATE_MS: i64 = 60 * 60 * 1000;
/// Late rows that are told of one sandbox.
const MOST_LATE: usize = 20;

pub(crate) fn routes() -> OpenApiRouter<Admin> {
    OpenApiRouter::new().routes(routes!(doctor))
}

/// Looks at database, migrations, ledgers and queue. Changes nothing.
#[utoipa::path(get, path = "/doctor", tag = "server", responses((status = 200, description = "What was found; `ok` says whether anything is wrong.", body = Report)))]
async fn doctor(State(admin): State<Admin>) -> Result<Response, Problem> {
    let engine = admin.engine().clone();
    let report = off_thread(move || Ok(examine(&engine))).await?;
    Ok(web::json_response(StatusCode::OK, &report))
}

fn examine(engine: &Engine) -> Report {
    let name = engine.store().name();
    let mut checks = vec![database(engine)];
    // The store applies them when it opens the database and refuses one of a newer program, so one that answers is up to
    // date.
    let opens = checks.iter().all(|check| check.ok);
    let detail = format!("{name}: applied when the database was opened");
    checks.push(Check { name: "migrations", ok: opens, detail, findings: Vec::new() });
    match engine.sandboxes("", MOST_SANDBOXES) {
        Ok(sandboxes) => checks.extend([
            over("ledgers", &sandboxes, |sandbox| unbalanced(engine, sandbox)),
            over("queue", &sandboxes, |sandbox| late(engine, sandbox)),
        ]),
        Err(error) => checks.push(check("sandboxes", "the list of sandboxes".to_owned(), vec![unreadable(&error)])),
    }
    Report { ok: checks.iter().all(|check| check.ok), checks }
}

fn check(name: &'static str, detail: String, findings: Vec<Finding>) -> Check {
    Check { name, ok: findings.is_empty(), detail, findings }
}

fn database(engine: &Engine) -> Check {
    let mend = "Stop the server, keep a copy of the database file, and restore it from a backup or begin a new one.";
    let findings = match engine.store().inspect() {
        Ok(wrong) => wrong.into_iter().map(|what| Finding { what, mend: mend.to_owned() }).collect(),
        Err(error) => vec![unreadable(&error)],
    };
    check("database", engine.store().name().to_owned(), findings)
}

fn unreadable(error: &StoreError) -> Finding {
    let mend = "Look whether the disk is full, the file can be read, and no other program has it open.";
    Finding { what: error.to_string(), mend: mend.to_owned() }
}

fn over<S: AsRef<Sandbox>>(
    name: &'static str,
    sandboxes: &[S],
    look: impl Fn(&Sandbox) -> Result<Vec<Finding>, StoreError>,
) -> Check {
    let found = sandboxes.iter().flat_map(|sandbox| look(sandbox.as_ref()).unwrap_or_else(|e| vec![unreadable(&e)]));
    let findings = found.collect();
    let more = if sandboxes.len() == MOST_SANDBOXES { ", the first of them" } else { "" };
    check(name, format!("{} sandboxes{more}", sandboxes.len()), findings)
}

fn unbalanced(engine: &Engine, sandbox: &Sandbox) -> Result<Vec<Finding>, StoreError> {
    let sums = sums(&balances(engine, &sandbox.scope())?);
    let wrong = sums.into_iter().filter(|(_, sum)| *sum != 0).map(|(currency, sum)| Finding {
        what: format!("the ledger of {} is off by {sum} minor units of {currency}", sandbox.id),
        mend: format!(
            "Report it with an export of the sandbox, then POST /_playmoney/v1/sandboxes/{}/reset.",
            sandbox.id
        ),
    });
    Ok(wrong.collect())
}

/// Work that was due an hour of virtual time ago and still stands in the queue.
fn late(engine: &Engine, sandbox: &Sandbox) -> Result<Vec<Finding>, StoreError> {
    let now = sandbox.clock.now(engine.wall().now());
    let rows = engine.store().queue(&sandbox.scope(), now.plus_ms(-LATE_MS), MOST_LATE)?;
    let finding = |row: store::QueueRow| Finding {
        what: format!("{} of {} was due at {} and was not done", row.key.id, sandbox.id, row.key.due.iso()),
        mend: format!(
            "POST /_playmoney/v1/sandboxes/{}/clock/advance with seconds 0 runs what is due; if it stays, the server's \
             log says why.",
            sandbox.id
        ),
    };
    Ok(rows.into_iter().map(finding).collect())
}
