//! A server without a socket: an engine on one of the databases with time and chance handed in, the platform's API and
//! its admin routes in front of it, and a receiver whose answers a test decides.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request};
use engine::{Due, Engine, NewSandbox, Options, Prepared, Settled, WallClock};
use kernel::{Attempt, Clock, Instant, Provider, Sandbox, SandboxId, Signed};
use sandpay::SandPay;
use serde_json::{Value, json};
use store::{Memory, Sqlite, Store};
use web::{Tenancy, Tenant, Web};

/// 2026-06-01T09:00:00.000Z.
pub const NOON: Instant = Instant::from_ms(1_780_304_400_000);

/// The databases that every test runs on.
pub const STORES: [fn() -> Arc<dyn Store>; 2] = [|| Arc::new(Memory::new()), || Arc::new(Sqlite::in_memory().unwrap())];

pub struct World {
    pub engine: Engine,
    pub web: Web,
    pub sandbox: SandboxId,
    pub key: String,
    wall: Arc<AtomicI64>,
}

/// An answer, whole.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The Payment (or whatever) after checking the status.
    pub fn ok(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        self.json()
    }

    /// Checks status and code of a refusal.
    pub fn refused(&self, status: u16, code: &str) -> Value {
        let body = self.json();
        assert_eq!((self.status, body["error"].as_str()), (status, Some(code)), "{}", self.text);
        body
    }
}

struct Known(Engine);

impl Tenancy for Known {
    fn tenant(&self, sandbox: &str) -> Option<Tenant> {
        let found = self.0.sandbox(&SandboxId::parse(sandbox).ok()?).ok()??;
        Some(Tenant {
            scope: found.scope().as_str().into(),
            seed: found.seed,
            now_ms: found.clock.now(self.0.wall().now()).ms(),
            faults: [].into(),
        })
    }
}

impl World {
    /// A seeded sandbox whose clock stands still, its demo data made.
    pub async fn on(store: fn() -> Arc<dyn Store>) -> Self {
        let new = NewSandbox { seed: Some(7), clock: Some(Clock::Frozen { at: NOON }), ..NewSandbox::default() };
        let world = Self::with(store, new).await;
        world.engine.ensure_made(&world.sandbox, sandpay::NAME).await.unwrap();
        world
    }

    pub async fn with(store: fn() -> Arc<dyn Store>, new: NewSandbox) -> Self {
        let wall = Arc::new(AtomicI64::new(NOON.ms()));
        let shown = Arc::clone(&wall);
        let engine = Engine::start(Options {
            store: store(),
            providers: vec![Arc::new(SandPay)],
            wall: WallClock::of(move || Instant::from_ms(shown.load(Ordering::SeqCst))),
            node: "test".to_owned(),
            entropy: [7; 32],
            room: 0,
            inline: false,
        })
        .unwrap();
        let admin: Router = sandpay::admin(engine.clone()).split_for_parts().0;
        let own = Router::new().nest("/_playmoney/v1/sandboxes/{id}/sandpay", admin);
        let web = Web::builder()
            .mount(sandpay::mount(engine.clone()))
            .own(own)
            .tenancy(Arc::new(Known(engine.clone())))
            .build();
        let sandbox = engine.create_sandbox(new).await.unwrap();
        let key = key_of(&sandbox);
        Self { engine, web, sandbox: sandbox.id.clone(), key, wall }
    }

    /// Moves wall time, and with it running clocks.
    pub fn wall_passes(&self, ms: i64) {
        self.wall.fetch_add(ms, Ordering::SeqCst);
    }

    /// Sends a request; a body that is not empty is JSON.
    pub async fn send(&self, method: &str, path: &str, key: Option<&str>, body: impl Into<Body>) -> Reply {
        let mut request =
            Request::builder().method(method.parse::<Method>().unwrap()).uri(path).header("host", "localhost");
        if let Some(key) = key {
            request = request.header("authorization", format!("Bearer {key}"));
        }
        self.call(request.header("content-type", "application/json").body(body.into()).unwrap()).await
    }

    pub async fn call(&self, request: Request<Body>) -> Reply {
        let response = self.web.call(request).await;
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        Reply {
            status: parts.status.as_u16(),
            headers: parts.headers,
            text: String::from_utf8(bytes.to_vec()).unwrap(),
        }
    }

    /// Creates a payment with the sandbox's own key.
    pub async fn create(&self, body: &Value) -> Reply {
        self.send("POST", "/sandpay/v1/payments", Some(&self.key), body.to_string()).await
    }

    pub async fn get(&self, id: &str) -> Value {
        self.send("GET", &format!("/sandpay/v1/payments/{id}"), Some(&self.key), Body::empty()).await.ok(200)
    }

    /// An admin route of this sandbox.
    pub async fn admin(&self, method: &str, path: &str, body: &Value) -> Reply {
        let path = format!("/_playmoney/v1/sandboxes/{}/sandpay{path}", self.sandbox);
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.send(method, &path, None, body).await
    }

    /// The same with a body of any bytes.
    pub async fn admin_raw(&self, method: &str, path: &str, body: Vec<u8>) -> Reply {
        self.send(method, &format!("/_playmoney/v1/sandboxes/{}/sandpay{path}", self.sandbox), None, body).await
    }

    /// Adds a webhook endpoint; answers its id and secret.
    pub async fn endpoint(&self, url: &str) -> (String, String) {
        let made = self.admin("POST", "/webhook-endpoints", &json!({ "url": url })).await.ok(201);
        (made["id"].as_str().unwrap().to_owned(), made["secret"].as_str().unwrap().to_owned())
    }

    pub fn balance(&self, account: &str) -> i64 {
        let scope = self.engine.sandbox(&self.sandbox).unwrap().unwrap().scope();
        let all = self.engine.store().balances(&scope, "", 10_000).unwrap();
        all.into_iter().filter(|(name, _, _)| name == account).map(|(_, _, minor)| minor).sum()
    }

    /// The sum of all accounts by currency: each is zero.
    pub fn assert_balanced(&self) {
        let scope = self.engine.sandbox(&self.sandbox).unwrap().unwrap().scope();
        let all = self.engine.store().balances(&scope, "", 10_000).unwrap();
        for currency in [kernel::Currency::XOF, kernel::Currency::RWF] {
            let sum: i64 = all.iter().filter(|(_, of, _)| *of == currency).map(|(_, _, minor)| minor).sum();
            assert_eq!(sum, 0, "{currency}");
        }
        for (account, _, minor) in all.iter().filter(|(account, ..)| account.starts_with("sim.")) {
            assert!(*minor >= 0, "{account} is {minor}");
        }
    }

    pub fn now(&self) -> Instant {
        self.engine.sandbox(&self.sandbox).unwrap().unwrap().clock.now(self.engine.wall().now())
    }

    /// Runs what is due and answers the deliveries that are to be attempted now, signed.
    pub fn due(&self) -> Vec<Prepared> {
        let due: Vec<Due> = self.engine.step(10_000).unwrap().due;
        due.iter().filter_map(|due| self.engine.prepare(due).unwrap()).collect()
    }

    /// Records how the receiver answered.
    pub async fn answered(&self, prepared: &Prepared, status: Option<u16>, error: Option<&str>) {
        let attempt = Attempt {
            at: prepared.at,
            status,
            error: error.map(str::to_owned),
            duration_ms: 12,
            response: None,
            replay: prepared.replay,
        };
        self.engine.settle(vec![Settled { due: prepared.due.clone(), attempt }]).await;
    }

    /// Moves a frozen clock on.
    pub async fn advance(&self, ms: i64) {
        let moved = self.engine.change_sandbox(&self.sandbox, "clock.advanced", move |cx, sandbox: &mut Sandbox| {
            let to = sandbox.clock.now(cx.wall).plus_ms(ms);
            engine::sandboxes::set_clock(cx, sandbox, None, Some(to)).map(|()| Value::Null)
        });
        moved.await.unwrap();
    }

    /// Overrides an assumption.
    pub async fn set(&self, name: &'static str, value: Value) {
        let set = self.engine.change_sandbox(&self.sandbox, "settings.changed", move |_, sandbox: &mut Sandbox| {
            sandbox.assumptions.insert(format!("sandpay.{name}"), value.clone());
            Ok::<_, ()>(Value::Null)
        });
        set.await.unwrap();
    }

    /// All events so far, by type and subject.
    pub fn events(&self, kind: &str) -> Vec<kernel::Event> {
        let scope = self.engine.sandbox(&self.sandbox).unwrap().unwrap().scope();
        let wanted = engine::events::Wanted { types: vec![kind.to_owned()], subject: None };
        self.engine.events(&scope, 0, &wanted, 10_000).unwrap().0.into_iter().map(|seen| seen.event).collect()
    }
}

pub fn key_of(sandbox: &Sandbox) -> String {
    let shown = SandPay.credentials(&engine::sandboxes::realm_of(sandbox)).shown;
    shown["api_key"].as_str().unwrap().to_owned()
}

/// The headers of an attempt.
pub fn headers_of(prepared: &Prepared) -> Vec<(String, String)> {
    match &prepared.signed {
        Signed::Send { headers } => headers.clone(),
        Signed::Abandon { reason } => panic!("abandoned: {reason}"),
    }
}

pub fn header_of(prepared: &Prepared, name: &str) -> String {
    let headers = headers_of(prepared);
    headers.into_iter().find(|(known, _)| known == name).map(|(_, value)| value).unwrap_or_else(|| panic!("no {name}"))
}

/// A request that is right in every way, from a number whose operator is MTN in Côte d'Ivoire.
pub fn request(reference: &str) -> Value {
    json!({
        "amount": 25_000, "currency": "XOF", "msisdn": "+2250500000111", "reference": reference,
        "application": "demo-store"
    })
}

/// The same with members put in, or taken out where they are null.
pub fn request_with(reference: &str, members: Value) -> Value {
    let mut body = request(reference);
    for (name, value) in members.as_object().unwrap() {
        if value.is_null() {
            body.as_object_mut().unwrap().remove(name);
        } else {
            body[name] = value.clone();
        }
    }
    body
}
