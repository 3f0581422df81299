//! After a restart: what was answered stands, what was held is due.

use crate::toy::{owe, put, schedule};
use crate::world::{Backend, START, World};
use kernel::{DeliveryStatus, SandboxId};

fn on_a_file<F: Future<Output = ()>>(test: impl FnOnce(World) -> F) {
    crate::world::run(Backend::File, test);
}

#[test]
fn what_was_answered_stands() {
    on_a_file(|world| async move {
        world.act(put("a", "one")).await.unwrap();
        world.act(schedule("ring", "a", START.plus_ms(10))).await.unwrap();
        let world = world.restart();
        world.engine.recover().unwrap();
        assert_eq!(world.note("a").as_deref(), Some("one"));
        assert_eq!(world.act(put("b", "one")).await, Err(engine::Failure::Refused("said before")));
        world.set_clock(10).await;
        world.engine.step(100).unwrap();
        assert_eq!(world.told("toy.rang"), [("a".to_owned(), 10)]);
    });
}

#[test]
fn held_deliveries_are_due_at_once() {
    on_a_file(|world| async move {
        // One handed over in memory, one claimed from the table, none settled.
        let mut handed_over = world.engine.handed_over().unwrap();
        world.act(owe("d1", "shop", 0)).await.unwrap();
        assert!(handed_over.try_recv().is_ok());
        world.act(owe("d2", "shop", 5)).await.unwrap();
        world.set_clock(5).await;
        assert_eq!(world.engine.step(100).unwrap().due.len(), 1);
        drop(handed_over);

        let world = world.restart();
        assert!(world.engine.step(100).unwrap().due.is_empty(), "the wakes are those of the leases");
        world.engine.recover().unwrap();
        let claimed = world.engine.step(100).unwrap().due;
        assert_eq!(claimed, [world.due("d1", "shop"), world.due("d2", "shop")]);
        for one in &claimed {
            world.attempt(one, 200).await.unwrap();
        }
        assert_eq!(world.delivery("d1").status, DeliveryStatus::Delivered);
        world.pass(20_000);
        let stepped = world.engine.step(100).unwrap();
        assert_eq!((stepped.due.len(), stepped.next), (0, None));
    });
}

/// A database of many nodes keeps leases of its own: what a node held that is gone is claimed when they end.
#[test]
fn held_deliveries_of_a_lost_node_are_due_when_their_lease_ends() {
    crate::world::run(Backend::Memory, |world| async move {
        let mut handed_over = world.engine.handed_over().unwrap();
        world.act(owe("d1", "shop", 0)).await.unwrap();
        assert!(handed_over.try_recv().is_ok());
        drop(handed_over);
        let world = world.restart();
        world.engine.recover().unwrap();
        let stepped = world.engine.step(100).unwrap();
        assert!(stepped.due.is_empty());
        world.pass(stepped.next.unwrap().since_ms(world.wall_now()));
        assert_eq!(world.engine.step(100).unwrap().due, [world.due("d1", "shop")]);
        assert!(world.engine.sandbox(&SandboxId::demo()).unwrap().is_some());
    });
}

#[test]
fn a_stopped_engine_says_so_and_finishes_what_waited() {
    on_a_file(|world| async move {
        let hold = crate::world::Hold::of(&world.engine);
        let mut waiting = Box::pin(world.act(put("a", "one")));
        assert!(std::future::poll_fn(|cx| std::task::Poll::Ready(waiting.as_mut().poll(cx).is_pending())).await);
        hold.release();
        world.engine.stop();
        assert_eq!(waiting.await.as_deref(), Ok("one"));
        assert!(matches!(world.act(put("b", "two")).await, Err(engine::Failure::Unavailable(_))));
    });
}
