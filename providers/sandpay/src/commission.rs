//! What a payment costs and who pays it (contract 7). Whole francs and integers only; nothing here knows an
//! environment, so the rates are arguments and the result is frozen on the transaction.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The largest amount the create endpoints accept, so that no product below can overflow (4.1).
pub const MAX_AMOUNT: i64 = 1_000_000_000_000;

/// Who carries the fee, as one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum CommissionMode {
    /// The payer pays more than half of it.
    Customer,
    /// The merchant absorbs at least half of it.
    Merchant,
}

/// The amounts of one transaction, in the currency's smallest practical unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    /// The operator's fee.
    pub commission: i64,
    /// What the merchant is credited.
    pub net_amount: i64,
    /// What the payer's SIM is debited.
    pub customer_total: i64,
    /// The part of the fee the merchant carries.
    pub merchant_share: i64,
    /// The part of the fee the payer carries.
    pub customer_share: i64,
    /// The split, 0 to 100; `None` where no commission applies (payouts, and rows older than the split).
    pub absorption_pct: Option<i64>,
    /// The split as one word; `None` with `absorption_pct`.
    pub mode: Option<CommissionMode>,
}

impl Quote {
    /// The quote of a collection: `amount` gross, `bps` the fee in basis points (0 to 10 000), `pct` the merchant's
    /// share of it (0 to 100). Half a franc rounds up, as JavaScript's `Math.round` does (7.1).
    ///
    /// # Panics
    /// If an argument is out of range: requests and settings were checked before.
    #[must_use]
    pub fn of(amount: i64, bps: i64, pct: i64) -> Self {
        assert!((0..=MAX_AMOUNT).contains(&amount), "amount {amount} was checked on the way in");
        assert!((0..=10_000).contains(&bps), "commission_bps {bps} was checked when it was set");
        assert!((0..=100).contains(&pct), "merchant_absorption_pct {pct} was checked when it was set");
        let commission = (amount * bps + 5_000) / 10_000;
        let merchant_share = (commission * pct + 50) / 100;
        let net_amount = amount - merchant_share;
        Self {
            commission,
            net_amount,
            customer_total: net_amount + commission,
            merchant_share,
            customer_share: commission - merchant_share,
            absorption_pct: Some(pct),
            mode: Some(if pct >= 50 { CommissionMode::Merchant } else { CommissionMode::Customer }),
        }
    }

    /// The quote of a payout, which is free of commission, and of rows that are older than the split (section 5).
    #[must_use]
    pub const fn free(amount: i64) -> Self {
        Self {
            commission: 0,
            net_amount: amount,
            customer_total: amount,
            merchant_share: 0,
            customer_share: 0,
            absorption_pct: None,
            mode: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// amount, bps, pct, then commission, merchantShare, customerShare, netAmount, customerTotal: table 7.3 whole.
    const WORKED: [[i64; 8]; 16] = [
        [25_000, 100, 100, 250, 250, 0, 24_750, 25_000],
        [25_000, 100, 0, 250, 0, 250, 25_000, 25_250],
        [25_000, 100, 50, 250, 125, 125, 24_875, 25_125],
        [5_000, 150, 70, 75, 53, 22, 4_947, 5_022],
        [1_001, 150, 50, 15, 8, 7, 993, 1_008],
        [50, 100, 100, 1, 1, 0, 49, 50],
        [50, 100, 50, 1, 1, 0, 49, 50],
        [49, 100, 100, 0, 0, 0, 49, 49],
        [333, 150, 33, 5, 2, 3, 331, 336],
        [150, 100, 50, 2, 1, 1, 149, 151],
        [99_999, 175, 25, 1_750, 438, 1_312, 99_561, 101_311],
        [12_345, 137, 1, 169, 2, 167, 12_343, 12_512],
        [12_345, 137, 99, 169, 167, 2, 12_178, 12_347],
        [1, 100, 100, 0, 0, 0, 1, 1],
        [10_000, 0, 100, 0, 0, 0, 10_000, 10_000],
        [100, 10_000, 100, 100, 100, 0, 0, 100],
    ];

    #[test]
    fn every_worked_example_of_table_7_3() {
        for [amount, bps, pct, commission, merchant, customer, net, total] in WORKED {
            let quote = Quote::of(amount, bps, pct);
            let got =
                [quote.commission, quote.merchant_share, quote.customer_share, quote.net_amount, quote.customer_total];
            assert_eq!(got, [commission, merchant, customer, net, total], "{amount} at {bps} bps, {pct} %");
        }
    }

    #[test]
    fn half_or_more_is_the_merchants_mode() {
        let modes = [0, 49, 50, 100].map(|pct| Quote::of(1_000, 100, pct).mode);
        use CommissionMode::{Customer, Merchant};
        assert_eq!(modes, [Some(Customer), Some(Customer), Some(Merchant), Some(Merchant)]);
    }

    #[test]
    fn payouts_are_free() {
        let quote = Quote::free(18_000);
        assert_eq!((quote.commission, quote.net_amount, quote.customer_total), (0, 18_000, 18_000));
        assert_eq!((quote.merchant_share, quote.customer_share), (0, 0));
        assert_eq!((quote.absorption_pct, quote.mode), (None, None));
    }

    #[test]
    fn the_largest_amount_does_not_overflow() {
        assert_eq!(Quote::of(MAX_AMOUNT, 10_000, 100).net_amount, 0);
    }

    proptest! {
        #[test]
        fn the_invariants_of_7_2(amount in 0..=MAX_AMOUNT, bps in 0..=10_000_i64, pct in 0..=100_i64) {
            let quote = Quote::of(amount, bps, pct);
            prop_assert_eq!(quote.customer_total, quote.net_amount + quote.commission);
            prop_assert_eq!(quote.merchant_share + quote.customer_share, quote.commission);
            prop_assert_eq!(quote.net_amount, amount - quote.merchant_share);
            prop_assert_eq!(quote.customer_total, amount + quote.customer_share);
            prop_assert!(0 <= quote.merchant_share && quote.merchant_share <= quote.commission);
            prop_assert!(quote.commission <= amount && quote.net_amount >= 0 && quote.customer_share >= 0);
        }

        #[test]
        fn rounding_is_to_the_nearest_franc(amount in 0..=MAX_AMOUNT, bps in 0..=10_000_i64, pct in 0..=100_i64) {
            let quote = Quote::of(amount, bps, pct);
            let fee_error = quote.commission * 10_000 - amount * bps;
            prop_assert!(-5_000 < fee_error && fee_error <= 5_000);
            let share_error = quote.merchant_share * 100 - quote.commission * pct;
            prop_assert!(-50 < share_error && share_error <= 50);
        }
    }
}
