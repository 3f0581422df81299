//! Tests of the self-checks of effects.

use super::*;
use crate::id::{SandboxId, Scope};
use crate::time::Instant;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Clone)]
struct Thing {
    id: String,
}

impl Record for Thing {
    const KIND: &'static str = "thing";
    fn id(&self) -> String {
        self.id.clone()
    }
}

fn thing() -> Thing {
    Thing { id: "a".into() }
}

fn told() -> Effects {
    let mut fx = Effects::new();
    fx.tell(Event::own("test", Instant::from_ms(0), serde_json::Value::Null));
    fx
}

#[test]
fn nothing_is_fine() {
    assert!(Effects::new().is_empty());
    assert_eq!(Effects::new().check(&[], &[]), Ok(()));
}

#[test]
fn transfers_sum_to_zero() {
    let mut fx = told();
    fx.post(Transfer::new("x", "TX").line("a", -5, Currency::XOF).line("b", 5, Currency::RWF));
    assert_eq!(fx.check(&[], &[]), Err(Broken::Unbalanced { subject: "TX".into() }));
}

#[test]
fn money_does_not_move_silently() {
    let mut fx = Effects::new();
    fx.post(Transfer::new("x", "TX").line("a", -5, Currency::XOF).line("b", 5, Currency::XOF));
    assert_eq!(fx.check(&[], &[]), Err(Broken::Silent { subject: "TX".into() }));
}

#[test]
fn a_record_is_written_once_and_changed_only_when_read() {
    let mut fx = Effects::new();
    fx.insert(thing());
    assert_eq!(fx.check(&[], &[]), Ok(()));
    fx.insert(thing());
    assert_eq!(fx.check(&[], &[]), Err(Broken::Twice { kind: "thing", id: "a".into() }));

    let mut fx = Effects::new();
    fx.replace(&thing(), thing());
    assert_eq!(fx.check(&[], &[]), Err(Broken::Unread { kind: "thing", id: "a".into() }));
    let key = Key::Record(Scope::of(&SandboxId::demo(), 1), "thing", "a".into());
    let absent = Read { key: key.clone(), seen: Seen::Absent };
    assert!(fx.check(&[absent], &[]).is_err(), "seen as absent is not read");
    assert_eq!(fx.check(&[Read { key, seen: Seen::Version(1) }], &[]), Ok(()));
}

#[test]
fn a_debit_that_relies_on_a_balance_needs_a_floor() {
    let mut fx = told();
    fx.post(Transfer::new("x", "TX").line("sim", -5, Currency::XOF).line("float", 5, Currency::XOF));
    assert_eq!(fx.check(&[], &[]), Ok(()), "nobody looked at the balance");
    let looked = [("sim".to_owned(), Currency::XOF)];
    assert_eq!(fx.check(&[], &looked), Err(Broken::Unguarded { account: "sim".into() }));
    fx.floor("sim", Currency::XOF, 0);
    assert_eq!(fx.check(&[], &looked), Ok(()));
}
