//! The operators, the countries, and the nine pairs of them that can be configured (contract 11.1 and 11.2).
//!
//! Tables only: it knows neither numbers nor what an environment currently holds.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A mobile-money operator, `mtn` on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Operator {
    /// MTN Mobile Money.
    Mtn,
    /// Orange Money.
    Orange,
    /// Moov Africa Money.
    Moov,
    /// Airtel Money.
    Airtel,
}

impl Operator {
    /// All four, in the order the documents name them.
    pub const ALL: [Self; 4] = [Self::Mtn, Self::Orange, Self::Moov, Self::Airtel];

    /// The name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mtn => "mtn",
            Self::Orange => "orange",
            Self::Moov => "moov",
            Self::Airtel => "airtel",
        }
    }

    /// Reads the name in any case, as the contract's 4.1 decides.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|operator| operator.as_str().eq_ignore_ascii_case(text))
    }

    /// What the payer dials to confirm (11.2).
    #[must_use]
    pub const fn ussd(self) -> &'static str {
        match self {
            Self::Mtn => "*133#",
            Self::Orange => "*144#",
            Self::Moov => "*155#",
            Self::Airtel => "*185#",
        }
    }

    /// The fee of a new environment in basis points: 1 %, at Moov 1.5 % (7.1).
    #[must_use]
    pub const fn default_commission_bps(self) -> i64 {
        match self {
            Self::Moov => 150,
            Self::Mtn | Self::Orange | Self::Airtel => 100,
        }
    }
}

/// A country with at least one operator, `CI` on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Country {
    /// Côte d'Ivoire.
    Ci,
    /// Bénin.
    Bj,
    /// Togo.
    Tg,
    /// Rwanda.
    Rw,
}

impl Country {
    /// All four, in the order the documents name them.
    pub const ALL: [Self; 4] = [Self::Ci, Self::Bj, Self::Tg, Self::Rw];

    /// The ISO 3166 code on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ci => "CI",
            Self::Bj => "BJ",
            Self::Tg => "TG",
            Self::Rw => "RW",
        }
    }

    /// Reads the code in any case; `None` for a country without SandPay operators.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|country| country.as_str().eq_ignore_ascii_case(text))
    }

    /// What a number of this country begins with (11.3).
    #[must_use]
    pub const fn calling_code(self) -> &'static str {
        match self {
            Self::Ci => "+225",
            Self::Bj => "+229",
            Self::Tg => "+228",
            Self::Rw => "+250",
        }
    }

    /// The ISO 4217 code its environments settle in (11.2).
    #[must_use]
    pub const fn currency(self) -> &'static str {
        match self {
            Self::Ci | Self::Bj | Self::Tg => "XOF",
            Self::Rw => "RWF",
        }
    }
}

/// One operator in one country: what can be configured as an environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pair {
    /// The operator.
    pub operator: Operator,
    /// The country.
    pub country: Country,
}

/// The nine supported pairs (11.2). MTN Togo is listed by the platform although MTN runs no network there.
pub const PAIRS: [Pair; 9] = [
    pair(Operator::Mtn, Country::Ci),
    pair(Operator::Mtn, Country::Bj),
    pair(Operator::Mtn, Country::Tg),
    pair(Operator::Mtn, Country::Rw),
    pair(Operator::Orange, Country::Ci),
    pair(Operator::Moov, Country::Ci),
    pair(Operator::Moov, Country::Bj),
    pair(Operator::Moov, Country::Tg),
    pair(Operator::Airtel, Country::Rw),
];

const fn pair(operator: Operator, country: Country) -> Pair {
    Pair { operator, country }
}

impl Pair {
    /// The supported pair of an operator and a country code in any case; `None` where no environment can exist, which
    /// callers answer with `env_not_found`.
    #[must_use]
    pub fn find(operator: Operator, country: &str) -> Option<Self> {
        let country = Country::parse(country)?;
        PAIRS.into_iter().find(|pair| pair.operator == operator && pair.country == country)
    }

    /// The environment's id, such as `env_rw_mtn`.
    #[must_use]
    pub fn env_id(self) -> String {
        format!("env_{}_{}", self.country.as_str().to_ascii_lowercase(), self.operator.as_str())
    }

    /// The currency the environment's float is kept in.
    #[must_use]
    pub const fn currency(self) -> &'static str {
        self.country.currency()
    }

    /// Whether a payment in `sent` may use this environment. `FCFA` is what people call XOF, and the platform's own
    /// samples send it (11.2).
    #[must_use]
    pub fn accepts_currency(self, sent: &str) -> bool {
        let iso = if sent == "FCFA" { "XOF" } else { sent };
        iso == self.currency()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nine_environments_of_table_11_2() {
        let rows: Vec<_> = PAIRS
            .iter()
            .map(|pair| {
                let operator = pair.operator;
                (pair.env_id(), pair.currency(), operator.default_commission_bps(), operator.ussd())
            })
            .collect();
        let expected = [
            ("env_ci_mtn", "XOF", 100, "*133#"),
            ("env_bj_mtn", "XOF", 100, "*133#"),
            ("env_tg_mtn", "XOF", 100, "*133#"),
            ("env_rw_mtn", "RWF", 100, "*133#"),
            ("env_ci_orange", "XOF", 100, "*144#"),
            ("env_ci_moov", "XOF", 150, "*155#"),
            ("env_bj_moov", "XOF", 150, "*155#"),
            ("env_tg_moov", "XOF", 150, "*155#"),
            ("env_rw_airtel", "RWF", 100, "*185#"),
        ];
        assert_eq!(rows, expected.map(|(id, currency, bps, ussd)| (id.to_owned(), currency, bps, ussd)));
    }

    #[test]
    fn only_the_nine_pairs_can_be_found() {
        let found: Vec<_> = Operator::ALL
            .into_iter()
            .flat_map(|operator| Country::ALL.map(|country| Pair::find(operator, country.as_str())))
            .flatten()
            .collect();
        assert_eq!(found.len(), 9);
        assert_eq!(Pair::find(Operator::Orange, "RW"), None);
        assert_eq!(Pair::find(Operator::Orange, "SN"), None, "roadmap only");
        assert_eq!(Pair::find(Operator::Mtn, "rw"), Some(pair(Operator::Mtn, Country::Rw)));
    }

    #[test]
    fn fcfa_means_xof_and_nothing_else_is_an_alias() {
        let ci = pair(Operator::Orange, Country::Ci);
        let rw = pair(Operator::Mtn, Country::Rw);
        assert!(ci.accepts_currency("XOF") && ci.accepts_currency("FCFA") && rw.accepts_currency("RWF"));
        for (env, sent) in [(ci, "RWF"), (ci, "XAF"), (ci, "xof"), (rw, "FCFA"), (rw, "XOF")] {
            assert!(!env.accepts_currency(sent), "{sent} in {}", env.env_id());
        }
    }

    #[test]
    fn names_are_lower_and_codes_upper_on_the_wire() {
        assert_eq!(serde_json::to_string(&Operator::Airtel).expect("a string"), "\"airtel\"");
        assert_eq!(serde_json::to_string(&Country::Ci).expect("a string"), "\"CI\"");
        assert_eq!(Operator::parse("MtN"), Some(Operator::Mtn));
        assert_eq!(Operator::parse("mtn "), None);
        assert_eq!(Country::parse("sn"), None);
    }
}
