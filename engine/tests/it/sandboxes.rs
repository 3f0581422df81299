//! The life of a sandbox: made, reset, deleted, ended by its lifetime, made again under the same id.

use crate::toy::{OPENING, act, owe, put, sandbox, schedule, toy};
use crate::world::{START, World, on_each_backend};
use engine::sandboxes::{Taken, realm_of};
use engine::{Failure, NewSandbox};
use kernel::{Clock, Effects, SandboxId, Scope};
use store::{Scan, Source};

on_each_backend!(
    an_id_is_taken_once,
    ids_of_a_seed_follow_each_other,
    ids_of_a_seed_under_concurrency,
    a_lifetime_ends_on_the_wall,
    deleted_and_made_again_sees_nothing_old,
    reset_goes_back_to_creation,
    what_was_given_up_is_swept,
    a_job_of_a_deleted_sandbox_is_never_run,
    credentials_lead_to_their_sandbox,
    lists_go_by_id,
);

async fn an_id_is_taken_once(world: World) {
    let again = world.engine.create_sandbox(NewSandbox { id: Some(SandboxId::demo()), ..NewSandbox::default() }).await;
    assert_eq!(again.map(|_| ()), Err(Failure::Refused(Taken)));
    let random = world.engine.create_sandbox(NewSandbox::default()).await.unwrap();
    let other = world.engine.create_sandbox(NewSandbox::default()).await.unwrap();
    assert_ne!(random.id, other.id);
}

async fn ids_of_a_seed_follow_each_other(world: World) {
    let seeded = || NewSandbox { seed: Some(7), ..NewSandbox::default() };
    let first = world.engine.create_sandbox(seeded()).await.unwrap();
    let second = world.engine.create_sandbox(seeded()).await.unwrap();
    let elsewhere = World::on(crate::world::Backend::Memory);
    assert_eq!(elsewhere.engine.create_sandbox(seeded()).await.unwrap().id, first.id);
    assert_eq!(elsewhere.engine.create_sandbox(seeded()).await.unwrap().id, second.id);
    assert_ne!(first.id, second.id);
}

async fn ids_of_a_seed_under_concurrency(world: World) {
    let seeded = || NewSandbox { seed: Some(7), ..NewSandbox::default() };
    let hold = crate::world::Hold::of(&world.engine);
    let mut all = Box::pin(async {
        let (a, b) = (world.engine.create_sandbox(seeded()), world.engine.create_sandbox(seeded()));
        tokio::join!(a, b)
    });
    // Both look for a free number before either has taken it.
    assert!(std::future::poll_fn(|cx| std::task::Poll::Ready(all.as_mut().poll(cx).is_pending())).await);
    hold.release();
    let (a, b) = all.await;
    assert_ne!(a.unwrap().id, b.unwrap().id);
}

async fn a_lifetime_ends_on_the_wall(world: World) {
    let new = NewSandbox { ttl_seconds: Some(60), clock: Some(Clock::Frozen { at: START }), ..NewSandbox::default() };
    let id = world.make_as("short", new).await;
    assert_eq!(world.engine.step(100).unwrap().next, Some(START.plus_ms(60_000)));
    world.engine.reset_sandbox(&id).await.unwrap();
    world.engine.decide(&id, put("a", "one")).await.unwrap();
    world.pass(59_999);
    world.engine.step(100).unwrap();
    assert!(world.engine.sandbox(&id).unwrap().is_some(), "a reset does not lengthen or shorten it");
    world.pass(1);
    world.engine.step(100).unwrap();
    assert!(world.engine.sandbox(&id).unwrap().is_none());
    assert_eq!(world.engine.decide(&id, put("b", "two")).await, Err(Failure::NoSandbox));
    assert!(world.engine.sandbox(&SandboxId::demo()).unwrap().is_some());
}

async fn deleted_and_made_again_sees_nothing_old(world: World) {
    let id = world.make("phoenix").await;
    for round in 0..3 {
        world.engine.decide(&id, put("a", "one")).await.unwrap();
        world.engine.decide(&id, toy(|_, _| Ok(((), Effects::new())))).await.unwrap();
        world.engine.decide(&id, schedule("ring", "old", START.plus_ms(10))).await.unwrap();
        if round == 1 {
            world.engine.reset_sandbox(&id).await.unwrap();
        }
        world.engine.delete_sandbox(&id).await.unwrap();
        assert_eq!(world.engine.delete_sandbox(&id).await, Err(Failure::NoSandbox));
        world.make("phoenix").await;
        assert_eq!(world.note_in(&id, "a"), None, "round {round}");
        let events: Vec<_> = world.events_in(&id).into_iter().map(|seen| (seen.position, seen.event.kind)).collect();
        assert_eq!(events, [(1, "sandbox.created".to_owned())]);
        let sandbox = world.engine.sandbox(&id).unwrap().unwrap();
        assert!(sandbox.made.is_empty());
        assert!(world.engine.store().balances(&sandbox.scope(), "", 10).unwrap().is_empty());
        assert!(world.engine.store().queue(&sandbox.scope(), START.plus_ms(1_000), 10).unwrap().is_empty());
        // Sweeping what is old leaves what is new.
        world.engine.decide(&id, put("a", "new")).await.unwrap();
        while world.engine.store().sweep(2).unwrap() {}
        assert_eq!(world.note_in(&id, "a").as_deref(), Some("new"));
        world.engine.delete_sandbox(&id).await.unwrap();
        world.make("phoenix").await;
    }
}

async fn reset_goes_back_to_creation(world: World) {
    let new = NewSandbox { seed: Some(1), clock: Some(Clock::Frozen { at: START }), ..NewSandbox::default() };
    let id = world.make_as("seeded", new).await;
    let draw = || {
        toy(|cx, _| {
            Ok((cx.chance.draw("x").hex(8), {
                let mut fx = Effects::new();
                fx.tell(crate::toy::told("toy.drew", cx, serde_json::Value::Null));
                fx
            }))
        })
    };
    let first = world.engine.decide(&id, draw()).await.unwrap();
    let fixture = world.note_in(&id, "fixture");
    world.engine.decide(&id, put("kept", "kept")).await.unwrap();
    world.engine.decide(&id, put("lost", "lost")).await.unwrap();
    world.engine.decide(&id, schedule("ring", "old", START.plus_ms(10))).await.unwrap();
    let advance = |cx: &kernel::Cx, sandbox: &mut kernel::Sandbox| {
        engine::sandboxes::set_clock(cx, sandbox, None, Some(START.plus_ms(5))).map(|()| serde_json::Value::Null)
    };
    world.engine.change_sandbox(&id, "clock.set", advance).await.unwrap();
    let before = world.engine.sandbox(&id).unwrap().unwrap();

    let after = world.engine.reset_sandbox(&id).await.unwrap();
    assert!(after.generation > before.generation);
    assert_eq!((after.clock, after.commands), (Clock::Frozen { at: START }, 0));
    assert_eq!(world.note_in(&id, "kept").as_deref(), Some("kept"));
    assert_eq!(world.note_in(&id, "lost"), None);
    let kinds: Vec<_> = world.events_in(&id).into_iter().map(|seen| (seen.position, seen.event.kind)).collect();
    assert_eq!(kinds, [(1, "sandbox.reset".to_owned())]);
    // The same commands draw the same, the fixtures stand again as they did.
    assert_eq!(world.engine.decide(&id, draw()).await.unwrap(), first);
    assert_eq!(world.note_in(&id, "fixture"), fixture);
    world.engine.change_sandbox(&id, "clock.set", advance).await.unwrap();
    world.engine.step(100).unwrap();
    assert!(world.events_in(&id).iter().all(|seen| seen.event.kind != "toy.rang"), "what was set before is gone");
    assert_eq!(world.engine.owner_of(&credential(&world, &id)).unwrap(), Some(id.clone()));
    // What is kept is kept however often, also with no use in between.
    world.engine.reset_sandbox(&id).await.unwrap();
    world.engine.reset_sandbox(&id).await.unwrap();
    assert_eq!(world.note_in(&id, "kept").as_deref(), Some("kept"));
}

fn credential(world: &World, id: &SandboxId) -> String {
    let sandbox = world.engine.sandbox(id).unwrap().unwrap();
    world.engine.provider("toy").unwrap().credentials(&realm_of(&sandbox)).names.remove(0)
}

async fn what_was_given_up_is_swept(world: World) {
    let demo = SandboxId::demo();
    world.act(toy(|_, _| Ok(((), Effects::new())))).await.unwrap();
    world.act(put("lost", "lost")).await.unwrap();
    world.act(schedule("ring", "old", START.plus_ms(10))).await.unwrap();
    world.act(owe("old", "shop", 10)).await.unwrap();
    let old = world.scope();
    world.engine.reset_sandbox(&demo).await.unwrap();
    world.act(put("new", "new")).await.unwrap();
    let last = world.engine.step(100).unwrap().next;
    assert_eq!(last, None, "one step is enough for so little");
    assert!(is_empty(&world, &old));
    assert_eq!(world.note("new").as_deref(), Some("new"));
    let store = world.engine.store();
    assert!(!store.sweep(1).unwrap());
    assert!(store.inspect().unwrap().is_empty());
}

fn is_empty(world: &World, scope: &Scope) -> bool {
    let store = world.engine.store();
    let none_of = |source| store.scan(&Scan::newest(scope, source, 10)).unwrap().rows.is_empty();
    none_of(Source::Records("toy.note".to_owned()))
        && none_of(Source::Records("delivery".to_owned()))
        && none_of(Source::Entries("toy.text".to_owned()))
        && store.balances(scope, "", 10).unwrap().is_empty()
        && store.journal(scope, 0, 10).unwrap().is_empty()
        && store.queue(scope, START.plus_ms(1_000_000), 10).unwrap().is_empty()
}

async fn a_job_of_a_deleted_sandbox_is_never_run(world: World) {
    let id = world.make("gone").await;
    world.engine.decide(&id, schedule("ring", "old", START)).await.unwrap();
    let scope = world.scope_of(&id);
    world.engine.delete_sandbox(&id).await.unwrap();
    let stepped = world.engine.step(100).unwrap();
    assert_eq!((stepped.due.len(), stepped.next), (0, None));
    assert!(is_empty(&world, &scope));
}

async fn credentials_lead_to_their_sandbox(world: World) {
    let id = world.make("mine").await;
    let (own, demo) = (credential(&world, &id), credential(&world, &SandboxId::demo()));
    assert_ne!(own, demo);
    assert_eq!(world.engine.owner_of(&own).unwrap(), Some(id.clone()));
    world.engine.delete_sandbox(&id).await.unwrap();
    assert_eq!(world.engine.owner_of(&own).unwrap(), None);
    assert_eq!(world.engine.owner_of(&demo).unwrap(), Some(SandboxId::demo()));
    assert_eq!(
        world.act(toy(|_, view| Ok((view.balance("purse", crate::toy::XOF)?, Effects::new())))).await,
        Ok(OPENING)
    );
}

async fn lists_go_by_id(world: World) {
    for name in ["c", "a", "b"] {
        world.make(name).await;
    }
    world.engine.delete_sandbox(&sandbox("b")).await.unwrap();
    let ids = |after: &str, limit| -> Vec<String> {
        world.engine.sandboxes(after, limit).unwrap().iter().map(|sandbox| sandbox.id.to_string()).collect()
    };
    assert_eq!(ids("", 10), ["sbx_a", "sbx_c", "sbx_demo"]);
    assert_eq!(ids("", 2), ["sbx_a", "sbx_c"]);
    assert_eq!(ids("sbx_c", 10), ["sbx_demo"]);
    let nothing = world.act(act(|_, _| Ok(((), Effects::new())))).await;
    assert_eq!(nothing, Ok(()));
}
