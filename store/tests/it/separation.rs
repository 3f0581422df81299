//! Scopes do not see one another, however alike their names are.

use crate::making::{at, commit, delivery, entry, job, sandbox, scope};
use crate::state::State;
use kernel::{Clock, Scope};
use store::{Claim, Store};

pub fn scopes_do_not_see_one_another(store: &dyn Store) {
    let a = sandbox("a");
    // Text that begins with another's text, other generations, other sandboxes.
    let scopes = [Scope::of(&a, 1), Scope::of(&a, 10), Scope::of(&a, 2), scope("a-b"), scope("aa"), scope("b")];
    let held = [entry("thing.ref", "R", &[("f", "g")])];
    for (version, scope) in (1..).zip(&scopes) {
        let mine = format!("of {}", scope.as_str());
        commit(scope, version)
            .insert("t", &mine, &held)
            .transfer("x", "y", i64::try_from(version).unwrap())
            .queue_saying(job(5, "j"), &mine)
            .queue_saying(delivery(5, "d"), &mine)
            .events(version, &mine)
            .wake(at(7).ms())
            .stands_on(store);
    }
    let state = |scope: &Scope| State::of(store, std::slice::from_ref(scope)).of_scope(scope);
    let before: Vec<_> = scopes.iter().map(state).collect();
    for (scope, state) in scopes.iter().zip(&before) {
        let mine = format!("of {}", scope.as_str());
        let theirs = scopes.iter().filter(|other| *other != scope);
        assert!(state.contains(&mine), "{state}");
        for other in theirs {
            assert!(!state.contains(&format!("of {}\"", other.as_str())), "{state}");
        }
    }
    // Change all there is in one of them.
    let first = &scopes[0];
    let claim = Claim { scope: first, until: at(9), wall: at(9), lease_until: at(99), owner: "node", limit: 9 };
    assert_eq!(store.claim(&claim).unwrap().len(), 1);
    let change = commit(first, 90).remove("t", 1, &held).transfer("y", "x", 9).done(job(5, "j")).events(5, "more");
    change.stands_on(store);
    store.rewake(first, &Clock::WALL, at(50), None).unwrap();
    commit(first, 91).give_up(first).stands_on(store);
    assert!(!store.sweep(1_000).unwrap());
    for (scope, before) in scopes.iter().zip(&before).skip(1) {
        assert_eq!(state(scope), *before);
    }
    let claim = Claim { scope: &scopes[1], ..claim };
    assert_eq!(store.claim(&claim).unwrap().len(), 1, "their leases are their own");
}
