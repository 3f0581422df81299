//! Tests of opening.
#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::seam::Store;

#[test]
fn a_newer_database_is_refused() {
    let mut db = Connection::open_in_memory().unwrap();
    db.execute_batch("PRAGMA user_version = 99").unwrap();
    assert!(migrate(&mut db).unwrap_err().to_string().contains("newer version"));
}

#[test]
fn migrating_twice_changes_nothing() {
    let mut db = Connection::open_in_memory().unwrap();
    migrate(&mut db).unwrap();
    migrate(&mut db).unwrap();
}

#[test]
fn one_process_to_a_database() {
    let folder = std::env::temp_dir().join(format!("playmoney-lock-{}", std::process::id()));
    let path = folder.join("a.db");
    let first = Sqlite::open(&path).unwrap();
    let second = Sqlite::open(&path).unwrap_err();
    assert!(second.to_string().contains("another process"), "{second}");
    assert_eq!(first.inspect().unwrap(), Vec::<String>::new());
    drop(first);
    assert!(Sqlite::open(&path).is_ok());
    std::fs::remove_dir_all(folder).unwrap();
}
