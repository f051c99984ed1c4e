//! Base64 as kustomize writes it: a text of 70 signs and more is broken into lines.

const SIGNS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const LINE: usize = 70;

pub(super) fn encode(bytes: &[u8]) -> String {
    let plain: String = bytes.chunks(3).flat_map(four).collect();
    if plain.len() < LINE {
        return plain;
    }
    let mut lines = String::new();
    for (at, sign) in plain.chars().enumerate() {
        if at > 0 && at % LINE == 0 {
            lines.push('\n');
        }
        lines.push(sign);
    }
    lines.push('\n');
    lines
}

/// Three bytes are four signs; `=` fills up.
fn four(chunk: &[u8]) -> [char; 4] {
    let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
    let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
    let sign = |at: usize| {
        let index = usize::try_from(bits >> (18 - 6 * at) & 63).unwrap_or(0);
        if at > chunk.len() { '=' } else { char::from(SIGNS[index]) }
    };
    [sign(0), sign(1), sign(2), sign(3)]
}

pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let (mut bits, mut count) = (0_u32, 0_u32);
    for sign in text.bytes().filter(|byte| !byte.is_ascii_whitespace() && *byte != b'=') {
        let value = SIGNS.iter().position(|known| *known == sign)?;
        bits = bits << 6 | u32::try_from(value).ok()?;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 255).ok()?);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodes() {
        assert_eq!(encode(b"a"), "YQ==");
        assert_eq!(encode(b"ab"), "YWI=");
        assert_eq!(encode(b"abc"), "YWJj");
        assert_eq!(encode(&[b'x'; 60]).lines().map(str::len).collect::<Vec<_>>(), [70, 10]);
        assert_eq!(decode(&encode(b"hello\xff")), Some(b"hello\xff".to_vec()));
    }
}
