//! Moving time: at each instant the jobs run and the deliveries settle before it moves on.

use crate::courier::deliver_for_ever;
use crate::toy::{owe, sandbox, schedule};
use crate::world::{START, World, on_each_backend};
use engine::{Advanced, Failure, NewSandbox};
use kernel::{Clock, DeliveryStatus, SandboxId};

on_each_backend!(
    instant_by_instant,
    nothing_to_do,
    by_zero_it_waits_until_nothing_is_due,
    a_running_clock_moves_too,
    what_takes_too_long_is_not_done,
    no_such_sandbox,
);

/// A limit that a test never comes to.
const LONG_MS: u64 = 600_000;

async fn advance(world: &World, id: &SandboxId, by_ms: i64) -> Advanced {
    tokio::select! {
        biased;
        advanced = world.engine.advance(id, by_ms, LONG_MS) => advanced.unwrap(),
        () = deliver_for_ever(&world.engine) => unreachable!("for ever"),
    }
}

async fn instant_by_instant(world: World) {
    // A job that sets another, a job that owes a delivery, and one that is past the goal.
    world.act(schedule("chain", "a", START.plus_ms(100))).await.unwrap();
    world.act(schedule("owe", "b", START.plus_ms(105))).await.unwrap();
    world.act(schedule("ring", "c", START.plus_ms(200))).await.unwrap();
    world.act(schedule("ring", "d", START.plus_ms(201))).await.unwrap();
    let advanced = advance(&world, &SandboxId::demo(), 200).await;
    let now = START.plus_ms(200);
    assert_eq!(advanced, Advanced { now, jobs_run: 4, deliveries_attempted: 1, done: true });
    let rang = [("a", 100), ("b", 105), ("a.next", 110), ("c", 200)].map(|(id, at)| (id.to_owned(), at));
    assert_eq!(world.told("toy.rang"), rang);
    let delivery = world.delivery("b");
    assert_eq!(delivery.status, DeliveryStatus::Delivered);
    assert_eq!(delivery.attempts[0].at, START.plus_ms(105), "attempted before time moved on");
    let moved: Vec<i64> = world.told("clock.advanced").into_iter().map(|(_, at)| at).collect();
    assert_eq!(moved, [100, 105, 110, 200]);
}

async fn nothing_to_do(world: World) {
    let advanced = advance(&world, &SandboxId::demo(), 3_600_000).await;
    let now = START.plus_ms(3_600_000);
    assert_eq!(advanced, Advanced { now, jobs_run: 0, deliveries_attempted: 0, done: true });
}

async fn by_zero_it_waits_until_nothing_is_due(world: World) {
    world.act(schedule("ring", "a", START)).await.unwrap();
    world.act(owe("d1", "shop", 0)).await.unwrap();
    let advanced = advance(&world, &SandboxId::demo(), 0).await;
    assert_eq!(advanced, Advanced { now: START, jobs_run: 1, deliveries_attempted: 1, done: true });
}

async fn a_running_clock_moves_too(world: World) {
    let id = world.make_as("running", NewSandbox { clock: Some(Clock::WALL), ..NewSandbox::default() }).await;
    world.engine.decide(&id, schedule("ring", "a", START.plus_ms(50))).await.unwrap();
    let advanced = advance(&world, &id, 100).await;
    assert_eq!((advanced.now, advanced.jobs_run, advanced.done), (START.plus_ms(100), 1, true));
    assert_eq!(world.engine.sandbox(&id).unwrap().unwrap().clock, Clock::Running { offset_ms: 100 });
}

async fn what_takes_too_long_is_not_done(world: World) {
    world.act(schedule("ring", "a", START.plus_ms(50))).await.unwrap();
    world.act(schedule("ring", "b", START.plus_ms(100))).await.unwrap();
    // Nobody steps: it hangs at the first instant.
    let hung = world.engine.advance(&SandboxId::demo(), 100, 1).await.unwrap();
    assert!(!hung.done && hung.now <= START.plus_ms(50) && hung.jobs_run == 0, "{hung:?}");
    let rest = START.plus_ms(100).since_ms(hung.now);
    let advanced = advance(&world, &SandboxId::demo(), rest).await;
    assert_eq!(advanced, Advanced { now: START.plus_ms(100), jobs_run: 2, deliveries_attempted: 0, done: true });
}

async fn no_such_sandbox(world: World) {
    assert_eq!(world.engine.advance(&sandbox("nobody"), 1, LONG_MS).await, Err(Failure::NoSandbox));
}
