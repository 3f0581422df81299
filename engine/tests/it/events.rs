//! The journal: positions without gaps, filters, waiting, and the postings of an account.

use crate::toy::{act, note, pay, put, told, toy};
use crate::world::{World, on_each_backend};
use engine::events::Wanted;
use kernel::{Effects, Event, SandboxId};
use serde_json::{Value, json};

on_each_backend!(
    positions_have_no_gaps,
    events_are_filtered,
    pages_go_on_where_they_ended,
    who_waits_is_told,
    postings_of_an_account,
    sandboxes_do_not_see_each_other,
);

fn tell(kinds: &'static [(&'static str, &'static str)]) -> impl engine::Command<Reply = (), Refusal = &'static str> {
    act(move |cx, _| {
        let mut fx = Effects::new();
        for (kind, subject) in kinds {
            fx.tell(Event::of("toy", kind, subject, cx.now, Value::Null));
        }
        Ok(((), fx))
    })
}

async fn positions_have_no_gaps(world: World) {
    world.act(tell(&[("a", "1"), ("b", "1"), ("c", "1")])).await.unwrap();
    let _refused = world.act(act(|_, _| Err::<((), Effects), _>(kernel::Stop::Refused("no")))).await;
    world.spy.at_next_commits([crate::spy::AtCommit::Fail]);
    let _failed = world.act(tell(&[("lost", "1")])).await;
    world.together((0..5).map(|_| (SandboxId::demo(), tell(&[("d", "1"), ("e", "1")]))).collect());
    let positions: Vec<u64> = world.events_in(&SandboxId::demo()).iter().map(|seen| seen.position).collect();
    assert_eq!(positions, (1..=14).collect::<Vec<_>>(), "the creation, three, and five times two");
    assert_eq!(world.engine.last_position(&world.scope(), 0).unwrap(), 14);
    assert_eq!(world.engine.last_position(&world.scope(), 14).unwrap(), 14);
}

async fn events_are_filtered(world: World) {
    world.act(tell(&[("toy.paid", "x"), ("toy.paid.late", "y"), ("other.paid", "x")])).await.unwrap();
    let found = |types: &[&str], subject: Option<&str>| -> Vec<String> {
        let wanted = Wanted {
            types: types.iter().map(|kind| (*kind).to_owned()).collect(),
            subject: subject.map(str::to_owned),
        };
        let (events, looked_to) = world.engine.events(&world.scope(), 0, &wanted, 10).unwrap();
        assert_eq!(looked_to, 4);
        events.into_iter().map(|seen| seen.event.kind).collect()
    };
    assert_eq!(found(&["toy.paid"], None), ["toy.paid"]);
    assert_eq!(found(&["toy.*"], None), ["toy.paid", "toy.paid.late"]);
    assert_eq!(found(&["toy.paid", "other.*"], Some("x")), ["toy.paid", "other.paid"]);
    assert_eq!(found(&[], Some("nobody")), [""; 0]);
}

async fn pages_go_on_where_they_ended(world: World) {
    world.act(tell(&[("a", "1"), ("b", "1"), ("c", "1")])).await.unwrap();
    world.act(tell(&[("d", "1"), ("e", "1")])).await.unwrap();
    let (mut kinds, mut position) = (Vec::new(), 1);
    loop {
        // A page can end in the middle of what was committed together.
        let (events, looked_to) = world.engine.events(&world.scope(), position, &Wanted::default(), 2).unwrap();
        if looked_to == position {
            break;
        }
        position = looked_to;
        kinds.extend(events.into_iter().map(|seen| seen.event.kind));
    }
    assert_eq!(kinds, ["a", "b", "c", "d", "e"]);
}

async fn who_waits_is_told(world: World) {
    let wanted = Wanted { types: vec!["toy.noted".to_owned()], subject: None };
    let scope = world.scope();
    let wait = world.engine.wait_for(&scope, 1, &wanted);
    let act = async {
        world.act(tell(&[("toy.other", "x")])).await.unwrap();
        world.act(put("a", "one")).await.unwrap();
    };
    let (seen, ()) = tokio::join!(wait, act);
    let seen = seen.unwrap();
    assert_eq!((seen.position, seen.event.data), (3, json!({ "id": "a" })));
    // One that is there already is found at once; another thread's commit wakes too.
    assert_eq!(world.engine.wait_for(&scope, 0, &wanted).await.unwrap().position, 3);
    std::thread::scope(|threads| {
        let wait = Box::pin(world.engine.wait_for(&scope, 3, &wanted));
        threads.spawn(|| world.engine.decide_here(&SandboxId::demo(), put("b", "two")).unwrap());
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let seen = threads.spawn(move || runtime.block_on(wait).unwrap());
        assert_eq!(seen.join().unwrap().position, 4);
    });
}

async fn postings_of_an_account(world: World) {
    world.act(toy(|_, _| Ok(((), Effects::new())))).await.unwrap();
    for minor in [100, 50, 25] {
        world.act(act(move |cx, view| pay(cx, view, "purse", "shop", minor))).await.unwrap();
    }
    let minors = |account: &str| -> Vec<i64> {
        let (found, next) = world.engine.postings(&world.scope(), account, 0, 10).unwrap();
        assert_eq!(next, None);
        found.iter().map(|posted| posted.posting.money.minor).collect()
    };
    assert_eq!(minors("purse"), [1_000, -100, -50, -25]);
    assert_eq!(minors("shop"), [100, 50, 25]);
    assert_eq!(minors("nobody"), [0; 0]);
    assert_eq!(world.balance("shop"), 175);
    let (first, next) = world.engine.postings(&world.scope(), "shop", 0, 2).unwrap();
    let (rest, end) = world.engine.postings(&world.scope(), "shop", next.unwrap(), 2).unwrap();
    assert_eq!((first.len(), rest.len(), end), (2, 1, None));
    assert_eq!(rest[0].posting.money.minor, 25);
}

async fn sandboxes_do_not_see_each_other(world: World) {
    let other = world.make("other").await;
    let write = |text: &'static str| {
        toy(move |cx, view| {
            let seen = view.get::<crate::toy::Note>("a")?.is_some();
            let mut fx = Effects::new();
            fx.insert(note("a", text));
            fx.tell(told("toy.noted", cx, json!({})));
            Ok((seen, fx))
        })
    };
    let answers = world.together(vec![(SandboxId::demo(), write("same")), (other.clone(), write("same"))]);
    assert_eq!(answers, [Ok(false), Ok(false)]);
    world.engine.decide(&other, act(|cx, view| pay(cx, view, "purse", "shop", 1))).await.unwrap();
    assert_eq!(
        (world.balance("shop"), world.events_in(&other).len(), world.events_in(&SandboxId::demo()).len()),
        (0, 4, 3)
    );
}
