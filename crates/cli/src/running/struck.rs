//! What a drill has struck and not yet healed, kept so that a drill that was killed leaves no broken lab behind.

use std::fs::File;
use std::path::PathBuf;

use sehat_drill::Failure;
use sehat_lab::fault::Fault;
use sehat_lab_linux::Lab;

use super::work;

/// The faults that would undo what is struck.
pub struct Struck {
    path: PathBuf,
    heals: Vec<Fault>,
    /// Held as long as the drill lives, because two drills would measure each other.
    _lock: File,
}

impl Struck {
    /// Heals what an earlier drill left, and returns how much that was.
    pub fn open(lab: &Lab) -> Result<(Self, usize), Failure> {
        let doing = |reason: String| Failure::new(format!("drill `{}`", lab.name), reason);
        let lock = File::create(lab.folder().join("drill.lock")).map_err(|error| doing(error.to_string()))?;
        lock.try_lock().map_err(|_| doing("another drill is at work there".to_owned()))?;
        let path = lab.folder().join("struck.json");
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let left: Vec<Fault> = serde_json::from_str(&text).unwrap_or_default();
        for heal in &left {
            // What came back by itself needs no heal.
            let _ = lab.strike(heal.clone());
        }
        let struck = Self { path, heals: Vec::new(), _lock: lock };
        struck.keep();
        Ok((struck, left.len()))
    }

    pub fn add(&mut self, heal: Fault) {
        self.heals.push(heal);
        self.keep();
    }

    pub fn remove(&mut self, heal: &Fault) {
        self.heals.retain(|open| open != heal);
        self.keep();
    }

    fn keep(&self) {
        if self.heals.is_empty() {
            let _ = std::fs::remove_file(&self.path);
            return;
        }
        let text = serde_json::to_string(&self.heals).unwrap_or_default();
        // A lab that went away meanwhile has nothing to heal.
        let _ = work::keep(&self.path, &text);
    }
}
