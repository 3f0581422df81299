//! What SQLite promises beyond the contract: a file outlives the process, and a failure of the database fails its whole
//! batch and nothing after it.

use crate::backends::Folder;
use crate::making::{
    Making, at, balance, batch, commit, delivery, entry, ids, job, load, queue_ids, record, sandbox, scope, unique,
};
use crate::state::State;
use kernel::{Clock, Key, QueueKey, Seen};
use rusqlite::Connection;
use store::{Claim, Conflict, Receipt, Sqlite, Store};

fn claim(store: &dyn Store, wall: i64) -> Vec<String> {
    let (wall, lease_until) = (at(wall), at(wall + 1_000));
    let claim = Claim { scope: &scope("a"), until: at(9), wall, lease_until, owner: "node", limit: 9 };
    ids(&store.claim(&claim).unwrap())
}

#[test]
fn a_file_keeps_everything_and_voids_leases() {
    let folder = Folder::new();
    let (a, b) = (scope("a"), scope("b"));
    let scopes = [a.clone(), b.clone()];
    let held = [entry("thing.ref", "R-1", &[("f", "g")])];
    let before = {
        let store = Sqlite::open(&folder.file()).unwrap();
        let first = commit(&a, 1).insert("t", "one", &held).transfer("x", "y", 5).queue(delivery(5, "d")).hold(5_000);
        first.events(2, "first").name("key.a").wake(50).stands_on(&store);
        commit(&a, 2).queue(delivery(6, "e")).stands_on(&store);
        commit(&b, 3).insert("t", "gone", &held).give_up(&b).stands_on(&store);
        assert_eq!(claim(&store, 0), ["e"]);
        assert_eq!(claim(&store, 1), [""; 0]);
        State::of(&store, &scopes)
    };
    let store = Sqlite::open(&folder.file()).unwrap();
    assert_eq!(State::of(&store, &scopes), before);
    assert_eq!(claim(&store, 1), ["d", "e"]);
    let next = commit(&a, 4).replace("t", 1, "two", [&held, &held]).transfer("x", "y", 2).events(1, "second");
    assert_eq!(next.stands_on(&store), Receipt { last: Some(3) });
    assert_eq!(balance(&store, &a, "y"), "balance 7");
    assert!(!store.sweep(100).unwrap(), "what was given up before is swept");
    assert_eq!(load(&store, &[record(&b, "t")]), ["nothing"]);
}

#[test]
fn two_files_of_one_process_are_two_stores() {
    let (one, two) = (Folder::new(), Folder::new());
    let stores = [Sqlite::open(&one.file()).unwrap(), Sqlite::open(&two.path().join("deeper/in.db")).unwrap()];
    for (store, body) in stores.iter().zip(["one", "two"]) {
        commit(&scope("a"), 1).insert("t", body, &[]).stands_on(store);
    }
    let bodies = stores.each_ref().map(|store| load(store, &[record(&scope("a"), "t")]).remove(0));
    assert_eq!(bodies, ["v1 one", "v1 two"]);
}

#[test]
fn every_thread_reads_what_was_committed() {
    let folder = Folder::new();
    let store = Sqlite::open(&folder.file()).unwrap();
    let key = [record(&scope("a"), "t")];
    let elsewhere = || std::thread::scope(|threads| threads.spawn(|| load(&store, &key)).join().unwrap());
    assert_eq!(elsewhere(), ["nothing"]);
    commit(&scope("a"), 1).insert("t", "one", &[]).stands_on(&store);
    assert_eq!(elsewhere(), ["v1 one"]);
}

/// A store with some state, and a second connection that makes rows with `boom` in them fail.
fn explosive(table: &str, column: &str, how: &str) -> (Folder, Sqlite) {
    let folder = Folder::new();
    let store = Sqlite::open(&folder.file()).unwrap();
    let a = scope("a");
    let makings = vec![
        commit(&a, 1).insert("t", "one", &[entry("thing.ref", "R-1", &[])]).transfer("bank", "x", 100).events(2, "[]"),
        commit(&a, 2).queue(job(5, "j")).queue(delivery(6, "d")).name("key.a").wake(70),
    ];
    batch(&store, makings);
    // Makes the store keep in memory all that it does.
    commit(&a, 3).read(record(&a, "t"), Seen::Version(1)).floor("x", 100).stands_on(&store);
    store.rewake(&a, &Clock::Frozen { at: at(0) }, at(0), Some(at(60))).unwrap();
    let trigger = format!(
        "CREATE TRIGGER boom BEFORE INSERT ON {table} WHEN NEW.{column} LIKE '%boom%'
         BEGIN SELECT RAISE({how}, 'boom'); END"
    );
    Connection::open(folder.file()).unwrap().execute_batch(&trigger).unwrap();
    (folder, store)
}

/// Changes of all kinds, from the state that `explosive` makes.
fn changes(version: u64) -> Making {
    let a = scope("a");
    let held = [entry("thing.ref", "R-1", &[])];
    let making = commit(&a, version).replace("t", 1, "two", [&held, &[]]).insert("u", "new", &held);
    let making = making.transfer("x", "shop", 30).floor("x", 0).queue(delivery(7, "e")).hold(5_000);
    making.done(job(5, "j")).events(3, "[]").release("key.a").name("key.b").wake(40)
}

fn fails_and_recovers(store: &Sqlite, boom: Making) {
    let a = scope("a");
    let before = State::of(store, std::slice::from_ref(&a));
    let written = store.written();
    let failed = store.commit(&[changes(10).0, boom.0]);
    assert!(failed.as_ref().is_err_and(|error| error.to_string().contains("boom")), "{failed:?}");
    assert_eq!(State::of(store, std::slice::from_ref(&a)), before);
    assert_eq!(store.written(), written);
    assert_eq!(store.inspect().unwrap(), Vec::<String>::new());

    // The same again, without what failed: versions, balances, positions, names, wakes and leases are what they were.
    let outcomes = batch(store, vec![changes(12), commit(&a, 13).floor("x", 71), commit(&a, 14).events(1, "[]")]);
    assert_eq!(outcomes[0], Ok(Receipt { last: Some(5) }));
    assert_eq!(outcomes[1], Err(Conflict::Below("x".to_owned())));
    assert_eq!(outcomes[2], Ok(Receipt { last: Some(6) }));
    assert_eq!([balance(store, &a, "x"), balance(store, &a, "shop")], ["balance 70", "balance 30"]);
    let keys = [record(&a, "t"), unique(&a, "thing.ref", "R-1"), Key::Name("key.b".to_owned())];
    assert_eq!(load(store, &keys), ["v12 two", "to u", "of sbx_a"]);
    assert_eq!(store.wakes(at(99), 9).unwrap(), [(a.clone(), at(40))]);
    assert_eq!(store.inspect().unwrap(), Vec::<String>::new());
    assert_eq!(claim(store, 0), ["d"]);
}

#[test]
fn a_failing_record_fails_its_whole_batch() {
    for how in ["ABORT", "FAIL", "ROLLBACK"] {
        let (_folder, store) = explosive("records", "id", how);
        fails_and_recovers(&store, commit(&scope("a"), 11).transfer("x", "y", 1).insert("boom", "x", &[]));
    }
}

#[test]
fn a_failing_balance_fails_its_whole_batch() {
    let (_folder, store) = explosive("balances", "account", "ABORT");
    fails_and_recovers(&store, commit(&scope("a"), 11).transfer("x", "boom", 1).events(9, "[]"));
}

#[test]
fn a_failing_wake_fails_its_whole_batch() {
    let (_folder, store) = explosive("wakes", "scope", "ABORT");
    fails_and_recovers(&store, commit(&scope("boom"), 11).wake(5));
}

#[test]
fn a_failing_journal_fails_its_whole_batch() {
    let (_folder, store) = explosive("journal", "body", "ABORT");
    fails_and_recovers(&store, commit(&scope("a"), 11).events(9, "boom"));
}

#[test]
fn a_failed_batch_holds_no_delivery() {
    let (_folder, store) = explosive("records", "id", "ABORT");
    let a = scope("a");
    commit(&a, 10).done(job(5, "j")).stands_on(&store);
    let handed_over = commit(&a, 11).queue(delivery(6, "d")).queue(delivery(7, "e")).hold(5_000);
    assert!(store.commit(&[handed_over.0, commit(&a, 12).insert("boom", "x", &[]).0]).is_err());
    assert_eq!(claim(&store, 0), ["d"]);
    commit(&a, 13).queue(delivery(7, "e")).stands_on(&store);
    assert_eq!(claim(&store, 1), ["e"]);
}

#[test]
fn a_writer_from_outside_cannot_make_an_index_lie() {
    // A key in the form of the record's own ones is not looked for; should it stand there all the same, the batch fails.
    let (folder, store) = explosive("records", "id", "ABORT");
    let insert = "INSERT INTO entries VALUES ('sbx_a~1', 'thing.by_time', '000000000000005.v', 'other', NULL)";
    Connection::open(folder.file()).unwrap().execute_batch(insert).unwrap();
    let a = scope("a");
    let inserts = commit(&a, 10).insert("v", "x", &[entry("thing.by_time", "000000000000005.v", &[])]);
    assert!(store.commit(&[inserts.0]).is_err());
    let keys = [unique(&a, "thing.by_time", "000000000000005.v"), record(&a, "v")];
    assert_eq!(load(&store, &keys), ["to other", "nothing"]);
}

#[test]
fn a_read_that_fails_says_so() {
    let folder = Folder::new();
    let store = Sqlite::open(&folder.file()).unwrap();
    Connection::open(folder.file()).unwrap().execute_batch("DROP TABLE records; DROP TABLE queue").unwrap();
    assert!(store.load(&[record(&scope("a"), "t")]).is_err());
    assert!(store.queue(&scope("a"), at(5), 9).is_err());
    assert!(store.rewake(&scope("a"), &Clock::WALL, at(5), None).is_err());
    let key = QueueKey { id: "x".to_owned(), ..job(5, "j") };
    assert!(store.commit(&[commit(&scope("a"), 1).done(key).0]).is_err());
}

#[test]
fn an_inspection_of_a_file_finds_money_that_was_lost() {
    let (folder, store) = explosive("records", "id", "ABORT");
    let robbery = "UPDATE balances SET minor = minor - 1 WHERE account = 'x'";
    Connection::open(folder.file()).unwrap().execute_batch(robbery).unwrap();
    assert_eq!(store.inspect().unwrap(), ["the balances of sbx_a~1 in XOF sum to -1 and not to zero"]);
}

#[test]
fn sweeping_keeps_what_is_known_of_others() {
    let folder = Folder::new();
    let store = Sqlite::open(&folder.file()).unwrap();
    let (a, b) = (scope("a"), scope("b"));
    commit(&a, 1).insert("t", "one", &[]).transfer("bank", "x", 5).events(1, "[]").stands_on(&store);
    commit(&b, 2).insert("t", "one", &[]).transfer("bank", "x", 5).events(1, "[]").queue(job(5, "j")).stands_on(&store);
    commit(&a, 3).read(record(&b, "t"), Seen::Version(2)).give_up(&b).stands_on(&store);
    assert!(!store.sweep(100).unwrap());
    let gone = commit(&a, 4).read(record(&b, "t"), Seen::Version(2)).on(&store);
    assert_eq!(gone, Err(Conflict::Changed(record(&b, "t"))), "what was swept is not remembered");
    assert_eq!(queue_ids(&store, &b), [""; 0]);
    assert_eq!(commit(&a, 5).floor("x", 5).events(1, "[]").stands_on(&store).last, Some(2));
    assert_eq!(store.names("", "", 9).unwrap(), [], "{}", sandbox("a"));
}
