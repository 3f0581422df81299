//! References: the recommended form `ORIGIN-OP-TS-CODE`, its older relative without the time, and how one is made when
//! the caller sends none (contract 9.1). Nothing here decides about duplicates: any string of 1 to 80 is a reference.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// SandPay's own origin, used where nothing better is known.
pub const OWN_ORIGIN: &str = "SP";

/// What a reference says it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Operation {
    /// `PAY`, a collection.
    Pay,
    /// `REF`, a refund.
    Ref,
    /// `DIS`, a disbursement.
    Dis,
    /// `ABO`, a subscription.
    Abo,
}

impl Operation {
    /// The three letters.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pay => "PAY",
            Self::Ref => "REF",
            Self::Dis => "DIS",
            Self::Abo => "ABO",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::Pay, Self::Ref, Self::Dis, Self::Abo].into_iter().find(|operation| operation.as_str() == text)
    }
}

/// What a structured reference says. For display and sorting only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Parsed<'a> {
    /// The application's slug.
    pub origin: &'a str,
    /// What it is for.
    pub operation: Operation,
    /// `YYYYMMDDHHMMSS` in UTC; `None` in the older form.
    pub ts: Option<&'a str>,
    /// The upper-case hexadecimal code.
    pub code: &'a str,
}

/// Reads a reference; `None` means unstructured, which is valid too.
#[must_use]
pub fn parse(reference: &str) -> Option<Parsed<'_>> {
    let mut parts = reference.split('-');
    let origin = parts.next().filter(|origin| is_origin(origin))?;
    let operation = Operation::parse(parts.next()?)?;
    let (third, fourth, rest) = (parts.next()?, parts.next(), parts.next());
    match (fourth, rest) {
        (Some(code), None) if is_date_time(third) && is_upper_hex(code) && code.len() == 12 => {
            Some(Parsed { origin, operation, ts: Some(third), code })
        }
        (None, None) if is_upper_hex(third) && (6..=32).contains(&third.len()) => {
            Some(Parsed { origin, operation, ts: None, code: third })
        }
        _ => None,
    }
}

/// The origin a refund's generated reference takes over from its parent's reference, else SandPay's own.
#[must_use]
pub fn inherited_origin(parent_reference: &str) -> &str {
    parse(parent_reference).map_or(OWN_ORIGIN, |parsed| parsed.origin)
}

/// The retry-safe code of a stable id: the first 12 hexadecimal digits of its SHA-256, in upper case.
#[must_use]
pub fn derive_code(stable_id: &str) -> String {
    code_of(Sha256::digest(stable_id.as_bytes()).first_chunk().expect("a digest has 32 bytes"))
}

/// The code of a fresh attempt, from six random bytes that the caller drew.
#[must_use]
pub fn code_of(bytes: &[u8; 6]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

/// Puts a reference together. `created_at` is the ISO 8601 instant in UTC of the transaction it names.
#[must_use]
pub fn mint(origin: &str, operation: Operation, created_at: &str, code: &str) -> String {
    let ts: String = created_at.chars().filter(char::is_ascii_digit).take(14).collect();
    format!("{origin}-{}-{ts}-{code}", operation.as_str())
}

fn is_origin(text: &str) -> bool {
    (2..=12).contains(&text.len())
        && text.starts_with(|first: char| first.is_ascii_uppercase())
        && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

fn is_upper_hex(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'A'..=b'F'))
}

/// Whether `YYYYMMDDHHMMSS` names a second that exists in the Gregorian calendar.
fn is_date_time(text: &str) -> bool {
    if text.len() != 14 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return false;
    }
    let number = |from: usize, to: usize| text[from..to].parse::<u32>().expect("digits, checked above");
    let (year, month, day) = (number(0, 4), number(4, 6), number(6, 8));
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return false,
    };
    year >= 1 && (1..=days).contains(&day) && number(8, 10) < 24 && number(10, 12) < 60 && number(12, 14) < 60
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_computed_derivations_of_9_1() {
        assert_eq!(derive_code("rf_123"), "A448886AC2F3");
        assert_eq!(derive_code("sub_9:2026-06"), "34C5D4CB272B");
        assert_eq!(derive_code("refund-ORDER-42"), "5C41E3259FB5");
    }

    #[test]
    fn the_canonical_form() {
        let parsed = parse("SHOP-PAY-20260601090000-0A1B2C3D4E5F").expect("canonical");
        assert_eq!(
            parsed,
            Parsed { origin: "SHOP", operation: Operation::Pay, ts: Some("20260601090000"), code: "0A1B2C3D4E5F" }
        );
        for operation in ["PAY", "REF", "DIS", "ABO"] {
            assert!(parse(&format!("A1-{operation}-20240229235959-0A1B2C3D4E5F")).is_some());
        }
    }

    #[test]
    fn the_older_form_has_no_time() {
        let parsed = parse("SHOP-REF-A448886AC2F3").expect("legacy");
        assert_eq!((parsed.ts, parsed.code), (None, "A448886AC2F3"));
        assert!(parse("SHOP-REF-ABCDEF").is_some());
        assert!(parse(&format!("SHOP-REF-{}", "A".repeat(32))).is_some());
        assert!(parse("SHOP-REF-20260601090000").is_some(), "digits are hexadecimal too");
    }

    #[test]
    fn everything_else_is_unstructured() {
        for reference in [
            "order-1",
            "",
            "S-PAY-20260601090000-0A1B2C3D4E5F",
            "THIRTEENCHARS-PAY-20260601090000-0A1B2C3D4E5F",
            "1SHOP-PAY-20260601090000-0A1B2C3D4E5F",
            "shop-PAY-20260601090000-0A1B2C3D4E5F",
            "SHOP-BUY-20260601090000-0A1B2C3D4E5F",
            "SHOP-PAY-2026060109000-0A1B2C3D4E5F",
            "SHOP-PAY-20260601090000-0a1b2c3d4e5f",
            "SHOP-PAY-20260601090000-0A1B2C3D4E5",
            "SHOP-PAY-20260601090000-0A1B2C3D4E5F-X",
            "SHOP-PAY-20260601090000-0A1B2C3D4E5F\n",
            "SHOP-REF-ABCDE",
            "SHOP-REF-",
        ] {
            assert_eq!(parse(reference), None, "{reference}");
        }
    }

    #[test]
    fn the_time_must_exist() {
        for ts in [
            "20250229000000",
            "21000229000000",
            "20261301000000",
            "20260001000000",
            "20260431000000",
            "20260600000000",
            "20260601240000",
            "20260601006000",
            "20260601000060",
            "00000101000000",
        ] {
            assert_eq!(parse(&format!("SHOP-PAY-{ts}-0A1B2C3D4E5F")), None, "{ts}");
        }
        assert!(parse("SHOP-PAY-20000229000000-0A1B2C3D4E5F").is_some());
    }

    #[test]
    fn a_generated_reference_is_canonical() {
        let minted =
            mint(OWN_ORIGIN, Operation::Dis, "2026-06-01T09:00:00.250Z", &code_of(&[0, 1, 0xAB, 0xCD, 0xEF, 9]));
        assert_eq!(minted, "SP-DIS-20260601090000-0001ABCDEF09");
        assert!(parse(&minted).is_some());
    }

    #[test]
    fn refunds_take_over_the_origin_if_it_can_be_read() {
        assert_eq!(inherited_origin("SHOP-PAY-20260601090000-0A1B2C3D4E5F"), "SHOP");
        assert_eq!(inherited_origin("SHOP-PAY-ABCDEF"), "SHOP");
        assert_eq!(inherited_origin("order-42"), "SP");
    }
}
