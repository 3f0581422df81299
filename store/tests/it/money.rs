//! Balances, floors, and what an inspection says of them.

use crate::making::{RWF, XOF, balance, batch, commit, load, record, scope};
use kernel::Scope;
use store::{Conflict, Store};

fn accounts(store: &dyn Store, scope: &Scope, after: &str, limit: usize) -> Vec<String> {
    let rows = store.balances(scope, after, limit).unwrap();
    rows.into_iter().map(|(account, currency, minor)| format!("{account} {minor} {currency}")).collect()
}

fn below(account: &str) -> Conflict {
    Conflict::Below(account.to_owned())
}

pub fn balances_are_sums_in_order(store: &dyn Store) {
    let a = scope("a");
    commit(&a, 1).transfer("sim.2", "sim.10", 40).transfer("sim.2", "sim.10", 2).stands_on(store);
    commit(&a, 2).transfer("sim.10", "sim.2", 12).post("sim.10", RWF, 1).post("a", RWF, -1).stands_on(store);
    assert_eq!(accounts(store, &a, "", 9), ["a -1 RWF", "sim.10 1 RWF", "sim.10 30 XOF", "sim.2 -30 XOF"]);
    assert_eq!(accounts(store, &a, "a", 1), ["sim.10 1 RWF", "sim.10 30 XOF"]);
    assert_eq!(accounts(store, &a, "sim.10", 9), ["sim.2 -30 XOF"]);
    assert_eq!(accounts(store, &a, "sim.2", 9), [""; 0]);
}

pub fn a_page_of_balances_ends_between_accounts(store: &dyn Store) {
    let a = scope("a");
    commit(&a, 1).transfer("x", "y", 1).post("x", RWF, -2).post("y", RWF, 2).stands_on(store);
    let first = accounts(store, &a, "", 1);
    assert_eq!(first, ["x -2 RWF", "x -1 XOF"], "going on after x would lose its other currency");
    assert_eq!(accounts(store, &a, "x", 1), ["y 2 RWF", "y 1 XOF"]);
    assert_eq!(accounts(store, &a, "", 3).len(), 4);
    assert_eq!(accounts(store, &a, "", 0), [""; 0]);
}

pub fn a_floor_allows_just_its_amount(store: &dyn Store) {
    let a = scope("a");
    commit(&a, 1).transfer("bank", "x", 100).stands_on(store);
    assert_eq!(commit(&a, 2).transfer("x", "shop", 101).floor("x", 0).on(store), Err(below("x")));
    assert_eq!(balance(store, &a, "x"), "balance 100");
    commit(&a, 3).transfer("x", "shop", 100).floor("x", 0).stands_on(store);
    assert_eq!(balance(store, &a, "x"), "balance 0");
    commit(&a, 4).transfer("x", "shop", 10).floor("x", -10).stands_on(store);
    assert_eq!(commit(&a, 5).transfer("x", "shop", 1).floor("x", -10).on(store), Err(below("x")));
}

pub fn floors_count_what_the_batch_moved(store: &dyn Store) {
    let a = scope("a");
    commit(&a, 1).transfer("bank", "x", 100).stands_on(store);
    let spend = |version, minor| commit(&a, version).transfer("x", "shop", minor).floor("x", 0);
    let outcomes = batch(store, vec![spend(2, 60), spend(3, 60), spend(4, 40), spend(5, 1)]);
    assert_eq!(outcomes.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, true, false]);
    assert_eq!(outcomes[1], Err(below("x")));
    let outcomes = batch(store, vec![spend(6, 5), commit(&a, 7).transfer("bank", "x", 5), spend(8, 5)]);
    assert_eq!(outcomes.iter().map(Result::is_ok).collect::<Vec<_>>(), [false, true, true]);
    assert_eq!([balance(store, &a, "x"), balance(store, &a, "shop")], ["balance 0", "balance 105"]);
}

pub fn a_floor_without_postings_looks_at_what_stands(store: &dyn Store) {
    let a = scope("a");
    commit(&a, 1).transfer("bank", "x", 7).stands_on(store);
    commit(&a, 2).floor("x", 7).stands_on(store);
    assert_eq!(commit(&a, 3).floor("x", 8).on(store), Err(below("x")));
    assert_eq!(commit(&a, 4).floor("unknown", 1).on(store), Err(below("unknown")));
    // A debit and a credit of one commit count together.
    commit(&a, 5).transfer("x", "shop", 9).transfer("bank", "x", 3).floor("x", 1).stands_on(store);
}

pub fn a_sum_that_does_not_fit_is_refused_alone(store: &dyn Store) {
    let a = scope("a");
    let outcomes = batch(
        store,
        vec![
            commit(&a, 1).transfer("bank", "x", i64::MAX),
            commit(&a, 2).insert("t", "two", &[]).transfer("shop", "x", 1),
            commit(&a, 3).insert("u", "three", &[]).transfer("x", "shop", 1),
            commit(&a, 4).post("y", XOF, i64::MAX).post("y", XOF, 1),
        ],
    );
    assert_eq!(outcomes[1], Err(Conflict::TooLarge("x".to_owned())));
    assert_eq!(outcomes[3], Err(Conflict::TooLarge("y".to_owned())));
    assert!(outcomes[0].is_ok() && outcomes[2].is_ok());
    assert_eq!(load(store, &[record(&a, "t"), record(&a, "u")]), ["nothing", "v3 three"]);
    assert_eq!(balance(store, &a, "x"), format!("balance {}", i64::MAX - 1));
}

pub fn a_sum_may_leave_its_bounds_on_the_way(store: &dyn Store) {
    let a = scope("a");
    commit(&a, 1).transfer("bank", "x", i64::MAX).stands_on(store);
    let there_and_back = commit(&a, 2).transfer("shop", "x", 9).transfer("x", "shop", 9).floor("x", i64::MAX);
    there_and_back.stands_on(store);
    assert_eq!(balance(store, &a, "x"), format!("balance {}", i64::MAX));
}

pub fn an_inspection_finds_money_that_was_made(store: &dyn Store) {
    let (a, b) = (scope("a"), scope("b"));
    commit(&a, 1).transfer("x", "y", 5).stands_on(store);
    commit(&b, 2).transfer("x", "y", 5).post("x", RWF, -5).post("y", RWF, 5).stands_on(store);
    assert_eq!(store.inspect().unwrap(), Vec::<String>::new());
    commit(&b, 3).post("x", RWF, -3).stands_on(store);
    commit(&a, 4).post("x", RWF, 3).stands_on(store);
    let found = store.inspect().unwrap();
    assert_eq!(found.len(), 2, "{found:?}");
    assert_eq!(found[0], "the balances of sbx_a~1 in RWF sum to 3 and not to zero");
    assert!(found[1].contains("sbx_b~1 in RWF sum to -3"), "{found:?}");
}

pub fn an_inspection_adds_up_large_ledgers(store: &dyn Store) {
    let a = scope("a");
    let most = i64::MAX;
    commit(&a, 1).transfer("y1", "x1", most).transfer("y2", "x2", most).transfer("y3", "x3", most).stands_on(store);
    assert_eq!(store.inspect().unwrap(), Vec::<String>::new());
    commit(&a, 2).post("x4", XOF, most).post("x5", XOF, most).stands_on(store);
    let sum = i128::from(most) * 2;
    assert_eq!(store.inspect().unwrap(), [format!("the balances of sbx_a~1 in XOF sum to {sum} and not to zero")]);
}
