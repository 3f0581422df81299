//! Amounts of money: whole minor units with their currency, checked arithmetic, no floats.

use serde::{Deserialize, Serialize};
use std::fmt;

/// An ISO 4217 code: three upper-case letters. How many decimals it has is [`Currency::exponent`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

impl Currency {
    /// West African CFA franc, no minor unit.
    pub const XOF: Self = Self(*b"XOF");
    /// Rwandan franc, no minor unit.
    pub const RWF: Self = Self(*b"RWF");
    /// Pound sterling, two decimals.
    pub const GBP: Self = Self(*b"GBP");

    /// Reads a code of three ASCII upper-case letters.
    ///
    /// # Errors
    /// [`MoneyError::Currency`] for anything else.
    pub fn parse(code: &str) -> Result<Self, MoneyError> {
        match code.as_bytes() {
            [a, b, c] if [a, b, c].iter().all(|byte| byte.is_ascii_uppercase()) => Ok(Self([*a, *b, *c])),
            _ => Err(MoneyError::Currency(code.to_owned())),
        }
    }

    /// The three letters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// Decimals of the minor unit (ISO 4217): 0 for the francs and the yen, 3 for the dinars, else 2.
    #[must_use]
    pub fn exponent(&self) -> u32 {
        match &self.0 {
            b"XOF" | b"XAF" | b"RWF" | b"JPY" | b"KRW" | b"CLP" | b"GNF" | b"UGX" | b"BIF" | b"DJF" | b"KMF" => 0,
            b"BHD" | b"IQD" | b"JOD" | b"KWD" | b"LYD" | b"OMR" | b"TND" => 3,
            _ => 2,
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Currency {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = String::deserialize(deserializer)?;
        Self::parse(&code).map_err(serde::de::Error::custom)
    }
}

/// What can be wrong with an amount.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// The sum does not fit 64 bits.
    #[error("the amount is too large to be represented")]
    Overflow,
    /// Two currencies met in one sum.
    #[error("amounts in {0} and {1} cannot be added")]
    Mixed(Currency, Currency),
    /// Not three upper-case letters.
    #[error("`{0}` is not an ISO 4217 currency code")]
    Currency(String),
}

/// An amount in minor units of one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    /// Minor units (centimes, pence; whole francs for currencies without them). May be negative in a posting.
    pub minor: i64,
    /// The currency of those units.
    pub currency: Currency,
}

impl Money {
    /// `minor` units of `currency`.
    #[must_use]
    pub const fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// The sum.
    ///
    /// # Errors
    /// Mixed currencies, or a sum past 64 bits.
    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::Mixed(self.currency, other.currency));
        }
        let minor = self.minor.checked_add(other.minor).ok_or(MoneyError::Overflow)?;
        Ok(Self { minor, ..self })
    }

    /// The same amount with the sign turned.
    ///
    /// # Errors
    /// The one amount whose negative does not fit.
    pub fn negated(self) -> Result<Self, MoneyError> {
        Ok(Self { minor: self.minor.checked_neg().ok_or(MoneyError::Overflow)?, ..self })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adds_only_like_to_like_and_never_wraps() {
        let one = Money::new(1, Currency::XOF);
        assert_eq!(one.plus(Money::new(2, Currency::XOF)), Ok(Money::new(3, Currency::XOF)));
        assert_eq!(one.plus(Money::new(2, Currency::RWF)), Err(MoneyError::Mixed(Currency::XOF, Currency::RWF)));
        assert_eq!(Money::new(i64::MAX, Currency::XOF).plus(one), Err(MoneyError::Overflow));
        assert_eq!(Money::new(i64::MIN, Currency::XOF).negated(), Err(MoneyError::Overflow));
    }

    #[test]
    fn a_currency_is_three_capitals() {
        assert_eq!(Currency::parse("XOF"), Ok(Currency::XOF));
        for bad in ["xof", "FCFA", "X", "", "X0F", "éOF"] {
            assert!(Currency::parse(bad).is_err(), "{bad}");
        }
        assert_eq!(Currency::XOF.exponent(), 0);
        assert_eq!(Currency::GBP.exponent(), 2);
    }
}
