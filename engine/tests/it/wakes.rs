//! When to look again: by the clock of each sandbox, on wall time.

use crate::toy::{act, schedule};
use crate::world::{START, World, on_each_backend};
use engine::NewSandbox;
use engine::sandboxes::set_clock;
use kernel::{Clock, Cx, Effects, Instant, Sandbox, SandboxId};
use serde_json::Value;

on_each_backend!(
    a_step_says_when_to_look_again,
    setting_freezing_and_resuming_move_the_wake,
    advancing_wakes_at_once,
    the_room_for_deliveries_is_kept,
    a_clock_does_not_go_backwards,
    a_clock_that_moves_while_the_wake_is_set,
    a_commit_between_the_last_look_and_the_wait,
);

async fn running(world: &World) -> SandboxId {
    world
        .make_as("running", NewSandbox { clock: Some(Clock::Running { offset_ms: 5_000 }), ..NewSandbox::default() })
        .await
}

async fn change(world: &World, id: &SandboxId, frozen: Option<bool>, to: Option<Instant>) {
    let set = move |cx: &Cx, sandbox: &mut Sandbox| set_clock(cx, sandbox, frozen, to).map(|()| Value::Null);
    world.engine.change_sandbox(id, "clock.set", set).await.unwrap();
}

fn rang(world: &World, id: &SandboxId) -> usize {
    world.events_in(id).iter().filter(|seen| seen.event.kind == "toy.rang").count()
}

async fn a_step_says_when_to_look_again(world: World) {
    let id = running(&world).await;
    assert_eq!(world.engine.step(100).unwrap().next, None);
    world.engine.decide(&id, schedule("ring", "late", START.plus_ms(9_000))).await.unwrap();
    world.engine.decide(&id, schedule("ring", "early", START.plus_ms(6_000))).await.unwrap();
    // Due at virtual +6 s; the clock is 5 s ahead of the wall.
    let stepped = world.engine.step(100).unwrap();
    assert_eq!(stepped.next, Some(START.plus_ms(1_000)));
    world.pass(999);
    assert_eq!(world.engine.step(100).unwrap().next, Some(START.plus_ms(1_000)));
    assert_eq!(rang(&world, &id), 0);
    world.pass(1);
    assert_eq!(world.engine.step(100).unwrap().next, Some(START.plus_ms(4_000)));
    assert_eq!(rang(&world, &id), 1);
}

async fn setting_freezing_and_resuming_move_the_wake(world: World) {
    let id = running(&world).await;
    world.engine.decide(&id, schedule("ring", "a", START.plus_ms(60_000))).await.unwrap();
    change(&world, &id, Some(true), None).await;
    assert_eq!(world.engine.step(100).unwrap().next, None, "a frozen clock does not come to it");
    world.pass(600_000);
    assert_eq!(world.engine.step(100).unwrap().next, None);
    change(&world, &id, Some(false), None).await;
    assert_eq!(world.engine.step(100).unwrap().next, Some(world.wall_now().plus_ms(55_000)), "it goes on from there");
    change(&world, &id, None, Some(START.plus_ms(59_000))).await;
    assert_eq!(world.engine.step(100).unwrap().next, Some(world.wall_now().plus_ms(1_000)));
    change(&world, &id, None, Some(START.plus_ms(60_000))).await;
    assert_eq!(world.engine.step(100).unwrap().next, None);
    assert_eq!(rang(&world, &id), 1);
}

async fn advancing_wakes_at_once(world: World) {
    world.act(schedule("ring", "a", START.plus_ms(60_000))).await.unwrap();
    assert_eq!(world.engine.step(100).unwrap().next, None);
    world.set_clock(60_000).await;
    world.engine.step(100).unwrap();
    assert_eq!(world.told("toy.rang"), [("a".to_owned(), 60_000)]);
}

async fn the_room_for_deliveries_is_kept(world: World) {
    let id = running(&world).await;
    for number in ["1", "2", "3", "4"] {
        world.engine.decide(&id, crate::toy::owe(number, "shop", 10)).await.unwrap();
    }
    world.pass(10);
    let first = world.engine.step(4).unwrap();
    assert_eq!(first.due.len(), 4);
    assert_eq!(world.engine.step(4).unwrap().due.len(), 0, "what is claimed is nobody else's");
    let next = world.engine.step(4).unwrap().next.unwrap();
    assert!(next > world.wall_now());
    world.pass(next.since_ms(world.wall_now()));
    assert_eq!(world.engine.step(4).unwrap().due, first.due, "until its lease ends");
    assert_eq!(world.engine.step(0).unwrap().due.len(), 0);
}

async fn a_clock_does_not_go_backwards(world: World) {
    let back =
        |cx: &Cx, sandbox: &mut Sandbox| set_clock(cx, sandbox, None, Some(START.plus_ms(-1))).map(|()| Value::Null);
    let refused = world.engine.change_sandbox(&SandboxId::demo(), "clock.set", back).await;
    let at = engine::sandboxes::Backwards { now: START };
    assert_eq!(refused.map(|_| ()), Err(engine::Failure::Refused(at)));
}

async fn a_clock_that_moves_while_the_wake_is_set(world: World) {
    let demo = SandboxId::demo();
    world.act(schedule("ring", "now", START)).await.unwrap();
    world.act(schedule("ring", "later", START.plus_ms(50))).await.unwrap();
    let engine = world.engine.clone();
    world.spy.before_rewake(move || {
        let set = act(|cx, view| {
            let before = view.get::<Sandbox>(cx.sandbox.id.as_str())?.unwrap();
            let mut fx = Effects::new();
            fx.replace(&*before, Sandbox { clock: Clock::Frozen { at: START.plus_ms(50) }, ..(*before).clone() });
            Ok(((), fx))
        });
        engine.decide_here(&demo, set).unwrap();
    });
    world.engine.step(100).unwrap();
    world.engine.step(100).unwrap();
    assert_eq!(world.told("toy.rang").len(), 2, "the wake that the clock's commit set was not undone");
}

async fn a_commit_between_the_last_look_and_the_wait(world: World) {
    let id = running(&world).await;
    world.engine.decide(&id, schedule("ring", "a", START.plus_ms(5_010))).await.unwrap();
    assert_eq!(world.engine.step(100).unwrap().next, Some(START.plus_ms(10)));
    while is_poked(&world).await {}
    world.pass(10);
    let engine = world.engine.clone();
    world.spy.after_last_look(move || engine.decide_here(&id, schedule("ring", "b", START.plus_ms(7_000))).unwrap());
    let stepped = world.engine.step(100).unwrap();
    assert!(stepped.next.is_some() || is_poked(&world).await, "it would be found late");
}

async fn is_poked(world: &World) -> bool {
    let mut poked = Box::pin(world.engine.feed().poked());
    std::future::poll_fn(|cx| std::task::Poll::Ready(poked.as_mut().poll(cx).is_ready())).await
}
