//! What commands print: JSON as the API gave it, or aligned plain tables. Must not know what a column means.

use serde_json::Value;
use std::io::{ErrorKind, Write};

/// Writes to standard output. A reader that has gone away (`| head`) is no failure.
///
/// # Errors
/// Standard output cannot be written for another reason.
pub fn print(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// Writes a remark to standard error, where it does not disturb what is piped on.
pub fn remark(text: &str) {
    drop(writeln!(std::io::stderr().lock(), "{text}"));
}

/// Prints JSON, indented.
///
/// # Errors
/// Standard output cannot be written.
pub fn print_json(value: &Value) -> anyhow::Result<()> {
    print(&format!("{value:#}\n"))
}

/// A member as plain text: nothing for null, the text itself for a string, JSON for the rest.
#[must_use]
pub fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Rows below a heading, in columns two spaces apart. A column of numbers is aligned to the right.
#[derive(Debug, Clone, Default)]
pub struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with this heading.
    #[must_use]
    pub fn new(heading: &[&str]) -> Self {
        Self { rows: vec![heading.iter().map(|word| word.to_uppercase()).collect()] }
    }

    /// One row for each object of a list, its members in the order given.
    #[must_use]
    pub fn of(list: &Value, members: &[&str]) -> Self {
        let mut table = Self::new(members);
        for object in list.as_array().into_iter().flatten() {
            table.row(members.iter().map(|member| text(&object[*member])));
        }
        table
    }

    /// Adds a row.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// Whether there is nothing below the heading.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.len() < 2
    }

    /// As lines.
    #[must_use]
    pub fn render(&self) -> String {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let shapes: Vec<(usize, bool)> = (0..columns).map(|column| self.shape(column)).collect();
        let mut lines = String::new();
        for row in &self.rows {
            let cells = row.iter().zip(&shapes).map(|(cell, (width, is_number))| {
                let (cell, width) = (one_line(cell), *width);
                if *is_number { format!("{cell:>width$}") } else { format!("{cell:<width$}") }
            });
            lines.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
            lines.push('\n');
        }
        lines
    }

    /// Width of a column, and whether it holds numbers only.
    fn shape(&self, column: usize) -> (usize, bool) {
        let cells = || self.rows.iter().filter_map(|row| row.get(column));
        let width = cells().map(|cell| one_line(cell).chars().count()).max().unwrap_or(0);
        let is_number = |cell: &String| !cell.is_empty() && cell.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'-'));
        (width, self.rows.len() > 1 && cells().skip(1).all(is_number))
    }
}

/// Control characters would break the table, or the terminal.
fn one_line(cell: &str) -> String {
    cell.chars().map(|char| if char.is_control() { ' ' } else { char }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn columns_are_aligned_and_numbers_to_the_right() {
        let list = json!([{ "account": "sim", "balance": -5 }, { "account": "float:mtn", "balance": 1200, "x": 1 }]);
        let table = Table::of(&list, &["account", "balance"]).render();
        assert_eq!(table, "ACCOUNT    BALANCE\nsim             -5\nfloat:mtn     1200\n");
    }

    #[test]
    fn a_cell_cannot_break_out_of_its_line() {
        let list = json!([{ "path": "/a\n\u{1b}[2J", "status": null }]);
        assert_eq!(Table::of(&list, &["path", "status"]).render(), "PATH     STATUS\n/a  [2J\n");
        assert!(Table::of(&json!([]), &["a"]).is_empty());
    }
}
