//! `queue`: the work of a scope in its order.

use crate::making::{at, batch, commit, delivery, ids, job, queue_ids, scope};
use store::{Conflict, Store};

pub fn rows_are_in_the_order_of_due_class_and_id(store: &dyn Store) {
    let a = scope("a");
    commit(&a, 1)
        .queue(delivery(10, "a"))
        .queue(job(20, "e"))
        .queue(job(10, "c"))
        .queue(job(9, "z"))
        .queue(job(10, "b"))
        .queue(delivery(9, "y"))
        .stands_on(store);
    assert_eq!(queue_ids(store, &a), ["z", "y", "b", "c", "a", "e"]);
    assert_eq!(ids(&store.queue(&a, at(10), 9).unwrap()), ["z", "y", "b", "c", "a"]);
    assert_eq!(ids(&store.queue(&a, at(10), 3).unwrap()), ["z", "y", "b"]);
    assert!(store.queue(&a, at(8), 9).unwrap().is_empty());
    let first = store.queue(&a, at(9), 1).unwrap().remove(0);
    assert_eq!((first.key, first.body.as_str()), (job(9, "z"), "z"));
}

pub fn a_row_set_again_says_the_new_thing(store: &dyn Store) {
    let a = scope("a");
    commit(&a, 1).queue_saying(job(5, "j"), "one").stands_on(store);
    commit(&a, 2).queue_saying(job(5, "j"), "two").stands_on(store);
    let rows = store.queue(&a, at(5), 9).unwrap();
    assert_eq!(rows.iter().map(|row| row.body.as_str()).collect::<Vec<_>>(), ["two"]);
    commit(&a, 3).done(job(5, "j")).queue_saying(job(5, "j"), "three").stands_on(store);
    assert_eq!(store.queue(&a, at(5), 9).unwrap()[0].body, "three", "what is over goes first");
}

pub fn work_that_is_over_must_be_there(store: &dyn Store) {
    let a = scope("a");
    commit(&a, 1).queue(job(5, "j")).queue(delivery(5, "d")).stands_on(store);
    for wrong in [job(6, "j"), job(5, "d"), delivery(5, "j")] {
        assert_eq!(commit(&a, 2).done(wrong.clone()).on(store), Err(Conflict::Gone(wrong)));
    }
    assert_eq!(commit(&scope("b"), 3).done(job(5, "j")).on(store), Err(Conflict::Gone(job(5, "j"))));
    let outcomes = batch(store, vec![commit(&a, 4).done(job(5, "j")), commit(&a, 5).done(job(5, "j"))]);
    assert_eq!(outcomes[1], Err(Conflict::Gone(job(5, "j"))));
    assert_eq!(queue_ids(store, &a), ["d"]);
}
