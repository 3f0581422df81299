//! The engine as its callers see it.

use crate::batch::{BATCH, Batcher};
use crate::command::{Command, Failure};
use crate::deliveries::Due;
use crate::feed::Feed;
use crate::inbox::Inbox;
use crate::known::Knowledge;
use crate::task::{CommandTask, Task};
use crate::wall::WallClock;
use kernel::{Chance, Provider, SandboxId};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use store::{Store, StoreError};
use tokio::sync::{mpsc, oneshot};

/// What an engine is made of.
pub struct Options {
    /// The database.
    pub store: Arc<dyn Store>,
    /// The platforms.
    pub providers: Vec<Arc<dyn Provider>>,
    /// Wall time.
    pub wall: WallClock,
    /// The name of this process among others on the database.
    pub node: String,
    /// 32 random bytes, from which everything random in sandboxes without a seed comes.
    pub entropy: [u8; 32],
    /// Deliveries that are handed over in memory at the most; 0 turns that off.
    pub room: usize,
    /// Decide on the caller's thread, one at a time: for simulations.
    pub inline: bool,
}

#[expect(clippy::large_enum_variant, reason = "there is one of it in a process")]
enum Mode {
    Thread(Arc<Inbox>, Mutex<Option<JoinHandle<()>>>),
    Inline(Mutex<Batcher>),
}

struct Inner {
    store: Arc<dyn Store>,
    providers: Arc<[Arc<dyn Provider>]>,
    wall: WallClock,
    node: String,
    feed: Arc<Feed>,
    mode: Mode,
    ids: Chance,
    ids_made: AtomicU64,
    last_generation: AtomicU32,
    handed_over: Mutex<Option<mpsc::Receiver<Due>>>,
}

/// Runs decisions. Cheap to clone.
#[derive(Clone)]
pub struct Engine(Arc<Inner>);

impl Engine {
    /// Starts.
    ///
    /// # Errors
    /// The batch thread cannot be started.
    pub fn start(options: Options) -> Result<Self, StoreError> {
        let (feed, handed_over) = Feed::new(options.room);
        let handed_over = (options.room > 0).then_some(handed_over);
        let feed = Arc::new(feed);
        let next_version = first_version(&options.wall);
        let providers: Arc<[Arc<dyn Provider>]> = options.providers.into();
        let entropy = Chance::from_key(options.entropy);
        let batcher = Batcher {
            store: Arc::clone(&options.store),
            providers: Arc::clone(&providers),
            wall: options.wall.clone(),
            feed: Arc::clone(&feed),
            node: options.node.clone(),
            entropy: entropy.child("batch"),
            drawn: 0,
            next_version,
            knowledge: Knowledge::default(),
        };
        let mode = if options.inline { Mode::Inline(Mutex::new(batcher)) } else { thread(batcher)? };
        Ok(Self(Arc::new(Inner {
            store: options.store,
            providers,
            wall: options.wall,
            node: options.node,
            feed,
            mode,
            ids: entropy.child("ids"),
            ids_made: AtomicU64::new(0),
            last_generation: AtomicU32::new(0),
            handed_over: Mutex::new(handed_over),
        })))
    }

    /// The database.
    #[must_use]
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.0.store
    }

    /// The platforms.
    #[must_use]
    pub fn providers(&self) -> &[Arc<dyn Provider>] {
        &self.0.providers
    }

    /// A platform by name.
    #[must_use]
    pub fn provider(&self, name: &str) -> Option<&Arc<dyn Provider>> {
        self.0.providers.iter().find(|provider| provider.name() == name)
    }

    /// Wall time.
    #[must_use]
    pub fn wall(&self) -> &WallClock {
        &self.0.wall
    }

    /// The name of this process.
    #[must_use]
    pub fn node(&self) -> &str {
        &self.0.node
    }

    /// The news of this process.
    #[must_use]
    pub fn feed(&self) -> &Arc<Feed> {
        &self.0.feed
    }

    /// Random names for what is made outside decisions.
    pub(crate) fn ids(&self) -> &Chance {
        &self.0.ids
    }

    /// A number that this process has not used yet.
    pub(crate) fn next_id(&self) -> u64 {
        self.0.ids_made.fetch_add(1, Ordering::Relaxed)
    }

    /// A generation that no sandbox had before: what an earlier one of the same id left may not be swept yet. They go
    /// by wall time, so that those of the next process are later, and count on where that is too coarse.
    pub(crate) fn next_generation(&self) -> u32 {
        let by_wall = u32::try_from((self.0.wall.now().ms() / 10) & 0x3fff_ffff).unwrap_or(0);
        let next = |last: u32| last.saturating_add(1).max(by_wall);
        let last = self.0.last_generation.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| Some(next(last)));
        next(last.unwrap_or_else(|last| last))
    }

    /// Where deliveries come out that are due at once. The first caller gets it.
    #[must_use]
    pub fn handed_over(&self) -> Option<mpsc::Receiver<Due>> {
        self.0.handed_over.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Decides and commits, and answers when it is durable.
    ///
    /// # Errors
    /// Refused, or not done; nothing of it happened then.
    pub async fn decide<C: Command>(&self, sandbox: &SandboxId, command: C) -> Result<C::Reply, Failure<C::Refusal>> {
        let (tell, told) = oneshot::channel();
        let task = CommandTask::new(sandbox.clone(), command, move |answer| {
            let _gone = tell.send(answer);
        });
        self.put(Box::new(task));
        told.await.unwrap_or(Err(Failure::Bug))
    }

    /// The same, holding up the calling thread: for loops and simulations, not for requests.
    ///
    /// # Errors
    /// Refused, or not done; nothing of it happened then.
    pub fn decide_here<C: Command>(&self, sandbox: &SandboxId, command: C) -> Result<C::Reply, Failure<C::Refusal>> {
        let (tell, told) = std::sync::mpsc::channel();
        let task = CommandTask::new(sandbox.clone(), command, move |answer| {
            let _gone = tell.send(answer);
        });
        self.put(Box::new(task));
        told.recv().unwrap_or(Err(Failure::Bug))
    }

    /// Puts a task in line.
    pub fn put(&self, task: Box<dyn Task>) {
        self.put_all(vec![task]);
    }

    /// Puts several tasks in line, in their order; in as few batches as it takes.
    pub fn put_all(&self, tasks: Vec<Box<dyn Task>>) {
        match &self.0.mode {
            Mode::Thread(inbox, _) => inbox.put_all(tasks),
            Mode::Inline(batcher) => {
                let mut batcher = batcher.lock().unwrap_or_else(PoisonError::into_inner);
                let mut tasks = tasks.into_iter().peekable();
                while tasks.peek().is_some() {
                    batcher.run(tasks.by_ref().take(BATCH).collect(), &mut |_| Vec::new());
                }
            }
        }
    }

    /// Finishes what waits and stops the batch thread.
    pub fn stop(&self) {
        if let Mode::Thread(inbox, thread) = &self.0.mode {
            inbox.close();
            if let Some(thread) = thread.lock().unwrap_or_else(PoisonError::into_inner).take() {
                let _panicked = thread.join();
            }
        }
    }
}

/// Versions of this process begin where no other process's are: at its start, in steps fine enough for a million commits
/// a second.
fn first_version(wall: &WallClock) -> u64 {
    wall.now().ms().unsigned_abs() << 20
}

fn thread(mut batcher: Batcher) -> Result<Mode, StoreError> {
    let inbox = Arc::new(Inbox::default());
    let source = Arc::clone(&inbox);
    let run = move || {
        while let Some(tasks) = source.take(BATCH) {
            // Decisions that panic are caught one by one. What is left is a bug of this crate or of the store: it costs its
            // batch, whose callers hear of it as their tasks are dropped, and never the thread.
            if catch_unwind(AssertUnwindSafe(|| batcher.run(tasks, &mut |most| source.take_now(most)))).is_err() {
                batcher.knowledge.forget();
            }
        }
    };
    let thread = std::thread::Builder::new().name("batch".to_owned()).spawn(run);
    let thread = thread.map_err(|error| StoreError(format!("the batch thread cannot be started: {error}")))?;
    Ok(Mode::Thread(inbox, Mutex::new(Some(thread))))
}
