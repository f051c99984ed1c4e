//! The signed head: how many records there are and the hash of the last one.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::EvidenceError;
use crate::files::read_optional;
use crate::key::{Key, signature_holds};

const SCHEMA: &str = "sehat-evidence-head/1";

/// What `head.json` holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    pub schema: String,
    pub platform: String,
    pub environment: String,
    pub count: u64,
    /// The hash of record `count`.
    pub hash: String,
    pub public_key: String,
    /// Ed25519 over the compact JSON array `[schema, platform, environment, count, hash]`.
    pub signature: String,
}

impl Head {
    pub(crate) fn sign(key: &Key, platform: &str, environment: &str, count: u64, hash: &str) -> Self {
        let mut head = Self {
            schema: SCHEMA.to_owned(),
            platform: platform.to_owned(),
            environment: environment.to_owned(),
            count,
            hash: hash.to_owned(),
            public_key: key.public_hex(),
            signature: String::new(),
        };
        head.signature = key.sign_hex(head.message().as_bytes());
        head
    }

    pub(crate) fn is_signed(&self) -> bool {
        self.schema == SCHEMA && signature_holds(&self.public_key, self.message().as_bytes(), &self.signature)
    }

    /// Begins with the schema, so that no signature over another kind of message fits; quoting keeps the
    /// parts apart whatever the names hold.
    fn message(&self) -> String {
        serde_json::json!([self.schema, self.platform, self.environment, self.count, self.hash]).to_string()
    }

    pub(crate) fn to_text(&self) -> Result<String, EvidenceError> {
        let text = serde_json::to_string_pretty(self)
            .map_err(|source| EvidenceError::Body { kind: "head".to_owned(), source })?;
        Ok(text + "\n")
    }

    /// Accepts only what [`Self::to_text`] writes, so that no byte can change unseen.
    pub(crate) fn parse(text: &[u8]) -> Result<Self, String> {
        let head: Self = serde_json::from_slice(text).map_err(|error| error.to_string())?;
        let written = head.to_text().map_err(|error| error.to_string())?;
        if written.as_bytes() == text { Ok(head) } else { Err("it was not written by Sehat".to_owned()) }
    }
}

pub(crate) fn head_path(dir: &Path) -> PathBuf {
    dir.join("head.json")
}

/// Reads the head of a store, to keep its hash elsewhere. It is not verified.
pub fn head(dir: &Path) -> Result<Head, EvidenceError> {
    let text =
        read_optional(&head_path(dir))?.ok_or_else(|| EvidenceError::Missing { dir: dir.to_owned() })?;
    Head::parse(&text)
        .map_err(|why| EvidenceError::damaged(dir, format!("`head.json` is not readable: {why}")))
}
