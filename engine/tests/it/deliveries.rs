//! The life of a delivery: owed, attempted, retried, given up, asked for again, tampered with.

use crate::courier::failed;
use crate::toy::{owe, signature};
use crate::world::{START, World, on_each_backend};
use engine::NewSandbox;
use engine::deliveries::Tamper;
use kernel::{Action, Clock, DeliveryAction, DeliveryStatus, Fault, FaultOn, SandboxId, Signed};
use serde_json::json;

on_each_backend!(
    owed_handed_over_and_delivered,
    retried_by_the_schedule_then_given_up,
    what_is_due_later_comes_from_the_table,
    a_full_handover_leaves_it_to_the_table,
    nobody_to_send_to,
    replayed_by_hand,
    replayed_in_the_middle_of_its_series,
    put_off,
    settled_many_at_once,
    an_attempt_that_was_not_recorded_is_made_again,
    a_result_that_comes_after_a_reset_is_nobodys,
    each_fault_does_what_it_says,
    a_fault_is_used_up,
    a_fault_by_chance,
    measured_time_is_not_kept_in_a_seeded_sandbox,
);

async fn owed_handed_over_and_delivered(world: World) {
    let mut handed_over = world.engine.handed_over().unwrap();
    assert!(world.engine.handed_over().is_none(), "the first caller gets it");
    world.act(owe("d1", "shop", 0)).await.unwrap();
    let now = handed_over.try_recv().unwrap();
    assert_eq!(now, world.due("d1", "shop"));
    assert!(world.engine.step(100).unwrap().due.is_empty(), "what was handed over is held");

    let prepared = world.attempt(&now, 204).await.unwrap();
    assert_eq!((prepared.url.as_str(), prepared.timeout_ms, prepared.replay), ("http://receiver/shop", 10_000, false));
    let headers = vec![("X-Toy-Signature".to_owned(), signature(&prepared.body))];
    assert_eq!(prepared.signed, Signed::Send { headers });
    let delivery = world.delivery("d1");
    assert_eq!(
        (delivery.status, delivery.next_attempt_at, delivery.attempts.len()),
        (DeliveryStatus::Delivered, None, 1)
    );
    assert_eq!(delivery.attempts[0].duration_ms, 12);
    assert_eq!(world.told("delivery.delivered").len(), 1);
    assert!(world.engine.prepare(&now).unwrap().is_none(), "it is not due any more");
    assert!(world.engine.store().queue(&world.scope(), START.plus_ms(1_000_000), 9).unwrap().is_empty());
}

async fn retried_by_the_schedule_then_given_up(world: World) {
    world.act(owe("d1", "shop", 0)).await.unwrap();
    let due = world.due("d1", "shop");
    let mut next = Vec::new();
    for (clock, status) in [(0, 500), (1_000, 301), (3_000, 404)] {
        world.set_clock(clock).await;
        let claimed = world.engine.step(100).unwrap().due;
        assert_eq!(claimed.len(), usize::from(clock > 0), "at {clock}");
        world.attempt(&due, status).await.unwrap();
        next.push(world.delivery("d1").next_attempt_at.map(|at| at.since_ms(START)));
    }
    assert_eq!(next, [Some(1_000), Some(3_000), None]);
    let delivery = world.delivery("d1");
    assert_eq!(delivery.status, DeliveryStatus::Failed);
    let tried: Vec<_> = delivery.attempts.iter().map(|attempt| (attempt.at.since_ms(START), attempt.status)).collect();
    assert_eq!(tried, [(0, Some(500)), (1_000, Some(301)), (3_000, Some(404))]);
    assert_eq!(world.told("delivery.attempt_failed").len(), 2);
    assert_eq!(world.told("delivery.failed").len(), 1);
}

async fn what_is_due_later_comes_from_the_table(world: World) {
    let mut handed_over = world.engine.handed_over().unwrap();
    world.act(owe("d2", "shop", 500)).await.unwrap();
    world.act(owe("d1", "shop", 500)).await.unwrap();
    assert!(handed_over.try_recv().is_err());
    world.set_clock(499).await;
    assert!(world.engine.step(100).unwrap().due.is_empty());
    world.set_clock(500).await;
    assert_eq!(world.engine.step(100).unwrap().due, [world.due("d1", "shop"), world.due("d2", "shop")]);
}

async fn a_full_handover_leaves_it_to_the_table(world: World) {
    let handed_over = world.engine.handed_over().unwrap();
    drop(handed_over);
    world.act(owe("d1", "shop", 0)).await.unwrap();
    assert_eq!(world.engine.step(100).unwrap().due, [world.due("d1", "shop")], "at once, nobody holds it");
}

async fn nobody_to_send_to(world: World) {
    world.act(owe("d1", "nowhere", 0)).await.unwrap();
    let prepared = world.engine.prepare(&world.due("d1", "nowhere")).unwrap().unwrap();
    let Signed::Abandon { reason } = &prepared.signed else { panic!("signed for nobody") };
    world.engine.settle(vec![failed(&prepared, &format!("abandoned: {reason}"))]).await;
    let delivery = world.delivery("d1");
    assert_eq!((delivery.status, delivery.next_attempt_at), (DeliveryStatus::Failed, None), "no second attempt");
}

async fn replayed_by_hand(world: World) {
    let demo = SandboxId::demo();
    assert_eq!(world.engine.replay(&demo, "d1").await.map(|_| ()), Err(engine::Failure::Refused(())));
    world.act(owe("d1", "shop", 0)).await.unwrap();
    world.attempt(&world.due("d1", "shop"), 200).await.unwrap();
    let mut handed_over = world.engine.handed_over().unwrap();
    while handed_over.try_recv().is_ok() {}

    // Of one that was delivered: one attempt, and what it was it stays.
    world.engine.replay(&demo, "d1").await.unwrap();
    let prepared = world.attempt(&handed_over.try_recv().unwrap(), 500).await.unwrap();
    assert!(prepared.replay);
    let delivery = world.delivery("d1");
    assert_eq!((delivery.status, delivery.next_attempt_at), (DeliveryStatus::Delivered, None));
    assert_eq!(delivery.attempts.iter().map(|attempt| attempt.replay).collect::<Vec<_>>(), [false, true]);

    // Of one that was given up: what is acknowledged is delivered.
    world.act(owe("d2", "nowhere", 0)).await.unwrap();
    let prepared = world.engine.prepare(&world.due("d2", "nowhere")).unwrap().unwrap();
    world.engine.settle(vec![failed(&prepared, "abandoned: gone")]).await;
    world.engine.replay(&demo, "d2").await.unwrap();
    world.attempt(&world.due("d2", "nowhere"), 200).await.unwrap();
    assert_eq!(world.delivery("d2").status, DeliveryStatus::Delivered);
}

async fn replayed_in_the_middle_of_its_series(world: World) {
    world.act(owe("d1", "shop", 0)).await.unwrap();
    world.attempt(&world.due("d1", "shop"), 500).await.unwrap();
    world.engine.replay(&SandboxId::demo(), "d1").await.unwrap();
    assert_eq!(world.delivery("d1").next_attempt_at, Some(START), "now, not at its time");
    world.attempt(&world.due("d1", "shop"), 500).await.unwrap();
    let delivery = world.delivery("d1");
    assert_eq!((delivery.status, delivery.scheduled_attempts()), (DeliveryStatus::Pending, 1));
    assert!(delivery.next_attempt_at.is_some_and(|at| at > START), "the series goes on");
    let queued = world.engine.store().queue(&world.scope(), START.plus_ms(1_000_000), 9).unwrap();
    assert_eq!(queued.len(), 1);
}

async fn put_off(world: World) {
    world.act(owe("d1", "shop", 0)).await.unwrap();
    world.engine.put_off(&world.due("d1", "shop"), 700).await.unwrap();
    assert_eq!(world.delivery("d1").next_attempt_at, Some(START.plus_ms(700)));
    assert!(world.engine.step(100).unwrap().due.is_empty());
    world.set_clock(700).await;
    assert_eq!(world.engine.step(100).unwrap().due, [world.due("d1", "shop")]);
    assert!(world.delivery("d1").attempts.is_empty());
}

async fn settled_many_at_once(world: World) {
    let mut settled = Vec::new();
    for id in ["d1", "d2", "d3"] {
        world.act(owe(id, "shop", 0)).await.unwrap();
        let prepared = world.engine.prepare(&world.due(id, "shop")).unwrap().unwrap();
        settled.push(crate::courier::answered(&prepared, 200));
    }
    // Told twice, and one of a delivery that is not there.
    settled.push(settled[0].clone());
    settled.push(engine::Settled { due: world.due("d9", "shop"), ..settled[0].clone() });
    world.spy.transactions();
    world.engine.settle(settled).await;
    assert_eq!(world.spy.transactions(), [1]);
    for id in ["d1", "d2", "d3"] {
        assert_eq!((world.delivery(id).status, world.delivery(id).attempts.len()), (DeliveryStatus::Delivered, 1));
    }
}

async fn an_attempt_that_was_not_recorded_is_made_again(world: World) {
    world.act(owe("d1", "shop", 0)).await.unwrap();
    world.spy.at_next_commits([crate::spy::AtCommit::Fail]);
    world.attempt(&world.due("d1", "shop"), 200).await.unwrap();
    assert_eq!(world.delivery("d1").status, DeliveryStatus::Pending);
    let next = world.engine.step(100).unwrap().next.unwrap();
    assert_eq!(next, START.plus_ms(20_000), "when its lease ends");
    world.pass(20_000);
    let claimed = world.engine.step(100).unwrap().due;
    assert_eq!(claimed, [world.due("d1", "shop")]);
    world.attempt(&claimed[0], 200).await.unwrap();
    assert_eq!(world.delivery("d1").status, DeliveryStatus::Delivered);
}

fn fault(action: DeliveryAction, times: Option<u32>, probability_ppm: u32) -> Fault {
    Fault {
        id: "flt_1".to_owned(),
        on: FaultOn::Delivery,
        provider: "toy".to_owned(),
        method: None,
        path: None,
        event: None,
        action: Action::Delivery(action),
        times,
        probability_ppm,
        fired: 0,
    }
}

async fn set_fault(world: &World, fault: Fault) {
    let set = move |_: &kernel::Cx, sandbox: &mut kernel::Sandbox| {
        sandbox.faults = vec![fault.clone()];
        Ok::<_, ()>(json!({}))
    };
    world.engine.change_sandbox(&SandboxId::demo(), "faults.set", set).await.unwrap();
}

async fn each_fault_does_what_it_says(world: World) {
    let actions = [
        DeliveryAction::Duplicate,
        DeliveryAction::Reorder,
        DeliveryAction::DelayMs(300),
        DeliveryAction::Drop,
        DeliveryAction::BadSignature,
        DeliveryAction::StaleSignature,
        DeliveryAction::AlteredBody,
    ];
    for (action, id) in actions.into_iter().zip(["d0", "d1", "d2", "d3", "d4", "d5", "d6"]) {
        world.act(owe(id, "shop", 0)).await.unwrap();
        let plain = world.engine.prepare(&world.due(id, "shop")).unwrap().unwrap();
        set_fault(&world, fault(action.clone(), None, 1_000_000)).await;
        let tampered = world.engine.prepare(&world.due(id, "shop")).unwrap().unwrap();
        assert_eq!(tampered.tamper, Some(Tamper { fault: "flt_1".to_owned(), action: action.clone() }));
        let sent = |prepared: &engine::Prepared| match &prepared.signed {
            Signed::Send { headers } => (prepared.body.clone(), headers[0].1.clone()),
            Signed::Abandon { .. } => panic!("abandoned"),
        };
        let ((body, signed), (bad_body, bad_signed)) = (sent(&plain), sent(&tampered));
        match action {
            DeliveryAction::BadSignature => {
                assert!(bad_body == body && bad_signed != signed && bad_signed.len() == signed.len());
            }
            DeliveryAction::StaleSignature => assert!(bad_body == body && bad_signed != signed),
            DeliveryAction::AlteredBody => assert!(bad_body != body && bad_signed == signed),
            _ => assert_eq!((&bad_body, &bad_signed), (&body, &signed), "the courier does the rest"),
        }
        if matches!(action, DeliveryAction::DelayMs(_) | DeliveryAction::Reorder) {
            world.engine.put_off(&tampered.due, 300).await.unwrap();
            let again = world.engine.prepare(&tampered.due).unwrap().unwrap();
            assert_eq!(again.tamper, None, "it is put off once");
        }
        let other_event = Fault { event: Some("toy.other".to_owned()), ..fault(action, None, 1_000_000) };
        set_fault(&world, other_event).await;
        assert_eq!(world.engine.prepare(&world.due(id, "shop")).unwrap().unwrap().tamper, None);
    }
}

async fn a_fault_is_used_up(world: World) {
    world.act(owe("d1", "shop", 0)).await.unwrap();
    set_fault(&world, fault(DeliveryAction::Drop, Some(2), 1_000_000)).await;
    let demo = SandboxId::demo();
    assert_eq!(world.engine.fire_on_delivery(&demo, "flt_1", "d1").await, Ok(true));
    assert!(world.engine.prepare(&world.due("d1", "shop")).unwrap().unwrap().tamper.is_some());
    assert_eq!(world.engine.fire_on_delivery(&demo, "flt_1", "d1").await, Ok(true));
    assert_eq!(world.engine.prepare(&world.due("d1", "shop")).unwrap().unwrap().tamper, None);
    assert_eq!(world.engine.fire_on_delivery(&demo, "flt_1", "d1").await, Ok(false));
    assert_eq!(world.engine.fire_on_delivery(&demo, "flt_9", "d1").await, Ok(false));
    assert_eq!(world.told("fault.fired").len(), 2);
    assert_eq!(world.engine.sandbox(&demo).unwrap().unwrap().faults[0].fired, 2);
}

async fn a_fault_by_chance(world: World) {
    set_fault(&world, fault(DeliveryAction::Drop, None, 400_000)).await;
    let ids = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q", "r", "s", "t"];
    let mut hit = 0;
    for id in ids {
        world.act(owe(id, "shop", 0)).await.unwrap();
        let tamper = world.engine.prepare(&world.due(id, "shop")).unwrap().unwrap().tamper;
        assert_eq!(
            world.engine.prepare(&world.due(id, "shop")).unwrap().unwrap().tamper,
            tamper,
            "asked again it is the same"
        );
        hit += usize::from(tamper.is_some());
    }
    assert!((1..ids.len()).contains(&hit), "{hit} of {}", ids.len());
}

async fn measured_time_is_not_kept_in_a_seeded_sandbox(world: World) {
    let new = NewSandbox { seed: Some(1), clock: Some(Clock::Frozen { at: START }), ..NewSandbox::default() };
    let id = world.make_as("seeded", new).await;
    world.engine.decide(&id, owe("d1", "shop", 0)).await.unwrap();
    let generation = world.engine.sandbox(&id).unwrap().unwrap().generation;
    let due = engine::Due { sandbox: id.clone(), generation, ..world.due("d1", "shop") };
    let prepared = world.engine.prepare(&due).unwrap().unwrap();
    world.engine.settle(vec![crate::courier::answered(&prepared, 200)]).await;
    let found = world.engine.read(&id, |_, view| Ok::<_, kernel::Stop<()>>(view.get::<kernel::Delivery>("d1")?));
    assert_eq!(found.unwrap().unwrap().attempts[0].duration_ms, 0);
}

async fn a_result_that_comes_after_a_reset_is_nobodys(world: World) {
    world.act(owe("d1", "shop", 0)).await.unwrap();
    let old = world.due("d1", "shop");
    let prepared = world.engine.prepare(&old).unwrap().unwrap();
    world.engine.reset_sandbox(&SandboxId::demo()).await.unwrap();
    world.act(owe("d1", "shop", 0)).await.unwrap();
    world.engine.settle(vec![crate::courier::answered(&prepared, 200)]).await;
    world.engine.put_off(&old, 500).await.unwrap();
    assert!(world.engine.prepare(&old).unwrap().is_none());
    let again = world.delivery("d1");
    assert_eq!((again.status, again.attempts.len()), (DeliveryStatus::Pending, 0));
    assert_eq!(again.next_attempt_at, Some(START));
}
