//! `sim --seeds N [--seed S] [--steps N] [--doublecheck]`: runs seeds, says what is broken, exits with 1 if anything is.

use sim::{Outcome, Violation, run};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

const USAGE: &str = "usage: sim [--seeds N] [--seed S] [--steps N] [--doublecheck]
  --seeds N       how many seeds (100)
  --seed S        the first seed (1)
  --steps N       operations of a run (150)
  --doublecheck   run each seed twice and compare everything";

struct Asked {
    first: u64,
    seeds: u64,
    steps: u64,
    doublecheck: bool,
}

fn read(arguments: impl Iterator<Item = String>) -> Result<Asked, String> {
    let mut asked = Asked { first: 1, seeds: 0, steps: 150, doublecheck: false };
    let mut is_one = false;
    let mut arguments = arguments.peekable();
    while let Some(word) = arguments.next() {
        let mut number = || -> Result<u64, String> {
            let text = arguments.next().ok_or(format!("{word} needs a number"))?;
            text.parse().map_err(|_| format!("{word} needs a number, not `{text}`"))
        };
        match word.as_str() {
            "--seeds" => asked.seeds = number()?,
            "--seed" => {
                asked.first = number()?;
                is_one = true;
            }
            "--steps" => asked.steps = number()?,
            "--doublecheck" => asked.doublecheck = true,
            _ => return Err(format!("`{word}` is not known\n{USAGE}")),
        }
    }
    if asked.seeds == 0 {
        asked.seeds = if is_one { 1 } else { 100 };
    }
    Ok(asked)
}

/// One seed; with a double check it must come out the same again.
fn one(seed: u64, asked: &Asked) -> Result<Outcome, Violation> {
    let first = run(seed, asked.steps, None, asked.doublecheck)?;
    if asked.doublecheck {
        let second = run(seed, asked.steps, None, true)?;
        if first != second {
            let what = "a second run of the same seed came out differently".to_owned();
            return Err(Violation { seed, step: asked.steps, what, trace: difference(&first.dump, &second.dump) });
        }
    }
    Ok(first)
}

fn difference(first: &str, second: &str) -> Vec<String> {
    let at = first.bytes().zip(second.bytes()).take_while(|(a, b)| a == b).count();
    let around = |text: &str| -> String {
        let bytes = text.as_bytes();
        String::from_utf8_lossy(&bytes[at.saturating_sub(60).min(bytes.len())..(at + 60).min(bytes.len())]).into_owned()
    };
    vec![around(first), around(second)]
}

fn all(asked: &Asked) -> Vec<(u64, Result<Outcome, Violation>)> {
    let next = AtomicU64::new(0);
    let results = Mutex::new(Vec::new());
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= asked.seeds {
                        return;
                    }
                    let seed = asked.first + number;
                    let result = one(seed, asked);
                    results.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push((seed, result));
                }
            });
        }
    });
    let mut results = results.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    results.sort_by_key(|(seed, _)| *seed);
    results
}

fn main() -> ExitCode {
    let asked = match read(std::env::args().skip(1)) {
        Ok(asked) => asked,
        Err(why) => {
            eprintln!("{why}");
            return ExitCode::from(2);
        }
    };
    let (mut sum, mut violations) = (Outcome::default(), 0);
    for (seed, result) in all(&asked) {
        match result {
            Ok(outcome) => {
                sum.operations += outcome.operations;
                sum.payments += outcome.payments;
                sum.refused += outcome.refused;
                sum.settled += outcome.settled;
                sum.attempts += outcome.attempts;
                sum.faults += outcome.faults;
                sum.crashes += outcome.crashes;
                sum.commits += outcome.commits;
                sum.excused += outcome.excused;
            }
            Err(violation) => {
                violations += 1;
                println!("{violation}    again: sim --seed {seed} --steps {}\n", asked.steps);
            }
        }
    }
    println!(
        "{} seeds, {} operations, {} payments, {} refusals, {} prompts answered, {} webhooks sent, {} by fault, {} commits, {} failures, \
         {} crashes, {violations} violations",
        asked.seeds,
        sum.operations,
        sum.payments,
        sum.refused,
        sum.settled,
        sum.attempts,
        sum.faults,
        sum.commits,
        sum.excused,
        sum.crashes
    );
    if violations == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
