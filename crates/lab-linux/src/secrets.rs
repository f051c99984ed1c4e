//! Passwords of a lab: random, made once, kept in its folder.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use crate::error::{Doing, Result};
use crate::paths;
use crate::state::write_private;

/// 128 random bits as hexadecimal digits, which every configuration format takes unquoted.
const BYTE_COUNT: usize = 16;

/// The secret of this name, made on first use.
pub fn secret(folder: &Path, name: &str) -> Result<String> {
    let path = paths::secrets(folder);
    let mut known = read(&path)?;
    if let Some(value) = known.get(name) {
        return Ok(value.clone());
    }
    let value = random()?;
    known.insert(name.into(), value.clone());
    let text = serde_json::to_vec_pretty(&known).doing(|| "write the lab's secrets".into())?;
    write_private(&path, &text)?;
    Ok(value)
}

fn read(path: &Path) -> Result<BTreeMap<String, String>> {
    if !path.exists() {
        return Ok(BTreeMap::new());
    }
    let doing = || format!("read {}", path.display());
    serde_json::from_slice(&fs::read(path).doing(doing)?).doing(doing)
}

fn random() -> Result<String> {
    let doing = || "read random bytes".to_string();
    let mut bytes = [0; BYTE_COUNT];
    File::open("/dev/urandom").doing(doing)?.read_exact(&mut bytes).doing(doing)?;
    Ok(bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    }))
}
