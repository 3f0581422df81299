//! `names`: the directory that all sandboxes share.

use crate::making::{batch, commit, scope};
use store::{Conflict, Store};

fn list(store: &dyn Store, prefix: &str, after: &str, limit: usize) -> String {
    let names = store.names(prefix, after, limit).unwrap();
    names.iter().map(|(name, owner)| format!("{name}={owner}")).collect::<Vec<_>>().join(" ")
}

pub fn names_are_listed_in_order(store: &dyn Store) {
    commit(&scope("b"), 1).name("key.2").name("slug.b").stands_on(store);
    commit(&scope("a"), 2).name("key.1").name("key.3").name("key").stands_on(store);
    assert_eq!(list(store, "key.", "", 9), "key.1=sbx_a key.2=sbx_b key.3=sbx_a");
    assert_eq!(list(store, "key.", "", 2), "key.1=sbx_a key.2=sbx_b");
    assert_eq!(list(store, "key.", "key.2", 2), "key.3=sbx_a");
    assert_eq!(list(store, "", "key.2", 9), "key.3=sbx_a slug.b=sbx_b");
    assert_eq!(list(store, "key", "", 1), "key=sbx_a", "a prefix can be a name");
    assert_eq!(list(store, "none", "", 9), "");
}

pub fn a_name_has_one_owner(store: &dyn Store) {
    commit(&scope("a"), 1).name("slug").stands_on(store);
    assert_eq!(commit(&scope("b"), 2).name("slug").on(store), Err(Conflict::Taken("slug".to_owned())));
    commit(&scope("a"), 3).name("slug").stands_on(store);
    let outcomes = batch(store, vec![commit(&scope("b"), 4).name("new"), commit(&scope("a"), 5).name("new")]);
    assert_eq!(outcomes[1], Err(Conflict::Taken("new".to_owned())));
    assert_eq!(list(store, "", "", 9), "new=sbx_b slug=sbx_a");
}

pub fn a_name_given_back_is_free(store: &dyn Store) {
    commit(&scope("a"), 1).name("slug").name("old").stands_on(store);
    commit(&scope("a"), 2).release("slug").release("never").name("new").stands_on(store);
    commit(&scope("b"), 3).name("slug").stands_on(store);
    assert_eq!(list(store, "", "", 9), "new=sbx_a old=sbx_a slug=sbx_b");
}
