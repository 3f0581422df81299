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
