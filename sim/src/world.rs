//! One process: an engine on the store, its wall clock, and the crash that ends it.

use crate::rough::{Rough, Sabotage};
use engine::{Command, Due, Engine, Failure, Options, WallClock};
use kernel::{Chance, Cx, Decided, Instant, Provider, SandboxId, View};
use sandpay::SandPay;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::task::{Context, Poll, Waker};
use store::{Memory, Store};
use tokio::sync::mpsc;

/// 2026-06-01T09:00:00Z
const START: Instant = Instant::from_ms(1_780_304_400_000);
/// Deliveries that are handed over in memory at the most: few, so that both ways are gone.
const ROOM: usize = 6;

/// An operation of the platform, as the engine runs it.
pub(crate) struct Op<I, T, R> {
    pub(crate) input: I,
    pub(crate) decide: fn(&Cx, &View<'_>, &I) -> Decided<T, R>,
}

impl<I: Send + 'static, T: Send + 'static, R: Send + 'static> Command for Op<I, T, R> {
    type Reply = T;
    type Refusal = R;

    fn provider(&self) -> Option<&'static str> {
        Some(sandpay::NAME)
    }

    fn decide(&self, cx: &Cx, view: &View<'_>) -> Decided<T, R> {
        (self.decide)(cx, view, &self.input)
    }
}

/// The running process and what outlives it.
pub(crate) struct World {
    pub(crate) memory: Arc<Memory>,
    pub(crate) rough: Arc<Rough>,
    pub(crate) engine: Engine,
    pub(crate) handed_over: mpsc::Receiver<Due>,
    wall: Arc<AtomicI64>,
    entropy: Chance,
    boots: u32,
}

impl World {
    pub(crate) fn new(entropy: &Chance, sabotage: Option<Sabotage>) -> Result<Self, String> {
        let memory = Arc::new(Memory::new());
        let rough = Arc::new(Rough::over(Arc::clone(&memory), sabotage));
        let wall = Arc::new(AtomicI64::new(START.ms()));
        let entropy = entropy.child("world");
        let engine = boot(&rough, &wall, &entropy.child("0"))?;
        let handed_over = engine.handed_over().ok_or("nothing is handed over")?;
        Ok(Self { memory, rough, engine, handed_over, wall, entropy, boots: 0 })
    }

    pub(crate) fn now(&self) -> Instant {
        Instant::from_ms(self.wall.load(Ordering::Relaxed))
    }

    /// Wall time passes.
    pub(crate) fn pass(&self, ms: i64) {
        self.wall.fetch_add(ms, Ordering::Relaxed);
    }

    /// The process dies where it stands, and another one starts on what it left.
    pub(crate) fn crash(&mut self) -> Result<(), String> {
        self.pass(1);
        self.boots += 1;
        self.rough.heal();
        self.engine = boot(&self.rough, &self.wall, &self.entropy.child(&self.boots.to_string()))?;
        self.handed_over = self.engine.handed_over().ok_or("nothing is handed over")?;
        self.engine.recover().map_err(|error| error.to_string())
    }

    /// Runs an operation of the platform.
    pub(crate) fn run<I, T, R>(
        &self,
        sandbox: &SandboxId,
        input: I,
        decide: fn(&Cx, &View<'_>, &I) -> Decided<T, R>,
    ) -> Result<T, Failure<R>>
    where
        I: Send + 'static,
        T: Send + 'static,
        R: Send + 'static,
    {
        self.engine.decide_here(sandbox, Op { input, decide })
    }
}

fn boot(rough: &Arc<Rough>, wall: &Arc<AtomicI64>, entropy: &Chance) -> Result<Engine, String> {
    let wall = Arc::clone(wall);
    let mut draw = entropy.draw("entropy");
    let mut bytes = [0; 32];
    for chunk in bytes.chunks_mut(8) {
        chunk.copy_from_slice(&draw.bits().to_le_bytes());
    }
    let options = Options {
        store: Arc::clone(rough) as Arc<dyn Store>,
        providers: vec![Arc::new(SandPay) as Arc<dyn Provider>],
        wall: WallClock::of(move || Instant::from_ms(wall.load(Ordering::Relaxed))),
        node: "sim".to_owned(),
        entropy: bytes,
        room: ROOM,
        inline: true,
    };
    Engine::start(options).map_err(|error| error.to_string())
}

/// The result of something that never waits: decisions are made on this thread.
pub(crate) fn at_once<F: Future>(future: F) -> F::Output {
    let mut future = std::pin::pin!(future);
    match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("something waits that never should"),
    }
}
