//! Keyed randomness: a draw depends on its key and label, never on how many draws came before it.
//!
//! So refused, repeated and batched decisions consume nothing, and a new draw added to a rule changes no other one.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use sha2::{Digest, Sha256};

/// A source of draws, named by a key.
#[derive(Clone)]
pub struct Chance {
    key: [u8; 32],
}

impl Chance {
    /// From 32 bytes that are random already.
    #[must_use]
    pub const fn from_key(key: [u8; 32]) -> Self {
        Self { key }
    }

    /// From parts that together name it. Parts are length-prefixed, so `["ab","c"]` and `["a","bc"]` differ.
    #[must_use]
    pub fn keyed(parts: &[&[u8]]) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        Self { key: hash.finalize().into() }
    }

    /// A source of its own below this one.
    #[must_use]
    pub fn child(&self, label: &str) -> Self {
        Self::keyed(&[&self.key, label.as_bytes()])
    }

    /// The draws called `label`: the same ones each time it is asked.
    #[must_use]
    pub fn draw(&self, label: &str) -> Draw {
        Draw(ChaCha8Rng::from_seed(self.child(label).key))
    }
}

impl std::fmt::Debug for Chance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Chance(…)")
    }
}

/// A row of draws under one label.
#[derive(Debug)]
pub struct Draw(ChaCha8Rng);

impl Draw {
    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Uniform from 0 up to, not including, `limit`; 0 when `limit` is 0.
    pub fn below(&mut self, limit: u64) -> u64 {
        if limit == 0 {
            return 0;
        }
        let zone = u64::MAX - u64::MAX % limit;
        loop {
            let bits = self.bits();
            if bits < zone {
                return bits % limit;
            }
        }
    }

    /// Uniform from `low` to `high`, both included.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        let span = high.saturating_sub(low).max(0).unsigned_abs();
        low.saturating_add_unsigned(self.below(span.saturating_add(1)))
    }

    fn letters_of(&mut self, alphabet: &[u8], length: usize) -> String {
        (0..length)
            .map(|_| {
                let at = self.below(alphabet.len() as u64);
                char::from(alphabet[usize::try_from(at).unwrap_or(0)])
            })
            .collect()
    }

    /// `length` lower-case hexadecimal digits.
    pub fn hex(&mut self, length: usize) -> String {
        self.letters_of(b"0123456789abcdef", length)
    }

    /// `length` upper-case hexadecimal digits.
    pub fn upper_hex(&mut self, length: usize) -> String {
        self.letters_of(b"0123456789ABCDEF", length)
    }

    /// `length` of `A-Z0-9`.
    pub fn upper_alphanumeric(&mut self, length: usize) -> String {
        self.letters_of(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", length)
    }

    /// `length` of `a-z0-9`.
    pub fn lower_alphanumeric(&mut self, length: usize) -> String {
        self.letters_of(b"abcdefghijklmnopqrstuvwxyz0123456789", length)
    }

    /// A version 7 UUID (RFC 9562) that begins with `ms`, so that ids sort by the time they were made.
    pub fn uuid_at(&mut self, ms: i64) -> String {
        let time = ms.unsigned_abs() & 0xffff_ffff_ffff;
        let low = (self.bits() & 0x3fff_ffff_ffff_ffff) | 0x8000_0000_0000_0000;
        format!(
            "{:08x}-{:04x}-7{:03x}-{:04x}-{:012x}",
            time >> 16,
            time & 0xffff,
            self.bits() & 0xfff,
            low >> 48,
            low & 0xffff_ffff_ffff
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draw_depends_on_key_and_label_alone() {
        let chance = Chance::keyed(&[b"7", b"sbx_demo", b"1"]);
        let first = chance.draw("tx_id").upper_alphanumeric(8);
        let _other = chance.draw("latency").bits();
        assert_eq!(chance.draw("tx_id").upper_alphanumeric(8), first);
        assert_ne!(chance.draw("latency").upper_alphanumeric(8), first);
        assert_ne!(Chance::keyed(&[b"7", b"sbx_demo", b"2"]).draw("tx_id").upper_alphanumeric(8), first);
        assert_ne!(Chance::keyed(&[b"ab", b"c"]).draw("x").bits(), Chance::keyed(&[b"a", b"bc"]).draw("x").bits());
    }

    #[test]
    fn draws_stay_in_range_and_reach_both_ends() {
        let mut draw = Chance::keyed(&[b"range"]).draw("n");
        let all: Vec<i64> = (0..500).map(|_| draw.between(3, 6)).collect();
        assert!(all.iter().all(|n| (3..=6).contains(n)));
        for end in 3..=6 {
            assert!(all.contains(&end), "{end} never drawn");
        }
        assert_eq!(draw.between(9, 9), 9);
        assert_eq!(draw.below(0), 0);
    }

    #[test]
    fn uuids_are_version_7_and_sort_by_time() {
        let mut draw = Chance::keyed(&[b"uuid"]).draw("id");
        let (early, late) = (draw.uuid_at(1_780_304_400_000), draw.uuid_at(1_780_304_400_001));
        assert!(early < late);
        assert_eq!(early.len(), 36);
        assert_eq!(&early[14..15], "7");
        assert!("89ab".contains(&early[19..20]));
    }
}
