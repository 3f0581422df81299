//! Commands that talk to a running server through the admin API, and two that only print.
//!
//! One file per command. Each asks, then prints the API's JSON or a table of it. Must not know any rule of a platform,
//! nor the database.

pub mod assumptions;
pub mod clock;
pub mod completions;
pub mod deliveries;
pub mod doctor;
pub mod env;
pub mod faults;
pub mod ledger;
pub mod openapi;
pub mod requests;
pub mod sandbox;

use crate::cli::{LogFilter, Within};
use crate::client::{encoded, with_query};
use crate::output::{self, Table};
use serde_json::Value;

/// Where the admin API lives.
pub const API: &str = "/_playmoney/v1";

/// The path of something of a sandbox: `/clock`.
fn of_sandbox(sandbox: &str, rest: &str) -> String {
    format!("{API}/sandboxes/{}{rest}", encoded(sandbox))
}

/// The path of something of the sandbox that the options name.
fn of(within: &Within, rest: &str) -> String {
    of_sandbox(&within.sandbox, rest)
}

/// The path of a log with its filters.
fn log_path(filter: &LogFilter, log: &str, more: &[(&str, Option<&str>)]) -> String {
    let limit = filter.limit.to_string();
    let mut parameters = vec![
        ("provider", filter.provider.as_deref()),
        ("status", filter.status.as_deref()),
        ("limit", Some(limit.as_str())),
        ("cursor", filter.cursor.as_deref()),
    ];
    parameters.extend_from_slice(more);
    with_query(&of(&filter.within, log), &parameters)
}

/// Prints a list as it came, or as a table with a word for an empty one.
fn print_list(is_json: bool, page: &Value, members: &[&str], empty: &str) -> anyhow::Result<()> {
    if is_json {
        return output::print_json(page);
    }
    let table = Table::of(&page["data"], members);
    if table.is_empty() {
        output::remark(empty);
        return Ok(());
    }
    output::print(&table.render())?;
    if let Some(cursor) = page["next_cursor"].as_str() {
        output::remark(&format!("there are more: --cursor {cursor}"));
    }
    Ok(())
}

/// Prints an object as it came, or one member a line; what is not plain follows as JSON.
fn print_object(is_json: bool, object: &Value) -> anyhow::Result<()> {
    if is_json {
        return output::print_json(object);
    }
    let members = || object.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null());
    let width = members().map(|(name, _)| name.len()).max().unwrap_or(0);
    let mut text = String::new();
    for (name, value) in members() {
        let shown = if value.is_object() || value.is_array() { format!("{value:#}") } else { output::text(value) };
        text.push_str(&format!("{name:<width$}  {shown}\n"));
    }
    output::print(&text)
}
