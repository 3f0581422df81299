//! Fault rules fire: each time is a commit, so that `times` is exact however many exchanges match at once.

use crate::command::{Background, Command, Failure};
use crate::run::Engine;
use kernel::{Cx, Decided, Effects, Event, Sandbox, SandboxId, Stop, View};
use serde_json::json;

/// Uses a fault up by one; refused when it may not fire any more.
struct Fire {
    fault: String,
    hit: Option<String>,
}

impl Command for Fire {
    type Reply = ();
    type Refusal = ();

    fn decide(&self, cx: &Cx, view: &View<'_>) -> Decided<(), ()> {
        let before = view.get::<Sandbox>(cx.sandbox.id.as_str())?.ok_or(Stop::Refused(()))?;
        let mut after = (*before).clone();
        let live = after.faults.iter_mut().find(|fault| fault.id == self.fault).filter(|fault| fault.is_live());
        let fault = live.ok_or(Stop::Refused(()))?;
        fault.times = fault.times.map(|times| times - 1);
        fault.fired += 1;
        let mut fx = Effects::new();
        fx.tell(Event::own(
            "fault.fired",
            cx.now,
            json!({ "fault": self.fault, "on": fault.on, "delivery": self.hit }),
        ));
        fx.replace(&*before, after);
        Ok(((), fx))
    }

    fn background(&self) -> Background {
        Background { chance: Some("fault".to_owned()), ..Background::default() }
    }
}

fn answer(fired: Result<(), Failure<()>>) -> Result<bool, Failure<()>> {
    match fired {
        Ok(()) => Ok(true),
        Err(Failure::Refused(())) => Ok(false),
        Err(failure) => Err(failure),
    }
}

impl Engine {
    /// Uses up a fault that hits a delivery. False when it may not fire any more.
    ///
    /// # Errors
    /// No such sandbox, or the database failed.
    pub async fn fire_on_delivery(
        &self,
        sandbox: &SandboxId,
        fault: &str,
        delivery: &str,
    ) -> Result<bool, Failure<()>> {
        let fire = Fire { fault: fault.to_owned(), hit: Some(delivery.to_owned()) };
        answer(self.decide(sandbox, fire).await)
    }

    /// Uses up a fault that hits a request, holding up the calling thread. False when it may not fire any more.
    ///
    /// # Errors
    /// No such sandbox, or the database failed.
    pub fn fire_on_request(&self, sandbox: &SandboxId, fault: &str) -> Result<bool, Failure<()>> {
        answer(self.decide_here(sandbox, Fire { fault: fault.to_owned(), hit: None }))
    }
}
