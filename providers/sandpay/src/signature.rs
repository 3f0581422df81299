//! The webhook signature: HMAC-SHA256 over the raw body bytes (contract 10.2). It knows nothing of what the body says,
//! and must be given the bytes that are sent, never a re-serialised value.

use hmac::{Hmac, Mac};
use sha2::Sha256;

/// The header that carries it.
pub const HEADER: &str = "X-SandPay-Signature";

const SCHEME: &str = "sha256=";

/// The header's value for `body`. The key is the whole secret string, its `whsec_` prefix included.
#[must_use]
pub fn sign(secret: &str, body: &[u8]) -> String {
    let digest = keyed(secret, body).finalize().into_bytes();
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{SCHEME}{hex}")
}

/// Whether `header` signs `body`, compared in constant time. Fails closed: without a secret or a header, and for any
/// other form than `sha256=` and 64 lower-case hexadecimal digits.
#[must_use]
pub fn verify(secret: &str, body: &[u8], header: Option<&str>) -> bool {
    let Some(digest) = header.and_then(|value| value.strip_prefix(SCHEME)).and_then(decode) else { return false };
    !secret.is_empty() && keyed(secret, body).verify_slice(&digest).is_ok()
}

fn keyed(secret: &str, body: &[u8]) -> Hmac<Sha256> {
    let mut mac = Hmac::new_from_slice(secret.as_bytes()).expect("HMAC takes a key of any length");
    mac.update(body);
    mac
}

fn decode(hex: &str) -> Option<[u8; 32]> {
    let nibble = |byte: &u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let nibbles: Vec<u8> = hex.bytes().map(|byte| nibble(&byte)).collect::<Option<_>>()?;
    let bytes: Vec<u8> = nibbles.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect();
    if nibbles.len() == 64 { bytes.try_into().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::vectors::{SECRET, VECTOR_1, VECTOR_2};

    const SIGNED_1: &str = "sha256=e736c23329a157481806dbc32974989348f4baea8e0a90995f3c6244d318eeb0";
    const SIGNED_2: &str = "sha256=c1373451079e7c73a266b87a44db133eb74356e919d17f80607760f9ec32530c";

    /// The body as a receiver that re-serialises with spaces after `:` and `,` would hash it.
    fn spaced(json: &str) -> String {
        let mut inside_text = false;
        let mut out = String::new();
        for char in json.chars() {
            inside_text ^= char == '"';
            out.push(char);
            if !inside_text && matches!(char, ':' | ',') {
                out.push(' ');
            }
        }
        out
    }

    #[test]
    fn the_vectors_of_10_6() {
        assert_eq!(sign(SECRET, VECTOR_1.as_bytes()), SIGNED_1);
        assert_eq!(sign(SECRET, VECTOR_2.as_bytes()), SIGNED_2);
        assert!(verify(SECRET, VECTOR_1.as_bytes(), Some(SIGNED_1)));
        assert!(verify(SECRET, VECTOR_2.as_bytes(), Some(SIGNED_2)));
        assert!(!verify(SECRET, VECTOR_2.as_bytes(), Some(SIGNED_1)));
    }

    #[test]
    fn the_primitive_check_of_10_6() {
        assert_eq!(sign("secret", b"{}"), "sha256=77325902caca812dc259733aacd046b73817372c777b8d95b402647474516e13");
    }

    #[test]
    fn the_wrong_digests_of_10_6_are_each_their_bug_and_are_refused() {
        let bare_secret = SECRET.strip_prefix("whsec_").expect("the prefix");
        let wrong = [
            (
                "81ca89af63463fab31873774d28a049e7d1be4afbdb5f91350b8ae8a8f169e07",
                sign(SECRET, spaced(VECTOR_1).as_bytes()),
            ),
            (
                "cce7731c1baecf146d984294d4ed5c5f9cce5caf3da90c3ec1c6d0cf11cfa7cc",
                sign(SECRET, VECTOR_1.replace('é', "\\u00e9").as_bytes()),
            ),
            (
                "24dd2005e1e4c03f9e6d3cec5dc83458bdb53f56bfce282822b408a772703777",
                sign(bare_secret, VECTOR_1.as_bytes()),
            ),
            (
                "89dba1805972a810906f7a46f474b757d73220320249706acde3d5be9e51f639",
                sign(SECRET, format!("{VECTOR_1}\n").as_bytes()),
            ),
        ];
        for (digest, made_by_the_bug) in wrong {
            assert_eq!(made_by_the_bug, format!("sha256={digest}"));
            assert!(!verify(SECRET, VECTOR_1.as_bytes(), Some(&made_by_the_bug)));
        }
    }

    #[test]
    fn anything_but_the_exact_form_is_refused() {
        let body = VECTOR_1.as_bytes();
        let bare = SIGNED_1.strip_prefix("sha256=").expect("the prefix");
        let altered = SIGNED_1.replace("e736", "e737");
        let upper = format!("sha256={}", bare.to_uppercase());
        let long = format!("{SIGNED_1}00");
        let headers = ["", "sha256=", bare, &altered, &upper, &long, &SIGNED_1[..70], &SIGNED_1[..69]];
        for header in headers {
            assert!(!verify(SECRET, body, Some(header)), "{header}");
        }
        assert!(!verify(SECRET, body, None));
        assert!(!verify("", body, Some(&sign("", body))), "no secret, no trust");
    }
}
