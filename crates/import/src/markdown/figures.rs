//! Numbers with their units in a line: `99.9%`, `500GB-5TB`, `15 menit`, `10K-100K events/s`, `3+`.

use sehat_catalog::{Meaning, meanings};
use sehat_platform::inventory::prose::{Figure, Unit};

/// Figures of one line at most, so that a line of numbers costs little.
const FIGURES_MAX: usize = 64;

/// Reads the figures of a line from left to right.
pub fn read(text: &str) -> Vec<Figure> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = next_number(text, at) {
        if found.len() == FIGURES_MAX {
            break;
        }
        match figure(text, start) {
            Some(figure) => {
                at = figure.end.max(start + 1);
                found.push(figure);
            }
            None => at = end_of_token(text, start),
        }
    }
    found
}

/// Returns where the next number begins that is not a part of a name.
fn next_number(text: &str, from: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    (from..bytes.len()).find(|at| {
        let before = |back: usize| at.checked_sub(back).and_then(|at| bytes.get(at));
        let is_part = match before(1) {
            Some(b'-' | b'.' | b'/') => before(2).is_some_and(u8::is_ascii_alphanumeric),
            Some(byte) => byte.is_ascii_alphanumeric() || *byte == b'_' || !byte.is_ascii(),
            None => false,
        };
        bytes[*at].is_ascii_digit()
            && (!is_part || before(1).is_some_and(|byte| !byte.is_ascii()) && follows_sign(text, *at))
    })
}

/// `≥3`: a sign that is no letter.
fn follows_sign(text: &str, at: usize) -> bool {
    text.get(..at)
        .and_then(|before| before.chars().next_back())
        .is_some_and(|letter| !letter.is_alphanumeric())
}

fn end_of_token(text: &str, start: usize) -> usize {
    let rest = &text[start..];
    let length =
        rest.find(|letter: char| !letter.is_ascii_alphanumeric() && !matches!(letter, '.' | '-' | '_' | '/'));
    start + length.unwrap_or(rest.len()).max(1)
}

/// A number with what stands directly behind it.
struct Amount {
    value: f64,
    unit: Option<(Unit, f64)>,
    end: usize,
}

fn figure(text: &str, start: usize) -> Option<Figure> {
    let first = amount(text, start)?;
    let second = range_end(text, first.end).and_then(|at| amount(text, at));
    let mut unit = first.unit;
    let mut low = first.value;
    let mut high = None;
    let mut end = first.end;
    if let Some(second) = second {
        let fits = match (first.unit, second.unit) {
            (Some((one, _)), Some((other, _))) => one == other,
            (None, _) => true,
            (Some(_), None) => false,
        };
        let factor = second.unit.map_or(1.0, |(_, factor)| factor);
        let first_factor = first.unit.map_or(factor, |(_, factor)| factor);
        if fits && second.value * factor >= first.value * first_factor {
            unit = second.unit.or(unit);
            low = first.value * first_factor;
            high = Some(second.value * factor);
            end = second.end;
        }
    }
    if high.is_none() {
        low *= unit.map_or(1.0, |(_, factor)| factor);
    }
    finish(text, start, end, unit, low, high.unwrap_or(low))
}

fn finish(
    text: &str,
    start: usize,
    end: usize,
    unit: Option<(Unit, f64)>,
    low: f64,
    high: f64,
) -> Option<Figure> {
    let before = text[..start].trim_end();
    let is_money = ["$", "Rp", "USD", "EUR", "IDR", "BRL", "€"].iter().any(|sign| before.ends_with(sign));
    let plus = text[end..].starts_with('+');
    let above = before.ends_with('>') || before.ends_with('≥');
    let end = if plus { end + 1 } else { end };
    let (rate, of) = follows(&text[end..]);
    let is_cpu = of == Some("vcpu") && unit == Some((Unit::Seconds, 60.0));
    let mut figure = Figure {
        unit: unit.map_or(Unit::Count, |(unit, _)| unit),
        low,
        high,
        open: plus || above,
        start,
        end,
        of,
    };
    if is_cpu {
        // `500m` of a CPU are half of one.
        figure = Figure { unit: Unit::Count, low: low / 60_000.0, high: high / 60_000.0, ..figure };
    } else if is_money {
        figure.unit = Unit::Money;
    } else if let Some(seconds) = rate.filter(|_| matches!(figure.unit, Unit::Count)) {
        figure.unit = Unit::PerSecond;
        figure.low /= seconds;
        figure.high /= seconds;
    }
    (figure.low.is_finite() && figure.high.is_finite()).then_some(figure)
}

/// What is counted, and over which time where it is a rate.
fn follows(rest: &str) -> (Option<f64>, Option<&'static str>) {
    let clause = rest.split([',', ';', '(', ')', ':']).next().unwrap_or_default();
    let words: Vec<&str> = clause.split([' ', '/', '*']).filter(|word| !word.is_empty()).take(4).collect();
    let near = words.iter().take(3).copied().collect::<Vec<_>>().join(" ");
    let of = meanings(&near).into_iter().find_map(|found| match found.meaning {
        Meaning::Term(name) if !matches!(name, "per" | "every") => Some(name),
        _ => None,
    });
    let is_per = |word: &str| matches!(word.to_lowercase().as_str(), "per" | "por" | "a");
    let slash = clause.split('/').nth(1).and_then(|word| seconds(word.split_whitespace().next()?));
    let per = words.windows(2).find(|pair| is_per(pair[0])).and_then(|pair| seconds(pair[1]));
    let rps = words.first().is_some_and(|word| matches!(word.to_lowercase().as_str(), "rps" | "tps" | "qps"));
    // A rate stands directly behind its number: `1000 req/sec`, `10K events per second`.
    let near_slash = clause.find('/').is_some_and(|at| clause[..at].split_whitespace().count() <= 1);
    let rate = slash.filter(|_| near_slash).or(per).or(rps.then_some(1.0));
    (rate, of)
}

fn seconds(word: &str) -> Option<f64> {
    match word {
        "s" | "sec" => return Some(1.0),
        "min" => return Some(60.0),
        "h" => return Some(3600.0),
        _ => {}
    }
    meanings(word).into_iter().find_map(|found| match found.meaning {
        #[expect(clippy::cast_precision_loss, reason = "a year has 31 million seconds")]
        Meaning::Seconds(seconds) => Some(seconds as f64),
        _ => None,
    })
}

fn amount(text: &str, start: usize) -> Option<Amount> {
    let rest = &text[start..];
    let length = rest
        .find(|letter: char| !letter.is_ascii_digit() && !matches!(letter, '.' | ','))
        .unwrap_or(rest.len());
    let digits = rest[..length].trim_end_matches(['.', ',']);
    if digits.is_empty() || digits.matches(['.', ',']).count() > 1 {
        return None;
    }
    let value = match digits.split_once(',') {
        Some((whole, thousand)) if thousand.len() == 3 => format!("{whole}{thousand}").parse(),
        Some((whole, part)) => format!("{whole}.{part}").parse(),
        None => digits.parse::<f64>(),
    };
    let after = start + digits.len();
    let (unit, end) = unit(text, after);
    Some(Amount { value: value.ok()?, unit, end })
}

/// Returns the unit behind a number, and where it ends.
fn unit(text: &str, after: usize) -> (Option<(Unit, f64)>, usize) {
    let rest = &text[after..];
    let spaces = rest.len() - rest.trim_start_matches([' ', '\u{a0}']).len();
    let word = &rest[spaces..];
    let is_unit = |letter: char| letter.is_alphabetic() || letter == '%' || letter == '/';
    let length = word.find(|letter: char| !is_unit(letter)).unwrap_or(word.len());
    let mut word = &word[..length];
    loop {
        let attached = spaces == 0;
        if let Some(found) = named(word, attached) {
            return (Some(found), after + spaces + word.len());
        }
        // `1Gbps/node` is read as `1Gbps`.
        match word.rsplit_once('/') {
            Some((shorter, _)) => word = shorter,
            None => return (None, after),
        }
    }
}

fn named(word: &str, attached: bool) -> Option<(Unit, f64)> {
    const KI: f64 = 1024.0;
    let fixed = match word {
        "%" => (Unit::Percent, 1.0),
        "B" | "bytes" => (Unit::Bytes, 1.0),
        "KB" | "kB" => (Unit::Bytes, 1e3),
        "MB" => (Unit::Bytes, 1e6),
        "GB" => (Unit::Bytes, 1e9),
        "TB" => (Unit::Bytes, 1e12),
        "PB" => (Unit::Bytes, 1e15),
        "Ki" | "KiB" => (Unit::Bytes, KI),
        "Mi" | "MiB" => (Unit::Bytes, KI * KI),
        "Gi" | "GiB" => (Unit::Bytes, KI * KI * KI),
        "Ti" | "TiB" => (Unit::Bytes, KI * KI * KI * KI),
        "Kbps" | "kbps" | "Kbit/s" => (Unit::BitsPerSecond, 1e3),
        "Mbps" | "Mbit/s" | "Mb/s" => (Unit::BitsPerSecond, 1e6),
        "Gbps" | "Gbit/s" | "Gb/s" | "GbE" => (Unit::BitsPerSecond, 1e9),
        "KB/s" => (Unit::BytesPerSecond, 1e3),
        "MB/s" | "MBps" => (Unit::BytesPerSecond, 1e6),
        "MiB/s" => (Unit::BytesPerSecond, KI * KI),
        "GB/s" | "GBps" => (Unit::BytesPerSecond, 1e9),
        "rps" | "RPS" | "req/s" | "req/sec" | "requests/s" | "requests/second" | "events/s" | "tps"
        | "TPS" | "qps" => (Unit::PerSecond, 1.0),
        "ms" => (Unit::Seconds, 1e-3),
        _ => return named_by_letter(word, attached).or_else(|| Some((Unit::Seconds, duration(word)?))),
    };
    Some(fixed)
}

/// A single letter is a unit only directly behind its number.
fn named_by_letter(word: &str, attached: bool) -> Option<(Unit, f64)> {
    let found = match word {
        "K" | "k" => (Unit::Count, 1e3),
        "M" => (Unit::Count, 1e6),
        "x" => (Unit::Count, 1.0),
        "s" => (Unit::Seconds, 1.0),
        "m" => (Unit::Seconds, 60.0),
        "h" => (Unit::Seconds, 3600.0),
        "d" => (Unit::Seconds, 86_400.0),
        "w" => (Unit::Seconds, 604_800.0),
        "y" => (Unit::Seconds, 31_536_000.0),
        _ => return None,
    };
    attached.then_some(found)
}

fn duration(word: &str) -> Option<f64> {
    if word.contains('/') { None } else { seconds(word) }
}

/// Returns where the second number of a range begins.
fn range_end(text: &str, end: usize) -> Option<usize> {
    let rest = &text[end..];
    let trimmed = rest.trim_start();
    let marks = ["-", "–", "—", "..", "to ", "sampai ", "hingga ", "até ", "s/d "];
    let mark = marks.iter().find(|mark| trimmed.starts_with(**mark))?;
    let behind = trimmed[mark.len()..].trim_start();
    behind.starts_with(|letter: char| letter.is_ascii_digit()).then(|| text.len() - behind.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let one = |figure: &Figure| {
            let open = if figure.open { "+" } else { "" };
            format!("{:?} {}..{}{open} {}", figure.unit, figure.low, figure.high, figure.of.unwrap_or("-"))
        };
        read(text).iter().map(one).collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn units_and_ranges() {
        assert_eq!(shown("500GB-5TB untuk dokumen"), "Bytes 500000000000..5000000000000 -");
        assert_eq!(shown("RPO: 15 menit, RTO: 4 jam"), "Seconds 900..900 -; Seconds 14400..14400 -");
        assert_eq!(shown("10K-100K events per detik"), "PerSecond 10000..100000 event");
        assert_eq!(shown("throughput: 1000 req/sec"), "PerSecond 1000..1000 -");
        assert_eq!(shown("500m-2000m CPU"), "Count 0.5..2 vcpu");
        assert_eq!(shown("3+ per service"), "Count 3..3+ kubernetes-workload");
        assert_eq!(shown("99,9 % e 1Gbps"), "Percent 99.9..99.9 -; BitsPerSecond 1000000000..1000000000 -");
        assert_eq!(shown("Throughput: 100 MB/s"), "BytesPerSecond 100000000..100000000 -");
    }

    #[test]
    fn names_and_versions_are_no_figures() {
        assert_eq!(shown("pve-01 at 192.168.10.0/24, m5.large, ap-southeast-3"), "");
        assert_eq!(shown("2x servidores dedicados"), "Count 2..2 server");
        assert_eq!(shown("Galera Cluster - 3 nodes)"), "Count 3..3 node");
    }
}
