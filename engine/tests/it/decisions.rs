//! Decide and commit: one decision, a batch of them, and those that go wrong by themselves.

use crate::toy::{Note, XOF, act, note, pay, put, sandbox, told, toy};
use crate::world::{World, on_each_backend};
use engine::Failure;
use kernel::{Effects, SandboxId, Stop, Transfer, Want};
use serde_json::json;

on_each_backend!(
    a_decision_is_committed_and_answered,
    a_refusal_leaves_nothing,
    an_answer_without_effects_writes_nothing,
    a_sandbox_that_is_not_there,
    a_batch_loads_in_one_trip_per_round,
    a_later_decision_sees_what_earlier_ones_want,
    a_panic_costs_its_decision_alone,
    broken_effects_are_a_bug_and_nothing_is_written,
    a_decision_that_never_has_enough_is_a_bug,
);

async fn a_decision_is_committed_and_answered(world: World) {
    assert_eq!(world.act(put("a", "one")).await.unwrap(), "one");
    assert_eq!(world.note("a").as_deref(), Some("one"));
    assert_eq!(world.told("toy.noted"), [("subject".to_owned(), 0)]);
}

async fn a_refusal_leaves_nothing(world: World) {
    world.act(put("a", "one")).await.unwrap();
    let events = world.events_in(&SandboxId::demo()).len();
    assert_eq!(world.act(put("a", "two")).await, Err(Failure::Refused("taken")));
    assert_eq!(world.act(put("b", "one")).await, Err(Failure::Refused("said before")));
    assert_eq!((world.note("a").as_deref(), world.note("b")), (Some("one"), None));
    assert_eq!(world.events_in(&SandboxId::demo()).len(), events);
}

async fn an_answer_without_effects_writes_nothing(world: World) {
    world.act(put("a", "one")).await.unwrap();
    let written = world.engine.store().written();
    assert_eq!(world.act(put("a", "one")).await.unwrap(), "one");
    assert_eq!(world.engine.store().written(), written);
}

async fn a_sandbox_that_is_not_there(world: World) {
    assert_eq!(world.engine.decide(&sandbox("nobody"), put("a", "one")).await, Err(Failure::NoSandbox));
}

async fn a_batch_loads_in_one_trip_per_round(world: World) {
    // Each decision needs two rounds: a note by id, then the text that it would take.
    let commands = [("a", "one"), ("b", "two"), ("c", "three"), ("d", "four"), ("e", "five")];
    let commands = commands.map(|(id, text)| (SandboxId::demo(), put(id, text)));
    let answers = world.together(commands.into());
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(world.spy.loads(), 2, "two rounds for all five, the sandbox being known");
    assert_eq!(world.spy.transactions(), [5]);

    // What is asked for ahead comes in one.
    let wants = act(|_, view| {
        view.want(&[Want::Record("toy.note", "x"), Want::Unique("toy.text", "x"), Want::Balance("x", XOF)])?;
        let there = view.get::<Note>("x")?.is_some() || view.unique("toy.text", "x")?.is_some();
        Ok((there, Effects::new()))
    });
    assert_eq!(world.together(vec![(SandboxId::demo(), wants)]), [Ok(false)]);
    assert_eq!(world.spy.loads(), 1);
}

async fn a_later_decision_sees_what_earlier_ones_want(world: World) {
    let demo = SandboxId::demo;
    world.act(toy(|_, _| Ok(((), Effects::new())))).await.unwrap();
    let append = |text: &'static str| {
        act(move |_, view| {
            let mut fx = Effects::new();
            let said = match view.get::<Note>("a")? {
                Some(before) => {
                    let after = format!("{}{text}", before.text);
                    fx.replace(&*before, note("a", &after));
                    after
                }
                None => {
                    fx.insert(note("a", text));
                    text.to_owned()
                }
            };
            Ok((said, fx))
        })
    };
    let said = world.together(["x", "y", "z"].map(|text| (demo(), append(text))).into());
    assert_eq!(said, ["x", "xy", "xyz"].map(|text| Ok(text.to_owned())));
    assert_eq!(world.spy.transactions(), [3]);
    assert_eq!(world.note("a").as_deref(), Some("xyz"));

    // Money too, also where only one of them looks at the balance.
    let paid = [300, 300, 300, 300].map(|minor| (demo(), act(move |cx, view| pay(cx, view, "purse", "shop", minor))));
    let left = world.together(paid.into());
    assert_eq!(left, [Ok(700), Ok(400), Ok(100), Err(Failure::Refused("too poor"))]);
    assert_eq!((world.balance("purse"), world.balance("shop")), (100, 900));

    // An index entry that one gives up, another takes.
    let rename = |id: &'static str, text: &'static str| {
        act(move |_, view| {
            let mut fx = Effects::new();
            match (view.get::<Note>(id)?, view.unique("toy.text", text)?) {
                (_, Some(_)) => return Err(Stop::Refused("said before")),
                (Some(before), None) => fx.replace(&*before, note(id, text)),
                (None, None) => fx.insert(note(id, text)),
            }
            Ok(((), fx))
        })
    };
    let done =
        world.together(vec![(demo(), rename("a", "new")), (demo(), rename("b", "xyz")), (demo(), rename("c", "new"))]);
    assert_eq!(done, [Ok(()), Ok(()), Err(Failure::Refused("said before"))]);
    assert_eq!((world.note("a").as_deref(), world.note("b").as_deref()), (Some("new"), Some("xyz")));
}

async fn a_panic_costs_its_decision_alone(world: World) {
    let write_or_panic = |id: &'static str| {
        act(move |cx, _| {
            assert_ne!(id, "b", "a decision that panics, as this test wants");
            let mut fx = Effects::new();
            fx.insert(note(id, id));
            fx.tell(told("toy.noted", cx, json!({})));
            Ok(((), fx))
        })
    };
    let answers = world.together(["a", "b", "c"].map(|id| (SandboxId::demo(), write_or_panic(id))).into());
    assert_eq!(answers, [Ok(()), Err(Failure::Bug), Ok(())]);
    assert_eq!(world.spy.transactions(), [2]);
    let there = ["a", "b", "c"].map(|id| world.note(id).is_some());
    assert_eq!(there, [true, false, true]);
}

async fn broken_effects_are_a_bug_and_nothing_is_written(world: World) {
    world.act(put("a", "one")).await.unwrap();
    let written = world.engine.store().written();
    let unbalanced = act(|cx, _| {
        let mut fx = Effects::new();
        fx.insert(note("b", "b"));
        fx.post(Transfer::new("toy", "x").line("purse", -5, XOF).line("shop", 4, XOF));
        fx.tell(told("toy.paid", cx, json!({})));
        Ok(((), fx))
    });
    let silent = act(|_, _| {
        let mut fx = Effects::new();
        fx.post(Transfer::new("toy", "x").line("purse", -5, XOF).line("shop", 5, XOF));
        Ok(((), fx))
    });
    let unread = act(|_, _| {
        let mut fx = Effects::new();
        fx.replace(&note("a", "one"), note("a", "blind"));
        Ok(((), fx))
    });
    let unguarded = act(|cx, view| {
        let _relied_on = view.balance("purse", XOF)?;
        let mut fx = Effects::new();
        fx.post(Transfer::new("toy", "x").line("purse", -5, XOF).line("shop", 5, XOF));
        fx.tell(told("toy.paid", cx, json!({})));
        Ok(((), fx))
    });
    assert_eq!(world.act(unbalanced).await, Err(Failure::Bug));
    assert_eq!(world.act(silent).await, Err(Failure::Bug));
    assert_eq!(world.act(unread).await, Err(Failure::Bug));
    assert_eq!(world.act(unguarded).await, Err(Failure::Bug));
    assert_eq!(world.engine.store().written(), written);
    assert_eq!(world.note("a").as_deref(), Some("one"));
}

async fn a_decision_that_never_has_enough_is_a_bug(world: World) {
    let endless = act(|_, view| {
        let mut depth = 0;
        loop {
            view.get::<Note>(&format!("deeper.{depth}"))?;
            depth += 1;
            if depth > 1_000 {
                return Ok(((), Effects::new()));
            }
        }
    });
    assert_eq!(world.act(endless).await, Err(Failure::Bug));
    let deep = act(|_, view| {
        for depth in 0..20 {
            view.get::<Note>(&format!("deep.{depth}"))?;
        }
        Ok(((), Effects::new()))
    });
    assert_eq!(world.act(deep).await, Ok(()), "twenty rounds are enough for anybody");
}
