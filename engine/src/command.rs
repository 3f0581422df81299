//! What can be asked of the engine: a decision with its name for randomness, and how it can fail.

use kernel::{Cx, Decided, Instant, Sandbox, View};

/// A decision, as a value.
pub trait Command: Send + 'static {
    /// What it answers.
    type Reply: Send + 'static;
    /// How it refuses, in the platform's words.
    type Refusal: Send + 'static;

    /// The provider whose fixtures must stand first.
    fn provider(&self) -> Option<&'static str> {
        None
    }

    /// Decides, from the context and the view alone. May be called again and must not care.
    ///
    /// # Errors
    /// Keys to load first, or a refusal.
    fn decide(&self, cx: &Cx, view: &View<'_>) -> Decided<Self::Reply, Self::Refusal>;

    /// What the engine must know of it beside.
    fn background(&self) -> Background {
        Background::default()
    }
}

/// How a command differs from what a client asked for.
#[derive(Debug, Clone, Default)]
pub struct Background {
    /// Waits until no client does.
    pub waits: bool,
    /// Names its randomness, so that it does not count as a client's command: `job.expire.TX_1`.
    pub chance: Option<String>,
    /// Happens at this virtual time.
    pub at: Option<Instant>,
    /// Makes this sandbox.
    pub makes: Option<Box<Sandbox>>,
}

/// Why a command was not done. Nothing of it happened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure<R> {
    /// Refused, in the platform's words.
    #[error("refused")]
    Refused(R),
    /// There is no such sandbox.
    #[error("there is no such sandbox")]
    NoSandbox,
    /// The database failed, or the command kept losing against others: worth another try.
    #[error("not done, try again: {0}")]
    Unavailable(String),
    /// A bug, already logged.
    #[error("a bug stopped this")]
    Bug,
}

impl<R> Failure<R> {
    /// The same failure with the refusal in other words.
    pub fn map<T>(self, words: impl FnOnce(R) -> T) -> Failure<T> {
        match self {
            Self::Refused(refusal) => Failure::Refused(words(refusal)),
            Self::NoSandbox => Failure::NoSandbox,
            Self::Unavailable(why) => Failure::Unavailable(why),
            Self::Bug => Failure::Bug,
        }
    }
}
