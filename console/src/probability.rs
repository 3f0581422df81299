//! Probabilities as they are written and as they are kept: whole millionths, read from the digits and not through a
//! float.

use serde_json::Number;

/// Certain.
pub(crate) const ALWAYS_PPM: u32 = 1_000_000;

/// Reads a number from 0 to 1 with at most six decimals, as JSON writes it (`0.25`, `1.0`, `1e-6`).
pub(crate) fn read_ppm(number: &Number) -> Option<u32> {
    let text = number.to_string();
    let (digits, exponent) = text.split_once(['e', 'E']).unwrap_or((&text, "0"));
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
    let exponent: i32 = exponent.parse().ok()?;
    let mantissa: u64 = format!("{whole}{decimals}").parse().ok()?;
    // The value is mantissa × 10^(exponent - decimals); in millionths six more.
    let shift = exponent.checked_sub(i32::try_from(decimals.len()).ok()?)?.checked_add(6)?;
    let scale = 10_u64.checked_pow(shift.unsigned_abs());
    let ppm = match (mantissa, shift >= 0) {
        (0, _) => 0,
        (_, true) => mantissa.checked_mul(scale?)?,
        (_, false) => scale.filter(|scale| mantissa.is_multiple_of(*scale)).map(|scale| mantissa / scale)?,
    };
    u32::try_from(ppm).ok().filter(|ppm| *ppm <= ALWAYS_PPM)
}

/// Writes millionths as a number from 0 to 1.
pub(crate) fn shown(ppm: u32) -> Number {
    let text = format!("{}.{:06}", ppm / ALWAYS_PPM, ppm % ALWAYS_PPM);
    let text = text.trim_end_matches('0');
    let text = if text.ends_with('.') { format!("{text}0") } else { text.to_owned() };
    serde_json::from_str(&text).unwrap_or_else(|_| Number::from(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<u32> {
        read_ppm(&serde_json::from_str(text).expect("a number"))
    }

    #[test]
    fn digits_are_read_exactly() {
        let cases = [
            ("1", 1_000_000),
            ("1.0", 1_000_000),
            ("0", 0),
            ("0.0", 0),
            ("0.5", 500_000),
            ("0.1", 100_000),
            ("0.333333", 333_333),
            ("0.000001", 1),
            ("1e-6", 1),
            ("5e-1", 500_000),
        ];
        for (text, ppm) in cases {
            assert_eq!(read(text), Some(ppm), "{text}");
        }
        for bad in ["-0.1", "1.000001", "2", "0.0000001", "1e-7", "1e300", "1e-300", "18446744073709551615"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    #[test]
    fn they_are_shown_as_they_were_read() {
        for text in ["0.0", "1.0", "0.5", "0.333333", "1e-6"] {
            let number: Number = serde_json::from_str(text).expect("a number");
            assert_eq!(read_ppm(&number).map(shown), Some(number));
        }
    }
}
