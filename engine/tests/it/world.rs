//! An engine on a backend, with a wall clock that the test moves.

use crate::spy::Spy;
use crate::toy::{Note, Toy, XOF, sandbox};
use engine::events::{Seen, Wanted};
use engine::{Command, Engine, Failure, NewSandbox, Options, WallClock};
use kernel::{Clock, Delivery, Instant, Provider, SandboxId, Scope};
use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use store::{Memory, Sqlite, Store};

/// 2026-06-01T09:00:00Z
pub const START: Instant = Instant::from_ms(1_780_304_400_000);

#[derive(Debug, Clone, Copy)]
pub enum Backend {
    Memory,
    Sqlite,
    File,
}

/// Runs each of these on every backend: `memory`, `sqlite` (in memory) and `file`.
macro_rules! on_each_backend {
    ($($name:ident),* $(,)?) => { $(
        mod $name {
            use crate::world::{Backend, run};

            #[test]
            fn memory() {
                run(Backend::Memory, super::$name);
            }

            #[test]
            fn sqlite() {
                run(Backend::Sqlite, super::$name);
            }

            #[test]
            fn file() {
                run(Backend::File, super::$name);
            }
        }
    )* };
}
pub(crate) use on_each_backend;

pub fn run<F: Future<Output = ()>>(backend: Backend, test: impl FnOnce(World) -> F) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let world = World::on(backend);
        world.make("demo").await;
        test(world).await;
    });
}

/// A folder that goes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static MADE: AtomicU64 = AtomicU64::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let folder = format!("{}/engine.{}.{number}", env!("CARGO_TARGET_TMPDIR"), std::process::id());
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder.into())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _gone = std::fs::remove_dir_all(&self.0);
    }
}

pub struct World {
    pub engine: Engine,
    pub spy: Arc<Spy>,
    wall: Arc<AtomicI64>,
    folder: Option<Folder>,
}

impl World {
    pub fn on(backend: Backend) -> Self {
        let folder = matches!(backend, Backend::File).then(Folder::new);
        let store: Arc<dyn Store> = match (backend, &folder) {
            (Backend::Memory, _) => Arc::new(Memory::new()),
            (_, Some(folder)) => Arc::new(Sqlite::open(&folder.0.join("toy.db")).unwrap()),
            (_, None) => Arc::new(Sqlite::in_memory().unwrap()),
        };
        let wall = Arc::new(AtomicI64::new(START.ms()));
        let spy = Arc::new(Spy::over(store));
        Self { engine: start(Arc::clone(&spy) as _, &wall, "node-1", false), spy, wall, folder }
    }

    /// Ends this process and starts the next one on what it left.
    pub fn restart(self) -> Self {
        self.engine.stop();
        let Self { engine, spy, wall, folder } = self;
        drop(engine);
        wall.fetch_add(1, Ordering::SeqCst);
        let store: Arc<dyn Store> = match &folder {
            Some(folder) => {
                drop(spy);
                Arc::new(Sqlite::open(&folder.0.join("toy.db")).unwrap())
            }
            None => spy.beneath(),
        };
        let spy = Arc::new(Spy::over(store));
        Self { engine: start(Arc::clone(&spy) as _, &wall, "node-1", false), spy, wall, folder }
    }

    /// Another node on the same database, past the spy.
    pub fn other_node(&self) -> Engine {
        self.spy.share();
        self.pass(1);
        start(Arc::new(shared(self.spy.beneath())), &self.wall, "node-2", true)
    }

    /// Wall time passes.
    pub fn pass(&self, ms: i64) {
        self.wall.fetch_add(ms, Ordering::SeqCst);
    }

    pub fn wall_now(&self) -> Instant {
        Instant::from_ms(self.wall.load(Ordering::SeqCst))
    }

    /// A sandbox whose clock stands at [`START`], without a seed.
    pub async fn make(&self, name: &str) -> SandboxId {
        let clock = Some(Clock::Frozen { at: START });
        self.make_as(name, NewSandbox { clock, ..NewSandbox::default() }).await
    }

    pub async fn make_as(&self, name: &str, new: NewSandbox) -> SandboxId {
        let id = sandbox(name);
        self.engine.create_sandbox(NewSandbox { id: Some(id.clone()), ..new }).await.unwrap();
        id
    }

    /// Runs a command in the demo sandbox.
    pub async fn act<C: Command>(&self, command: C) -> Result<C::Reply, Failure<C::Refusal>> {
        self.engine.decide(&SandboxId::demo(), command).await
    }

    /// Runs commands in one transaction, in their order.
    pub fn together<C: Command>(&self, commands: Vec<(SandboxId, C)>) -> Vec<Result<C::Reply, Failure<C::Refusal>>> {
        let hold = Hold::of(&self.engine);
        let mut answers = Vec::new();
        for (sandbox, command) in commands {
            let (tell, told) = mpsc::channel();
            self.engine.put(Box::new(engine::task::CommandTask::new(sandbox, command, move |answer| {
                tell.send(answer).unwrap();
            })));
            answers.push(told);
        }
        let _before = (self.spy.loads(), self.spy.transactions());
        hold.release();
        answers.into_iter().map(|told| told.recv().unwrap()).collect()
    }

    pub fn scope_of(&self, id: &SandboxId) -> Scope {
        self.engine.sandbox(id).unwrap().unwrap().scope()
    }

    pub fn scope(&self) -> Scope {
        self.scope_of(&SandboxId::demo())
    }

    pub fn note_in(&self, id: &SandboxId, note: &str) -> Option<String> {
        let found = self.engine.read(id, |_, view| Ok::<_, kernel::Stop<()>>(view.get::<Note>(note)?));
        found.unwrap().map(|note| note.text.clone())
    }

    pub fn note(&self, note: &str) -> Option<String> {
        self.note_in(&SandboxId::demo(), note)
    }

    pub fn balance(&self, account: &str) -> i64 {
        let demo = SandboxId::demo();
        self.engine.read(&demo, |_, view| Ok::<_, kernel::Stop<()>>(view.balance(account, XOF)?)).unwrap()
    }

    pub fn delivery(&self, id: &str) -> Delivery {
        let demo = SandboxId::demo();
        let found = self.engine.read(&demo, |_, view| Ok::<_, kernel::Stop<()>>(view.get::<Delivery>(id)?));
        (*found.unwrap().unwrap()).clone()
    }

    pub fn events_in(&self, id: &SandboxId) -> Vec<Seen> {
        self.engine.events(&self.scope_of(id), 0, &Wanted::default(), usize::MAX).unwrap().0
    }

    /// Subjects and instants (after [`START`]) of the events of one type.
    pub fn told(&self, kind: &str) -> Vec<(String, i64)> {
        let events = self.events_in(&SandboxId::demo()).into_iter().filter(|seen| seen.event.kind == kind);
        events.map(|seen| (seen.event.subject.unwrap_or_default(), seen.event.at.since_ms(START))).collect()
    }

    /// Moves the demo sandbox's frozen clock to so long after [`START`].
    pub async fn set_clock(&self, after_start_ms: i64) {
        let to = Some(START.plus_ms(after_start_ms));
        let change = move |cx: &kernel::Cx, sandbox: &mut kernel::Sandbox| {
            engine::sandboxes::set_clock(cx, sandbox, None, to).map(|()| serde_json::Value::Null)
        };
        self.engine.change_sandbox(&SandboxId::demo(), "clock.set", change).await.unwrap();
    }
}

fn start(store: Arc<dyn Store>, wall: &Arc<AtomicI64>, node: &str, inline: bool) -> Engine {
    let wall = Arc::clone(wall);
    let providers: Vec<Arc<dyn Provider>> = vec![Arc::new(Toy)];
    let wall = WallClock::of(move || Instant::from_ms(wall.load(Ordering::SeqCst)));
    Engine::start(Options { store, providers, wall, node: node.to_owned(), entropy: [7; 32], room: 64, inline })
        .unwrap()
}

fn shared(store: Arc<dyn Store>) -> Spy {
    let spy = Spy::over(store);
    spy.share();
    spy
}

/// Keeps the batch thread busy, so that what is put in line meanwhile is one batch.
pub struct Hold(mpsc::Sender<()>);

impl Hold {
    pub fn of(engine: &Engine) -> Self {
        let (started, starts) = mpsc::channel();
        let (release, released) = mpsc::channel::<()>();
        let busy = crate::toy::act(move |_, _| {
            started.send(()).unwrap();
            let _released = released.recv();
            Ok(((), kernel::Effects::new()))
        });
        engine.put(Box::new(engine::task::CommandTask::new(SandboxId::demo(), busy, |_| {})));
        starts.recv().unwrap();
        Self(release)
    }

    pub fn release(self) {
        drop(self.0);
    }
}
