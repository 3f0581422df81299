//! From what the engine says went wrong to problem details.

use engine::Failure;
use store::StoreError;
use web::Problem;

/// The 404 of a sandbox that is not there.
pub(crate) fn no_sandbox() -> Problem {
    Problem::not_found("There is no sandbox of this id.")
        .hint("GET /_playmoney/v1/sandboxes lists them, POST makes one.")
}

/// The database does not answer. Logged here, once.
pub(crate) fn no_store(error: &StoreError) -> Problem {
    tracing::error!(%error, "the admin API could not be served");
    Problem::unavailable("The database does not answer.").hint("GET /_playmoney/v1/doctor looks for the cause.")
}

/// A failure of a command, its refusal in the words of `refused`.
pub(crate) fn failed<R>(failure: Failure<R>, refused: impl FnOnce(R) -> Problem) -> Problem {
    match failure {
        Failure::Refused(refusal) => refused(refusal),
        Failure::NoSandbox => no_sandbox(),
        Failure::Unavailable(why) => {
            tracing::warn!(why, "a command was not done");
            Problem::unavailable("This could not be done now; nothing of it happened.").hint("Try it again.")
        }
        Failure::Bug => Problem::internal(),
    }
}

/// The 400 for one member or parameter with a value that is not possible.
pub(crate) fn bad_value(name: &str, why: &str) -> Problem {
    Problem::bad_request(format!("`{name}` cannot be used: {why}.")).member("member", name)
}
