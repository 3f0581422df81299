//! A courier without a network: what is due is prepared, answered by the test, and recorded.

use crate::world::World;
use engine::Engine;
use engine::deliveries::{Due, Prepared, Settled};
use kernel::{Attempt, SandboxId};

pub fn answered(prepared: &Prepared, status: u16) -> Settled {
    Settled {
        due: prepared.due.clone(),
        attempt: Attempt {
            at: prepared.at,
            status: Some(status),
            error: None,
            duration_ms: 12,
            response: None,
            replay: prepared.replay,
        },
    }
}

pub fn failed(prepared: &Prepared, why: &str) -> Settled {
    let mut settled = answered(prepared, 0);
    settled.attempt.status = None;
    settled.attempt.error = Some(why.to_owned());
    settled
}

impl World {
    /// A delivery of the demo sandbox, as it is handed to a courier.
    pub fn due(&self, id: &str, endpoint: &str) -> Due {
        let generation = self.engine.sandbox(&SandboxId::demo()).unwrap().unwrap().generation;
        Due { sandbox: SandboxId::demo(), generation, id: id.to_owned(), endpoint: endpoint.to_owned() }
    }

    /// One attempt, answered with this status. None when there was nothing to send.
    pub async fn attempt(&self, due: &Due, status: u16) -> Option<Prepared> {
        let prepared = self.engine.prepare(due).unwrap()?;
        self.engine.settle(vec![answered(&prepared, status)]).await;
        Some(prepared)
    }
}

/// Steps and attempts whenever something is due, for ever. Everything is acknowledged.
pub async fn deliver_for_ever(engine: &Engine) {
    let mut handed_over = engine.handed_over().unwrap();
    loop {
        for due in engine.step(100).unwrap().due {
            acknowledge(engine, &due).await;
        }
        tokio::select! {
            () = engine.feed().poked() => {}
            Some(due) = handed_over.recv() => acknowledge(engine, &due).await,
        }
    }
}

async fn acknowledge(engine: &Engine, due: &Due) {
    if let Some(prepared) = engine.prepare(due).unwrap() {
        engine.settle(vec![answered(&prepared, 200)]).await;
    }
}
