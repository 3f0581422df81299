//! Other writers, and a database that fails.

use crate::spy::AtCommit;
use crate::toy::{Note, act, note, pay, put, schedule, toy};
use crate::world::{START, World, on_each_backend};
use engine::{Command, Engine, Failure};
use kernel::{Effects, SandboxId};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

on_each_backend!(
    who_loses_against_another_writer_decides_again,
    who_keeps_losing_is_told_to_try_later,
    a_floor_holds_against_another_writer,
    batch_mates_of_a_loser_stand,
    a_failed_commit_fails_its_batch_and_nothing_of_it_is_seen,
    a_failed_load_fails_its_batch,
    a_bug_of_the_backend_costs_its_batch_and_not_the_engine,
);

/// Adds a letter to a note, and counts how often it was decided.
fn add(
    letter: &'static str,
    decided: &Arc<AtomicUsize>,
) -> impl Command<Reply = String, Refusal = &'static str> + use<> {
    let decided = Arc::clone(decided);
    act(move |_, view| {
        let mut fx = Effects::new();
        let before = view.get::<Note>("a")?;
        decided.fetch_add(1, Ordering::SeqCst);
        let text = format!("{}{letter}", before.as_ref().map_or("", |before| before.text.as_str()));
        match before {
            Some(before) => fx.replace(&*before, note("a", &text)),
            None => fx.insert(note("a", &text)),
        }
        Ok((text, fx))
    })
}

fn writes(other: &Engine) -> AtCommit {
    let other = other.clone();
    AtCommit::Before(Box::new(move || {
        other.decide_here(&SandboxId::demo(), add("o", &Arc::default())).unwrap();
    }))
}

async fn who_loses_against_another_writer_decides_again(world: World) {
    let other = world.other_node();
    let decided = Arc::default();
    world.spy.transactions();
    world.spy.at_next_commits([writes(&other), writes(&other), AtCommit::Pass]);
    assert_eq!(world.act(add("x", &decided)).await.unwrap(), "oox");
    assert_eq!(world.spy.transactions().len(), 3);
    assert_eq!(
        other
            .read(&SandboxId::demo(), |_, view| Ok::<_, kernel::Stop<()>>(view.get::<Note>("a")?))
            .unwrap()
            .unwrap()
            .text,
        "oox"
    );
}

async fn who_keeps_losing_is_told_to_try_later(world: World) {
    let other = world.other_node();
    let decided = Arc::<AtomicUsize>::default();
    world.spy.transactions();
    world.spy.at_next_commits((0..50).map(|_| writes(&other)));
    let Err(Failure::Unavailable(_)) = world.act(add("x", &decided)).await else { panic!("not told to try later") };
    let tries = world.spy.transactions().len();
    assert!((2..20).contains(&tries), "{tries} tries");
    assert_eq!(world.note("a").unwrap(), "o".repeat(tries), "nothing of the loser's");
}

async fn a_floor_holds_against_another_writer(world: World) {
    world.act(toy(|_, _| Ok(((), Effects::new())))).await.unwrap();
    let other = world.other_node();
    let spend = || act(|cx, view| pay(cx, view, "purse", "shop", 600));
    world.spy.at_next_commits([AtCommit::Before(Box::new(move || {
        other.decide_here(&SandboxId::demo(), spend()).unwrap();
    }))]);
    assert_eq!(world.act(spend()).await, Err(Failure::Refused("too poor")), "what was there is spent");
    assert_eq!((world.balance("purse"), world.balance("shop")), (400, 600));
}

async fn batch_mates_of_a_loser_stand(world: World) {
    let other = world.other_node();
    world.spy.at_next_commits([AtCommit::Pass, writes(&other)]);
    let touch = |id: &'static str| {
        act(move |_, view| {
            let mut fx = Effects::new();
            match view.get::<Note>(id)? {
                Some(before) => fx.replace(&*before, note(id, &format!("{}!", before.text))),
                None => fx.insert(note(id, id)),
            }
            Ok(((), fx))
        })
    };
    world.act(touch("b")).await.unwrap();
    let answers = world.together(["b", "a", "c"].map(|id| (SandboxId::demo(), touch(id))).into());
    assert_eq!(answers, [Ok(()), Ok(()), Ok(())]);
    assert_eq!(world.spy.transactions(), [3, 1], "only the loser goes again");
    assert_eq!(["a", "b", "c"].map(|id| world.note(id).unwrap()), ["o!", "b!", "c"]);
}

async fn a_failed_commit_fails_its_batch_and_nothing_of_it_is_seen(world: World) {
    world.act(put("z", "before")).await.unwrap();
    let position = world.engine.last_position(&world.scope(), 0).unwrap();
    world.spy.at_next_commits([AtCommit::Fail]);
    let commands = [("a", "one"), ("b", "two"), ("c", "three")].map(|(id, text)| (SandboxId::demo(), put(id, text)));
    for answer in world.together(commands.into()) {
        let Err(Failure::Unavailable(why)) = answer else { panic!("answered: {answer:?}") };
        assert!(why.contains("the disk is full"), "{why}");
    }
    assert_eq!(["a", "b", "c"].map(|id| world.note(id)), [None, None, None]);
    assert_eq!(world.engine.last_position(&world.scope(), 0).unwrap(), position);
    // The next batch decides on what stands, not on what the failed one wanted.
    assert_eq!(world.act(put("d", "one")).await.unwrap(), "one");
    assert_eq!(world.act(put("a", "four")).await.unwrap(), "four");
}

async fn a_failed_load_fails_its_batch(world: World) {
    // The sandbox is known already, so that it is the notes that cannot be loaded.
    world.act(put("z", "zero")).await.unwrap();
    world.spy.fail_loads(true);
    let answers = world.together(vec![(SandboxId::demo(), put("a", "one")), (SandboxId::demo(), put("b", "two"))]);
    for answer in answers {
        assert!(matches!(answer, Err(Failure::Unavailable(_))), "{answer:?}");
    }
    world.spy.fail_loads(false);
    assert_eq!(world.act(put("a", "one")).await.unwrap(), "one");
    assert_eq!(world.note("b"), None);
}

async fn a_bug_of_the_backend_costs_its_batch_and_not_the_engine(world: World) {
    world.spy.at_next_commits([AtCommit::Panic]);
    assert_eq!(world.act(put("a", "one")).await, Err(Failure::Bug));
    assert_eq!(world.act(put("b", "one")).await.unwrap(), "one", "nothing of what was lost is remembered");
    world.act(schedule("ring", "j", START)).await.unwrap();
    world.spy.at_next_commits([AtCommit::Panic]);
    world.engine.step(100).unwrap();
    world.pass(20_000);
    world.engine.step(100).unwrap();
    assert_eq!(world.told("toy.rang").len(), 1, "the job ran when its lease had ended");
}
