//! Milliseconds in the units that a format takes.

/// Returns the time in seconds with as many decimals as it needs: `0.3`, `2`.
pub fn seconds(ms: u64) -> String {
    let (whole, rest) = (ms / 1000, ms % 1000);
    let decimals = format!("{rest:03}");
    let decimals = decimals.trim_end_matches('0');
    if decimals.is_empty() { whole.to_string() } else { format!("{whole}.{decimals}") }
}

/// Returns the time in whole seconds, rounded up, at least 1, for settings that know no parts of a second.
pub fn seconds_up(ms: u64) -> u64 {
    ms.div_ceil(1000).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_second_stay() {
        assert_eq!([seconds(300), seconds(1500), seconds(4000), seconds(25)], ["0.3", "1.5", "4", "0.025"]);
        assert_eq!([seconds_up(1), seconds_up(1000), seconds_up(1001), seconds_up(0)], [1, 1, 2, 1]);
    }
}
