//! The order of keys in Go's YAML library: numbers inside of words count as numbers.

use std::cmp::Ordering;

pub(super) fn compare(a: &str, b: &str) -> Ordering {
    let (left, right): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let Some(at) = (0..left.len().min(right.len())).find(|at| left[*at] != right[*at]) else {
        return left.len().cmp(&right.len());
    };
    let behind_digit = at > 0 && left[at - 1].is_numeric();
    match (left[at].is_alphabetic(), right[at].is_alphabetic()) {
        (true, true) => left[at].cmp(&right[at]),
        (true, false) if behind_digit => Ordering::Less,
        (false, true) if behind_digit => Ordering::Greater,
        (true, false) => Ordering::Greater,
        (false, true) => Ordering::Less,
        (false, false) => numbers(&left, &right, at),
    }
}

/// Compares the numbers that start at the first difference, then their lengths, then the characters themselves.
fn numbers(left: &[char], right: &[char], at: usize) -> Ordering {
    // After a digit that is not zero, a zero is a digit like any other.
    let zero = left[at] == '0' || right[at] == '0';
    let led = zero && left[..at].iter().rev().take_while(|c| c.is_numeric()).any(|c| *c != '0');
    let number = |word: &[char]| -> (u64, usize) {
        let digits: Vec<u64> = word[at..].iter().map_while(|c| c.to_digit(10)).map(u64::from).collect();
        let value =
            digits.iter().fold(u64::from(led), |value, digit| value.wrapping_mul(10).wrapping_add(*digit));
        (value, digits.len())
    };
    number(left).cmp(&number(right)).then(left[at].cmp(&right[at]))
}
