//! A small platform, two sandboxes, and a raw client, for all tests here.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::{HeaderMap, Method, Request, StatusCode};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use web::{BodyRule, InboundFault, JsonBody, Mount, Place, Problem, RequestCell, Tenancy, Tenant, Web, WebBuilder};

/// Virtual now of both sandboxes: 2026-05-31T12:00:00Z.
pub const NOW_MS: i64 = 1_780_228_800_000;

/// `sbx_seed` has a seed, `sbx_free` has none; both have the same faults.
#[derive(Default)]
pub struct Sandboxes {
    pub faults: Mutex<Vec<InboundFault>>,
    pub times_left: AtomicU32,
    pub draw_ppm: AtomicU32,
}

impl Tenancy for Sandboxes {
    fn tenant(&self, sandbox: &str) -> Option<Tenant> {
        let seed = match sandbox {
            "sbx_seed" => Some(42),
            "sbx_free" => None,
            _ => return None,
        };
        let faults = self.faults.lock().unwrap().clone().into();
        Some(Tenant { scope: format!("{sandbox}#1").into(), seed, now_ms: NOW_MS, faults })
    }

    fn any_faults(&self) -> bool {
        !self.faults.lock().unwrap().is_empty()
    }

    fn draw_ppm(&self, _sandbox: &str) -> u32 {
        self.draw_ppm.load(Ordering::Relaxed)
    }

    fn fault_fired(&self, _sandbox: &str, _fault_id: &str) -> bool {
        self.times_left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
    }
}

/// The platform's error shape: `{"error": slug, "status": n}` and a version header.
fn platform_error(problem: &Problem) -> Response {
    let body = Json(json!({"error": problem.kind.slug(), "status": problem.status.as_u16()}));
    (problem.status, [("x-version", "1")], body).into_response()
}

async fn echo(cell: RequestCell, body: JsonBody) -> Response {
    cell.set_subject("TX_1");
    Json(json!({
        "path": cell.routed().path_and_query,
        "sandbox": cell.sandbox_of_path(),
        "link": cell.link_base(),
        "length": body.raw.len(),
        "json": body.value.ok(),
    }))
    .into_response()
}

/// Belongs to the sandbox that its `x-credential` header names.
async fn by_credential(cell: RequestCell, headers: HeaderMap) -> Result<&'static str, Problem> {
    let credential = headers.get("x-credential").and_then(|value| value.to_str().ok());
    cell.set_sandbox(credential.ok_or_else(|| Problem::unauthorized("No credential."))?);
    Ok("done")
}

async fn boom() -> &'static str {
    panic!("swordfish")
}

async fn streamed(body: Body) -> String {
    axum::body::to_bytes(body, usize::MAX).await.unwrap().len().to_string()
}

async fn number(axum::extract::Path(number): axum::extract::Path<u32>) -> String {
    number.to_string()
}

pub fn builder(sandboxes: &Arc<Sandboxes>) -> WebBuilder {
    let place =
        Place { provider: "small", prefix: "/small", localhost: &["small.localhost"], hosts: &["api.small.example"] };
    let router = Router::new()
        .route("/v1/echo", get(echo).post(echo))
        .route("/v1/mine", get(by_credential).post(by_credential))
        .route("/v1/boom", get(boom))
        .route("/v1/n/{number}", get(number))
        .route("/v1/import", post(streamed))
        .route("/v1/page", post(echo))
        .route("/v1/image", post(echo));
    let mount = Mount::new(place, router, platform_error)
        .body_limit(1024)
        .body_rule("/v1/import", BodyRule::STREAMED)
        .body_rule("/v1/im*", BodyRule::at_most(5000))
        .for_browsers(|_, path| path == "/v1/page");
    let own = Router::new()
        .route("/_playmoney/v1/things", post(|_: JsonBody| async { "made" }))
        .route("/_playmoney/v1/boom", get(boom));
    Web::builder()
        .mount(mount)
        .own(own)
        .tenancy(Arc::clone(sandboxes) as Arc<dyn Tenancy>)
        .public_url("http://sandbox.example/")
        .wall_clock(|| 5_000)
}

pub fn web() -> Web {
    builder(&Arc::default()).build()
}

pub fn request(method: Method, uri: &str) -> Request<Body> {
    Request::builder().method(method).uri(uri).header("host", "127.0.0.1:4700").body(Body::empty()).unwrap()
}

pub fn with_body(uri: &str, body: impl Into<Body>) -> Request<Body> {
    let mut request = request(Method::POST, uri);
    *request.body_mut() = body.into();
    request
}

/// A reply as tests look at it.
#[derive(Debug)]
pub struct Seen {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Seen {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub fn request_id(&self) -> &str {
        self.header("x-request-id").expect("every reply has a request id")
    }
}

pub async fn call(web: &Web, request: Request<Body>) -> Seen {
    let (parts, body) = web.call(request).await.into_parts();
    let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    Seen { status: parts.status, headers: parts.headers, text: String::from_utf8(bytes.to_vec()).unwrap() }
}

/// A `Web` on a real socket.
pub struct Served {
    pub address: std::net::SocketAddr,
    stop: oneshot::Sender<()>,
    running: JoinHandle<std::io::Result<()>>,
}

impl Served {
    pub async fn start(web: &Web) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let web = web.clone();
        let shutdown = async move { drop(stopped.await) };
        let running = tokio::spawn(async move { web.serve(listener, shutdown).await });
        Self { address, stop, running }
    }

    pub async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Sends bytes and reads until the server closes.
    pub async fn exchange(&self, bytes: &[u8]) -> String {
        let mut stream = self.connect().await;
        stream.write_all(bytes).await.unwrap();
        read_all(&mut stream).await
    }

    /// Asks the server to stop; the handle ends when it has.
    pub fn stop(self) -> JoinHandle<std::io::Result<()>> {
        self.stop.send(()).unwrap();
        self.running
    }
}

pub async fn read_all(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8(answer).unwrap()
}

/// Reads one answer with a `Content-Length` and leaves the connection as it is.
pub async fn read_one(stream: &mut TcpStream) -> (String, String) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    let head = String::from_utf8(head).unwrap();
    let length = head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body).await.unwrap();
    (head, String::from_utf8(body).unwrap())
}
