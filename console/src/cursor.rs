//! Cursors of lists: opaque to clients, so that what is behind them can change.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use web::Problem;

use crate::refusals::bad_value;

/// A cursor for a place in a list.
pub(crate) fn write(place: &str) -> String {
    URL_SAFE_NO_PAD.encode(place)
}

/// The place that a cursor stands for.
pub(crate) fn read(cursor: Option<&str>) -> Result<Option<String>, Problem> {
    let Some(cursor) = cursor.filter(|cursor| !cursor.is_empty()) else { return Ok(None) };
    let place = URL_SAFE_NO_PAD.decode(cursor).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    place.map(Some).ok_or_else(not_a_cursor)
}

/// The number that a cursor stands for.
pub(crate) fn read_number<N: std::str::FromStr>(cursor: Option<&str>) -> Result<Option<N>, Problem> {
    let place = read(cursor)?;
    place.map(|place| place.parse().map_err(|_| not_a_cursor())).transpose()
}

fn not_a_cursor() -> Problem {
    bad_value("cursor", "it is not one of this list").hint("Use `next_cursor` of the page before as it is.")
}

/// How many to answer: what was asked for, within bounds.
pub(crate) fn limit(asked: Option<u32>, usual: u32, most: u32) -> Result<usize, Problem> {
    let limit = asked.unwrap_or(usual);
    if limit == 0 || limit > most {
        return Err(bad_value("limit", &format!("it is a number from 1 to {most}")));
    }
    Ok(usize::try_from(limit).unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_are_read_as_they_were_written() {
        for place in ["", "sbx_demo", "007", "a/b?c"] {
            let read_back = read(Some(&write(place))).expect("readable");
            assert_eq!(read_back, (!place.is_empty()).then(|| place.to_owned()));
        }
        assert_eq!(read(None).expect("none"), None);
        assert_eq!(read_number::<i64>(Some(&write("-4"))).expect("a number"), Some(-4));
        assert!(read(Some("***")).is_err());
        assert!(read_number::<u64>(Some(&write("x"))).is_err());
    }

    #[test]
    fn limits_have_bounds() {
        assert_eq!(limit(None, 50, 200).expect("usual"), 50);
        assert_eq!(limit(Some(200), 50, 200).expect("most"), 200);
        for bad in [0, 201] {
            assert!(limit(Some(bad), 50, 200).is_err());
        }
    }
}
