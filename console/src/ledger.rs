//! The ledger over HTTP: the trial balance, and the postings of an account.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use engine::Engine;
use engine::events::Posted;
use kernel::{Currency, Scope};
use serde::{Deserialize, Serialize};
use store::{Balances, StoreError};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use web::Problem;

use crate::admin::{Admin, off_thread};
use crate::cursor;
use crate::extract::{Asks, At, Last};
use crate::refusals::no_store;

/// The trial balance. Amounts are whole minor units of their currency.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Ledger)]
struct LedgerShown {
    /// Whether every currency sums to zero.
    balanced: bool,
    /// The sum of each currency.
    #[schema(value_type = Object)]
    currencies: BTreeMap<String, i128>,
    accounts: Vec<AccountShown>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Account)]
struct AccountShown {
    account: String,
    currency: String,
    /// Minor units.
    balance: i64,
}

/// A line of a transfer.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Posting)]
struct PostingShown {
    /// The position of the event that it was made with.
    position: u64,
    /// What the transfer was for.
    reason: String,
    /// The id of the transaction that it is about.
    subject: String,
    currency: String,
    /// What the account gained, in minor units; negative when it lost.
    amount: i64,
}

/// Postings, oldest first.
#[derive(Debug, Serialize, ToSchema)]
struct PostingPage {
    data: Vec<PostingShown>,
    /// Cursor of the next page; null at the end.
    next_cursor: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct PostingQuery {
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// 1 to 1000, 100 when left out.
    limit: Option<u32>,
}

/// Balances read at a time.
const ROWS: usize = 5_000;

pub(crate) fn routes() -> OpenApiRouter<Admin> {
    OpenApiRouter::new().routes(routes!(trial_balance)).routes(routes!(postings))
}

/// Every account with its balance; each currency sums to zero.
#[utoipa::path(get, path = "/sandboxes/{id}/ledger", tag = "ledger", responses((status = 200, description = "The trial balance.", body = LedgerShown)))]
async fn trial_balance(State(admin): State<Admin>, At(sandbox): At) -> Result<Response, Problem> {
    let (engine, scope) = (admin.engine().clone(), sandbox.scope());
    let balances = off_thread(move || balances(&engine, &scope).map_err(|error| no_store(&error))).await?;
    let sums = sums(&balances);
    let accounts = balances.into_iter();
    let shown = LedgerShown {
        balanced: sums.values().all(|sum| *sum == 0),
        currencies: sums.into_iter().map(|(currency, sum)| (currency.to_string(), sum)).collect(),
        accounts: accounts
            .map(|(account, currency, balance)| AccountShown { account, currency: currency.to_string(), balance })
            .collect(),
    };
    Ok(web::json_response(StatusCode::OK, &shown))
}

/// All balances of a scope.
pub(crate) fn balances(engine: &Engine, scope: &Scope) -> Result<Balances, StoreError> {
    let mut all: Balances = Vec::new();
    let mut after = String::new();
    loop {
        let mut rows = engine.store().balances(scope, &after, ROWS)?;
        let is_last = rows.len() < ROWS;
        if !is_last && let Some((cut, _, _)) = rows.last().cloned() {
            // An account can go on in the next page with another currency: it is left to that page, whole.
            if rows.first().is_some_and(|(first, _, _)| *first != cut) {
                rows.retain(|(account, _, _)| *account != cut);
            }
        }
        if let Some((last, _, _)) = rows.last() {
            after.clone_from(last);
        }
        all.extend(rows);
        if is_last {
            return Ok(all);
        }
    }
}

/// The sum of each currency.
pub(crate) fn sums(balances: &Balances) -> BTreeMap<Currency, i128> {
    let mut sums = BTreeMap::new();
    for (_, currency, balance) in balances {
        *sums.entry(*currency).or_insert(0) += i128::from(*balance);
    }
    sums
}

/// What moved on an account, oldest first.
#[utoipa::path(
    get,
    path = "/sandboxes/{id}/ledger/accounts/{account}/postings",
    tag = "ledger",
    params(PostingQuery),
    responses((status = 200, description = "A page of postings.", body = PostingPage))
)]
async fn postings(
    State(admin): State<Admin>,
    At(sandbox): At,
    Last(account): Last,
    Asks(asked): Asks<PostingQuery>,
) -> Result<Response, Problem> {
    let limit = cursor::limit(asked.limit, 100, 1000)?;
    let after = cursor::read_number(asked.cursor.as_deref())?;
    let (engine, scope) = (admin.engine().clone(), sandbox.scope());
    let found = off_thread(move || {
        engine.postings(&scope, &account, after.unwrap_or(0), limit).map_err(|error| no_store(&error))
    });
    let (found, next) = found.await?;
    if found.is_empty() && next.is_none() && after.is_none() {
        return Err(Problem::not_found("Nothing was ever posted to an account of this name in this sandbox.")
            .hint("GET …/ledger lists the accounts."));
    }
    let next_cursor = next.map(|next| cursor::write(&next.to_string()));
    Ok(web::json_response(StatusCode::OK, &PostingPage { data: found.into_iter().map(line).collect(), next_cursor }))
}

fn line(posted: Posted) -> PostingShown {
    let money = posted.posting.money;
    PostingShown {
        position: posted.position,
        reason: posted.reason,
        subject: posted.subject,
        currency: money.currency.to_string(),
        amount: money.minor,
    }
}
