//! The same random work on all backends at once: same outcomes, and the same state after each step.
//!
//! The work comes from a seed, so that a failure can be seen again: it names seed and step.

mod generate;
mod known;

use crate::backends::{self, Backend};
use crate::state::State;
use generate::{Step, Work};
use std::collections::BTreeMap;
use store::{Conflict, Receipt, Store};

const STEPS: u32 = 80;

/// What came of one step.
#[derive(Debug, PartialEq, Eq)]
enum Said {
    Outcomes(Vec<Result<Receipt, Conflict>>),
    Text(String),
}

fn run(store: &dyn Store, step: &Step) -> Said {
    Said::Text(match step {
        Step::Commit(batch) => return Said::Outcomes(store.commit(batch).unwrap()),
        Step::Claim { scope, until, wall, limit } => {
            let lease_until = wall.plus_ms(generate::LEASE_MS);
            let claim = store::Claim { scope, until: *until, wall: *wall, lease_until, owner: "node", limit: *limit };
            format!("{:?}", store.claim(&claim).unwrap())
        }
        Step::Rewake { scope, clock, wall, also } => format!("{:?}", store.rewake(scope, clock, *wall, *also).unwrap()),
        Step::Sweep(limit) => format!("{:?}", store.sweep(*limit).unwrap()),
        Step::Scan(scan) => format!("{:?}", store.scan(scan).unwrap()),
        Step::Lists { scope, after, account, limit } => {
            let journal = store.journal(scope, *after, *limit).unwrap();
            let balances = store.balances(scope, account, *limit).unwrap();
            let names = store.names("n", account, *limit).unwrap();
            let wakes = store.wakes(generate::instant(*after), *limit).unwrap();
            let queue = store.queue(scope, generate::instant(*after * 10), *limit).unwrap();
            format!("{journal:?} {balances:?} {names:?} {wakes:?} {queue:?}")
        }
    })
}

/// How often each kind of thing happened: work that refuses nothing would prove nothing.
type Tally = BTreeMap<&'static str, u32>;

fn count(tally: &mut Tally, outcomes: &[Result<Receipt, Conflict>]) {
    for outcome in outcomes {
        let kind = match outcome {
            Ok(_) => "stands",
            Err(Conflict::Changed(_)) => "changed",
            Err(Conflict::Exists(..)) => "exists",
            Err(Conflict::Below(_)) => "below",
            Err(Conflict::TooLarge(_)) => "too large",
            Err(Conflict::Gone(_)) => "gone",
            Err(Conflict::Taken(_)) => "taken",
        };
        *tally.entry(kind).or_default() += 1;
    }
}

/// Sends the work of a seed to all; the first one is the oracle, and the one that the work looks at.
fn compare(seed: u64, backends: &[Backend], tally: &mut Tally) {
    let oracle = backends[0].store();
    let mut work = Work::new(seed);
    for number in 0..STEPS {
        let step = work.next(oracle, number);
        let place = || format!("seed {seed}, step {number}: {step:?}");
        let said = run(oracle, &step);
        for other in &backends[1..] {
            assert_eq!(run(other.store(), &step), said, "{} at {}", other.store().name(), place());
        }
        if let (Step::Commit(batch), Said::Outcomes(outcomes)) = (&step, &said) {
            work.settle(batch, outcomes);
            count(tally, outcomes);
        }
        let expected = State::of(oracle, work.scopes());
        let inspected = oracle.inspect().unwrap();
        for other in &backends[1..] {
            assert_eq!(State::of(other.store(), work.scopes()), expected, "{} at {}", other.store().name(), place());
            assert_eq!(other.store().inspect().unwrap(), inspected, "{} at {}", other.store().name(), place());
        }
    }
}

#[test]
fn memory_and_sqlite_agree() {
    let mut tally = Tally::new();
    for seed in 0..60 {
        compare(seed, &[backends::memory(), backends::sqlite_in_memory()], &mut tally);
    }
    for kind in ["stands", "changed", "exists", "below", "too large", "gone", "taken"] {
        let times = tally.get(kind).copied().unwrap_or(0);
        assert!(times >= 10, "{kind} happened {times} times only: {tally:?}");
    }
}

#[test]
fn memory_and_a_sqlite_file_agree() {
    let mut tally = Tally::new();
    for seed in 1_000..1_006 {
        compare(seed, &[backends::memory(), backends::sqlite_file()], &mut tally);
    }
    assert!(tally["stands"] > 100, "{tally:?}");
}
