//! The signing key, made on first use and readable by its owner alone.

use std::path::{Path, PathBuf};

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};

use crate::EvidenceError;
use crate::files::{Owner, create_secret, read_optional, write_whole};
use crate::record::{from_hex, to_hex};

/// Signs heads. Its `Debug` would print the key, so it has none.
pub(crate) struct Key(SigningKey);

impl Key {
    /// Reads the key of a store, or makes one where there is none yet.
    pub fn open(dir: &Path, owner: Option<Owner>, has_records: bool) -> Result<Self, EvidenceError> {
        let key = match read_optional(&secret_path(dir))? {
            Some(text) => Self::parse(dir, &text)?,
            None if has_records => {
                return Err(EvidenceError::damaged(dir, "its signing key (`key`) is gone"));
            }
            None => Self::make(dir, owner)?,
        };
        if !has_records {
            write_whole(&public_path(dir), format!("{}\n", key.public_hex()).as_bytes(), owner)?;
        }
        Ok(key)
    }

    fn make(dir: &Path, owner: Option<Owner>) -> Result<Self, EvidenceError> {
        let mut secret = [0; 32];
        getrandom::fill(&mut secret)
            .map_err(|error| EvidenceError::NoRandomness { reason: error.to_string() })?;
        create_secret(&secret_path(dir), format!("{}\n", to_hex(&secret)).as_bytes(), owner)?;
        Ok(Self(SigningKey::from_bytes(&secret)))
    }

    fn parse(dir: &Path, text: &[u8]) -> Result<Self, EvidenceError> {
        let secret = std::str::from_utf8(text).ok().and_then(|text| from_hex::<32>(text.trim_end()));
        let secret =
            secret.ok_or_else(|| EvidenceError::damaged(dir, "its signing key (`key`) is not readable"))?;
        Ok(Self(SigningKey::from_bytes(&secret)))
    }

    pub fn sign_hex(&self, message: &[u8]) -> String {
        to_hex(&self.0.sign(message).to_bytes())
    }

    pub fn public_hex(&self) -> String {
        to_hex(self.0.verifying_key().as_bytes())
    }
}

pub(crate) fn secret_path(dir: &Path) -> PathBuf {
    dir.join("key")
}

pub(crate) fn public_path(dir: &Path) -> PathBuf {
    dir.join("key.pub")
}

/// Returns the public key that belongs to the text of a `key` file.
pub(crate) fn public_of(secret_text: &[u8]) -> Option<String> {
    let secret = from_hex::<32>(std::str::from_utf8(secret_text).ok()?.strip_suffix('\n')?)?;
    Some(Key(SigningKey::from_bytes(&secret)).public_hex())
}

/// Strict: refuses weak keys and a second signature made out of a first.
pub(crate) fn signature_holds(public_key: &str, message: &[u8], signature: &str) -> bool {
    let holds = || {
        let key = VerifyingKey::from_bytes(&from_hex::<32>(public_key)?).ok()?;
        let signature = Signature::from_bytes(&from_hex::<64>(signature)?);
        key.verify_strict(message, &signature).ok()
    };
    holds().is_some()
}
