//! What is killed, and when: chosen by a seed. The program's own tests use this file too.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::machine_state::lab_processes;

/// A small generator, so that a printed seed repeats the series (Marsaglia, xorshift64).
pub struct Random(u64);

impl Random {
    /// A seed of nothing but zeros would stay there.
    pub const fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

/// What the environment asks for.
pub fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// `SEHAT_SEED`, or another one each time.
pub fn seed() -> u64 {
    let clock = SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |time| time.subsec_nanos());
    number("SEHAT_SEED", u64::from(clock))
}

/// The program itself, the box's first process or a machine's, as far as they are there.
pub fn choose(random: &mut Random, own: i32) -> (&'static str, i32) {
    let of = |word: &str| -> Vec<i32> {
        lab_processes().into_iter().filter(|(_, line)| line.contains(word)).map(|(pid, _)| pid).collect()
    };
    let (name, found) = match random.below(3) {
        0 => ("sehat", Vec::new()),
        1 => ("the box", of("lab-box")),
        _ => ("a machine", of("lab-machine")),
    };
    if found.is_empty() {
        return ("sehat", own);
    }
    let index = usize::try_from(random.below(found.len() as u64)).unwrap_or_default();
    (name, found[index])
}
