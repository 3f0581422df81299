//! What time does: jobs, in the order of (due, id), each at its own instant.

use crate::toy::{Note, act, job, schedule};
use crate::world::{START, World, on_each_backend};
use kernel::{Effects, SandboxId};

on_each_backend!(
    jobs_run_in_order_each_at_its_instant,
    a_frozen_clock_runs_what_is_due_and_no_more,
    a_job_that_sets_another,
    a_job_that_panics_is_taken_out_and_told,
    a_job_of_nobody_is_taken_out_and_told,
    a_job_that_could_not_be_committed_runs_later,
    an_unscheduled_job_does_not_run,
    jobs_of_a_seeded_sandbox_draw_by_their_names,
);

async fn jobs_run_in_order_each_at_its_instant(world: World) {
    for (id, due) in [("d", 200), ("b", 100), ("a", 200), ("c", 100), ("e", 50)] {
        world.act(schedule("ring", id, START.plus_ms(due))).await.unwrap();
    }
    world.set_clock(1_000).await;
    world.engine.step(100).unwrap();
    let rang = [("e", 50), ("b", 100), ("c", 100), ("a", 200), ("d", 200)].map(|(id, at)| (id.to_owned(), at));
    assert_eq!(world.told("toy.rang"), rang);
    assert_eq!(world.told("job.ran").len(), 5);

    // Those of one instant see each other's effects.
    for id in ["z", "x", "y"] {
        world.act(schedule("count", id, START.plus_ms(1_000))).await.unwrap();
    }
    world.engine.step(100).unwrap();
    assert_eq!(world.note("count").as_deref(), Some("xyz"));
}

async fn a_frozen_clock_runs_what_is_due_and_no_more(world: World) {
    for (id, due) in [("before", -1), ("now", 0), ("after", 1)] {
        world.act(schedule("ring", id, START.plus_ms(due))).await.unwrap();
    }
    world.pass(3_600_000);
    let stepped = world.engine.step(100).unwrap();
    assert_eq!(world.told("toy.rang"), [("before".to_owned(), -1), ("now".to_owned(), 0)]);
    assert_eq!(stepped.next, None, "a frozen clock never comes to what is after it");
    world.set_clock(1).await;
    world.engine.step(100).unwrap();
    assert_eq!(world.told("toy.rang").len(), 3);
}

async fn a_job_that_sets_another(world: World) {
    world.act(schedule("chain", "a", START)).await.unwrap();
    world.set_clock(10).await;
    world.engine.step(100).unwrap();
    assert_eq!(world.told("toy.rang"), [("a".to_owned(), 0), ("a.next".to_owned(), 10)], "both in one step");
}

async fn a_job_that_panics_is_taken_out_and_told(world: World) {
    world.act(schedule("ring", "a", START)).await.unwrap();
    world.act(schedule("boom", "b", START)).await.unwrap();
    world.act(schedule("ring", "c", START)).await.unwrap();
    world.engine.step(100).unwrap();
    assert_eq!(world.told("toy.rang"), [("a".to_owned(), 0), ("c".to_owned(), 0)]);
    assert_eq!(world.told("job.failed").len(), 1);
    assert!(world.engine.store().queue(&world.scope(), START, 10).unwrap().is_empty());
    assert_eq!(world.engine.step(100).unwrap().next, None);
}

async fn a_job_of_nobody_is_taken_out_and_told(world: World) {
    let orphan = act(|_, _| {
        let mut fx = Effects::new();
        fx.schedule(kernel::Job { provider: "nobody".to_owned(), ..job("ring", "orphan", START) });
        Ok(((), fx))
    });
    world.act(orphan).await.unwrap();
    world.engine.step(100).unwrap();
    assert_eq!(world.told("job.failed").len(), 1);
    assert!(world.engine.store().queue(&world.scope(), START, 10).unwrap().is_empty());
}

async fn a_job_that_could_not_be_committed_runs_later(world: World) {
    world.act(schedule("ring", "a", START)).await.unwrap();
    world.spy.at_next_commits([crate::spy::AtCommit::Fail]);
    let next = world.engine.step(100).unwrap().next.unwrap();
    assert!(world.told("toy.rang").is_empty());
    assert!(next > world.wall_now(), "it waits for its lease to end");
    world.pass(next.since_ms(world.wall_now()));
    world.engine.step(100).unwrap();
    assert_eq!(world.told("toy.rang"), [("a".to_owned(), 0)]);
}

async fn an_unscheduled_job_does_not_run(world: World) {
    world.act(schedule("ring", "a", START.plus_ms(10))).await.unwrap();
    let cancel = act(|_, _| {
        let mut fx = Effects::new();
        fx.unschedule(job("ring", "a", START.plus_ms(10)).key());
        Ok(((), fx))
    });
    world.act(cancel).await.unwrap();
    world.set_clock(10).await;
    world.engine.step(100).unwrap();
    assert!(world.told("toy.rang").is_empty());
}

async fn jobs_of_a_seeded_sandbox_draw_by_their_names(world: World) {
    let new = || engine::NewSandbox {
        seed: Some(7),
        clock: Some(kernel::Clock::Frozen { at: START }),
        ..engine::NewSandbox::default()
    };
    let mut drawn = Vec::new();
    for others in [0, 3] {
        let id = world.make_as("seeded", new()).await;
        world.engine.decide(&id, schedule("ring", "a", START)).await.unwrap();
        for _ in 0..others {
            let other = act(|cx, view| {
                let mut fx = Effects::new();
                if view.get::<Note>("no")?.is_none() {
                    fx.tell(crate::toy::told("toy.other", cx, serde_json::Value::Null));
                }
                Ok(((), fx))
            });
            world.engine.decide(&id, other).await.unwrap();
        }
        world.engine.step(100).unwrap();
        let rang = world.events_in(&id).into_iter().find(|seen| seen.event.kind == "toy.rang").unwrap();
        drawn.push(rang.event.data);
        world.engine.delete_sandbox(&id).await.unwrap();
    }
    assert_eq!(drawn[0], drawn[1], "clients' commands do not matter to it");
    assert!(world.engine.sandbox(&SandboxId::demo()).unwrap().is_some());
}
