//! Lengths of time as people type them: `90s`, `121m`, `36h`, `30d`, `1h30m`. Whole seconds, no clock.

const UNITS: [(char, u64); 4] = [('s', 1), ('m', 60), ('h', 3600), ('d', 86_400)];

const WHY: &str = "write a length of time as 90s, 121m, 36h, 30d or 1h30m";

/// The seconds in a length of time: numbers, each with its unit, longest unit first.
///
/// # Errors
/// A sentence that says how to write it.
pub fn parse(text: &str) -> Result<u64, String> {
    let mut seconds = 0_u64;
    let mut rest = text;
    let mut last_unit = u64::MAX;
    while !rest.is_empty() {
        let digits = rest.find(|char: char| !char.is_ascii_digit()).ok_or(WHY)?;
        let number: u64 = rest[..digits].parse().map_err(|_| WHY)?;
        let letter = rest[digits..].chars().next().ok_or(WHY)?;
        let (_, unit) = UNITS.into_iter().find(|(name, _)| *name == letter).ok_or(WHY)?;
        if unit >= last_unit {
            return Err(WHY.to_owned());
        }
        let part = number.checked_mul(unit).ok_or("too long")?;
        seconds = seconds.checked_add(part).ok_or("too long")?;
        last_unit = unit;
        rest = &rest[digits + letter.len_utf8()..];
    }
    if text.is_empty() { Err(WHY.to_owned()) } else { Ok(seconds) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time() {
        let good = [
            ("0s", 0),
            ("90s", 90),
            ("121m", 7260),
            ("36h", 129_600),
            ("30d", 2_592_000),
            ("1h30m", 5400),
            ("1d1s", 86_401),
        ];
        for (text, seconds) in good {
            assert_eq!(parse(text), Ok(seconds), "{text}");
        }
        for bad in
            ["", "90", "m", "1.5h", "-3m", "30m1h", "1h1h", "1w", "5é", "99999999999999999999s", "999999999999999999d"]
        {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
