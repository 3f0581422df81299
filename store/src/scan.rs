//! Lists: a page of index entries or records by key order, filtered on entries within a budget.

use crate::commit::Balances;
use kernel::{Currency, Scope, Stored};
use serde_json::Value;

/// What is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The entries of an index.
    Entries(String),
    /// The records of a kind, by id.
    Records(String),
}

/// A field that must have one of some values. For records the field is a member of the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// The field.
    pub field: String,
    /// Its allowed values.
    pub any_of: Vec<String>,
}

/// A question for a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scan {
    /// Whose.
    pub scope: Scope,
    /// Of what.
    pub source: Source,
    /// Only keys that begin so.
    pub prefix: String,
    /// Only keys past this one, in the direction of the scan.
    pub after: Option<String>,
    /// From the greatest key down.
    pub descending: bool,
    /// At most so many rows.
    pub limit: usize,
    /// Look at no more than so many.
    pub budget: usize,
    /// All of these must hold.
    pub filter: Vec<Condition>,
}

impl Scan {
    /// The first page of an index, newest (greatest key) first.
    #[must_use]
    pub fn newest(scope: &Scope, source: Source, limit: usize) -> Self {
        Self {
            scope: scope.clone(),
            source,
            prefix: String::new(),
            after: None,
            descending: true,
            limit,
            budget: 10_000,
            filter: Vec::new(),
        }
    }

    /// The same from the least key up.
    #[must_use]
    pub fn ascending(mut self) -> Self {
        self.descending = false;
        self
    }

    /// With a condition more.
    #[must_use]
    pub fn only(mut self, field: &str, value: &str) -> Self {
        self.filter.push(Condition { field: field.to_owned(), any_of: vec![value.to_owned()] });
        self
    }

    /// Going on after a key.
    #[must_use]
    pub fn after(mut self, key: Option<String>) -> Self {
        self.after = key;
        self
    }

    /// Whether fields meet all conditions.
    #[must_use]
    pub fn lets_through(&self, fields: &Value) -> bool {
        self.filter.iter().all(|condition| match fields.get(&condition.field) {
            Some(Value::String(text)) => condition.any_of.iter().any(|value| value == text),
            Some(Value::Null) | None => false,
            Some(other) => condition.any_of.contains(&other.to_string()),
        })
    }
}

/// One row of a page.
#[derive(Debug, Clone)]
pub struct Row {
    /// Its key in the index (the id, for records).
    pub key: String,
    /// The id of the record.
    pub id: String,
    /// The filterable fields; null for records.
    pub fields: Value,
    /// The record, when records were listed.
    pub record: Option<Stored>,
}

/// A page.
#[derive(Debug, Clone)]
pub struct Page {
    /// The rows that were let through.
    pub rows: Vec<Row>,
    /// Where to go on; none at the end. A page can be short, even empty, and go on: the budget ran out.
    pub next: Option<String>,
}

/// Gathers a page from rows in scan order; shared by the backends so that they agree on limits and budgets.
#[derive(Debug)]
pub struct Gather<'a> {
    scan: &'a Scan,
    rows: Vec<Row>,
    looked_at: usize,
    last: Option<String>,
    more: bool,
}

impl<'a> Gather<'a> {
    /// For a scan.
    #[must_use]
    pub fn new(scan: &'a Scan) -> Self {
        Self { scan, rows: Vec::new(), looked_at: 0, last: None, more: false }
    }

    /// Offers the next row; false when no further one is wanted.
    pub fn offer(&mut self, row: Row) -> bool {
        if self.rows.len() >= self.scan.limit || self.looked_at >= self.scan.budget {
            self.more = true;
            return false;
        }
        self.looked_at += 1;
        self.last = Some(row.key.clone());
        let fits = self.scan.filter.is_empty()
            || match &row.record {
                Some(stored) => {
                    serde_json::from_slice(stored.body()).is_ok_and(|fields: Value| self.scan.lets_through(&fields))
                }
                None => self.scan.lets_through(&row.fields),
            };
        if fits {
            self.rows.push(row);
        }
        true
    }

    /// The page.
    #[must_use]
    pub fn page(self) -> Page {
        Page { rows: self.rows, next: if self.more { self.last } else { None } }
    }
}

/// Gathers a page of balances that ends between accounts; shared by the backends.
#[derive(Debug)]
pub struct BalancesPage {
    limit: usize,
    rows: Balances,
}

impl BalancesPage {
    /// Of at least `limit` rows, as far as there are so many.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self { limit, rows: Vec::new() }
    }

    /// Offers the next row in order; false when no further one is wanted.
    pub fn offer(&mut self, row: (String, Currency, i64)) -> bool {
        let goes_on = self.rows.len() < self.limit || self.rows.last().is_some_and(|(account, _, _)| *account == row.0);
        if goes_on {
            self.rows.push(row);
        }
        goes_on
    }

    /// The page.
    #[must_use]
    pub fn rows(self) -> Balances {
        self.rows
    }
}
