//! Small random numbers from a printed seed.

/// `SplitMix64`: the same seed gives the same numbers on every machine and in every version.
///
/// # Source
///
/// Steele, Lea, Flood: Fast splittable pseudorandom number generators, OOPSLA 2014.
#[derive(Clone, Debug)]
pub struct Rng(u64);

impl Rng {
    /// Returns a generator of its own for each list of words, so that one choice does not move another.
    pub fn of(seed: u64, words: &[&str]) -> Self {
        let mut mixed = Self(seed);
        for byte in words.iter().flat_map(|word| word.bytes().chain([0])) {
            mixed.0 ^= u64::from(byte);
            mixed.0 = mixed.draw();
        }
        mixed
    }

    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut value = self.0;
        value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        value ^ (value >> 31)
    }

    /// Returns a number below `end`, 0 where that is 0. The bias is far below what a drill could show.
    pub fn below(&mut self, end: u64) -> u64 {
        self.draw().checked_rem(end).unwrap_or(0)
    }

    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        let index = usize::try_from(self.below(from.len() as u64)).ok()?;
        from.get(index)
    }

    /// Puts the list into a random order.
    pub fn shuffle<T>(&mut self, list: &mut [T]) {
        for last in (1..list.len()).rev() {
            let other = usize::try_from(self.below(last as u64 + 1)).unwrap_or(0);
            list.swap(last, other);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_numbers_for_ever() {
        let mut rng = Rng::of(7, &["kill-node", "pve-01"]);
        assert_eq!([rng.below(1000), rng.below(1000), rng.below(1000)], [374, 980, 874]);
        assert_ne!(Rng::of(7, &["a", "b"]).draw(), Rng::of(7, &["ab"]).draw());
    }

    #[test]
    fn a_shuffle_keeps_every_item() {
        let mut list: Vec<u32> = (0..20).collect();
        Rng::of(1, &[]).shuffle(&mut list);
        assert_ne!(list, (0..20).collect::<Vec<_>>());
        list.sort_unstable();
        assert_eq!(list, (0..20).collect::<Vec<_>>());
    }
}
