//! Pure decisions as commands of the engine.

use engine::Command;
use kernel::{Cx, Decided, View};

/// An operation with what it is asked.
pub(super) struct Op<I, T, R> {
    pub(super) input: I,
    pub(super) decide: fn(&Cx, &View<'_>, &I) -> Decided<T, R>,
}

impl<I, T, R> Command for Op<I, T, R>
where
    I: Send + 'static,
    T: Send + 'static,
    R: Send + 'static,
{
    type Reply = T;
    type Refusal = R;

    fn provider(&self) -> Option<&'static str> {
        Some(crate::NAME)
    }

    fn decide(&self, cx: &Cx, view: &View<'_>) -> Decided<T, R> {
        (self.decide)(cx, view, &self.input)
    }
}
