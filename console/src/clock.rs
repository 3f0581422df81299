//! The clock of a sandbox over HTTP: look, set, freeze, move.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use engine::sandboxes::{Backwards, set_clock};
use kernel::{Clock, Instant};
use serde::{Deserialize, Serialize};
use serde_json::{Number, json};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use web::{JsonBody, Problem};

use crate::admin::Admin;
use crate::extract::At;
use crate::refusals::{bad_value, failed};

/// Whether time moves by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ClockMode)]
pub(crate) enum Mode {
    /// With wall time.
    Running,
    /// Only when it is moved.
    Frozen,
}

/// A clock as it is shown.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Clock)]
pub(crate) struct ClockShown {
    mode: Mode,
    /// Virtual now, ISO 8601 in UTC.
    now: String,
}

impl ClockShown {
    pub(crate) fn of(clock: &Clock, wall: Instant) -> Self {
        let mode = if clock.is_frozen() { Mode::Frozen } else { Mode::Running };
        Self { mode, now: clock.now(wall).iso() }
    }
}

/// How a clock is to be.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClockWanted {
    /// As it is when left out; a new sandbox runs.
    pub(crate) mode: Option<Mode>,
    /// ISO 8601 with an offset or `Z`. Not before the clock's now; a new sandbox may begin at any instant.
    pub(crate) now: Option<String>,
}

impl ClockWanted {
    pub(crate) fn instant(&self) -> Result<Option<Instant>, Problem> {
        let read = |text: &String| Instant::parse(text).map_err(|why| bad_value("now", why));
        self.now.as_ref().map(read).transpose()
    }
}

/// How far to move.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Advance {
    /// A whole number of seconds, from 0; with 0 it waits until nothing due remains.
    #[schema(value_type = u64, example = 7260)]
    seconds: Number,
}

/// What moving did.
#[derive(Serialize, ToSchema)]
#[schema(as = Advanced)]
pub(crate) struct AdvancedShown {
    /// Where the clock stands, ISO 8601 in UTC.
    now: String,
    jobs_run: u64,
    deliveries_attempted: u64,
    /// False when the time limit passed first: ask again with what is left.
    done: bool,
}

/// The farthest that one call moves: a hundred years, in seconds.
const MOST_SECONDS: i64 = 100 * 366 * 24 * 60 * 60;

pub(crate) fn routes() -> OpenApiRouter<Admin> {
    OpenApiRouter::new().routes(routes!(show, set)).routes(routes!(advance))
}

/// Where the clock stands.
#[utoipa::path(get, path = "/sandboxes/{id}/clock", tag = "clock", responses((status = 200, description = "The clock.", body = ClockShown)))]
async fn show(State(admin): State<Admin>, At(sandbox): At) -> Response {
    web::json_response(StatusCode::OK, &ClockShown::of(&sandbox.clock, admin.engine().wall().now()))
}

/// Freezes, resumes or sets the clock. What is due then runs at once.
#[utoipa::path(
    put,
    path = "/sandboxes/{id}/clock",
    tag = "clock",
    request_body = ClockWanted,
    responses(
        (status = 200, description = "The clock.", body = ClockShown),
        (status = 409, description = "`now` is before the clock's now.")
    )
)]
async fn set(State(admin): State<Admin>, At(sandbox): At, body: JsonBody) -> Result<Response, Problem> {
    let wanted: ClockWanted = body.read()?;
    let to = wanted.instant()?;
    if wanted.mode.is_none() && to.is_none() {
        return Err(Problem::bad_request("There is nothing to set.").hint("Give `mode`, `now` or both."));
    }
    let frozen = wanted.mode.map(|mode| mode == Mode::Frozen);
    let changed = admin.engine().change_sandbox(&sandbox.id, "clock.set", move |cx, sandbox| {
        set_clock(cx, sandbox, frozen, to)?;
        let shown = ClockShown::of(&sandbox.clock, cx.wall);
        Ok(json!({ "mode": shown.mode, "now": shown.now }))
    });
    let sandbox = changed.await.map_err(|failure| failed(failure, backwards))?;
    Ok(web::json_response(StatusCode::OK, &ClockShown::of(&sandbox.clock, admin.engine().wall().now())))
}

/// Moves the clock instant by instant: at each one jobs run and deliveries settle before time moves on.
#[utoipa::path(
    post,
    path = "/sandboxes/{id}/clock/advance",
    tag = "clock",
    request_body = Advance,
    responses(
        (status = 200, description = "What moving did.", body = AdvancedShown),
        (status = 409, description = "Time does not go backwards.")
    )
)]
async fn advance(State(admin): State<Admin>, At(sandbox): At, body: JsonBody) -> Result<Response, Problem> {
    let asked: Advance = body.read()?;
    let now = sandbox.clock.now(admin.engine().wall().now());
    let by_ms = milliseconds(&asked.seconds, now)?;
    let limit_ms = admin.defaults().advance_limit_ms;
    let advanced = admin.engine().advance(&sandbox.id, by_ms, limit_ms).await;
    let advanced = advanced.map_err(|failure| failed(failure, backwards))?;
    Ok(web::json_response(StatusCode::OK, &advanced))
}

fn milliseconds(seconds: &Number, now: Instant) -> Result<i64, Problem> {
    let text = seconds.to_string();
    if text.starts_with('-') {
        return Err(backwards(Backwards { now }));
    }
    let whole = || Problem::bad_request("`seconds` is a whole number.").hint("Write 90 for a minute and a half.");
    let far = || {
        bad_value("seconds", &format!("one call moves the clock by at most {MOST_SECONDS}, and not past the year 9999"))
    };
    let by = match (seconds.as_i64(), seconds.as_u64()) {
        (Some(seconds), _) => seconds,
        (None, Some(_)) => return Err(far()),
        (None, None) => return Err(whole()),
    };
    if by > MOST_SECONDS || now.plus_ms(by * 1000).since_ms(now) != by * 1000 {
        return Err(far());
    }
    Ok(by * 1000)
}

fn backwards(refused: Backwards) -> Problem {
    let now = refused.now.iso();
    Problem::conflict(format!("Time does not go backwards: the clock stands at {now}."))
        .hint("Ask for a later instant, or reset the sandbox to begin again.")
        .member("now", now)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<i64, u16> {
        let number: Number = serde_json::from_str(text).expect("a number");
        milliseconds(&number, Instant::from_ms(1_780_304_400_000)).map_err(|problem| problem.status.as_u16())
    }

    #[test]
    fn seconds_are_whole_forward_and_within_reach() {
        let cases = [
            ("0", Ok(0)),
            ("7260", Ok(7_260_000)),
            ("-1", Err(409)),
            ("-0.5", Err(409)),
            ("0.5", Err(400)),
            ("60.0", Err(400)),
            ("1e3", Err(400)),
            ("3162240000", Ok(3_162_240_000_000)),
            ("3162240001", Err(400)),
            ("9223372036854775807", Err(400)),
            ("18446744073709551615", Err(400)),
            ("1e300", Err(400)),
        ];
        for (text, expected) in cases {
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn the_year_9999_is_the_end() {
        let near = Instant::parse("9999-12-30T00:00:00Z").expect("an instant");
        assert!(milliseconds(&Number::from(60), near).is_ok());
        assert!(milliseconds(&Number::from(86_400), near).is_err());
    }
}
