//! Masking of any text: secrets known by how they begin, and card numbers.
//!
//! Pure. Must not know headers, JSON or forms; [`crate::mask`] does.

use std::borrow::Cow;

/// Stands for what was hidden.
pub(crate) const HIDDEN: &str = "…";

/// Beginnings of secrets that are hidden wherever they stand, with how many characters after them may be seen.
const PREFIXES: [(&str, usize); 8] = [
    ("sp_sk_test_", 8),
    ("sp_sk_live_", 8),
    ("sp_sk_", 0),
    ("whsec_", 0),
    ("sk_sandbox_", 4),
    ("sk_prod_", 0),
    ("sk_live_", 0),
    ("sk_test_", 0),
];

/// Any text: secrets known by their beginning, and card numbers.
pub fn text(source: &str) -> Cow<'_, str> {
    let bytes = source.as_bytes();
    let mut out = String::new();
    let (mut at, mut copied) = (0, 0);
    while at < bytes.len() {
        let begins_word = at == 0 || !bytes[at - 1].is_ascii_alphanumeric();
        let found = match bytes[at] {
            b's' | b'w' => secret_at(source, at),
            b'0'..=b'9' if begins_word && (at == 0 || bytes[at - 1] != b'+') => card_at(bytes, at),
            _ => None,
        };
        match found {
            Some((end, shown)) => {
                out.push_str(&source[copied..at]);
                out.push_str(&shown);
                at = end;
                copied = end;
            }
            None if bytes[at].is_ascii_digit() => at += digits_from(bytes, at),
            None => at += 1,
        }
    }
    if copied == 0 {
        return Cow::Borrowed(source);
    }
    out.push_str(&source[copied..]);
    Cow::Owned(out)
}

fn digits_from(bytes: &[u8], at: usize) -> usize {
    bytes[at..].iter().take_while(|byte| byte.is_ascii_digit()).count()
}

fn secret_at(source: &str, at: usize) -> Option<(usize, String)> {
    let rest = source.get(at..)?;
    let (prefix, _) = PREFIXES.iter().find(|(prefix, _)| rest.starts_with(prefix))?;
    let body = rest[prefix.len()..].bytes();
    let length =
        body.take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'+' | b'/' | b'=')).count();
    (length > 0).then(|| (at + prefix.len() + length, visible_part(&rest[..prefix.len() + length])))
}

/// A credential with only its known prefix left to see.
pub(crate) fn visible_part(credential: &str) -> String {
    let Some((prefix, seen)) = PREFIXES.iter().find(|(prefix, _)| credential.starts_with(prefix)) else {
        return HIDDEN.to_owned();
    };
    // Something must be left to hide, and more than is shown.
    let seen = if credential.len() >= prefix.len() + 3 * seen { *seen } else { 0 };
    let end = prefix.len() + seen;
    format!("{}{HIDDEN}", credential.get(..end).unwrap_or(prefix))
}

/// A card number that begins here: 13 to 19 digits, with single spaces or dashes between, that pass the Luhn check.
fn card_at(bytes: &[u8], at: usize) -> Option<(usize, String)> {
    let mut digits = Vec::with_capacity(19);
    let mut end = at;
    while let Some(byte) = bytes.get(end) {
        match byte {
            b'0'..=b'9' => digits.push(byte - b'0'),
            b' ' | b'-' if bytes.get(end + 1).is_some_and(u8::is_ascii_digit) => {}
            _ => break,
        }
        end += 1;
        if digits.len() > 19 {
            return None;
        }
    }
    let follows = bytes.get(end).is_some_and(u8::is_ascii_alphanumeric);
    // No scheme issues numbers that begin with 1, save 15 digits; instants in milliseconds and microseconds do.
    let is_instant = digits.first() == Some(&1) && digits.len() != 15;
    if follows || is_instant || !(13..=19).contains(&digits.len()) || !passes_luhn(&digits) {
        return None;
    }
    let last: String = digits[digits.len() - 4..].iter().map(|digit| char::from(b'0' + digit)).collect();
    Some((end, format!("{HIDDEN}{last}")))
}

fn passes_luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(at, digit)| {
            let doubled = u32::from(*digit) * if at % 2 == 1 { 2 } else { 1 };
            if doubled > 9 { doubled - 9 } else { doubled }
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "sp_sk_test_0123456789abcdef0123456789abcdef";

    #[test]
    fn card_numbers_anywhere_and_nothing_that_only_looks_like_one() {
        let cases = [
            ("4111111111111111", "…1111"),
            ("card 4111 1111 1111 1111.", "card …1111."),
            ("4111-1111-1111-1111", "…1111"),
            (r#"{"n":4111111111111111}"#, r#"{"n":…1111}"#),
            ("378282246310005", "…0005"),
            ("4222222222222", "…2222"),
            ("6304000000000000000", "…0000"),
            // Luhn fails.
            ("4111111111111112", "4111111111111112"),
            // Phone numbers in E.164, even where the check passes.
            ("+4111111111111111", "+4111111111111111"),
            (r#"{"msisdn":"+2250700000111"}"#, r#"{"msisdn":"+2250700000111"}"#),
            // Instants in milliseconds.
            ("1700000000003", "1700000000003"),
            // Parts of identifiers.
            ("TXa4111111111111111", "TXa4111111111111111"),
            ("4111111111111111b", "4111111111111111b"),
            ("123456789012345678901234", "123456789012345678901234"),
            ("", ""),
            ("é4111111111111111é", "é…1111é"),
        ];
        for (source, shown) in cases {
            assert_eq!(text(source), shown, "{source}");
        }
    }

    #[test]
    fn secrets_anywhere() {
        let cases = [
            (format!("key={KEY}&x"), "key=sp_sk_test_01234567…&x"),
            ("whsec_YWJjZGVm+/= end".into(), "whsec_… end"),
            ("sp_sk_other_abc".into(), "sp_sk_…"),
            ("sp_sk_".into(), "sp_sk_"),
            ("sp_sk_test_ab".into(), "sp_sk_test_…"),
        ];
        for (source, shown) in cases {
            assert_eq!(text(&source), shown, "{source}");
        }
    }

    #[test]
    fn the_luhn_check() {
        for (digits, passes) in
            [(&[7, 9, 9, 2, 7, 3, 9, 8, 7, 1, 3][..], true), (&[7, 9, 9, 2, 7, 3, 9, 8, 7, 1, 0][..], false)]
        {
            assert_eq!(passes_luhn(digits), passes);
        }
    }
}
