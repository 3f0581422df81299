//! Transaction ids. That of a collection follows from its reference, so that the record itself is what makes a reference
//! unique: a create writes no index row for it, and finding a reference is reading a record.
//!
//! Eight letters or digits are drawn by sandbox and reference. Where another reference drew the same ones, the next eight
//! of the draw are tried, when the reference is used first and whenever it is looked for. A reset makes other ids, save in
//! a repeatable sandbox.

use std::sync::Arc;

use kernel::{Chance, Cx, Draw, Need, View};

use crate::model::Transaction;

/// The ids that a reference could have, in the order in which they are tried.
fn candidates(cx: &Cx, reference: &str) -> Draw {
    let sandbox = &cx.sandbox;
    let world = match sandbox.seed {
        Some(seed) => format!("seed {seed}"),
        None => format!("generation {}", sandbox.generation),
    };
    let parts = [b"sandpay.tx_id", sandbox.id.as_str().as_bytes(), world.as_bytes(), reference.as_bytes()];
    Chance::keyed(&parts).draw("tx_id")
}

fn next(draw: &mut Draw) -> String {
    format!("TX_{}", draw.upper_alphanumeric(8))
}

/// The id that a reference most likely has: to be loaded ahead.
#[must_use]
pub fn first_of(cx: &Cx, reference: &str) -> String {
    next(&mut candidates(cx, reference))
}

/// The id of a reference, and the transaction that holds it, if there is one.
///
/// # Errors
/// Keys to load first.
pub fn of_reference(cx: &Cx, view: &View<'_>, reference: &str) -> Result<(String, Option<Arc<Transaction>>), Need> {
    let mut draw = candidates(cx, reference);
    loop {
        let id = next(&mut draw);
        match view.get::<Transaction>(&id)? {
            None => return Ok((id, None)),
            Some(tx) if tx.reference == reference && !tx.is_duplicate => return Ok((id, Some(tx))),
            Some(_) => {}
        }
    }
}

/// An id for a transaction that does not hold its reference (contract 9.2, rule 2).
///
/// # Errors
/// Keys to load first.
pub fn of_duplicate(cx: &Cx, view: &View<'_>) -> Result<String, Need> {
    let mut draw = cx.chance.draw("tx_id");
    loop {
        let id = next(&mut draw);
        if view.get::<Transaction>(&id)?.is_none() {
            return Ok(id);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use kernel::{Clock, Fixtures, Found, Instant, Key, Known, Latency, Record, Sandbox, SandboxId, Stored};
    use serde_json::json;
    use std::collections::HashMap;

    struct World(HashMap<Key, Found>);

    impl Known for World {
        fn known(&self, key: &Key) -> Option<Found> {
            Some(self.0.get(key).cloned().unwrap_or(Found::Absent))
        }
    }

    fn cx(seed: Option<i64>, generation: u32) -> Cx {
        let sandbox = Sandbox {
            id: SandboxId::demo(),
            name: None,
            generation,
            seed,
            credential_salt: None,
            clock: Clock::WALL,
            first_clock: Clock::WALL,
            latency: Latency::INSTANT,
            egress: None,
            fixtures: Fixtures::Empty,
            made: Vec::new(),
            assumptions: std::collections::BTreeMap::new(),
            faults: Vec::new(),
            commands: 0,
            created_at: Instant::from_ms(0),
            expires_at: None,
        };
        let (now, chance) = (Instant::from_ms(0), Chance::keyed(&[b"test"]));
        Cx { now, wall: now, chance, sandbox: Arc::new(sandbox) }
    }

    fn put(world: &mut World, cx: &Cx, id: &str, reference: &str, is_duplicate: bool) {
        let body = json!({
            "id": id, "kind": "collection", "operator": "mtn", "country": "CI", "application": "demo-store", "amount": 1,
            "currency": "XOF", "msisdn": "+2250500000111", "reference": reference, "status": "SUCCESS",
            "latency_ms": 1, "created_at": 0, "is_duplicate": is_duplicate,
        });
        let stored = Stored::new(1, serde_json::to_vec(&body).unwrap());
        let key = Key::Record(cx.sandbox.scope(), Transaction::KIND, id.to_owned());
        world.0.insert(key, Found::Record(stored));
    }

    fn found(world: &World, cx: &Cx, reference: &str) -> (String, Option<String>) {
        let view = View::new(cx.sandbox.scope(), world);
        let (id, holder) = of_reference(cx, &view, reference).unwrap();
        (id, holder.map(|tx| tx.id.clone()))
    }

    #[test]
    fn a_reference_whose_id_another_drew_takes_the_next_and_is_found_there() {
        let (cx, mut world) = (cx(None, 1), World(HashMap::new()));
        let first = first_of(&cx, "mine");
        assert_eq!(found(&world, &cx, "mine"), (first.clone(), None));
        // Another reference, and then one that does not hold its own, stand where "mine" looks first.
        put(&mut world, &cx, &first, "another", false);
        let (second, holder) = found(&world, &cx, "mine");
        assert!(second != first && holder.is_none());
        put(&mut world, &cx, &second, "mine", true);
        let (third, holder) = found(&world, &cx, "mine");
        assert!(third != first && third != second && holder.is_none(), "a duplicate does not hold its reference");
        put(&mut world, &cx, &third, "mine", false);
        assert_eq!(found(&world, &cx, "mine"), (third.clone(), Some(third)));
    }

    #[test]
    fn a_reset_makes_other_ids_save_in_a_repeatable_sandbox() {
        assert_ne!(first_of(&cx(None, 1), "r"), first_of(&cx(None, 2), "r"));
        assert_eq!(first_of(&cx(Some(7), 1), "r"), first_of(&cx(Some(7), 2), "r"));
        assert_ne!(first_of(&cx(Some(7), 1), "r"), first_of(&cx(Some(8), 1), "r"));
    }
}
