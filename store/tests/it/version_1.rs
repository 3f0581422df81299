//! A database written by migration 0001 opens, whatever came after it.
//!
//! `tests/data/v1.db` was written by `write` below: `PLAYMONEY_WRITE_FIXTURE=1 cargo test -p store version_1`. It is never
//! written again once there is a second migration; the next version gets a file of its own.

use crate::backends::Folder;
use crate::making::{RWF, batch, commit, delivery, entry, job, record, sandbox, scope};
use crate::state::State;
use kernel::{Scope, Write};
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use store::{Memory, Receipt, Sqlite, Store};

/// Small enough to be kept with the sources.
const MOST_BYTES: u64 = 64 * 1024;

fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/v1.db")
}

fn scopes() -> [Scope; 3] {
    [scope("a"), scope("b"), Scope::root(&sandbox("a"))]
}

/// Something in every table.
fn fill(store: &dyn Store) {
    let (a, b) = (scope("a"), scope("b"));
    let fields = [entry("thing.by_time", "000000000000005.t", &[("status", "new")]), entry("thing.ref", "é", &[])];
    let mut itself = commit(&a, 1).name("key.a").name("sbx_a");
    let own = crate::making::write("sbx_a", Some("{\"generation\":1}"), &[], &[]);
    itself.0.writes.push(Write { is_new: true, in_root: true, ..own });
    let makings = vec![
        itself,
        commit(&a, u64::MAX - 1).insert("t", "{\"n\":1}", &fields).insert("u", "{}", &[]).transfer("bank", "x", 1_000),
        commit(&a, 3).post("bank", RWF, -7).post("x", RWF, 7).events(2, "{\"events\":[]}").wake(50),
        commit(&a, 4).queue_saying(job(60, "j"), "{\"job\":1}").queue_saying(delivery(50, "d"), "{}").events(1, "{}"),
        commit(&b, 5).insert("t", "{}", &fields).events(1, "{}").transfer("x", "bank", 5),
    ];
    assert!(batch(store, makings).iter().all(Result::is_ok));
    commit(&a, 6).give_up(&b).stands_on(store);
}

/// Writes the fixture: one file, all in it.
fn write(path: &Path) {
    let _older = std::fs::remove_file(path);
    fill(&Sqlite::open(path).unwrap());
    let db = Connection::open(path).unwrap();
    let version: i64 = db.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
    assert_eq!(version, 1, "a later version needs a file of its own");
    db.execute_batch("VACUUM; PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    db.close().unwrap();
    let mut lock = path.as_os_str().to_owned();
    lock.push(".lock");
    std::fs::remove_file(lock).unwrap();
}

#[test]
fn a_database_of_version_1_opens() {
    #[expect(clippy::disallowed_methods, reason = "asks a person's test run to write the file, nothing else")]
    if std::env::var_os("PLAYMONEY_WRITE_FIXTURE").is_some() {
        write(&fixture());
    }
    assert!(std::fs::metadata(fixture()).unwrap().len() < MOST_BYTES);
    let folder = Folder::new();
    std::fs::copy(fixture(), folder.file()).unwrap();
    let (store, expected) = (Sqlite::open(&folder.file()).unwrap(), Memory::new());
    fill(&expected);
    assert_eq!(State::of(&store, &scopes()), State::of(&expected, &scopes()));
    assert_eq!(store.inspect().unwrap(), Vec::<String>::new());
    let next = |store: &dyn Store| {
        let next = commit(&scope("a"), 7).done(job(60, "j")).events(1, "{}").transfer("x", "bank", 1_000).floor("x", 0);
        assert_eq!(next.stands_on(store), Receipt { last: Some(4) });
        assert!(!store.sweep(100).unwrap());
        assert_eq!(crate::making::load(store, &[record(&scope("b"), "t")]), ["nothing"]);
    };
    next(&store);
    next(&expected);
    assert_eq!(State::of(&store, &scopes()), State::of(&expected, &scopes()));
}

#[test]
fn the_generator_writes_one_small_file() {
    let folder = Folder::new();
    write(&folder.file());
    let files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(files, ["playmoney.db"]);
    assert!(std::fs::metadata(folder.file()).unwrap().len() < MOST_BYTES);
}
