//! One record, its line and its hash.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// What the first record names as the one before it.
pub const ZERO_HASH: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// The kinds of record. A reader passes over kinds that it does not know.
pub mod kind {
    /// The first record: platform, environment and public key.
    pub const STARTED: &str = "started";
    /// What a start found and did about it, after a kill.
    pub const REPAIRED: &str = "repaired";
    pub const VERDICTS: &str = "verdicts";
    pub const DRILL: &str = "drill";
    pub const RESTORE: &str = "restore";
    pub const DEPLOYMENT: &str = "deployment";
}

/// One entry of the evidence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// Counts from 1.
    pub number: u64,
    pub time: Timestamp,
    /// One of [`kind`].
    pub kind: String,
    pub body: Value,
    /// The hash of the record before it.
    pub previous: String,
    /// SHA-256 over the bytes of its line before `,"hash":`.
    pub hash: String,
}

#[derive(Serialize)]
struct Hashed<'a> {
    number: u64,
    time: Timestamp,
    kind: &'a str,
    body: &'a Value,
    previous: &'a str,
}

/// Returns a record and its line, which ends with a line feed.
pub(crate) fn write_line(
    number: u64,
    time: Timestamp,
    kind: &str,
    body: Value,
    previous: &str,
) -> Result<(Record, String), serde_json::Error> {
    let mut line = serde_json::to_string(&Hashed { number, time, kind, body: &body, previous })?;
    line.pop();
    let hash = sha256_hex(line.as_bytes());
    line.push_str(HASH_KEY);
    line.push_str(&hash);
    line.push_str(LINE_END);
    let record = Record { number, time, kind: kind.to_owned(), body, previous: previous.to_owned(), hash };
    Ok((record, line))
}

/// Reads a line, which ends with a line feed; says what is wrong with one that was changed.
pub(crate) fn read_line(line: &[u8]) -> Result<Record, String> {
    let hashed = hashed_part(line).ok_or("is not a whole record")?;
    let record: Record = serde_json::from_slice(line).map_err(|error| format!("is not a record: {error}"))?;
    if sha256_hex(hashed) == record.hash {
        Ok(record)
    } else {
        Err("was changed: its hash differs".to_owned())
    }
}

const HASH_KEY: &str = ",\"hash\":\"";
const LINE_END: &str = "\"}\n";
const HASH_LEN: usize = 64;

/// Works on the bytes, so that neither spaces nor the last digit of a number can change unseen.
fn hashed_part(line: &[u8]) -> Option<&[u8]> {
    let rest = line.strip_suffix(LINE_END.as_bytes())?;
    let rest = rest.get(..rest.len().checked_sub(HASH_LEN)?)?;
    rest.strip_suffix(HASH_KEY.as_bytes())
}

pub(crate) fn is_hash(text: &str) -> bool {
    text.len() == HASH_LEN && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

pub(crate) fn sha256_hex(bytes: &[u8]) -> String {
    to_hex(&Sha256::digest(bytes))
}

pub(crate) fn to_hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Reads lower-case hexadecimal of exactly `N` bytes.
pub(crate) fn from_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits = text.as_bytes();
    if digits.len() != 2 * N {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = from_digit(pair[0])? << 4 | from_digit(pair[1])?;
    }
    Some(bytes)
}

fn from_digit(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_what_others_can_check_with_sha256sum() {
        let body = serde_json::json!({ "drill": "kill-leader", "outage_ms": 5210 });
        let time = "2026-11-21T10:15:00Z".parse().unwrap();
        let (record, line) = write_line(1, time, kind::DRILL, body, ZERO_HASH).unwrap();
        insta::assert_snapshot!(line, @r#"{"number":1,"time":"2026-11-21T10:15:00Z","kind":"drill","body":{"drill":"kill-leader","outage_ms":5210},"previous":"0000000000000000000000000000000000000000000000000000000000000000","hash":"492f596bfafdc17c4c762ca0f5df8d3a6f76a210589b54c2c1280ce80e4e4f33"}"#);
        assert_eq!(read_line(line.as_bytes()).unwrap(), record);
    }

    #[test]
    fn hex_reads_back() {
        assert_eq!(from_hex::<3>(&to_hex(&[0, 0xab, 0xff])), Some([0, 0xab, 0xff]));
        assert_eq!(from_hex::<1>("AB"), None);
        assert_eq!(from_hex::<1>("abc"), None);
    }
}
