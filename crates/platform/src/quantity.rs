//! Numbers with units, as a document writes them.

use std::fmt;
use std::str::FromStr;

pub use ipnet::IpNet as Cidr;

pub use crate::cron::Cron;
use serde::{Deserialize, Serialize};

/// A length of time in milliseconds: `200ms`, `15m`, `1h30m`, `25y`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Duration(pub u64);

// A year is 365.25 days, so that 25 years of retention are not six days short.
const DURATION_UNITS: [(&str, u64); 7] = [
    ("y", 31_557_600_000),
    ("w", 604_800_000),
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

impl Duration {
    pub const fn ms(self) -> u64 {
        self.0
    }

    #[expect(clippy::cast_precision_loss, reason = "a length of time in a document is far below 2^52 ms")]
    pub fn seconds(self) -> f64 {
        self.0 as f64 / 1000.0
    }
}

impl FromStr for Duration {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "a length of time such as `200ms`, `15m`, `1h30m`, `30d` or `25y`".to_owned();
        let mut rest = text.trim();
        let mut total = 0.0_f64;
        if rest.is_empty() {
            return Err(wrong());
        }
        while !rest.is_empty() {
            let (number, after) = split_number(rest).ok_or_else(wrong)?;
            let length = after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len());
            let (unit, next) = after.split_at(length);
            let (_, ms) = DURATION_UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(wrong)?;
            total += number * to_f64(*ms);
            rest = next;
        }
        whole(total).map(Self).ok_or_else(wrong)
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 {
            return f.write_str("0s");
        }
        if !self.0.is_multiple_of(1000) && self.0 > 1000 && self.0 < 60_000 {
            return write!(f, "{}s", self.seconds());
        }
        let mut rest = self.0;
        for (unit, ms) in DURATION_UNITS.iter().filter(|(unit, _)| *unit != "w") {
            // A year is not a whole number of days, so it is only shown where nothing is left over.
            if *unit == "y" && !rest.is_multiple_of(*ms) {
                continue;
            }
            if rest >= *ms {
                write!(f, "{}{unit}", rest / ms)?;
                rest %= ms;
            }
        }
        Ok(())
    }
}

/// A number of bytes: `100Gi`, `4TB`, `512Mi`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Bytes(pub u64);

const BYTES_UNITS: [(&str, u64); 17] = [
    ("", 1),
    ("B", 1),
    ("k", 1_000),
    ("kB", 1_000),
    ("KB", 1_000),
    ("M", 1_000_000),
    ("MB", 1_000_000),
    ("G", 1_000_000_000),
    ("GB", 1_000_000_000),
    ("T", 1_000_000_000_000),
    ("TB", 1_000_000_000_000),
    ("P", 1_000_000_000_000_000),
    ("PB", 1_000_000_000_000_000),
    ("Ki", 1 << 10),
    ("Mi", 1 << 20),
    ("Gi", 1 << 30),
    ("Ti", 1 << 40),
];

impl FromStr for Bytes {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "a number of bytes such as `512Mi`, `100Gi` or `4TB`".to_owned();
        let (number, unit) = split_number(text.trim()).ok_or_else(wrong)?;
        let unit = unit.trim().trim_end_matches("iB");
        let unit_with_i = format!("{unit}i");
        let name = if text.trim().ends_with("iB") { &unit_with_i } else { unit };
        let (_, bytes) = BYTES_UNITS.iter().find(|(known, _)| known == &name).ok_or_else(wrong)?;
        whole(number * to_f64(*bytes)).map(Self).ok_or_else(wrong)
    }
}

/// Of several ways to write a unit, the one that is read without thinking: `2TB` and not `2T`.
fn is_shown(unit: &str) -> bool {
    unit.is_empty() || unit.ends_with('i') || unit.len() == 2 && unit != "KB"
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = BYTES_UNITS
            .iter()
            .filter(|(name, size)| is_shown(name) && self.0 >= *size && self.0.is_multiple_of(*size))
            .max_by_key(|(_, size)| *size);
        match unit {
            Some((name, size)) => write!(f, "{}{name}", self.0 / size),
            None => write!(f, "{}", self.0),
        }
    }
}

/// How often a thing happens, per second: `1000/s`, `60/m`.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd, Serialize, Deserialize)]
pub struct Rate(pub f64);

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "a rate such as `1000/s` or `60/m`".to_owned();
        let (number, unit) = text.trim().split_once('/').ok_or_else(wrong)?;
        let (number, rest) = split_number(number.trim()).ok_or_else(wrong)?;
        let factor = match rest.trim() {
            "" => 1.0,
            "k" | "K" => 1e3,
            "M" => 1e6,
            _ => return Err(wrong()),
        };
        let seconds = match unit.trim() {
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            "d" => 86_400.0,
            _ => return Err(wrong()),
        };
        Ok(Self(number * factor / seconds))
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/s", self.0)
    }
}

/// A share between 0 and 1: `99.9%`.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd, Serialize, Deserialize)]
pub struct Share(pub f64);

impl FromStr for Share {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "a share between `0%` and `100%`, such as `99.9%`".to_owned();
        let number = text.trim().strip_suffix('%').ok_or_else(wrong)?;
        let (number, rest) = split_number(number.trim()).ok_or_else(wrong)?;
        if rest.is_empty() && (0.0..=100.0).contains(&number) {
            Ok(Self(number / 100.0))
        } else {
            Err(wrong())
        }
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Rounded to a millionth of a per cent, so that 0.999 is not shown as 99.90000000000001.
        write!(f, "{}%", (self.0 * 1e8).round() / 1e6)
    }
}

/// How many: `3`, `2..50`, `3..` (at least three).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Range {
    pub min: u64,
    pub max: Option<u64>,
}

impl FromStr for Range {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "a number such as `3`, or a range such as `2..50` or `3..`".to_owned();
        let number = |part: &str| part.trim().parse::<u64>().map_err(|_| wrong());
        let (min, max) = match text.split_once("..") {
            None => (number(text)?, Some(number(text)?)),
            Some((min, "")) => (number(min)?, None),
            Some((min, max)) => (number(min)?, Some(number(max)?)),
        };
        if max.is_some_and(|max| max < min) { Err(wrong()) } else { Ok(Self { min, max }) }
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.max {
            Some(max) if max == self.min => write!(f, "{max}"),
            Some(max) => write!(f, "{}..{max}", self.min),
            None => write!(f, "{}..", self.min),
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    #[default]
    Tcp,
    Udp,
    Sctp,
    Icmp,
    Vrrp,
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Sctp => "sctp",
            Self::Icmp => "icmp",
            Self::Vrrp => "vrrp",
        })
    }
}

/// Ports of one protocol: `8080`, `6800-7300`, `53/udp`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Ports {
    pub protocol: Protocol,
    pub first: u16,
    pub last: u16,
}

impl Ports {
    pub const fn tcp(port: u16) -> Self {
        Self { protocol: Protocol::Tcp, first: port, last: port }
    }

    pub fn contains(self, protocol: Protocol, port: u16) -> bool {
        self.protocol == protocol && (self.first..=self.last).contains(&port)
    }

    /// Returns whether every port of `other` is one of these.
    pub fn covers(self, other: Self) -> bool {
        self.protocol == other.protocol && self.first <= other.first && other.last <= self.last
    }
}

impl FromStr for Ports {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "a port such as `8080`, `6800-7300` or `53/udp`".to_owned();
        let (ports, protocol) = text.trim().split_once('/').unwrap_or((text.trim(), "tcp"));
        let protocol = match protocol {
            "tcp" => Protocol::Tcp,
            "udp" => Protocol::Udp,
            "sctp" => Protocol::Sctp,
            "icmp" => Protocol::Icmp,
            "vrrp" => Protocol::Vrrp,
            _ => return Err(wrong()),
        };
        let port = |part: &str| part.parse::<u16>().map_err(|_| wrong());
        let (first, last) = match ports.split_once('-') {
            Some((first, last)) => (port(first)?, port(last)?),
            None => (port(ports)?, port(ports)?),
        };
        let portless = matches!(protocol, Protocol::Icmp | Protocol::Vrrp);
        if first <= last && (first > 0 || portless) {
            Ok(Self { protocol, first, last })
        } else {
            Err(wrong())
        }
    }
}

impl fmt::Display for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.first == self.last {
            write!(f, "{}/{}", self.first, self.protocol)
        } else {
            write!(f, "{}-{}/{}", self.first, self.last, self.protocol)
        }
    }
}

/// Splits `1.5Gi` into 1.5 and `Gi`. Accepts digits, underscores and one point.
fn split_number(text: &str) -> Option<(f64, &str)> {
    let length = text.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '_')).unwrap_or(text.len());
    let (number, rest) = text.split_at(length);
    number.replace('_', "").parse().ok().map(|number| (number, rest))
}

#[expect(clippy::cast_precision_loss, reason = "units are powers that a double holds exactly")]
fn to_f64(value: u64) -> f64 {
    value as f64
}

/// Returns the number rounded, where it fits well below the largest integer that a double holds.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked first")]
fn whole(value: f64) -> Option<u64> {
    (0.0..=9.0e15).contains(&value).then(|| value.round() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_and_print() {
        for text in ["200ms", "15m", "1h30m", "30d", "25y", "1.5s", "0s"] {
            assert_eq!(text.parse::<Duration>().map(|d| d.to_string()), Ok(text.to_owned()));
        }
        assert!("15".parse::<Duration>().is_err());
        assert!("99999999y".parse::<Duration>().is_err());
    }

    #[test]
    fn bytes_read() {
        assert_eq!("4TB".parse(), Ok(Bytes(4_000_000_000_000)));
        assert_eq!("1.5GiB".parse(), Ok(Bytes(3 << 29)));
        assert_eq!(Bytes(512 << 20).to_string(), "512Mi");
    }

    #[test]
    fn cron_periods_are_the_longest_gap() {
        let period = |text: &str| text.parse::<Cron>().map(|cron| cron.period.to_string());
        assert_eq!(period("0 1 * * *"), Ok("1d".into()));
        assert_eq!(period("0 2 * * 0"), Ok("7d".into()));
        assert_eq!(period("0 2 * * 1-6"), Ok("2d".into()));
        assert_eq!(period("*/15 * * * *"), Ok("15m".into()));
        assert_eq!(period("every 6h"), Ok("6h".into()));
        assert_eq!(period("0 2 1 * *"), Ok("31d".into()));
        assert!(period("0 25 * * *").is_err());
    }

    #[test]
    fn ranges_and_ports_read() {
        assert_eq!("2..50".parse(), Ok(Range { min: 2, max: Some(50) }));
        assert_eq!("3..".parse(), Ok(Range { min: 3, max: None }));
        assert!("5..2".parse::<Range>().is_err());
        assert_eq!("6800-7300".parse::<Ports>().map(|p| p.to_string()), Ok("6800-7300/tcp".into()));
        assert!("0".parse::<Ports>().is_err());
    }
}
