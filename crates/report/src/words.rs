//! Numbers as a person reads them.

use sehat_verdict::Verdict;
use sehat_verdict::drill::{Amount, Unit};

/// What stands where nothing was measured.
pub const NOT_MEASURED: &str = "–";

/// Keeps a number and its unit on one line.
const SPACE: char = '\u{a0}';

pub fn duration(ms: u64) -> String {
    let parts = |high: u64, high_unit, low: u64, low_unit| match low {
        0 => format!("{high}{SPACE}{high_unit}"),
        _ => format!("{high}{SPACE}{high_unit}{SPACE}{low}{SPACE}{low_unit}"),
    };
    let seconds = ms.saturating_add(500) / 1_000;
    match ms {
        0 => format!("0{SPACE}s"),
        1..1_000 => format!("{ms}{SPACE}ms"),
        1_000..119_950 => {
            let tenths = (ms + 50) / 100;
            format!("{}.{}{SPACE}s", tenths / 10, tenths % 10)
        }
        119_950..3_599_500 => parts(seconds / 60, "min", seconds % 60, "s"),
        3_599_500..86_370_000 => parts((seconds + 30) / 3_600, "h", (seconds + 30) % 3_600 / 60, "min"),
        _ => parts((seconds + 1_800) / 86_400, "d", (seconds + 1_800) % 86_400 / 3_600, "h"),
    }
}

pub fn duration_or_none(ms: Option<u64>) -> String {
    ms.map_or_else(|| NOT_MEASURED.to_owned(), duration)
}

/// Groups thousands.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(SPACE);
        }
        text.push(digit);
    }
    text
}

pub fn share(share: f64) -> String {
    let percent = format!("{:.4}", share * 100.0);
    let percent = percent.trim_end_matches('0').trim_end_matches('.');
    format!("{percent}{SPACE}%")
}

pub fn amount(amount: Amount, unit: Unit) -> String {
    match (amount, unit) {
        (Amount::Whole(ms), Unit::Ms) => duration(ms),
        (Amount::Whole(number), Unit::Count) => count(number),
        // A share that is whole is none or all.
        (Amount::Whole(whole), Unit::Share) => format!("{}{SPACE}%", whole.saturating_mul(100)),
        (Amount::Share(value), Unit::Share) => share(value),
        (Amount::Share(value), _) => value.to_string(),
    }
}

/// A promised amount with the side that is good: a share is promised at least, all else at most.
pub fn promised(promised: Amount, unit: Unit) -> String {
    let sign = if unit == Unit::Share { '≥' } else { '≤' };
    format!("{sign}{SPACE}{}", amount(promised, unit))
}

pub fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    if bytes < 1_024 {
        return format!("{bytes}{SPACE}B");
    }
    let mut tenths = u128::from(bytes) * 10 / 1_024;
    let mut unit = 0;
    while tenths >= 10_240 && unit + 1 < UNITS.len() {
        tenths /= 1_024;
        unit += 1;
    }
    format!("{}.{}{SPACE}{}", tenths / 10, tenths % 10, UNITS[unit])
}

pub fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Kept => "kept",
        Verdict::Broken => "broken",
        Verdict::Unknown => "unknown",
    }
}

/// `1 run`, `5 runs`
pub fn plural(number: usize, one: &str, many: &str) -> String {
    format!("{}{SPACE}{}", count(number as u64), if number == 1 { one } else { many })
}

/// `2026-11-21 14:05 UTC` out of an RFC 3339 time; another text stays as it is.
pub fn time(text: &str) -> String {
    match (text.get(..10), text.get(10..11), text.get(11..16), text.ends_with('Z')) {
        (Some(date), Some("T"), Some(minute), true) => format!("{date} {minute}{SPACE}UTC"),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        let read = |ms| duration(ms).replace(SPACE, " ");
        let all: Vec<String> = [
            0,
            850,
            1_000,
            5_210,
            59_949,
            119_949,
            119_950,
            121_000,
            2_592_000,
            3_599_499,
            3_599_500,
            3_661_000,
            14_400_000,
            86_369_999,
            86_400_000,
            1_209_600_000,
        ]
        .map(read)
        .to_vec();
        insta::assert_snapshot!(all.join("\n"), @r"
        0 s
        850 ms
        1.0 s
        5.2 s
        59.9 s
        119.9 s
        2 min
        2 min 1 s
        43 min 12 s
        59 min 59 s
        1 h
        1 h 1 min
        4 h
        24 h
        1 d
        14 d
        ");
    }

    #[test]
    fn counts_shares_and_bytes() {
        let all = [
            count(0),
            count(999),
            count(1_000),
            count(12_345_678),
            share(0.999),
            share(1.0),
            share(0.99995),
            bytes(1_023),
            bytes(1_536),
            bytes(8 << 30),
            time("2026-11-21T14:05:09Z"),
            time("yesterday"),
        ];
        insta::assert_snapshot!(all.join("\n").replace(SPACE, " "), @r"
        0
        999
        1 000
        12 345 678
        99.9 %
        100 %
        99.995 %
        1023 B
        1.5 KiB
        8.0 GiB
        2026-11-21 14:05 UTC
        yesterday
        ");
    }
}
