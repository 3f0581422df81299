//! A command on its way through a batch, its types erased.

use crate::command::{Background, Command, Failure};
use kernel::{Cx, Effects, Need, SandboxId, Stop, View};

/// Why a task ended without a commit, or could not go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Decided: these effects are to be committed.
    Wants(Box<WantsCommit>),
    /// Refused; the task keeps the words.
    Refused,
    /// Cannot go on without these.
    Needs(Need),
}

/// Effects that wait for their commit.
#[derive(Debug, Clone)]
pub struct WantsCommit(pub Effects);

impl PartialEq for WantsCommit {
    fn eq(&self, _: &Self) -> bool {
        false
    }
}

impl Eq for WantsCommit {}

/// How a task ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// Committed, or refused: the task knows its answer.
    Decided,
    /// There is no such sandbox.
    NoSandbox,
    /// Not done.
    Unavailable(String),
    /// A bug.
    Bug,
}

/// A command with its types erased.
pub trait Task: Send {
    /// Where.
    fn sandbox(&self) -> &SandboxId;
    /// The provider whose fixtures must stand first.
    fn provider(&self) -> Option<&'static str>;
    /// How it differs from a client's command.
    fn background(&self) -> Background;
    /// Decides and keeps the answer.
    fn decide(&mut self, cx: &Cx, view: &View<'_>) -> Outcome;
    /// Hands the answer over.
    fn finish(self: Box<Self>, end: End);
}

type Kept<C> = Option<Result<<C as Command>::Reply, <C as Command>::Refusal>>;

/// A command and whom to tell.
pub struct CommandTask<C: Command, F> {
    sandbox: SandboxId,
    command: C,
    kept: Kept<C>,
    tell: F,
}

impl<C, F> CommandTask<C, F>
where
    C: Command,
    F: FnOnce(Result<C::Reply, Failure<C::Refusal>>) + Send,
{
    /// Tells `tell` how the command ended.
    pub fn new(sandbox: SandboxId, command: C, tell: F) -> Self {
        Self { sandbox, command, kept: None, tell }
    }
}

impl<C, F> Task for CommandTask<C, F>
where
    C: Command,
    F: FnOnce(Result<C::Reply, Failure<C::Refusal>>) + Send,
{
    fn sandbox(&self) -> &SandboxId {
        &self.sandbox
    }

    fn provider(&self) -> Option<&'static str> {
        self.command.provider()
    }

    fn background(&self) -> Background {
        self.command.background()
    }

    fn decide(&mut self, cx: &Cx, view: &View<'_>) -> Outcome {
        match self.command.decide(cx, view) {
            Ok((reply, effects)) => {
                self.kept = Some(Ok(reply));
                Outcome::Wants(Box::new(WantsCommit(effects)))
            }
            Err(Stop::Refused(refusal)) => {
                self.kept = Some(Err(refusal));
                Outcome::Refused
            }
            Err(Stop::Need(need)) => Outcome::Needs(need),
        }
    }

    fn finish(self: Box<Self>, end: End) {
        let answer = match (end, self.kept) {
            (End::Decided, Some(Ok(reply))) => Ok(reply),
            (End::Decided, Some(Err(refusal))) => Err(Failure::Refused(refusal)),
            (End::Decided | End::Bug, _) => Err(Failure::Bug),
            (End::NoSandbox, _) => Err(Failure::NoSandbox),
            (End::Unavailable(why), _) => Err(Failure::Unavailable(why)),
        };
        (self.tell)(answer);
    }
}
