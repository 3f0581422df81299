//! Request ids: `req_` and 20 lowercase hex digits.
//!
//! Handlers never see them: to which sandbox a request belongs may turn out only while it is handled, and ids of seeded
//! sandboxes must repeat. Must not know clocks or system randomness: the key is handed in.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};

use sha2::{Digest, Sha256};

/// Makes ids for requests outside seeded sandboxes: unlike each other and unlike those of other processes.
#[derive(Debug)]
pub(crate) struct RequestIds {
    /// Two bytes that are the same in all ids of this process.
    lead: u16,
    key: u64,
    next: AtomicU64,
}

impl RequestIds {
    pub(crate) fn new(key: [u8; 16]) -> Self {
        let (first, second) = key.split_at(8);
        let word = |bytes: &[u8]| bytes.iter().fold(0_u64, |word, byte| (word << 8) | u64::from(*byte));
        let lead = u16::from_be_bytes([first[0], first[1]]);
        Self { lead, key: word(second), next: AtomicU64::new(word(first)) }
    }

    /// A new id. The mixing is a bijection of the counter, so no two are the same.
    pub(crate) fn next(&self) -> String {
        let counter = self.next.fetch_add(1, Ordering::Relaxed);
        let mixed = mix(counter ^ self.key);
        let mut bytes = [0; 10];
        bytes[..2].copy_from_slice(&self.lead.to_be_bytes());
        bytes[2..].copy_from_slice(&mixed.to_be_bytes());
        render(&bytes)
    }
}

/// The id of the `number`th request of a seeded sandbox: the same in every run.
pub(crate) fn seeded(seed: i64, sandbox: &str, number: i64) -> String {
    let mut hash = Sha256::new();
    hash.update(b"playmoney request id\0");
    hash.update(seed.to_be_bytes());
    hash.update(number.to_be_bytes());
    hash.update(sandbox.as_bytes());
    render(&hash.finalize()[..10])
}

fn render(bytes: &[u8]) -> String {
    let mut id = String::with_capacity(24);
    id.push_str("req_");
    for byte in bytes {
        write!(id, "{byte:02x}").expect("writing to a string does not fail");
    }
    id
}

/// The finaliser of SplitMix64 (Steele, Lea and Flood, 2014): invertible, and each input bit moves half the output bits.
const fn mix(word: u64) -> u64 {
    let word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn is_well_formed(id: &str) -> bool {
        id.len() == 24 && id.starts_with("req_") && id[4..].bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    }

    #[test]
    fn ids_of_a_process_differ_and_are_well_formed() {
        let ids = RequestIds::new([7; 16]);
        let made: BTreeSet<String> = (0..1000).map(|_| ids.next()).collect();
        assert_eq!(made.len(), 1000);
        assert!(made.iter().all(|id| is_well_formed(id)));
        assert!(!made.contains(&RequestIds::new([8; 16]).next()));
    }

    #[test]
    fn seeded_ids_repeat_and_depend_on_seed_sandbox_and_number() {
        let id = seeded(42, "sbx_a", 1);
        assert!(is_well_formed(&id));
        assert_eq!(id, seeded(42, "sbx_a", 1));
        for other in [seeded(43, "sbx_a", 1), seeded(42, "sbx_b", 1), seeded(42, "sbx_a", 2)] {
            assert_ne!(id, other);
        }
    }
}
