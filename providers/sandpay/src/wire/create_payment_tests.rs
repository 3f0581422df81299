//! Every rule of table 4.1.

use serde_json::{Value, json};

use super::*;

fn smallest() -> Value {
    json!({"amount": 1, "currency": "RWF", "msisdn": "+250788000111", "reference": "r", "application": "a"})
}

fn with(name: &str, value: Value) -> Result<CreatePayment, FieldErrors> {
    let mut body = smallest();
    body[name] = value;
    CreatePayment::parse(body.to_string().as_bytes())
}

/// The messages about one field, which must be the only one that is wrong.
fn messages(name: &str, value: Value) -> Vec<String> {
    let detail = with(name, value.clone()).expect_err(&format!("{name} = {value} is refused")).detail();
    assert_eq!(detail["formErrors"], json!([]));
    let fields = detail["fieldErrors"].as_object().expect("an object");
    assert_eq!(fields.keys().collect::<Vec<_>>(), [name]);
    serde_json::from_value(fields[name].clone()).expect("messages")
}

#[test]
fn the_smallest_and_the_fullest_body() {
    let parsed = CreatePayment::parse(smallest().to_string().as_bytes()).expect("valid");
    assert_eq!((parsed.amount, parsed.operator, parsed.country, parsed.is_url_protected), (1, None, None, false));
    let full = json!({
        "amount": 25000, "currency": "FCFA", "operator": "Orange", "country": "ci", "msisdn": "+22507123456",
        "reference": "ref-1", "application": "demo-store", "order_ref": "cart-1", "order_url": "https://shop.test/1",
        "is_url_protected": true, "description": "été", "scenario": "low_balance"
    });
    let expected = CreatePayment {
        amount: 25_000,
        currency: "FCFA".to_owned(),
        operator: Some(Operator::Orange),
        country: Some("CI".to_owned()),
        msisdn: "+22507123456".to_owned(),
        reference: "ref-1".to_owned(),
        application: "demo-store".to_owned(),
        order_ref: Some("cart-1".to_owned()),
        order_url: Some("https://shop.test/1".to_owned()),
        is_url_protected: true,
        description: Some("été".to_owned()),
        scenario: Some(Scenario::LowBalance),
    };
    assert_eq!(CreatePayment::parse(full.to_string().as_bytes()), Ok(expected));
}

#[test]
fn unknown_keys_are_ignored() {
    let parsed = with("orderRef", json!({"any": "thing"})).expect("camelCase keys are unknown keys");
    assert_eq!(parsed.order_ref, None);
}

#[test]
fn what_is_missing_is_named_in_the_order_of_the_documents() {
    let errors = CreatePayment::parse(b"{}").expect_err("empty");
    let required = json!(["Required"]);
    let expected = json!({"formErrors": [], "fieldErrors": {
        "amount": required, "currency": required, "msisdn": required, "reference": required, "application": required
    }});
    assert_eq!(errors.detail().to_string(), expected.to_string());
}

#[test]
fn anything_but_an_object_is_wrong_as_a_whole() {
    let rows: [(&[u8], &str); 8] = [
        (b"", "Body is not valid JSON"),
        (b"{\"amount\":", "Body is not valid JSON"),
        (b"{} {}", "Body is not valid JSON"),
        (b"\xff\xfe", "Body is not valid JSON"),
        (b"[]", "Expected object, received array"),
        (b"null", "Expected object, received null"),
        (b"\"text\"", "Expected object, received string"),
        (b"12", "Expected object, received number"),
    ];
    for (bytes, message) in rows {
        let detail = CreatePayment::parse(bytes).expect_err("refused").detail();
        assert_eq!(detail, json!({"formErrors": [message], "fieldErrors": {}}));
    }
}

#[test]
fn amounts() {
    let least = "Number must be greater than or equal to 1";
    let most = "Number must be less than or equal to 1000000000000";
    let rows = [
        (json!(0), least),
        (json!(-5), least),
        (json!(i64::MIN), least),
        (json!(-1e300), least),
        (json!(1_000_000_000_001_i64), most),
        (json!(u64::MAX), most),
        (json!(1e300), most),
        (json!(10.5), "Expected integer, received float"),
        (json!("100"), "Expected number, received string"),
        (json!(true), "Expected number, received boolean"),
        (json!(null), "Expected number, received null"),
        (json!([1]), "Expected number, received array"),
    ];
    for (value, message) in rows {
        assert_eq!(messages("amount", value), [message]);
    }
    for (value, amount) in
        [(json!(1_000_000_000_000_i64), MAX_AMOUNT), (json!(25000.0), 25_000), (json!(2.5e4), 25_000)]
    {
        assert_eq!(with("amount", value).expect("a whole number").amount, amount);
    }
}

#[test]
fn lengths_are_counted_in_utf_16_code_units() {
    let limits = [("currency", 3, 4), ("reference", 1, 80), ("application", 1, 80), ("order_ref", 1, 120)];
    for (name, least, most) in limits {
        for length in [least, most] {
            assert!(with(name, json!("x".repeat(length))).is_ok(), "{name} of {length}");
        }
        let (short, long) = (messages(name, json!("x".repeat(least - 1))), messages(name, json!("x".repeat(most + 1))));
        assert_eq!(short, [format!("String must contain at least {least} character(s)")]);
        assert_eq!(long, [format!("String must contain at most {most} character(s)")]);
        // One character outside the basic plane is two units.
        assert!(with(name, json!("😀".repeat(most / 2))).is_ok(), "{name}");
        assert_eq!(messages(name, json!("😀".repeat(most / 2 + 1))), long);
        assert!(with(name, json!("é".repeat(most))).is_ok(), "{name}");
    }
    assert!(with("description", json!("")).is_ok() && with("description", json!("x".repeat(200))).is_ok());
    assert_eq!(messages("description", json!("x".repeat(201))), ["String must contain at most 200 character(s)"]);
}

#[test]
fn countries_have_exactly_two_characters_in_any_case() {
    for bad in ["", "R", "RWA"] {
        assert_eq!(messages("country", json!(bad)), ["String must contain exactly 2 character(s)"]);
    }
    assert_eq!(with("country", json!("rw")).expect("valid").country.as_deref(), Some("RW"));
    assert_eq!(with("country", json!("sn")).expect("env_not_found follows later").country.as_deref(), Some("SN"));
}

#[test]
fn operators_and_scenarios_are_enums() {
    let expected = "'mtn' | 'orange' | 'moov' | 'airtel'";
    let wrong = format!("Invalid enum value. Expected {expected}, received 'wave'");
    assert_eq!(messages("operator", json!("wave")), [wrong]);
    assert_eq!(messages("operator", json!(7)), [format!("Expected {expected}, received number")]);
    assert_eq!(with("operator", json!("AIRTEL")).expect("any case").operator, Some(Operator::Airtel));
    for bad in ["pending", "SUCCESS", ""] {
        let message = messages("scenario", json!(bad)).concat();
        assert!(message.starts_with("Invalid enum value. Expected 'success' | 'pin_invalid' | "), "{message}");
        assert!(message.ends_with(&format!("received '{bad}'")), "{message}");
    }
    for scenario in Scenario::ALL {
        assert_eq!(with("scenario", json!(scenario.as_str())).expect("valid").scenario, Some(scenario));
    }
}

#[test]
fn numbers_must_be_e164() {
    for bad in ["250788000111", "+0788000111", "+123456", "+1234567890123456", "+25078 000111", ""] {
        assert_eq!(messages("msisdn", json!(bad)), ["Invalid"]);
    }
}

#[test]
fn order_urls_are_absolute_and_not_too_long() {
    let of_length = |length: usize| format!("https://shop.test/{}", "x".repeat(length - "https://shop.test/".len()));
    assert!(with("order_url", json!(of_length(500))).is_ok());
    assert_eq!(messages("order_url", json!(of_length(501))), ["String must contain at most 500 character(s)"]);
    assert_eq!(messages("order_url", json!("/orders/1")), ["Invalid url"]);
    assert_eq!(
        messages("order_url", json!("x".repeat(501))),
        ["Invalid url", "String must contain at most 500 character(s)"]
    );
}

#[test]
fn null_is_not_leaving_out_and_types_are_not_converted() {
    let texts = ["currency", "country", "msisdn", "reference", "application", "order_ref", "order_url", "description"];
    for name in texts {
        assert_eq!(messages(name, json!(null)), ["Expected string, received null"]);
        assert_eq!(messages(name, json!(42)), ["Expected string, received number"]);
        assert_eq!(messages(name, json!({})), ["Expected string, received object"]);
    }
    assert_eq!(messages("is_url_protected", json!(null)), ["Expected boolean, received null"]);
    assert_eq!(messages("is_url_protected", json!("true")), ["Expected boolean, received string"]);
    for name in ["operator", "scenario"] {
        assert!(messages(name, json!(null)).concat().ends_with(", received null"));
    }
}

#[test]
fn all_that_is_wrong_is_told_at_once() {
    let body = json!({"amount": 0, "currency": "X", "msisdn": 1, "application": "a", "scenario": "x"});
    let errors = CreatePayment::parse(body.to_string().as_bytes()).expect_err("refused");
    assert_eq!(errors.names().collect::<Vec<_>>(), ["amount", "currency", "msisdn", "reference", "scenario"]);
}
