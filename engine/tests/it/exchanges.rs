//! Outbound calls inside a request: one at a time for a key; after a crash unknown, and never resumed.

use crate::world::{World, on_each_backend};
use engine::Failure;
use engine::exchanges::{Busy, Lost};
use kernel::{Exchange, ExchangeState, SandboxId};

on_each_backend!(
    one_at_a_time,
    of_many_at_once_one_gets_it,
    abandoned_is_unknown,
    not_past_its_deadline,
    another_node_cannot_feed_it
);

const DEMO: fn() -> SandboxId = SandboxId::demo;

fn state(world: &World, id: &str) -> ExchangeState {
    let found = world.engine.read(&DEMO(), |_, view| Ok::<_, kernel::Stop<()>>(view.get::<Exchange>(id)?));
    found.unwrap().unwrap().state
}

async fn one_at_a_time(world: World) {
    let first = world.engine.claim_exchange(&DEMO(), "key", 60_000).await.unwrap();
    let until = first.lease_until;
    assert_eq!(
        world.engine.claim_exchange(&DEMO(), "key", 60_000).await.map(|_| ()),
        Err(Failure::Refused(Busy { until }))
    );
    let other = world.engine.claim_exchange(&DEMO(), "another key", 60_000).await.unwrap();
    assert_ne!(first.id, other.id);
    world.pass(10_000);
    let renewed = world.engine.feed_exchange(&DEMO(), &first.id, false).await.unwrap();
    assert_eq!((renewed.step, renewed.lease_until), (1, until.plus_ms(10_000)));
    let done = world.engine.feed_exchange(&DEMO(), &first.id, true).await.unwrap();
    assert_eq!((done.step, done.state), (2, ExchangeState::Done));
    assert_eq!(world.engine.feed_exchange(&DEMO(), &first.id, true).await.map(|_| ()), Err(Failure::Refused(Lost)));
    let second = world.engine.claim_exchange(&DEMO(), "key", 60_000).await.unwrap();
    assert_ne!(second.id, first.id);
}

async fn of_many_at_once_one_gets_it(world: World) {
    let (hold, demo) = (crate::world::Hold::of(&world.engine), DEMO());
    let mut all: Vec<_> = (0..8).map(|_| Box::pin(world.engine.claim_exchange(&demo, "key", 60_000))).collect();
    for claim in &mut all {
        assert!(std::future::poll_fn(|cx| std::task::Poll::Ready(claim.as_mut().poll(cx).is_pending())).await);
    }
    hold.release();
    let mut claimed = 0;
    for claim in all {
        claimed += usize::from(claim.await.is_ok());
    }
    assert_eq!(claimed, 1);
}

async fn abandoned_is_unknown(world: World) {
    let first = world.engine.claim_exchange(&DEMO(), "key", 60_000).await.unwrap();
    world.pass(20_000);
    let second = world.engine.claim_exchange(&DEMO(), "key", 60_000).await.unwrap();
    assert_ne!(first.id, second.id);
    assert_eq!((state(&world, &first.id), state(&world, &second.id)), (ExchangeState::Unknown, ExchangeState::Open));
    assert_eq!(world.told("exchange.unknown").len(), 1);
    // Its owner comes back: it is not its own any more.
    assert_eq!(world.engine.feed_exchange(&DEMO(), &first.id, true).await.map(|_| ()), Err(Failure::Refused(Lost)));
    assert_eq!(state(&world, &first.id), ExchangeState::Unknown);
    world.engine.feed_exchange(&DEMO(), &second.id, true).await.unwrap();
}

async fn not_past_its_deadline(world: World) {
    let first = world.engine.claim_exchange(&DEMO(), "key", 5_000).await.unwrap();
    world.pass(5_000);
    assert_eq!(world.engine.feed_exchange(&DEMO(), &first.id, true).await.map(|_| ()), Err(Failure::Refused(Lost)));
    world.engine.claim_exchange(&DEMO(), "key", 5_000).await.unwrap();
    assert_eq!(state(&world, &first.id), ExchangeState::Unknown);
}

async fn another_node_cannot_feed_it(world: World) {
    let first = world.engine.claim_exchange(&DEMO(), "key", 60_000).await.unwrap();
    let other = world.other_node();
    assert_eq!(other.feed_exchange(&DEMO(), &first.id, true).await.map(|_| ()), Err(Failure::Refused(Lost)));
    assert!(matches!(other.claim_exchange(&DEMO(), "key", 60_000).await, Err(Failure::Refused(Busy { .. }))));
    world.engine.feed_exchange(&DEMO(), &first.id, true).await.unwrap();
    other.claim_exchange(&DEMO(), "key", 60_000).await.unwrap();
}
