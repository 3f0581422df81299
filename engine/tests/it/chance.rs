//! Randomness: the same commands draw the same in a seeded sandbox, whatever else was asked in between.

use crate::toy::{act, note, put};
use crate::world::{World, on_each_backend};
use engine::{Failure, NewSandbox};
use kernel::{Effects, SandboxId, Stop};

on_each_backend!(the_same_commands_draw_the_same, without_a_seed_nothing_repeats, other_sandboxes_draw_otherwise);

fn draw(id: &'static str) -> impl engine::Command<Reply = String, Refusal = &'static str> {
    act(move |cx, _| {
        let drawn = cx.chance.draw("code").hex(16);
        let mut fx = Effects::new();
        fx.insert(note(id, &drawn));
        Ok((drawn, fx))
    })
}

async fn seeded(world: &World, name: &str) -> SandboxId {
    world.make_as(name, NewSandbox { seed: Some(7), ..NewSandbox::default() }).await
}

async fn the_same_commands_draw_the_same(world: World) {
    let id = seeded(&world, "one").await;
    let first = [draws(&world, &id, "a").await, draws(&world, &id, "b").await, draws(&world, &id, "c").await];
    assert!(first[0] != first[1] && first[1] != first[2]);
    world.engine.delete_sandbox(&id).await.unwrap();

    // The second time with refusals, repetitions and failures in between, and two of them in one transaction.
    let id = seeded(&world, "one").await;
    let refused = act(|_, _| Err::<((), Effects), _>(Stop::Refused("no")));
    assert_eq!(world.engine.decide(&id, refused).await, Err(Failure::Refused("no")));
    assert_eq!(draws(&world, &id, "a").await, first[0]);
    let repeated = act(|_, view| Ok((view.get::<crate::toy::Note>("a")?.is_some(), Effects::new())));
    assert_eq!(world.engine.decide(&id, repeated).await, Ok(true));
    world.spy.at_next_commits([crate::spy::AtCommit::Fail]);
    assert!(matches!(world.engine.decide(&id, put("lost", "lost")).await, Err(Failure::Unavailable(_))));
    let rest = world.together(vec![(id.clone(), draw("b")), (id.clone(), draw("c"))]);
    assert_eq!(rest, [Ok(first[1].clone()), Ok(first[2].clone())]);
    assert_eq!(world.engine.sandbox(&id).unwrap().unwrap().commands, 3);
}

async fn draws(world: &World, id: &SandboxId, name: &'static str) -> String {
    world.engine.decide(id, draw(name)).await.unwrap()
}

async fn without_a_seed_nothing_repeats(world: World) {
    let demo = SandboxId::demo();
    let mut drawn = vec![draws(&world, &demo, "a").await, draws(&world, &demo, "b").await];
    world.engine.reset_sandbox(&demo).await.unwrap();
    drawn.push(draws(&world, &demo, "a").await);
    drawn.extend(
        world.together(vec![(demo.clone(), draw("b")), (demo.clone(), draw("c"))]).into_iter().map(Result::unwrap),
    );
    let distinct: std::collections::BTreeSet<_> = drawn.iter().collect();
    assert_eq!(distinct.len(), drawn.len(), "{drawn:?}");
    assert_eq!(world.engine.sandbox(&demo).unwrap().unwrap().commands, 0, "the number is kept in seeded ones only");
}

async fn other_sandboxes_draw_otherwise(world: World) {
    let (one, two) = (seeded(&world, "one").await, seeded(&world, "two").await);
    assert_ne!(draws(&world, &one, "a").await, draws(&world, &two, "a").await);
}
