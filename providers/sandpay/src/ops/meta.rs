//! `GET /v1/meta`: version and capabilities, without a key (contract 4.6). Never refuses.

use serde_json::Value;

use crate::settings;
use crate::wire::Meta;

/// The answer; `min_sdk_version` is what the sandbox of the path has set, if the path names one.
#[must_use]
pub fn answer(min_sdk_version: Option<&Value>) -> Meta {
    Meta::of(&settings::min_sdk_version(min_sdk_version))
}
