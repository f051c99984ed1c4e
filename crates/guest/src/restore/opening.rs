//! Opens pieces of the log in this process.
//!
//! A day of log is thousands of pieces, and two programs for each of them would take longer than all the rest of a
//! restore. Copies are sealed by `age`, and large ones are opened by it; this reads the one form of its files that pieces
//! have (age-encryption.org/v1 with an `ssh-ed25519` recipient, C2SP and `agessh`), over ring's and curve25519-dalek's
//! primitives. It seals nothing.

use std::io::Read;
use std::path::Path;

use curve25519_dalek::MontgomeryPoint;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use ring::{hkdf, hmac};
use sha2::{Digest, Sha256, Sha512};

use crate::Failure;

const INTRO: &[u8] = b"age-encryption.org/v1\n";
const ALGORITHM: &[u8] = b"ssh-ed25519";
const LABEL: &[u8] = b"age-encryption.org/v1/ssh-ed25519";
const MAC: &[u8] = b"---";
const FILE_KEY_BYTES: usize = 16;
const NONCE_BYTES: usize = 16;
const CHUNK_BYTES: usize = (64 << 10) + 16;
/// A piece is at most half as long before it is compressed.
const PIECE_BYTES_MAX: u64 = 64 << 20;

/// The private key of copies.
pub struct Key {
    secret: [u8; 32],
    public: [u8; 32],
    /// Part of every key that is agreed on, so that it is bound to this SSH key.
    tweak: [u8; 32],
    /// The fingerprint by which a sealed copy names its recipient.
    tag: [u8; 4],
}

impl Key {
    /// Reads a private key in the format of OpenSSH, not encrypted.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| Failure::new(crate::told(path, "reading", &error)))?;
        let lines: String = text.lines().filter(|line| !line.starts_with("-----")).collect();
        let seed = base64(lines.trim_end_matches('=').as_bytes()).and_then(|bytes| seed(&bytes));
        let seed = seed.ok_or_else(|| Failure::new(format!("`{}` is no key of copies", path.display())))?;
        Self::of(&seed).ok_or_else(|| Failure::new("the key of copies cannot be used"))
    }

    fn of(seed: &[u8; 32]) -> Option<Self> {
        let hash = Sha512::digest(seed);
        let secret: [u8; 32] = hash[..32].try_into().ok()?;
        let verifying =
            curve25519_dalek::edwards::EdwardsPoint::mul_base_clamped(secret).compress().to_bytes();
        let mut blob = Vec::new();
        for part in [ALGORITHM, &verifying] {
            blob.extend(u32::try_from(part.len()).ok()?.to_be_bytes());
            blob.extend(part);
        }
        let tag = Sha256::digest(&blob)[..4].try_into().ok()?;
        let public = MontgomeryPoint::mul_base_clamped(secret).to_bytes();
        Some(Self { secret, public, tweak: derived(&[], &blob, LABEL)?, tag })
    }

    /// Returns the bytes of a piece: opened, then unpacked.
    pub fn open(&self, sealed: &[u8]) -> Result<Vec<u8>, Failure> {
        let packed = self.decrypt(sealed).ok_or_else(|| Failure::new("it cannot be opened with the key"))?;
        let unpacked = |error: String| Failure::new(format!("it cannot be unpacked: {error}"));
        let decoder = ruzstd::decoding::StreamingDecoder::new(packed.as_slice())
            .map_err(|error| unpacked(error.to_string()))?;
        let mut bytes = Vec::new();
        decoder
            .take(PIECE_BYTES_MAX + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| unpacked(error.to_string()))?;
        if bytes.len() as u64 > PIECE_BYTES_MAX {
            return Err(unpacked("it is too long for a piece".into()));
        }
        Ok(bytes)
    }

    fn decrypt(&self, sealed: &[u8]) -> Option<Vec<u8>> {
        let header = Header::read(sealed)?;
        let file_key = header.stanzas.iter().find_map(|stanza| self.unwrap(stanza))?;
        let mac_key = hmac::Key::new(hmac::HMAC_SHA256, &derived(&file_key, &[], b"header")?);
        hmac::verify(&mac_key, header.signed, &header.mac).ok()?;
        let (nonce, payload) = header.payload.split_at_checked(NONCE_BYTES)?;
        chunks(&derived(&file_key, nonce, b"payload")?, payload)
    }

    fn unwrap(&self, stanza: &Stanza<'_>) -> Option<[u8; FILE_KEY_BYTES]> {
        let [kind, tag, share] = stanza.arguments[..] else { return None };
        if kind != ALGORITHM || base64(tag)? != self.tag {
            return None;
        }
        let share: [u8; 32] = base64(share)?.try_into().ok()?;
        let agreed = MontgomeryPoint(share).mul_clamped(self.secret).mul_clamped(self.tweak).to_bytes();
        if agreed == [0; 32] {
            return None;
        }
        let wrapping = derived(&agreed, &[share, self.public].concat(), LABEL)?;
        opened(&wrapping, [0; 12], &mut stanza.body.clone())?.try_into().ok()
    }
}

/// The seed stands in the last text of the file, before its own public key.
fn seed(file: &[u8]) -> Option<[u8; 32]> {
    let last = file.windows(ALGORITHM.len()).rposition(|window| window == ALGORITHM)?;
    let public = 4 + 32;
    let length = 4;
    file.get(last + ALGORITHM.len() + public + length..)?.get(..32)?.try_into().ok()
}

struct Header<'s> {
    stanzas: Vec<Stanza<'s>>,
    /// What the code of the header covers.
    signed: &'s [u8],
    mac: Vec<u8>,
    payload: &'s [u8],
}

struct Stanza<'s> {
    arguments: Vec<&'s [u8]>,
    body: Vec<u8>,
}

impl<'s> Header<'s> {
    fn read(sealed: &'s [u8]) -> Option<Self> {
        let mut rest = sealed.strip_prefix(INTRO)?;
        let mut stanzas = Vec::new();
        while let Some(after) = rest.strip_prefix(b"-> ") {
            let (arguments, after) = line(after)?;
            let (body, after) = body(after)?;
            stanzas.push(Stanza { arguments: arguments.split(|byte| *byte == b' ').collect(), body });
            rest = after;
        }
        let after = rest.strip_prefix(MAC)?;
        let signed = &sealed[..sealed.len() - after.len()];
        let (mac, payload) = line(after.strip_prefix(b" ")?)?;
        Some(Self { stanzas, signed, mac: base64(mac)?, payload })
    }
}

fn line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    Some((&bytes[..end], &bytes[end + 1..]))
}

/// Lines of 64 signs, up to one that is shorter.
fn body(mut rest: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut text = Vec::new();
    loop {
        let (part, after) = line(rest)?;
        text.extend(part);
        rest = after;
        if part.len() < 64 {
            return Some((base64(&text)?, rest));
        }
    }
}

/// Chunks of 64 KiB, each under its number; the last one says that it is the last, so none can be cut off.
fn chunks(key: &[u8; 32], payload: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(payload.len());
    let count = payload.len().div_ceil(CHUNK_BYTES).max(1);
    for (number, chunk) in payload.chunks(CHUNK_BYTES).enumerate() {
        let mut nonce = [0; 12];
        nonce[3..11].copy_from_slice(&(number as u64).to_be_bytes());
        nonce[11] = u8::from(number + 1 == count);
        bytes.extend(opened(key, nonce, &mut chunk.to_vec())?);
    }
    (!payload.is_empty()).then_some(bytes)
}

fn opened(key: &[u8; 32], nonce: [u8; 12], sealed: &mut [u8]) -> Option<Vec<u8>> {
    let key = LessSafeKey::new(UnboundKey::new(&CHACHA20_POLY1305, key).ok()?);
    let bytes = key.open_in_place(Nonce::assume_unique_for_key(nonce), Aad::empty(), sealed).ok()?;
    Some(bytes.to_vec())
}

/// HKDF with SHA-256 (RFC 5869).
fn derived(secret: &[u8], salt: &[u8], info: &[u8]) -> Option<[u8; 32]> {
    let mut key = [0; 32];
    let pseudorandom = hkdf::Salt::new(hkdf::HKDF_SHA256, salt).extract(secret);
    pseudorandom.expand(&[info], hkdf::HKDF_SHA256).ok()?.fill(&mut key).ok()?;
    Some(key)
}

/// Base64 without padding (RFC 4648).
fn base64(text: &[u8]) -> Option<Vec<u8>> {
    let digit = |sign: u8| match sign {
        b'A'..=b'Z' => Some(sign - b'A'),
        b'a'..=b'z' => Some(sign - b'a' + 26),
        b'0'..=b'9' => Some(sign - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    };
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    for group in text.chunks(4) {
        let mut number = 0_u32;
        for sign in group {
            number = number << 6 | u32::from(digit(*sign)?);
        }
        number <<= 6 * (4 - group.len());
        let kept = match group.len() {
            1 => return None,
            length => length - 1,
        };
        bytes.extend(&number.to_be_bytes()[1..=kept]);
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn base64_is_that_of_rfc_4648() {
        assert_eq!(base64(b"").unwrap(), b"");
        assert_eq!(base64(b"Zg").unwrap(), b"f");
        assert_eq!(base64(b"Zm8").unwrap(), b"fo");
        assert_eq!(base64(b"Zm9vYmFy").unwrap(), b"foobar");
        assert!(base64(b"Z").is_none() && base64(b"Zm9=").is_none());
    }

    fn key(folder: &Path) -> (Key, String) {
        let pair = sehat_engine::ssh::KeyPair::derive("a secret", "records");
        let path = folder.join("key");
        std::fs::write(&path, pair.private()).unwrap();
        (Key::read(&path).unwrap(), pair.public())
    }

    /// What `age` and `zstd` themselves have sealed.
    fn sealed(bytes: &[u8], recipient: &str) -> Option<Vec<u8>> {
        let known = |program| Command::new(program).arg("--version").stdout(Stdio::null()).status().is_ok();
        if !known("age") || !known("zstd") {
            return None;
        }
        let programs = [vec!["zstd", "-q", "-c"], vec!["age", "-e", "-r", recipient]];
        let programs = programs.map(|words| crate::pipeline::words(&words));
        Some(crate::pipeline::through(&programs, bytes.to_vec()).unwrap())
    }

    #[test]
    fn what_age_sealed_is_opened() {
        let folder = tempfile::tempdir().unwrap();
        let (key, recipient) = key(folder.path());
        for length in [0, 1, 5_000, 64 << 10, 300_000] {
            let bytes: Vec<u8> =
                (0..length).map(|at: u32| at.wrapping_mul(2_654_435_761).to_be_bytes()[1]).collect();
            let Some(mut copy) = sealed(&bytes, &recipient) else { return };
            assert_eq!(key.open(&copy).unwrap(), bytes);
            assert!(key.open(&copy[..copy.len() - 1]).is_err());
            let middle = copy.len() / 2;
            copy[middle] ^= 1;
            assert!(key.open(&copy).is_err());
        }
    }

    #[test]
    fn a_copy_sealed_by_age_long_ago_is_opened() {
        let folder = tempfile::tempdir().unwrap();
        let (key, _) = key(folder.path());
        assert_eq!(key.open(include_bytes!("sealed-by-age")).unwrap(), b"binlog\n");
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_refused_in_words(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..400)) {
            let folder = tempfile::tempdir().unwrap();
            let (key, _) = key(folder.path());
            let framed = [INTRO, b"-> ssh-ed25519 ", &bytes].concat();
            proptest::prop_assert!(key.open(&bytes).is_err() && key.open(&framed).is_err());
        }
    }
}
