//! Quantities of Kubernetes: `500m`, `1.5`, `512Mi`, `1e3`, `2k`.

use sehat_platform::Bytes;
use sehat_platform::inventory::Stated;
use sehat_platform::place::Cpu;
use sehat_yaml::Node;

/// Returns CPU in thousandths of a core.
pub fn cpu(node: &Node, path: &[&str]) -> Option<Stated<Cpu>> {
    let found = node.at(path)?;
    let milli = u64::try_from(thousandths(found.as_text()?)?).ok()?;
    Some(Stated::new(Cpu { min: milli, max: milli }, found.origin.clone()))
}

pub fn bytes(node: &Node, path: &[&str]) -> Option<Stated<Bytes>> {
    let found = node.at(path)?;
    let bytes = u64::try_from(thousandths(found.as_text()?)? / 1000).ok()?;
    Some(Stated::new(Bytes(bytes), found.origin.clone()))
}

const SUFFIXES: [(&str, i128); 15] = [
    ("Ki", 1 << 10),
    ("Mi", 1 << 20),
    ("Gi", 1 << 30),
    ("Ti", 1 << 40),
    ("Pi", 1 << 50),
    ("Ei", 1 << 60),
    ("k", 1_000),
    ("M", 1_000_000),
    ("G", 1_000_000_000),
    ("T", 1_000_000_000_000),
    ("P", 1_000_000_000_000_000),
    ("E", 1_000_000_000_000_000_000),
    ("m", 0),
    ("u", -1),
    ("n", -2),
];

/// Returns a quantity in thousandths; what is finer is rounded up. Source: Kubernetes API, `resource.Quantity`.
pub fn thousandths(text: &str) -> Option<i128> {
    let (number, factor) = SUFFIXES
        .iter()
        .find_map(|(suffix, factor)| Some((text.strip_suffix(suffix)?, *factor)))
        .unwrap_or((text, 1));
    let (number, exponent) = match number.split_once(['e', 'E']) {
        Some((number, exponent)) => (number, exponent.parse::<i32>().ok()?),
        None => (number, 0),
    };
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let digits = format!("{whole}{part}");
    let value: i128 = digits.parse().ok()?;
    let places = i32::try_from(part.len()).ok()? - exponent;
    let (factor, divisor) = match factor {
        0 => (1, 1),
        -1 => (1, 1_000),
        -2 => (1, 1_000_000),
        other => (other.checked_mul(1000)?, 1),
    };
    scaled(value.checked_mul(factor)?, places, divisor)
}

fn scaled(value: i128, places: i32, divisor: i128) -> Option<i128> {
    let power = 10_i128.checked_pow(places.unsigned_abs())?;
    if places <= 0 {
        return Some(value.checked_mul(power)?.checked_add(divisor - 1)?.div_euclid(divisor));
    }
    let whole = power.checked_mul(divisor)?;
    Some(value.checked_add(whole - 1)?.div_euclid(whole))
}

#[cfg(test)]
mod tests {
    use super::thousandths;

    #[test]
    fn reads_every_form() {
        let all = ["500m", "1.5", "512Mi", "1e3", "2k", "0.1", "100n", "1.5Gi", "-1", "x", "", "1e99", "12E"];
        let read: Vec<_> = all.iter().map(|text| format!("{text} {:?}", thousandths(text))).collect();
        insta::assert_snapshot!(read.join("\n"), @"
        500m Some(500)
        1.5 Some(1500)
        512Mi Some(536870912000)
        1e3 Some(1000000)
        2k Some(2000000)
        0.1 Some(100)
        100n Some(1)
        1.5Gi Some(1610612736000)
        -1 Some(-1000)
        x None
         None
        1e99 None
        12E Some(12000000000000000000000)
        ");
    }
}
