//! Reads files, up to what a person could have written.

use std::io::Read;
use std::path::Path;

/// No file is larger; what has no end is not read to it.
const BYTES_MAX: u64 = 64 << 20;

/// Returns the text of a regular file, or a sentence that says why not.
pub fn read_text(path: &Path) -> Result<String, String> {
    let kind = std::fs::metadata(path).map_err(|error| error.to_string())?;
    if !kind.is_file() {
        return Err("it is no regular file".to_owned());
    }
    let file = std::fs::File::open(path).map_err(|error| error.to_string())?;
    text_in(file, usize::try_from(kind.len().min(BYTES_MAX)).unwrap_or_default() + 1)
}

/// Returns the text of what is read, which must be UTF-8 and not too long.
pub fn text_of(reader: impl Read) -> Result<String, String> {
    text_in(reader, 0)
}

/// Room for the whole text at once saves growing it.
fn text_in(reader: impl Read, room: usize) -> Result<String, String> {
    let mut bytes = Vec::with_capacity(room);
    reader.take(BYTES_MAX + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if bytes.len() as u64 > BYTES_MAX {
        return Err(format!("it is longer than {BYTES_MAX} bytes"));
    }
    let text = String::from_utf8(bytes).map_err(|_| "it is not text in UTF-8".to_owned())?;
    if text.contains('\0') { Err("it is no text".to_owned()) } else { Ok(text) }
}

/// Returns whether a file is a platform document under another name.
pub fn starts_as_document(path: &Path) -> bool {
    let Ok(file) = std::fs::File::open(path) else { return false };
    if !path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml") {
        return false;
    }
    let mut start = Vec::new();
    let _ = file.take(4096).read_to_end(&mut start);
    String::from_utf8_lossy(&start)
        .lines()
        .find(|line| !line.trim().is_empty() && !line.starts_with('#'))
        .is_some_and(|line| {
            line.strip_prefix("sehat:").is_some_and(|version| version.trim().starts_with('1'))
        })
}

/// Returns a path without the parts that say nothing: `./a/./b` is `a/b`.
pub fn plain(path: &Path) -> String {
    let parts: std::path::PathBuf =
        path.components().filter(|part| !matches!(part, std::path::Component::CurDir)).collect();
    let shown = parts.to_string_lossy().into_owned();
    if shown.is_empty() { ".".to_owned() } else { shown }
}
