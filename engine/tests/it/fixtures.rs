//! Demo data of a platform: made once, on its first use, as if at creation.

use crate::toy::{OPENING, act, toy};
use crate::world::{World, on_each_backend};
use engine::NewSandbox;
use kernel::{Clock, Effects, Fixtures, SandboxId};

on_each_backend!(
    made_once_by_whoever_comes_first,
    not_made_for_commands_of_nobody,
    late_or_early_they_are_the_same,
    an_empty_sandbox_gets_none,
    made_for_a_read,
);

fn look() -> impl engine::Command<Reply = i64, Refusal = &'static str> {
    toy(|_, view| Ok((view.balance("purse", crate::toy::XOF)?, Effects::new())))
}

async fn made_once_by_whoever_comes_first(world: World) {
    let seen = world.together((0..8).map(|_| (SandboxId::demo(), look())).collect());
    assert_eq!(seen, vec![Ok(OPENING); 8]);
    // And by callers from many threads.
    let id = world.make("busy").await;
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| assert_eq!(world.engine.decide_here(&id, look()), Ok(OPENING)));
        }
    });
    for id in [&SandboxId::demo(), &id] {
        let made = world.events_in(id).into_iter().filter(|seen| seen.event.kind == "fixtures.made").count();
        assert_eq!(made, 1);
        assert_eq!(world.engine.sandbox(id).unwrap().unwrap().made, ["toy"]);
    }
}

async fn not_made_for_commands_of_nobody(world: World) {
    world.act(act(|_, _| Ok(((), Effects::new())))).await.unwrap();
    assert!(world.engine.sandbox(&SandboxId::demo()).unwrap().unwrap().made.is_empty());
    assert_eq!(world.balance("purse"), 0);
}

async fn late_or_early_they_are_the_same(world: World) {
    let seeded = || NewSandbox { seed: Some(3), clock: Some(Clock::WALL), ..NewSandbox::default() };
    let id = world.make_as("seeded", seeded()).await;
    world.engine.decide(&id, look()).await.unwrap();
    let early = (world.note_in(&id, "fixture"), made_at(&world, &id));
    world.engine.delete_sandbox(&id).await.unwrap();
    world.make_as("seeded", seeded()).await;
    let born = world.wall_now();
    world.pass(60_000);
    world.engine.decide(&id, look()).await.unwrap();
    assert_eq!((world.note_in(&id, "fixture"), made_at(&world, &id)), early);
    assert_eq!(early.1, born, "they are dated at the creation");
}

fn made_at(world: &World, id: &SandboxId) -> kernel::Instant {
    world.events_in(id).into_iter().find(|seen| seen.event.kind == "fixtures.made").unwrap().event.at
}

async fn an_empty_sandbox_gets_none(world: World) {
    let id = world.make_as("empty", NewSandbox { fixtures: Fixtures::Empty, ..NewSandbox::default() }).await;
    assert_eq!(world.engine.decide(&id, look()).await, Ok(0));
    assert_eq!(world.engine.sandbox(&id).unwrap().unwrap().made, ["toy"]);
}

async fn made_for_a_read(world: World) {
    world.engine.ensure_made(&SandboxId::demo(), "toy").await.unwrap();
    assert_eq!(world.balance("purse"), OPENING);
    let written = world.engine.store().written();
    world.engine.ensure_made(&SandboxId::demo(), "toy").await.unwrap();
    assert_eq!(world.engine.store().written(), written);
}
