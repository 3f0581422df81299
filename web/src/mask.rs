//! Masking: what may be shown of a header, a path or a body.
//!
//! Pure and textual: a body keeps its bytes but for what is hidden, also when it is broken or cut off. Credentials keep
//! their visible prefix, card numbers their last four digits. Must not know providers; names and prefixes are tables.

use std::borrow::Cow;

pub use crate::mask_text::text;
use crate::mask_text::{HIDDEN, visible_part};

/// Member names that hide their value, in lower case without `_` and `-`.
const SECRET_NAMES: [&str; 14] = [
    "key",
    "pin",
    "cvv",
    "cvc",
    "cv2",
    "cvv2",
    "cvc2",
    "securitycode",
    "authorization",
    "pan",
    "cardnumber",
    "pass",
    "passcode",
    "otp",
];

/// Parts of member names that hide the value.
const SECRET_PARTS: [&str; 4] = ["secret", "password", "token", "apikey"];

/// Names that end in `key` and are no secret.
const OPEN_KEYS: [&str; 4] = ["idempotencykey", "publickey", "publishablekey", "sortkey"];

/// Whether a member, parameter or header of this name hides its value.
pub fn is_secret_name(name: &str) -> bool {
    let bare: String = name.chars().filter(|c| !matches!(c, '_' | '-' | ' ')).map(|c| c.to_ascii_lowercase()).collect();
    SECRET_NAMES.contains(&bare.as_str())
        || SECRET_PARTS.iter().any(|part| bare.contains(part))
        || (bare.ends_with("key") && !OPEN_KEYS.contains(&bare.as_str()))
}

/// A header value as it may be shown.
pub fn header<'v>(name: &str, value: &'v str) -> Cow<'v, str> {
    if name.eq_ignore_ascii_case("authorization") || name.eq_ignore_ascii_case("proxy-authorization") {
        let (scheme, credential) = value.split_once(' ').unwrap_or(("", value));
        let joint = if scheme.is_empty() { "" } else { " " };
        return format!("{scheme}{joint}{}", visible_part(credential.trim_start())).into();
    }
    if name.eq_ignore_ascii_case("cookie") {
        let names = value.split(';').map(|pair| pair.split('=').next().unwrap_or_default().trim());
        return names.map(|name| format!("{name}={HIDDEN}")).collect::<Vec<_>>().join("; ").into();
    }
    if name.eq_ignore_ascii_case("set-cookie") {
        let (pair, attributes) = value.split_once(';').unwrap_or((value, ""));
        let joint = if attributes.is_empty() { "" } else { ";" };
        return format!("{}={HIDDEN}{joint}{attributes}", pair.split('=').next().unwrap_or_default()).into();
    }
    if is_secret_name(name) {
        return visible_part(value).into();
    }
    if name.eq_ignore_ascii_case("location") || name.eq_ignore_ascii_case("referer") {
        return path(value).into();
    }
    text(value)
}

/// A body as it may be shown: JSON and forms by member names, everything by secrets and card numbers in it.
pub fn body(content_type: &str, bytes: &[u8]) -> String {
    let shown = String::from_utf8_lossy(bytes);
    if shown.contains('\u{fffd}') && std::str::from_utf8(bytes).is_err_and(|error| error.error_len().is_some()) {
        return format!("({} bytes that are not text)", bytes.len());
    }
    if content_type.to_ascii_lowercase().contains("x-www-form-urlencoded") {
        return form(&shown);
    }
    let first = shown.trim_start().as_bytes().first().copied();
    if matches!(first, Some(b'{' | b'[' | b'"')) { json(&shown) } else { text(&shown).into_owned() }
}

/// Path and query as they may be shown.
pub fn path(path_and_query: &str) -> String {
    match path_and_query.split_once('?') {
        Some((path, query)) => format!("{}?{}", text(path), form(query)),
        None => text(path_and_query).into_owned(),
    }
}

/// JSON text, also broken: values of secret members are replaced, then secrets and card numbers anywhere.
pub fn json(source: &str) -> String {
    let bytes = source.as_bytes();
    let mut out = String::with_capacity(source.len());
    let (mut at, mut copied) = (0, 0);
    while at < bytes.len() {
        if bytes[at] != b'"' {
            at += 1;
            continue;
        }
        let end = end_of_string(bytes, at);
        let name = source.get(at + 1..end.saturating_sub(1)).unwrap_or_default();
        at = end;
        let value = skip_space(bytes, skip_space(bytes, at) + 1);
        let is_member = bytes.get(skip_space(bytes, at)) == Some(&b':');
        if !is_member || !is_secret_name(name) && !is_card_member(name, bytes, value) {
            continue;
        }
        let (end, hidden) = hidden_value(source, value);
        if let Some(hidden) = hidden {
            out.push_str(&source[copied..value]);
            out.push_str(&hidden);
            copied = end;
            at = end;
        }
    }
    out.push_str(&source[copied..]);
    match text(&out) {
        Cow::Borrowed(_) => out,
        Cow::Owned(masked) => masked,
    }
}

/// `number` with enough digits for a card, even a wrong one.
fn is_card_member(name: &str, bytes: &[u8], value: usize) -> bool {
    let scalar = bytes.get(value..).unwrap_or_default().iter().take(32).skip_while(|byte| **byte == b'"');
    let digits = scalar.take_while(|byte| matches!(byte, b'0'..=b'9' | b' ' | b'-')).filter(|b| b.is_ascii_digit());
    name.eq_ignore_ascii_case("number") && digits.count() >= 12
}

/// Where a JSON value ends and what stands for it; nothing for null and booleans, which say nothing.
fn hidden_value(source: &str, at: usize) -> (usize, Option<String>) {
    let bytes = source.as_bytes();
    match bytes.get(at) {
        Some(b'"') => {
            let end = end_of_string(bytes, at);
            let inside = source.get(at + 1..end.saturating_sub(1)).unwrap_or_default();
            (end, (!inside.is_empty()).then(|| format!("\"{}\"", visible_part(inside))))
        }
        Some(b'{' | b'[') => (end_of_nest(bytes, at), Some(format!("\"{HIDDEN}\""))),
        Some(b'0'..=b'9' | b'-') => {
            let scalar =
                bytes[at..].iter().take_while(|byte| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E'));
            (at + scalar.count(), Some(format!("\"{HIDDEN}\"")))
        }
        _ => (at, None),
    }
}

/// The position after the closing quote of the string that opens at `at`, or the end of a text that is cut off.
fn end_of_string(bytes: &[u8], at: usize) -> usize {
    let mut end = at + 1;
    while end < bytes.len() {
        match bytes[end] {
            b'\\' => end += 2,
            b'"' => return end + 1,
            _ => end += 1,
        }
    }
    bytes.len()
}

fn end_of_nest(bytes: &[u8], mut at: usize) -> usize {
    let mut depth = 0_usize;
    while at < bytes.len() {
        match bytes[at] {
            b'"' => {
                at = end_of_string(bytes, at);
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        at += 1;
        if depth == 0 {
            return at;
        }
    }
    bytes.len()
}

fn skip_space(bytes: &[u8], mut at: usize) -> usize {
    while bytes.get(at).is_some_and(u8::is_ascii_whitespace) {
        at += 1;
    }
    at
}

/// A form or query: values of secret names, and what is found in the decoded others.
fn form(source: &str) -> String {
    let masked = source.split('&').map(|pair| {
        let Some((name, value)) = pair.split_once('=') else { return text(pair).into_owned() };
        let decoded = decoded(value);
        if is_secret_name(&self::decoded(name)) && !value.is_empty() {
            return format!("{name}={}", visible_part(&decoded));
        }
        match text(&decoded) {
            Cow::Borrowed(_) => pair.to_owned(),
            Cow::Owned(masked) => format!("{name}={masked}"),
        }
    });
    masked.collect::<Vec<_>>().join("&")
}

fn decoded(value: &str) -> String {
    let bytes = value.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = value.get(at + 1..at + 3).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match (bytes[at], hex) {
            (b'%', Some(byte)) => {
                out.push(byte);
                at += 3;
                continue;
            }
            (b'+', _) => out.push(b' '),
            (byte, _) => out.push(byte),
        }
        at += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "sp_sk_test_0123456789abcdef0123456789abcdef";

    #[test]
    fn headers() {
        let cases = [
            ("Authorization", format!("Bearer {KEY}"), "Bearer sp_sk_test_01234567…"),
            ("authorization", "Basic dXNlcjpwYXNz".into(), "Basic …"),
            ("authorization", "rawvalue".into(), "…"),
            ("cookie", "a=1; session=xyz".into(), "a=…; session=…"),
            ("set-cookie", "session=xyz; Path=/; HttpOnly".into(), "session=…; Path=/; HttpOnly"),
            ("x-api-key", "abc".into(), "…"),
            ("X-Webhook-Secret", "whsec_abcdef".into(), "whsec_…"),
            ("accept", "application/json".into(), "application/json"),
            ("x-note", format!("my {KEY}."), "my sp_sk_test_01234567…."),
            ("idempotency-key", "order-1".into(), "order-1"),
            ("location", "https://a.example/back?token=abc&x=1".into(), "https://a.example/back?token=…&x=1"),
        ];
        for (name, value, shown) in cases {
            assert_eq!(header(name, &value), shown, "{name}");
        }
    }

    #[test]
    fn json_members_by_name() {
        let cases = [
            (r#"{"pin":"1234","pin_set":true}"#, r#"{"pin":"…","pin_set":true}"#),
            (r#"{"pin": 1234 , "x":1}"#, r#"{"pin": "…" , "x":1}"#),
            (r#"{"a":[{"password":"x\"y"}]}"#, r#"{"a":[{"password":"…"}]}"#),
            (r#"{"client_secret":{"a":["}"]},"b":2}"#, r#"{"client_secret":"…","b":2}"#),
            (r#"{"token":null,"cvv":"","cvc":"123"}"#, r#"{"token":null,"cvv":"","cvc":"…"}"#),
            (r#"{"secret":"whsec_abc"}"#, r#"{"secret":"whsec_…"}"#),
            (r#"{"key":"id_1","idempotency_key":"i-1"}"#, r#"{"key":"…","idempotency_key":"i-1"}"#),
            (r#"{"number":"4111 1111 1111 1112"}"#, r#"{"number":"…"}"#),
            (r#"{"number":"4111111111111111"}"#, r#"{"number":"…"}"#),
            (r#"{"number":42}"#, r#"{"number":42}"#),
            (r#"["password","x"]"#, r#"["password","x"]"#),
            // Broken and cut off.
            (r#"{"password":"abc"#, r#"{"password":"…""#),
            (r#"{"password":"#, r#"{"password":"#),
            (r#"{"apiKey":["a","b"#, r#"{"apiKey":"…""#),
            (r#"{"a" "pin":"1" "#, r#"{"a" "pin":"…" "#),
        ];
        for (source, shown) in cases {
            assert_eq!(json(source), shown, "{source}");
        }
    }

    #[test]
    fn a_body_cut_anywhere_shows_no_part_of_a_secret() {
        let whole =
            r#"{"a":{"client_secret":"SECRET\"SECRET","n":"4111 1111 1111 1111","pin":[12345678,{"x":"SECRET"}]}}"#;
        for end in 0..=whole.len() {
            let shown = json(&whole[..end]);
            assert!(!shown.contains("SEC") && !shown.contains("345") && !shown.contains("1111 1111 1111 1"), "{shown}");
        }
    }

    #[test]
    fn forms_and_paths() {
        let form_type = "application/x-www-form-urlencoded";
        let cases = [
            ("card=4111+1111+1111+1111&n=%2B2250700000111", "card=…1111&n=%2B2250700000111"),
            ("client%5Fsecret=abc&grant_type=client_credentials", "client%5Fsecret=…&grant_type=client_credentials"),
            ("number=%204111111111111111", "number= …1111"),
            ("flag&a=", "flag&a="),
        ];
        for (source, shown) in cases {
            assert_eq!(body(form_type, source.as_bytes()), shown, "{source}");
        }
        assert_eq!(path("/v1/x/4111111111111111?token=abc&a=b%20c"), "/v1/x/…1111?token=…&a=b%20c");
        assert_eq!(path("/v1/x"), "/v1/x");
    }

    #[test]
    fn bodies_that_are_not_text_say_so_and_cut_ones_are_kept() {
        assert_eq!(body("image/png", &[0x89, 0x50, 0xff, 0xfe]), "(4 bytes that are not text)");
        assert_eq!(body("text/plain", &"é".as_bytes()[..1]), "\u{fffd}");
        assert_eq!(body("application/json", br#" {"pin":"1"}"#), r#" {"pin":"…"}"#);
    }
}
