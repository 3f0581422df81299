-- The base. Every key begins with the scope (a sandbox and its generation), save for the directory and the wakes.

-- Documents. Rows are small: what can be computed is not stored.
CREATE TABLE records (
    scope   TEXT NOT NULL,
    kind    TEXT NOT NULL,
    id      TEXT NOT NULL,
    version INTEGER NOT NULL,
    body    BLOB NOT NULL,
    PRIMARY KEY (scope, kind, id)
) WITHOUT ROWID;

-- Secondary indexes, unique by key. `fields` is what lists filter by: a JSON object, or NULL for none.
CREATE TABLE entries (
    scope  TEXT NOT NULL,
    idx    TEXT NOT NULL,
    key    TEXT NOT NULL,
    id     TEXT NOT NULL,
    fields TEXT,
    PRIMARY KEY (scope, idx, key)
) WITHOUT ROWID;

-- Sums of postings, folded once per batch.
CREATE TABLE balances (
    scope    TEXT NOT NULL,
    account  TEXT NOT NULL,
    currency TEXT NOT NULL,
    minor    INTEGER NOT NULL,
    PRIMARY KEY (scope, account, currency)
) WITHOUT ROWID;

-- Events and transfers, one row a commit, at the position of its last event.
CREATE TABLE journal (
    scope  TEXT NOT NULL,
    last   INTEGER NOT NULL,
    events INTEGER NOT NULL,
    body   BLOB NOT NULL,
    PRIMARY KEY (scope, last)
) WITHOUT ROWID;

-- Work due at virtual times (milliseconds). Class 0 is a job, 1 a delivery.
CREATE TABLE queue (
    scope TEXT NOT NULL,
    due   INTEGER NOT NULL,
    class INTEGER NOT NULL,
    id    TEXT NOT NULL,
    body  TEXT NOT NULL,
    PRIMARY KEY (scope, due, class, id)
) WITHOUT ROWID;

-- The directory: which sandbox a credential, slug or id belongs to.
CREATE TABLE names (
    name    TEXT PRIMARY KEY NOT NULL,
    sandbox TEXT NOT NULL
) WITHOUT ROWID;

-- When a scope needs attention next (wall time, milliseconds).
CREATE TABLE wakes (
    scope TEXT PRIMARY KEY NOT NULL,
    at    INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX wakes_by_time ON wakes (at);

-- Scopes that were given up and are being swept.
CREATE TABLE sweeps (
    scope TEXT PRIMARY KEY NOT NULL
) WITHOUT ROWID;
