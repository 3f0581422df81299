//! A platform small enough to see through: notes, purses with money, jobs that ring, deliveries that are signed in plain.

use engine::Command;
use kernel::{
    Assumption, Attempt, Credentials, Currency, Cx, Decided, Delivery, DeliveryStatus, Effects, Entry, Event, Instant,
    Job, Need, Provider, Realm, Record, SandboxId, Signed, Stop, Transfer, Verdict, View,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::marker::PhantomData;

pub const XOF: Currency = Currency::XOF;
/// What the fixtures put into `purse`.
pub const OPENING: i64 = 1_000;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    pub id: String,
    pub text: String,
}

impl Record for Note {
    const KIND: &'static str = "toy.note";

    fn id(&self) -> String {
        self.id.clone()
    }

    fn entries(&self) -> Vec<Entry> {
        vec![Entry::unique("toy.text", self.text.clone())]
    }
}

pub fn note(id: &str, text: &str) -> Note {
    Note { id: id.to_owned(), text: text.to_owned() }
}

pub fn told(kind: &str, cx: &Cx, data: Value) -> Event {
    Event::of("toy", kind, "subject", cx.now, data)
}

/// Moves money out of an account that must not fall below zero, on the strength of its balance.
pub fn pay(cx: &Cx, view: &View<'_>, from: &str, to: &str, minor: i64) -> Decided<i64, &'static str> {
    let balance = view.balance(from, XOF)?;
    if balance < minor {
        return Err(Stop::Refused("too poor"));
    }
    let mut fx = Effects::new();
    fx.post(Transfer::new("toy", "subject").line(from, -minor, XOF).line(to, minor, XOF));
    fx.floor(from, XOF, 0);
    fx.tell(told("toy.paid", cx, json!({ "minor": minor })));
    Ok((balance - minor, fx))
}

pub fn job(kind: &str, id: &str, due: Instant) -> Job {
    Job { due, id: id.to_owned(), provider: "toy".to_owned(), kind: kind.to_owned(), body: json!({}) }
}

pub fn delivery(id: &str, endpoint: &str, created_at: Instant, due: Instant) -> Delivery {
    Delivery {
        id: id.to_owned(),
        provider: "toy".to_owned(),
        event: "toy.happened".to_owned(),
        endpoint: endpoint.to_owned(),
        url: format!("http://receiver/{endpoint}"),
        subject: "subject".to_owned(),
        body: format!("{{\"id\":\"{id}\"}}"),
        status: DeliveryStatus::Pending,
        created_at,
        next_attempt_at: Some(due),
        replaying: false,
        attempts: Vec::new(),
    }
}

/// A command as a function.
pub struct Act<F, T, R> {
    act: F,
    provider: Option<&'static str>,
    types: PhantomData<fn() -> (T, R)>,
}

impl<F, T, R> Command for Act<F, T, R>
where
    F: Fn(&Cx, &View<'_>) -> Decided<T, R> + Send + 'static,
    T: Send + 'static,
    R: Send + 'static,
{
    type Reply = T;
    type Refusal = R;

    fn provider(&self) -> Option<&'static str> {
        self.provider
    }

    fn decide(&self, cx: &Cx, view: &View<'_>) -> Decided<T, R> {
        (self.act)(cx, view)
    }
}

/// A command that refuses with words.
pub fn act<T, F>(act: F) -> Act<F, T, &'static str>
where
    F: Fn(&Cx, &View<'_>) -> Decided<T, &'static str> + Send + 'static,
{
    Act { act, provider: None, types: PhantomData }
}

/// The same, with the fixtures of the platform before it.
pub fn toy<T, F>(act: F) -> Act<F, T, &'static str>
where
    F: Fn(&Cx, &View<'_>) -> Decided<T, &'static str> + Send + 'static,
{
    Act { act, provider: Some("toy"), types: PhantomData }
}

/// Inserts a note. Repeated it answers without effects, with another text it refuses.
pub fn put(id: &'static str, text: &'static str) -> impl Command<Reply = String, Refusal = &'static str> {
    act(move |cx, view| {
        if let Some(there) = view.get::<Note>(id)? {
            return if there.text == text {
                Ok((there.text.clone(), Effects::new()))
            } else {
                Err(Stop::Refused("taken"))
            };
        }
        if view.unique("toy.text", text)?.is_some() {
            return Err(Stop::Refused("said before"));
        }
        let mut fx = Effects::new();
        fx.insert(note(id, text));
        fx.tell(told("toy.noted", cx, json!({ "id": id })));
        Ok((text.to_owned(), fx))
    })
}

/// Sets a job.
pub fn schedule(
    kind: &'static str,
    id: &'static str,
    due: Instant,
) -> impl Command<Reply = (), Refusal = &'static str> {
    act(move |_, _| {
        let mut fx = Effects::new();
        fx.schedule(job(kind, id, due));
        Ok(((), fx))
    })
}

/// Owes a delivery, due at once or so much later.
pub fn owe(id: &'static str, endpoint: &'static str, in_ms: i64) -> impl Command<Reply = (), Refusal = &'static str> {
    act(move |cx, _| {
        let mut fx = Effects::new();
        fx.owe(delivery(id, endpoint, cx.now, cx.now.plus_ms(in_ms)));
        fx.tell(told("toy.happened", cx, json!({ "delivery": id })));
        Ok(((), fx))
    })
}

pub struct Toy;

impl Provider for Toy {
    fn name(&self) -> &'static str {
        "toy"
    }

    fn assumptions(&self) -> Vec<Assumption> {
        Vec::new()
    }

    fn credentials(&self, realm: &Realm) -> Credentials {
        let key = realm.chance.draw("toy").hex(16);
        Credentials { names: vec![format!("toy:{key}")], shown: json!({ "key": key }) }
    }

    fn fixtures(&self, cx: &Cx, view: &View<'_>, _: &Realm, empty: bool) -> Result<Effects, Need> {
        let mut fx = Effects::new();
        if !empty && view.get::<Note>("fixture")?.is_none() {
            fx.insert(note("fixture", &cx.chance.draw("fixture").hex(8)));
            fx.post(Transfer::new("opening", "purse").line("purse", OPENING, XOF).line("world", -OPENING, XOF));
        }
        Ok(fx)
    }

    fn kept_by_reset(&self, _: &Cx, view: &View<'_>) -> Result<Effects, Need> {
        let mut fx = Effects::new();
        if let Some(kept) = view.get::<Note>("kept")? {
            fx.insert((*kept).clone());
        }
        Ok(fx)
    }

    /// `ring` tells the time, `chain` rings and sets another job 10 ms later, `boom` panics.
    fn job(&self, cx: &Cx, view: &View<'_>, job: &Job) -> Result<Effects, Need> {
        let mut fx = Effects::new();
        match job.kind.as_str() {
            "boom" => panic!("a job that panics, as this test wants"),
            "chain" => fx.schedule(self::job("ring", &format!("{}.next", job.id), cx.now.plus_ms(10))),
            "owe" => fx.owe(delivery(&job.id, "shop", cx.now, cx.now)),
            "count" => {
                let before = view.get::<Note>("count")?;
                let text = format!("{}{}", before.as_ref().map_or("", |note| note.text.as_str()), job.id);
                match before {
                    Some(before) => fx.replace(&*before, note("count", &text)),
                    None => fx.insert(note("count", &text)),
                }
            }
            _ => {}
        }
        fx.tell(Event::of("toy", "toy.rang", &job.id, cx.now, json!({ "draw": cx.chance.draw("ring").hex(8) })));
        Ok(fx)
    }

    fn sign(&self, _: &Cx, _: &View<'_>, delivery: &Delivery) -> Result<Signed, Need> {
        if delivery.endpoint == "nowhere" {
            return Ok(Signed::Abandon { reason: "the endpoint is gone".to_owned() });
        }
        Ok(Signed::Send { headers: vec![("X-Toy-Signature".to_owned(), signature(&delivery.body))] })
    }

    /// Three attempts, a second and then two apart.
    fn verdict(&self, _: &Cx, delivery: &Delivery, attempt: &Attempt) -> Verdict {
        match delivery.scheduled_attempts() {
            _ if attempt.acknowledged() => Verdict::Delivered,
            0 => Verdict::RetryAfter(1_000),
            1 => Verdict::RetryAfter(2_000),
            _ => Verdict::Failed,
        }
    }

    fn attempt_timeout_ms(&self) -> u64 {
        10_000
    }
}

/// The signature of a body.
pub fn signature(body: &str) -> String {
    format!("{body}~0")
}

pub fn sandbox(name: &str) -> SandboxId {
    SandboxId::parse(&format!("sbx_{name}")).unwrap()
}
