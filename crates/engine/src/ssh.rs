//! Keys of SSH in the formats of OpenSSH, derived from a secret, so that the same lab always has the same keys.
//!
//! `age` encrypts to such keys too, so one format serves for hosts, users and copies.

use ed25519_dalek::SigningKey;
use sha2::{Digest, Sha256};

const ALGORITHM: &str = "ssh-ed25519";

/// A pair of keys. Its `Debug` would print the private one, so it has none.
pub struct KeyPair {
    key: SigningKey,
    comment: String,
}

impl KeyPair {
    /// Derives the pair from a secret that nobody can guess.
    pub fn derive(secret: &str, comment: &str) -> Self {
        let seed: [u8; 32] = Sha256::digest(format!("sehat ssh key\n{secret}")).into();
        Self { key: SigningKey::from_bytes(&seed), comment: comment.to_owned() }
    }

    /// Returns the line of a `.pub` file, without a line break.
    pub fn public(&self) -> String {
        format!("{ALGORITHM} {} {}", base64(&self.public_blob()), self.comment)
    }

    /// Returns the private key's file (`PROTOCOL.key` of OpenSSH), not encrypted.
    pub fn private(&self) -> String {
        let mut bytes = b"openssh-key-v1\0".to_vec();
        for text in ["none", "none", ""] {
            string(&mut bytes, text.as_bytes());
        }
        bytes.extend(1_u32.to_be_bytes());
        string(&mut bytes, &self.public_blob());
        string(&mut bytes, &self.private_blob());
        let text = base64(&bytes);
        let lines = text.as_bytes().chunks(LINE).map(|line| String::from_utf8_lossy(line) + "\n");
        let lines: String = lines.collect();
        format!("-----BEGIN OPENSSH PRIVATE KEY-----\n{lines}-----END OPENSSH PRIVATE KEY-----\n")
    }

    fn public_blob(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        string(&mut bytes, ALGORITHM.as_bytes());
        string(&mut bytes, self.key.verifying_key().as_bytes());
        bytes
    }

    fn private_blob(&self) -> Vec<u8> {
        // Two equal numbers, by which a reader sees that it decrypted well; nothing is encrypted here.
        let mut bytes = [0; 8].to_vec();
        string(&mut bytes, ALGORITHM.as_bytes());
        string(&mut bytes, self.key.verifying_key().as_bytes());
        string(&mut bytes, &self.key.to_keypair_bytes());
        string(&mut bytes, self.comment.as_bytes());
        let rest = BLOCK - bytes.len() % BLOCK;
        bytes.extend((1..=rest % BLOCK).filter_map(|number| u8::try_from(number).ok()));
        bytes
    }
}

/// OpenSSH's width of a line, and the block of a key that is not encrypted.
const LINE: usize = 70;
const BLOCK: usize = 8;

fn string(bytes: &mut Vec<u8>, text: &[u8]) {
    let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
    bytes.extend(length.to_be_bytes());
    bytes.extend(text);
}

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn base64(bytes: &[u8]) -> String {
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let at = |index: usize| u32::from(group.get(index).copied().unwrap_or(0));
        let number = at(0) << 16 | at(1) << 8 | at(2);
        for digit in 0..4 {
            let value = usize::try_from(number >> (18 - 6 * digit) & 63).unwrap_or(0);
            text.push(if digit <= group.len() { char::from(DIGITS[value]) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_rfc_4648() {
        assert_eq!(base64(b""), "");
        assert_eq!(base64(b"f"), "Zg==");
        assert_eq!(base64(b"fo"), "Zm8=");
        assert_eq!(base64(b"foobar"), "Zm9vYmFy");
    }

    #[test]
    fn the_same_secret_gives_the_same_pair() {
        let (one, again) =
            (KeyPair::derive("a secret", "records-1"), KeyPair::derive("a secret", "records-1"));
        assert_eq!(one.private(), again.private());
        assert_ne!(one.public(), KeyPair::derive("another", "records-1").public());
        insta::assert_snapshot!(one.public());
    }

    /// OpenSSH itself reads the private key and finds the same public one.
    #[test]
    fn openssh_reads_the_private_key() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let pair = KeyPair::derive("a secret", "records-1");
        std::fs::write(&path, pair.private()).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        match std::process::Command::new("ssh-keygen").arg("-yf").arg(&path).output() {
            Ok(output) => assert_eq!(String::from_utf8_lossy(&output.stdout).trim_end(), pair.public()),
            Err(error) => assert!(std::env::var_os("CI").is_none(), "no ssh-keygen here: {error}"),
        }
    }
}
