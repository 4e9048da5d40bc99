//! Draws that come out the same for ever: by SplitMix64 (Steele, Lea & Flood 2014), seeded by what names the run.

use sha2::{Digest, Sha256};

/// The seed of one run: of the play, and of the player's draws. Below 2³², so that it survives any reader of JSON.
pub fn seed_of_run(seed: u64, player: &str, locale: &str, number: u32) -> u64 {
    let name = format!("{seed}/{player}/{locale}/{number}");
    let hash = Sha256::digest(name.as_bytes());
    hash.iter().take(4).fold(0, |seed, byte| (seed << 8) | u64::from(*byte))
}

pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0, less than `end`; 0 where that is none.
    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    pub fn one_in(&mut self, chances: usize) -> bool {
        self.below(chances) == 0
    }

    pub fn pick<'t, T>(&mut self, of: &'t [T]) -> Option<&'t T> {
        of.get(self.below(of.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_run_has_its_own_draws_and_keeps_them() {
        let draws = |number| {
            let mut dice = Dice::new(seed_of_run(1, "wanderer", "en", number));
            (0..20).map(|_| dice.below(100)).collect::<Vec<_>>()
        };
        assert_eq!(draws(0), draws(0));
        assert_ne!(draws(0), draws(1));
        assert_ne!(seed_of_run(1, "menu", "en", 0), seed_of_run(1, "menu", "zh", 0));
        let mut dice = Dice::new(1);
        assert!((0..1000).all(|_| dice.below(7) < 7));
        assert_eq!(dice.pick::<u8>(&[]), None);
    }
}
