//! The request log in an SQLite file of its own.
//!
//! `synchronous=OFF`: nothing here waits for a disk. A file that a power loss has left unreadable is put aside at the
//! next start and a new one begun, because a log that stops the server is worth less than none.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, ErrorCode, OptionalExtension, Row, params};

use super::{PRUNE_SLICE, RequestBatch, RequestFilter, RequestPage, RequestRow, RequestStore, RequestStoreError};

/// The layout of the file; another one is replaced, since nothing in it must outlive a version.
const LAYOUT: i64 = 1;

const CREATE: &str = "
    CREATE TABLE requests (
        position INTEGER PRIMARY KEY, scope TEXT NOT NULL, id TEXT NOT NULL, at_ms INTEGER NOT NULL,
        wall_ms INTEGER NOT NULL, provider TEXT NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL,
        status INTEGER NOT NULL, duration_us INTEGER NOT NULL, subject TEXT, detail TEXT NOT NULL
    ) STRICT;
    CREATE INDEX requests_by_scope ON requests (scope);
    CREATE TABLE numbers (scope TEXT PRIMARY KEY, next INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    PRAGMA user_version = 1;
";

const COLUMNS: &str =
    "position, scope, id, at_ms, wall_ms, provider, method, path, status, duration_us, subject, detail";

/// A request log in a file, or private to the process.
#[derive(Debug)]
pub struct SqliteRequests {
    connection: Mutex<Connection>,
}

impl SqliteRequests {
    /// Opens or creates the file. One that cannot be read, or has another layout, is put aside as `….broken` and
    /// replaced.
    ///
    /// # Errors
    /// When the file can neither be used nor replaced.
    pub fn open(path: &Path) -> Result<Self, RequestStoreError> {
        match Connection::open(path).map_err(RequestStoreError::from).and_then(prepared) {
            Ok(Some(connection)) => return Ok(Self::over(connection)),
            Ok(None) => {}
            Err(error) if is_broken(&error) => {
                tracing::warn!(path = %path.display(), %error, "the request log is unreadable; a new one is begun");
            }
            Err(error) => return Err(error),
        }
        put_aside(path)?;
        let connection = prepared(Connection::open(path)?)?;
        Ok(Self::over(connection.ok_or(rusqlite::Error::InvalidQuery)?))
    }

    /// A log in memory, for a server without a file.
    ///
    /// # Errors
    /// When SQLite cannot make one.
    pub fn in_memory() -> Result<Self, RequestStoreError> {
        let connection = prepared(Connection::open_in_memory()?)?;
        Ok(Self::over(connection.ok_or(rusqlite::Error::InvalidQuery)?))
    }

    fn over(connection: Connection) -> Self {
        Self { connection: Mutex::new(connection) }
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        // A panic while it was held has rolled its transaction back.
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Settings and tables; none when the file has another layout.
fn prepared(connection: Connection) -> Result<Option<Connection>, RequestStoreError> {
    connection.set_prepared_statement_cache_capacity(32);
    connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA temp_store = MEMORY;")?;
    connection.busy_timeout(std::time::Duration::from_secs(2))?;
    let layout: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    match (layout, tables) {
        (LAYOUT, _) => Ok(Some(connection)),
        (0, 0) => {
            connection.execute_batch(&format!("BEGIN IMMEDIATE; {CREATE} COMMIT;"))?;
            Ok(Some(connection))
        }
        _ => Ok(None),
    }
}

fn is_broken(error: &RequestStoreError) -> bool {
    let RequestStoreError::Sqlite(error) = error else { return false };
    matches!(error.sqlite_error_code(), Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt))
}

fn put_aside(path: &Path) -> Result<(), RequestStoreError> {
    let beside = |ending: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        PathBuf::from(name)
    };
    std::fs::rename(path, beside(".broken"))?;
    for ending in ["-wal", "-shm"] {
        match std::fs::remove_file(beside(ending)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    Ok(())
}

impl RequestStore for SqliteRequests {
    fn append(&self, batch: &RequestBatch) -> Result<(), RequestStoreError> {
        let mut connection = self.connection();
        let transaction = connection.transaction()?;
        let mut scopes: Vec<&str> = Vec::new();
        {
            let mut insert = transaction.prepare_cached(
                "INSERT INTO requests (scope, id, at_ms, wall_ms, provider, method, path, status, duration_us, subject, \
                 detail) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            )?;
            for row in &batch.rows {
                insert.execute(params![
                    row.scope,
                    row.id,
                    row.at_ms,
                    row.wall_ms,
                    row.provider,
                    row.method,
                    row.path,
                    row.status,
                    row.duration_us,
                    row.subject,
                    row.detail
                ])?;
                if scopes.last() != Some(&row.scope.as_str()) && !scopes.contains(&row.scope.as_str()) {
                    scopes.push(&row.scope);
                }
            }
            let keep = i64::try_from(batch.keep_per_scope).unwrap_or(i64::MAX);
            let mut prune = transaction.prepare_cached(
                "DELETE FROM requests WHERE scope = ?1 AND position <= \
                 (SELECT position FROM requests WHERE scope = ?1 ORDER BY position DESC LIMIT 1 OFFSET ?2)",
            )?;
            for scope in scopes {
                prune.execute(params![scope, keep])?;
            }
            let mut number =
                transaction.prepare_cached("INSERT OR REPLACE INTO numbers (scope, next) VALUES (?, ?)")?;
            for (scope, next) in &batch.next_numbers {
                number.execute(params![scope, next])?;
            }
        }
        transaction.commit()?;
        Ok(())
    }

    fn list(
        &self,
        filter: &RequestFilter,
        cursor: Option<i64>,
        limit: usize,
    ) -> Result<RequestPage, RequestStoreError> {
        let connection = self.connection();
        let mut select = connection.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM requests WHERE scope = ?1 AND position < ?2 \
             AND (?3 IS NULL OR provider = ?3) AND (?4 IS NULL OR status BETWEEN ?4 AND ?5) \
             AND (?6 IS NULL OR instr(method, ?6) OR instr(path, ?6) OR instr(id, ?6) \
                  OR instr(coalesce(subject, ''), ?6) OR instr(detail, ?6)) \
             ORDER BY position DESC LIMIT ?7"
        ))?;
        let (from, to) = filter.status.map_or((None, None), |(from, to)| (Some(from), Some(to)));
        let fetch = i64::try_from(limit.saturating_add(1)).unwrap_or(i64::MAX);
        let before = cursor.unwrap_or(i64::MAX);
        let found = select
            .query_map(params![filter.scope, before, filter.provider, from, to, filter.text, fetch], |row| {
                Ok((row.get::<_, i64>(0)?, read(row)?))
            })?;
        let mut page = RequestPage::default();
        let mut last = None;
        for found in found {
            let (position, row) = found?;
            if page.rows.len() == limit {
                page.next = last;
                break;
            }
            last = Some(position);
            page.rows.push(row);
        }
        Ok(page)
    }

    fn get(&self, scope: &str, id: &str) -> Result<Option<RequestRow>, RequestStoreError> {
        // No index by id: a scope is a few thousand rows and this is asked by people, while every index is written
        // with every request.
        let connection = self.connection();
        let mut select = connection.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM requests WHERE scope = ? AND id = ? ORDER BY position DESC LIMIT 1"
        ))?;
        Ok(select.query_row(params![scope, id], read).optional()?)
    }

    fn next_number(&self, scope: &str) -> Result<i64, RequestStoreError> {
        let connection = self.connection();
        let mut select = connection.prepare_cached("SELECT next FROM numbers WHERE scope = ?")?;
        Ok(select.query_row([scope], |row| row.get(0)).optional()?.unwrap_or(1))
    }

    fn prune(&self, older_than_wall_ms: i64) -> Result<bool, RequestStoreError> {
        let connection = self.connection();
        let slice = i64::try_from(PRUNE_SLICE).unwrap_or(i64::MAX);
        let mut delete = connection.prepare_cached(
            "DELETE FROM requests WHERE wall_ms < ?1 AND position IN \
             (SELECT position FROM requests ORDER BY position LIMIT ?2)",
        )?;
        Ok(delete.execute(params![older_than_wall_ms, slice])? == PRUNE_SLICE)
    }

    fn forget(&self, scope: &str) -> Result<(), RequestStoreError> {
        let mut connection = self.connection();
        let transaction = connection.transaction()?;
        transaction.execute("DELETE FROM requests WHERE scope = ?", [scope])?;
        transaction.execute("DELETE FROM numbers WHERE scope = ?", [scope])?;
        transaction.commit()?;
        Ok(())
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<RequestRow> {
    Ok(RequestRow {
        scope: row.get(1)?,
        id: row.get(2)?,
        at_ms: row.get(3)?,
        wall_ms: row.get(4)?,
        provider: row.get(5)?,
        method: row.get(6)?,
        path: row.get(7)?,
        status: row.get(8)?,
        duration_us: row.get(9)?,
        subject: row.get(10)?,
        detail: row.get(11)?,
    })
}
