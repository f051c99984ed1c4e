//! A process's output in a file that never grows beyond its bound.

use std::fs::File;
use std::os::unix::fs::FileExt;

/// After this much the older half is forgotten.
const BYTES_MAX: u64 = 2 << 20;

pub struct Log {
    file: File,
    length: u64,
    last_line: String,
}

impl Log {
    pub fn new(file: File) -> Self {
        let length = file.metadata().map_or(0, |metadata| metadata.len());
        Self { file, length, last_line: String::new() }
    }

    /// Adds output. A full disk loses output, but never the process.
    pub fn add(&mut self, bytes: &[u8]) {
        if self.length + bytes.len() as u64 > BYTES_MAX {
            self.forget_older_half();
        }
        if self.file.write_all_at(bytes, self.length).is_ok() {
            self.length += bytes.len() as u64;
        }
        let text = String::from_utf8_lossy(bytes);
        if let Some(line) = text.lines().rfind(|line| !line.trim().is_empty()) {
            self.last_line = line.trim().chars().take(300).collect();
        }
    }

    /// For the sentence that says why the process failed.
    pub fn last_line(&self) -> &str {
        &self.last_line
    }

    fn forget_older_half(&mut self) {
        let mut kept = vec![0; usize::try_from(BYTES_MAX / 2).unwrap_or_default()];
        let start = self.length.saturating_sub(BYTES_MAX / 2);
        let count = self.file.read_at(&mut kept, start).unwrap_or(0);
        self.length = 0;
        if self.file.set_len(0).is_ok() && self.file.write_all_at(&kept[..count], 0).is_ok() {
            self.length = count as u64;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_keeps_its_end_within_its_bound() {
        let mut log = Log::new(tempfile::tempfile().unwrap());
        for index in 0..100_000 {
            log.add(format!("line {index} of the server\n").as_bytes());
        }
        let length = log.file.metadata().unwrap().len();
        assert!((BYTES_MAX / 2..=BYTES_MAX).contains(&length), "{length}");
        let mut end = vec![0; 30];
        let count = log.file.read_at(&mut end, length - 26).unwrap();
        assert_eq!(&end[..count], b"\nline 99999 of the server\n");
        assert_eq!(log.last_line(), "line 99999 of the server");
    }
}
