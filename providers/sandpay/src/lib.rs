//! SandPay: a mobile-money platform for francophone Africa (MTN, Orange, Moov and Airtel in Côte d'Ivoire, Bénin, Togo
//! and Rwanda), API version 2026-05-31.
//!
//! A merchant's server creates a collection, the payer confirms it on a handset, and a signed webhook tells the result.
//! Where the platform's documents are silent or disagree, [`assumptions`] says what is done here and why.
//!
//! | route, below `/v1` and below `/api/v1` | operation |
//! |---|---|
//! | `POST /payments` | [`ops::create_payment`] |
//! | `GET /payments/{id}` | [`ops::get_payment`] |
//! | `GET /meta` | [`ops::meta`] |
//! | `GET /health` | [`ops::health`] |
//!
//! Known deviations: no list, refund or disbursement yet; no rate limit or quota even where one is set.
//! What the platform's own dashboard and handset do is below the sandbox's admin API: [`routes::admin`].

pub mod assumptions;
pub mod auth;
pub mod commission;
pub mod fixtures;
pub mod ledger;
pub mod model;
pub mod msisdn;
pub mod operators;
pub mod ops;
pub mod provider;
pub mod raw;
pub mod references;
pub mod refusals;
pub mod rendering;
pub mod routes;
pub mod scenarios;
pub mod settings;
pub mod signature;
pub mod tx_id;
pub mod webhooks;
pub mod wire;

pub use provider::SandPay;
pub use routes::{admin, api, mount};

/// The provider's name in paths, events and settings.
pub const NAME: &str = "sandpay";
