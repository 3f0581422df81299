//! SandPay: a mobile-money platform for francophone Africa (MTN, Orange, Moov and Airtel in Côte d'Ivoire, Bénin, Togo
//! and Rwanda), API version 2026-05-31.
//!
//! A merchant's server creates a collection, the payer confirms it on a handset, and a signed webhook tells the result;
//! refunds and disbursements pay out of the merchant's float. Where the platform's documents are silent or disagree,
//! [`assumptions`] says what is done here and why.

pub mod assumptions;
pub mod commission;
pub mod msisdn;
pub mod operators;
pub mod raw;
pub mod references;
pub mod refusals;
pub mod scenarios;
pub mod signature;
pub mod wire;
