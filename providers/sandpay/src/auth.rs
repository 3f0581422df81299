//! Secret keys: how one is presented, what of it is kept, and when it opens the API (contract 2.4 and 3.2).
//!
//! The key itself is hashed where it enters and goes no further.

use kernel::{Cx, Stop, View};
use sha2::{Digest, Sha256};

use crate::model::ApiKey;
use crate::refusals::Refusal;

/// What every key begins with.
pub const PREFIX: &str = "sp_sk_test_";

/// The key of the demo sandbox on a loopback listener: published, worth nothing elsewhere.
pub const DEMO_KEY: &str = "sp_sk_test_de300000000000000000000000000000";

/// How many characters follow the prefix.
pub const RANDOM_CHARS: usize = 32;

/// The SHA-256 of a key, hexadecimal: what is stored and compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyHash(String);

impl KeyHash {
    /// The hash of a whole key.
    #[must_use]
    pub fn of(key: &str) -> Self {
        const HEX: &[u8; 16] = b"0123456789abcdef";
        let digest = Sha256::digest(key.as_bytes());
        let digits = digest.iter().flat_map(|byte| [HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
        Self(digits.map(char::from).collect())
    }

    /// As hexadecimal digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name of the directory that leads to the sandbox of the key.
    #[must_use]
    pub fn directory_name(&self) -> String {
        format!("sandpay.key:{}", self.0)
    }
}

/// The part of a key that stays visible.
#[must_use]
pub fn visible(key: &str) -> String {
    key.chars().take(PREFIX.len() + 8).collect()
}

/// Reads an `Authorization` header.
///
/// # Errors
/// `unauthorized` without a Bearer token, `invalid_api_key` for one that cannot be a key.
pub fn presented(authorization: Option<&[u8]>) -> Result<KeyHash, Refusal> {
    let header = authorization.ok_or(Refusal::Unauthorized)?;
    let (scheme, token) = header.split_at_checked(7).ok_or(Refusal::Unauthorized)?;
    let token = token.trim_ascii();
    if !scheme.eq_ignore_ascii_case(b"bearer ") || token.is_empty() {
        return Err(Refusal::Unauthorized);
    }
    let key = std::str::from_utf8(token).map_err(|_| Refusal::InvalidApiKey)?;
    if !has_key_shape(key) {
        return Err(Refusal::InvalidApiKey);
    }
    Ok(KeyHash::of(key))
}

fn has_key_shape(key: &str) -> bool {
    let random = key.strip_prefix(PREFIX).unwrap_or_default();
    random.len() == RANDOM_CHARS && random.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Whether a key opens the API now.
///
/// # Errors
/// `invalid_api_key` when it is unknown, revoked or expired; or it must be loaded first.
pub fn check(cx: &Cx, view: &View<'_>, key: &KeyHash) -> Result<(), Stop<Refusal>> {
    match view.get::<ApiKey>(key.as_str())? {
        Some(found) if found.is_active(cx.now) => Ok(()),
        _ => Err(Stop::Refused(Refusal::InvalidApiKey)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_401s_are_told_apart() {
        let good = format!("Bearer {DEMO_KEY}");
        assert_eq!(presented(Some(good.as_bytes())), Ok(KeyHash::of(DEMO_KEY)));
        assert_eq!(presented(Some(format!("bearer   {DEMO_KEY} ").as_bytes())), Ok(KeyHash::of(DEMO_KEY)));
        let missing: [&[u8]; 6] = [b"", b"Bearer", b"Bearer ", b"Bearer    ", b"Basic abc", b"Token sp_sk_test_x"];
        for header in missing {
            assert_eq!(presented(Some(header)), Err(Refusal::Unauthorized), "{header:?}");
        }
        assert_eq!(presented(None), Err(Refusal::Unauthorized));
        let live = DEMO_KEY.replace("test", "live");
        let upper = format!("{PREFIX}{}", "A".repeat(32));
        for bad in ["x", "sp_sk_test_", &DEMO_KEY[1..], &live, &upper, &format!("{DEMO_KEY}0"), "é"] {
            assert_eq!(presented(Some(format!("Bearer {bad}").as_bytes())), Err(Refusal::InvalidApiKey), "{bad}");
        }
        assert_eq!(presented(Some(b"Bearer \xff\xfe")), Err(Refusal::InvalidApiKey));
    }

    #[test]
    fn only_the_first_eight_stay_visible() {
        assert_eq!(visible(DEMO_KEY), "sp_sk_test_de300000");
        assert_eq!(KeyHash::of("").as_str(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }
}
