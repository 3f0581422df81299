//! A platform that does little: it takes money, owes a webhook, and rings later.

use axum::http::StatusCode;
use axum::response::Response;
use engine::{Command, Engine};
use kernel::{
    Assumption, Attempt, Credentials, Currency, Cx, Decided, Delivery, DeliveryStatus, Effects, Entry, Event, Job,
    Need, Provider, Realm, Record, SandboxId, Signed, Transfer, Verdict, View,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use web::{Mount, Place, Problem, RequestCell};

pub struct Fake;

/// Kept by a reset.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Till {
    pub id: String,
    pub rang: u32,
}

impl Record for Till {
    const KIND: &'static str = "fake.till";

    fn id(&self) -> String {
        self.id.clone()
    }

    fn entries(&self) -> Vec<Entry> {
        Vec::new()
    }
}

fn assumption(name: &str, value: serde_json::Value, overridable: bool) -> Assumption {
    let (reason, source) = ("nobody says".to_owned(), "the tests".to_owned());
    Assumption { id: format!("fake.{name}"), value, reason, source, overridable }
}

/// The secret of every endpoint here.
pub fn signature(body: &str) -> String {
    let sum: u64 = body.bytes().map(u64::from).sum();
    format!("fake={sum:08}")
}

impl Provider for Fake {
    fn name(&self) -> &'static str {
        "fake"
    }

    fn assumptions(&self) -> Vec<Assumption> {
        vec![
            assumption("retries", json!(2), true),
            assumption("loud", json!(false), true),
            assumption("colour", json!("red"), true),
            assumption("gravity", json!(10), false),
        ]
    }

    fn credentials(&self, realm: &Realm) -> Credentials {
        let key = format!("fake_{}", realm.chance.draw("fake").hex(16));
        Credentials { names: vec![format!("fake:{key}")], shown: json!({ "api_key": key }) }
    }

    fn fixtures(&self, cx: &Cx, _: &View<'_>, _: &Realm, empty: bool) -> Result<Effects, Need> {
        let mut fx = Effects::new();
        fx.insert(Till { id: "till".to_owned(), rang: 0 });
        if !empty {
            let opening = Transfer::new("opening_balance", "till");
            fx.post(opening.line("equity", -1000, Currency::XOF).line("till", 1000, Currency::XOF));
            fx.tell(Event::of("fake", "fake.opened", "till", cx.now, json!({})));
        }
        Ok(fx)
    }

    fn kept_by_reset(&self, _: &Cx, _: &View<'_>) -> Result<Effects, Need> {
        Ok(Effects::new())
    }

    fn job(&self, cx: &Cx, view: &View<'_>, job: &Job) -> Result<Effects, Need> {
        let mut fx = Effects::new();
        if let Some(till) = view.get::<Till>("till")? {
            fx.replace(&*till, Till { rang: till.rang + 1, ..(*till).clone() });
        }
        fx.owe(delivery(cx, "ring", job.body["url"].as_str().unwrap_or_default(), &job.id));
        Ok(fx)
    }

    fn sign(&self, _: &Cx, _: &View<'_>, delivery: &Delivery) -> Result<Signed, Need> {
        let headers = vec![("x-fake-signature".to_owned(), signature(&delivery.body))];
        Ok(Signed::Send { headers })
    }

    fn verdict(&self, _: &Cx, delivery: &Delivery, attempt: &Attempt) -> Verdict {
        match (attempt.acknowledged(), delivery.scheduled_attempts()) {
            (true, _) => Verdict::Delivered,
            (false, 0) => Verdict::RetryAfter(60_000),
            (false, _) => Verdict::Failed,
        }
    }

    fn attempt_timeout_ms(&self) -> u64 {
        1000
    }
}

fn delivery(cx: &Cx, event: &str, url: &str, subject: &str) -> Delivery {
    Delivery {
        id: format!("{:015}-{}", cx.now.ms(), cx.chance.draw(event).hex(8)),
        provider: "fake".to_owned(),
        event: format!("fake.{event}"),
        endpoint: "end_1".to_owned(),
        url: url.to_owned(),
        subject: subject.to_owned(),
        body: json!({ "event": event, "tx_id": subject }).to_string(),
        status: DeliveryStatus::Pending,
        created_at: cx.now,
        next_attempt_at: Some(cx.now),
        replaying: false,
        attempts: Vec::new(),
    }
}

/// Takes money into the till and tells a url; rings there in a minute when asked to.
#[derive(Clone)]
pub struct Pay {
    pub subject: String,
    pub amount: i64,
    pub url: String,
    pub rings: bool,
}

impl Command for Pay {
    type Reply = ();
    type Refusal = ();

    fn provider(&self) -> Option<&'static str> {
        Some("fake")
    }

    fn decide(&self, cx: &Cx, _: &View<'_>) -> Decided<(), ()> {
        let mut fx = Effects::new();
        let moved = Transfer::new("payment", &self.subject);
        fx.post(moved.line("customer", -self.amount, Currency::XOF).line("till", self.amount, Currency::XOF));
        fx.tell(Event::of("fake", "fake.paid", &self.subject, cx.now, json!({ "amount": self.amount })));
        fx.owe(delivery(cx, "paid", &self.url, &self.subject));
        if self.rings {
            let (id, body) = (format!("ring.{}", self.subject), json!({ "url": self.url }));
            let kind = "ring".to_owned();
            fx.schedule(Job { due: cx.now.plus_ms(60_000), id, provider: "fake".to_owned(), kind, body });
        }
        Ok(((), fx))
    }
}

/// Its API: one route, which knows its sandbox by the path.
pub fn mount() -> Mount {
    let place = Place { provider: "fake", prefix: "/fake", localhost: &[], hosts: &[] };
    Mount::new(place, axum::Router::new().route("/v1/hello", axum::routing::post(hello)), Problem::details)
}

async fn hello(cell: RequestCell) -> Response {
    cell.set_subject("TX_hello");
    web::json_response(StatusCode::CREATED, &json!({ "hello": "world" }))
}

/// What its portal serves.
pub fn portal(engine: Engine) -> OpenApiRouter {
    OpenApiRouter::new().routes(routes!(tills)).with_state(engine)
}

/// The tills.
#[utoipa::path(get, path = "/tills/{till}", responses((status = 200, description = "A till.")))]
async fn tills(
    axum::extract::State(engine): axum::extract::State<Engine>,
    axum::extract::Path((sandbox, till)): axum::extract::Path<(String, String)>,
) -> Result<Response, Problem> {
    let missing = || Problem::not_found("There is no such till.");
    let id = SandboxId::parse(&sandbox).map_err(|_| missing())?;
    engine.ensure_made(&id, "fake").await.map_err(|_| missing())?;
    let read = engine.read(&id, |_, view| Ok::<_, kernel::Stop<()>>(view.get::<Till>(&till)?));
    let till = read.map_err(|_| missing())?.ok_or_else(missing)?;
    Ok(web::json_response(StatusCode::OK, &json!({ "id": till.id, "rang": till.rang })))
}
