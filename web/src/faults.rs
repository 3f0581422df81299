//! Inbound faults (playmoney.md section 7): which rule matches a request, and what is then to be done.
//!
//! Pure: the pipeline applies what [`plan`] says. Must not know sockets, time or where rules are kept. Probabilities are
//! parts per million; the draw is handed in.

use std::sync::Arc;

use crate::tenancy::Tenancy;

/// Certain.
pub const ALWAYS_PPM: u32 = 1_000_000;

/// One inbound fault rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboundFault {
    /// Its id, for the request log and for counting `times`.
    pub id: Arc<str>,
    /// The provider it is for.
    pub provider: Arc<str>,
    /// Only this method, upper case; none means any.
    pub method: Option<Arc<str>>,
    /// Only paths that match this [`glob`], seen from the provider's base URL; none means any.
    pub path: Option<Arc<str>>,
    /// What happens.
    pub action: FaultAction,
    /// How likely, in parts per million.
    pub probability_ppm: u32,
}

/// What an inbound fault does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultAction {
    /// Answer with this status, in the platform's error shape; the handler does not run.
    Status(u16),
    /// Hold the request for so many milliseconds of real time.
    DelayMs(u64),
    /// Let the handler do its work, then close the connection without an answer.
    Drop,
    /// Redirect so many times to the same place before the handler runs.
    Redirect(u32),
    /// Let the handler do its work, promise the whole answer, send half of it, close the connection.
    Truncate,
}

/// What is to be done to one request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Plan {
    /// Hold it so long, in milliseconds.
    pub(crate) delay_ms: u64,
    /// Then do this instead of, or to, the answer.
    pub(crate) end: Option<FaultAction>,
    /// Ids of the rules that fired, in order.
    pub(crate) fired: Vec<Arc<str>>,
}

/// A request as rules see it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Target<'r> {
    pub(crate) sandbox: &'r str,
    pub(crate) provider: &'r str,
    pub(crate) method: &'r str,
    pub(crate) path: &'r str,
}

/// The faults that hit this request: delays add up, the first that ends it ends the search. Each is drawn and counted
/// only if it would be applied.
pub(crate) fn plan(faults: &[InboundFault], target: Target<'_>, tenancy: &dyn Tenancy) -> Plan {
    let mut plan = Plan::default();
    for fault in faults.iter().filter(|fault| matches(fault, target)) {
        let certain = fault.probability_ppm >= ALWAYS_PPM;
        if !certain && tenancy.draw_ppm(target.sandbox) >= fault.probability_ppm {
            continue;
        }
        if !tenancy.fault_fired(target.sandbox, &fault.id) {
            continue;
        }
        plan.fired.push(Arc::clone(&fault.id));
        match fault.action {
            FaultAction::DelayMs(delay_ms) => plan.delay_ms = plan.delay_ms.saturating_add(delay_ms),
            end => {
                plan.end = Some(end);
                break;
            }
        }
    }
    plan
}

/// Whether a rule is about this request.
fn matches(fault: &InboundFault, target: Target<'_>) -> bool {
    *fault.provider == *target.provider
        && fault.method.as_deref().is_none_or(|method| method.eq_ignore_ascii_case(target.method))
        && fault.path.as_deref().is_none_or(|pattern| glob(pattern, target.path))
}

/// Whether `text` matches `pattern`: `*` is any run without a slash, `**` any run at all, everything else itself.
pub fn glob(pattern: &str, text: &str) -> bool {
    // Greedy with one fallback for each kind of star: linear in practice, at worst the product of the lengths twice.
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    let mut narrow: Option<(usize, usize)> = None;
    let mut wide: Option<(usize, usize)> = None;
    loop {
        if pattern[p..].starts_with(b"**") {
            p += 2;
            wide = Some((p, t));
            narrow = None;
        } else if pattern.get(p) == Some(&b'*') {
            p += 1;
            narrow = Some((p, t));
        } else if t < text.len() && pattern.get(p) == Some(&text[t]) {
            p += 1;
            t += 1;
        } else if t == text.len() && p == pattern.len() {
            return true;
        } else if let Some((after, from)) = narrow.filter(|(_, from)| text.get(*from).is_some_and(|byte| *byte != b'/'))
        {
            (p, t) = (after, from + 1);
            narrow = Some((after, t));
        } else if let Some((after, from)) = wide.filter(|(_, from)| *from < text.len()) {
            (p, t) = (after, from + 1);
            wide = Some((after, t));
            narrow = None;
        } else {
            return false;
        }
    }
}

/// The query parameter that carries how many redirects of a `redirect` fault are still to come.
const HOPS_LEFT: &str = "playmoney_redirects_left=";

/// `path_and_query` with the number of redirects still to come.
pub(crate) fn with_hops(path_and_query: &str, left: u32) -> String {
    let joint = if path_and_query.contains('?') { '&' } else { '?' };
    format!("{path_and_query}{joint}{HOPS_LEFT}{left}")
}

/// Takes the number of redirects still to come off a path and query; none when this is not a followed redirect.
pub(crate) fn take_hops(path_and_query: &str) -> Option<(String, u32)> {
    let at = path_and_query.rfind(HOPS_LEFT)?;
    let left = path_and_query[at + HOPS_LEFT.len()..].parse().ok()?;
    let before = path_and_query[..at].strip_suffix(['?', '&'])?;
    Some((before.to_owned(), left))
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::tenancy::Tenant;

    #[test]
    fn globs() {
        let cases = [
            ("/v1/payments", "/v1/payments", true),
            ("/v1/payments", "/v1/payments/", false),
            ("/v1/*", "/v1/payments", true),
            ("/v1/*", "/v1/", true),
            ("/v1/*", "/v1/payments/TX_1", false),
            ("/v1/*/refund", "/v1/payments/refund", true),
            ("/v1/*/*/refund", "/v1/payments/TX_1/refund", true),
            ("/v1/**", "/v1/payments/TX_1/refund", true),
            ("**/refund", "/v1/payments/TX_1/refund", true),
            ("**/*/refund", "/v1/payments/TX_1/refund", true),
            ("/**/x*y", "/a/xb/xcy", true),
            ("/**/x*y", "/a/xb/cy", false),
            ("**", "", true),
            ("*", "", true),
            ("", "", true),
            ("", "/", false),
            ("*TX*", "aTXbTXc", true),
            ("/a*b*c", "/axbxbxc", true),
            ("/a**c", "/a/b/c", true),
            ("***", "/a/b", true),
        ];
        for (pattern, text, expected) in cases {
            assert_eq!(glob(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn hops_ride_in_the_query() {
        for path in ["/v1/x", "/v1/x?a=1", "/"] {
            assert_eq!(take_hops(&with_hops(path, 2)), Some((path.to_owned(), 2)));
            assert_eq!(take_hops(path), None);
        }
        assert_eq!(take_hops("/v1?playmoney_redirects_left=x"), None);
    }

    struct Counts {
        draw: u32,
        left: Mutex<u32>,
    }

    impl Tenancy for Counts {
        fn tenant(&self, _sandbox: &str) -> Option<Tenant> {
            None
        }
        fn draw_ppm(&self, _sandbox: &str) -> u32 {
            self.draw
        }
        fn fault_fired(&self, _sandbox: &str, _fault_id: &str) -> bool {
            let mut left = self.left.lock().expect("the only user");
            let fires = *left > 0;
            *left = left.saturating_sub(1);
            fires
        }
    }

    fn fault(id: &str, action: FaultAction, probability_ppm: u32) -> InboundFault {
        let (method, path) = (Some("POST".into()), Some("/v1/*".into()));
        InboundFault { id: id.into(), provider: "sandpay".into(), method, path, action, probability_ppm }
    }

    const TARGET: Target<'_> = Target { sandbox: "s", provider: "sandpay", method: "POST", path: "/v1/payments" };

    #[test]
    fn only_rules_about_the_request_match() {
        let rule = fault("a", FaultAction::Drop, ALWAYS_PPM);
        let cases = [
            (TARGET, true),
            (Target { provider: "dojo", ..TARGET }, false),
            (Target { method: "GET", ..TARGET }, false),
            (Target { path: "/v2/payments", ..TARGET }, false),
        ];
        for (target, expected) in cases {
            assert_eq!(matches(&rule, target), expected, "{target:?}");
        }
        assert!(matches(
            &InboundFault { method: None, path: None, ..rule },
            Target { method: "GET", path: "/", ..TARGET }
        ));
    }

    #[test]
    fn delays_add_up_and_the_first_end_ends_the_search() {
        let rules = [
            fault("a", FaultAction::DelayMs(5), ALWAYS_PPM),
            fault("b", FaultAction::DelayMs(7), ALWAYS_PPM),
            fault("c", FaultAction::Status(503), ALWAYS_PPM),
            fault("d", FaultAction::Drop, ALWAYS_PPM),
        ];
        let tenancy = Counts { draw: 0, left: Mutex::new(9) };
        let plan = plan(&rules, TARGET, &tenancy);
        assert_eq!((plan.delay_ms, plan.end), (12, Some(FaultAction::Status(503))));
        assert_eq!(plan.fired, ["a".into(), "b".into(), "c".into()] as [Arc<str>; 3]);
        assert_eq!(*tenancy.left.lock().expect("the only user"), 6, "what was not applied is not counted");
    }

    #[test]
    fn used_up_and_undrawn_rules_do_nothing() {
        let rules = [fault("a", FaultAction::Drop, 500_000)];
        // draw, times left, fires
        for (draw, left, fires) in [(499_999, 1, true), (500_000, 1, false), (0, 0, false)] {
            let tenancy = Counts { draw, left: Mutex::new(left) };
            assert_eq!(plan(&rules, TARGET, &tenancy).end.is_some(), fires, "{draw} {left}");
        }
    }
}
