//! Phone numbers: their form, and which country and operator they tell (contract 11.3 and 11.4).
//!
//! Prefix tables only. Real numbers are portable, so a prefix is a guess in reality; here it is the rule. What the
//! caller states explicitly always wins over it.

use crate::operators::{Country, Operator};

/// Whether `text` is E.164 with its plus: `^\+[1-9][0-9]{6,14}$` (4.1).
#[must_use]
pub fn is_e164(text: &str) -> bool {
    let Some(digits) = text.strip_prefix('+') else { return false };
    (7..=15).contains(&digits.len()) && !digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// The number as operators write it, without the plus (section 12).
#[must_use]
pub fn digits(msisdn: &str) -> &str {
    msisdn.strip_prefix('+').unwrap_or(msisdn)
}

/// The country a number's calling code tells (11.3).
#[must_use]
pub fn country_of(msisdn: &str) -> Option<Country> {
    Country::ALL.into_iter().find(|country| msisdn.starts_with(country.calling_code()))
}

/// The operator a number's prefix tells (11.4): `None` for an unknown calling code or prefix, and for a national
/// number of a length no plan of that country has.
#[must_use]
pub fn operator_of(msisdn: &str) -> Option<Operator> {
    let country = country_of(msisdn)?;
    let national = msisdn.strip_prefix(country.calling_code())?;
    let plan = PLANS.iter().find(|plan| plan.country == country && plan.length == national.len())?;
    let prefix: u16 = national.get(..plan.prefix_length)?.parse().ok()?;
    let owner =
        plan.owners.iter().find(|(_, ranges)| ranges.iter().any(|(first, last)| (*first..=*last).contains(&prefix)));
    owner.map(|(operator, _)| *operator)
}

/// What a request without `operator` or `country` could not be completed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Undetectable {
    /// The operator is missing and the prefix does not tell it.
    pub operator: bool,
    /// The country is missing and the calling code does not tell it.
    pub country: bool,
}

/// Completes what the request left out (11.4, rules). The country stays text: one without SandPay operators is answered
/// with `env_not_found`, not as a bad request.
///
/// # Errors
/// Which of the two is missing and cannot be told from the number.
pub fn resolve(
    msisdn: &str,
    operator: Option<Operator>,
    country: Option<&str>,
) -> Result<(Operator, String), Undetectable> {
    let found_operator = operator.or_else(|| operator_of(msisdn));
    let found_country =
        country.map(str::to_owned).or_else(|| country_of(msisdn).map(|found| found.as_str().to_owned()));
    match (found_operator, found_country) {
        (Some(operator), Some(country)) => Ok((operator, country)),
        (operator, country) => Err(Undetectable { operator: operator.is_none(), country: country.is_none() }),
    }
}

/// First and last prefix of a run, both included.
type Run = (u16, u16);

/// One numbering plan of one country, told apart by the length of the national number.
struct Plan {
    country: Country,
    length: usize,
    prefix_length: usize,
    owners: &'static [(Operator, &'static [Run])],
}

const fn one(prefix: u16) -> Run {
    (prefix, prefix)
}

/// Table 11.4. Prefixes of operators that SandPay does not simulate are left out: they are undetectable.
const PLANS: [Plan; 6] = [
    // Côte d'Ivoire since 31 January 2021. Fixed lines (21, 25, 27) are nobody's.
    Plan {
        country: Country::Ci,
        length: 10,
        prefix_length: 2,
        owners: &[(Operator::Mtn, &[one(5)]), (Operator::Moov, &[one(1)]), (Operator::Orange, &[one(7)])],
    },
    // Côte d'Ivoire before: the documents' own samples still use it.
    Plan {
        country: Country::Ci,
        length: 8,
        prefix_length: 2,
        owners: &[
            (Operator::Mtn, &[(4, 6), (44, 46), (54, 56), (64, 66), (74, 76), (84, 86), (94, 96)]),
            (Operator::Moov, &[(1, 3), (40, 43), (50, 53), (70, 73)]),
            (Operator::Orange, &[(7, 9), (47, 49), (57, 59), (67, 68), (77, 79), (87, 89), (97, 98)]),
        ],
    },
    // Bénin since 30 November 2024. 0156, 0158 differ from the old 56, 58 in the carrier data; each table is used as is.
    Plan {
        country: Country::Bj,
        length: 10,
        prefix_length: 4,
        owners: &[
            (
                Operator::Mtn,
                &[
                    one(142),
                    one(146),
                    (150, 154),
                    (156, 157),
                    one(159),
                    (161, 162),
                    (166, 167),
                    one(169),
                    (190, 191),
                    (196, 197),
                ],
            ),
            (Operator::Moov, &[one(145), one(155), one(158), one(160), (163, 165), one(168), (194, 195), (198, 199)]),
        ],
    },
    // Bénin before.
    Plan {
        country: Country::Bj,
        length: 8,
        prefix_length: 2,
        owners: &[
            (Operator::Mtn, &[one(42), one(46), (50, 54), (57, 59), (61, 62), (66, 67), one(69), (90, 91), (96, 97)]),
            (Operator::Moov, &[(55, 56), one(60), (63, 65), one(68), (94, 95), (98, 99)]),
        ],
    },
    // Togo: MTN runs no network there and is reached by an explicit operator only; Togocel's prefixes, 97 among them
    // (sources differ), are nobody's.
    Plan {
        country: Country::Tg,
        length: 8,
        prefix_length: 2,
        owners: &[(Operator::Moov, &[one(79), one(96), (98, 99)])],
    },
    // Rwanda. 75 and 77 belong to others.
    Plan {
        country: Country::Rw,
        length: 9,
        prefix_length: 2,
        owners: &[(Operator::Mtn, &[(78, 79)]), (Operator::Airtel, &[(72, 73)])],
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    /// Every prefix of one plan, as the contract's table spells them, and who owns it.
    fn expect(code: &str, length: usize, width: usize, rows: &[(Option<Operator>, &str)]) {
        let mut listed = std::collections::BTreeMap::new();
        for (operator, prefixes) in rows {
            for item in prefixes.split_whitespace() {
                let (first, last) = item.split_once('-').unwrap_or((item, item));
                let run = first.parse::<u32>().expect("digits")..=last.parse::<u32>().expect("digits");
                for prefix in run {
                    assert!(listed.insert(prefix, *operator).is_none(), "{code} {prefix} is listed once");
                }
            }
        }
        for prefix in 0..10_u32.pow(u32::try_from(width).expect("small")) {
            let national = format!("{prefix:0width$}{}", "0".repeat(length - width));
            let expected = listed.get(&prefix).copied().flatten();
            assert_eq!(operator_of(&format!("{code}{national}")), expected, "{code} {national}");
        }
    }

    const MTN: Option<Operator> = Some(Operator::Mtn);
    const MOOV: Option<Operator> = Some(Operator::Moov);
    const ORANGE: Option<Operator> = Some(Operator::Orange);
    const AIRTEL: Option<Operator> = Some(Operator::Airtel);

    #[test]
    fn every_prefix_of_table_11_4() {
        expect("+225", 10, 2, &[(MTN, "05"), (MOOV, "01"), (ORANGE, "07"), (None, "21 25 27")]);
        expect(
            "+225",
            8,
            2,
            &[
                (MTN, "04-06 44-46 54-56 64-66 74-76 84-86 94-96"),
                (MOOV, "01-03 40-43 50-53 70-73"),
                (ORANGE, "07-09 47-49 57-59 67-68 77-79 87-89 97-98"),
                (None, "60 61 69"),
            ],
        );
        expect(
            "+229",
            10,
            4,
            &[
                (MTN, "0142 0146 0150-0154 0156 0157 0159 0161 0162 0166 0167 0169 0190 0191 0196 0197"),
                (MOOV, "0145 0155 0158 0160 0163 0164 0165 0168 0194 0195 0198 0199"),
                (None, "0140 0141 0143 0144 0147 0148"),
            ],
        );
        expect(
            "+229",
            8,
            2,
            &[
                (MTN, "42 46 50-54 57-59 61 62 66 67 69 90 91 96 97"),
                (MOOV, "55 56 60 63 64 65 68 94 95 98 99"),
                (None, "40 41 43 44 45 47 48 49 93"),
            ],
        );
        expect("+228", 8, 2, &[(MOOV, "79 96 98 99"), (None, "70 71 90-93 97")]);
        expect("+250", 9, 2, &[(MTN, "78 79"), (AIRTEL, "72 73"), (None, "75 77")]);
    }

    #[test]
    fn a_length_outside_the_plans_tells_the_country_only() {
        for msisdn in ["+2250512345", "+22505123456789", "+2507812345", "+228991234567", "+229421234567"] {
            assert_eq!(operator_of(msisdn), None, "{msisdn}");
            assert!(country_of(msisdn).is_some(), "{msisdn}");
        }
        assert_eq!(country_of("+33612345678"), None);
        assert_eq!(operator_of("+33612345678"), None);
    }

    #[test]
    fn old_and_new_forms_are_both_read() {
        assert_eq!(operator_of("+22507123456"), ORANGE, "the documents' own old sample");
        assert_eq!(operator_of("+2250712345678"), ORANGE);
        assert_eq!(operator_of("+22997123456"), MTN);
        assert_eq!(operator_of("+2290197123456"), MTN);
    }

    #[test]
    fn e164_is_the_documented_pattern() {
        for good in ["+1234567", "+123456789012345", "+250788000111"] {
            assert!(is_e164(good), "{good}");
        }
        for bad in [
            "",
            "+",
            "250788000111",
            "+0788000111",
            "+123456",
            "+1234567890123456",
            "+25078800011a",
            "++250788",
            " +250788000111",
            "+250788000111\n",
            "+٢٥٠٧٨٨٠٠٠",
        ] {
            assert!(!is_e164(bad), "{bad}");
        }
    }

    #[test]
    fn what_is_stated_wins_over_the_prefix() {
        let stated = resolve("+2250712345678", Some(Operator::Mtn), Some("CI"));
        assert_eq!(stated, Ok((Operator::Mtn, "CI".to_owned())), "the documents' own disbursement pairs them so");
        assert_eq!(resolve("+250788000111", None, None), Ok((Operator::Mtn, "RW".to_owned())));
        assert_eq!(resolve("+22890123456", Some(Operator::Mtn), None), Ok((Operator::Mtn, "TG".to_owned())));
        assert_eq!(resolve("+250788000111", None, Some("SN")), Ok((Operator::Mtn, "SN".to_owned())));
    }

    #[test]
    fn what_cannot_be_told_is_named() {
        assert_eq!(resolve("+22890123456", None, None), Err(Undetectable { operator: true, country: false }));
        assert_eq!(resolve("+33612345678", None, None), Err(Undetectable { operator: true, country: true }));
        assert_eq!(
            resolve("+33612345678", Some(Operator::Mtn), None),
            Err(Undetectable { operator: false, country: true })
        );
    }
}
