//! The simulation itself: seeds come out well and twice the same, and observers see a store that is broken.
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

use sim::{Sabotage, run};

const STEPS: u64 = 120;

#[test]
fn seeds_come_out_well() {
    for seed in 1..=8 {
        let outcome = run(seed, STEPS, None, false).unwrap_or_else(|violation| panic!("{violation}"));
        assert!(outcome.payments > 0 && outcome.operations > STEPS, "{outcome:?}");
    }
}

#[test]
fn a_seed_comes_out_the_same_again() {
    let (first, second) = (run(9, STEPS, None, true).unwrap(), run(9, STEPS, None, true).unwrap());
    assert!(first.dump.len() > 10_000);
    assert_eq!(first, second);
    assert_ne!(first.dump, run(10, STEPS, None, true).unwrap().dump);
}

#[test]
fn all_that_can_happen_happens() {
    let mut sum = sim::Outcome::default();
    for seed in 20..40 {
        let outcome = run(seed, STEPS, None, false).unwrap_or_else(|violation| panic!("{violation}"));
        sum.payments += outcome.payments;
        sum.refused += outcome.refused;
        sum.settled += outcome.settled;
        sum.attempts += outcome.attempts;
        sum.crashes += outcome.crashes;
        sum.excused += outcome.excused;
    }
    assert!(sum.payments > 500 && sum.refused > 20 && sum.settled > 50 && sum.attempts > 500, "{sum:?}");
    assert!(sum.crashes > 10 && sum.excused > 10, "{sum:?}");
}

/// Runs a broken store until somebody notices, and says what they said. Not every seed comes to what is broken.
fn noticed(sabotage: Sabotage) -> String {
    let mut fine = 0;
    for seed in 1..=12 {
        match run(seed, STEPS, Some(sabotage), false) {
            Ok(_) => fine += 1,
            Err(violation) => return violation.what,
        }
    }
    panic!("nobody noticed that the store {sabotage:?} in {fine} runs");
}

#[track_caller]
fn seen(sabotage: Sabotage, expected: &str) {
    let what = noticed(sabotage);
    assert!(what.contains(expected), "{sabotage:?}: {what}");
}

#[test]
fn a_lost_commit_is_seen() {
    seen(Sabotage::LosesACommit, "is not there");
}

#[test]
fn a_posting_applied_twice_is_seen() {
    seen(Sabotage::PostsTwice, "its postings sum to");
}

#[test]
fn half_of_a_transfer_is_seen() {
    seen(Sabotage::PostsHalf, "its postings sum to");
}

#[test]
fn lost_rows_of_the_queue_are_seen() {
    seen(Sabotage::LosesQueueRows, "is not in the queue");
}

#[test]
fn a_lost_delivery_is_seen() {
    seen(Sabotage::LosesADelivery, "its deliveries go to");
}

#[test]
fn a_gap_in_the_positions_is_seen() {
    seen(Sabotage::SkipsAPosition, "positions");
}

#[test]
fn lost_events_are_seen() {
    seen(Sabotage::LosesEvents, "its events are");
}

#[test]
fn a_payment_in_another_sandbox_is_seen() {
    seen(Sabotage::LeaksAWrite, "TX_");
}

#[test]
fn work_that_is_never_over_is_seen() {
    seen(Sabotage::KeepsWhatIsDone, "belongs to nothing");
}

#[test]
fn forgotten_wakes_are_seen() {
    seen(Sabotage::ForgetsWakes, "the wake is");
}

#[test]
fn another_end_than_was_answered_is_seen() {
    seen(Sabotage::ChangesAnEnd, "TX_");
}
