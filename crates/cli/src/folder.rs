//! Finds and reads a platform document in a folder.

use std::path::{Component, Path, PathBuf};

use sehat_document::{Document, read};

use crate::exit::Exit;

/// Reads `DIR/platform.yaml`, or the file itself, and the files that it names.
pub fn document(path: &Path) -> Result<Document, Exit> {
    let file = if path.is_dir() { path.join("platform.yaml") } else { path.to_owned() };
    let folder =
        file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned();
    let refused =
        |reason: &str, help: &str| Exit::bad_input(format!("{} {reason}\n  = help: {help}", file.display()));
    let stays_inside = |file: &Path| Some(file.canonicalize().ok()?.starts_with(folder.canonicalize().ok()?));
    if path.is_dir() && stays_inside(&file) == Some(false) {
        return Err(refused("is a link that leads out of its folder", "name the folder that it leads to"));
    }
    let bytes = bytes(&file).map_err(|error| {
        refused(
            &format!("cannot be read: {error}"),
            "name a folder with a platform.yaml, such as platforms/health-infraops",
        )
    })?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = String::from_utf8_lossy(valid).lines().count().max(1);
        Exit::bad_input(format!(
            "{}:{line}: this is not text in UTF-8\n  = help: save the file as UTF-8",
            file.display()
        ))
    })?;
    Ok(read(&file.to_string_lossy(), &text, &|name| load(&folder, name)))
}

/// No document is larger; what has no end is not read to it.
const BYTES_MAX: u64 = 64 << 20;

/// Reads a regular file. A pipe or a device might never end.
fn bytes(file: &Path) -> std::io::Result<Vec<u8>> {
    let kind = std::fs::metadata(file)?;
    if kind.is_dir() {
        return Err(std::io::Error::other("it is a folder"));
    }
    if !kind.is_file() {
        return Err(std::io::Error::other("it is no regular file"));
    }
    if kind.len() > BYTES_MAX {
        return Err(std::io::Error::other(format!("it has {} bytes, and {BYTES_MAX} are read", kind.len())));
    }
    std::fs::read(file)
}

/// Reads a file inside the folder. Links and `..` must not lead out of it.
fn load(folder: &Path, name: &str) -> Result<String, String> {
    let path = Path::new(name);
    if path.components().any(|part| !matches!(part, Component::Normal(_))) {
        return Err("it lies outside the document's folder".to_owned());
    }
    let inside =
        |path: &Path| -> Result<PathBuf, String> { path.canonicalize().map_err(|error| error.to_string()) };
    let (root, file) = (inside(folder)?, inside(&folder.join(path))?);
    if !file.starts_with(&root) {
        return Err("it is a link that leads out of the document's folder".to_owned());
    }
    let bytes = bytes(&file).map_err(|error| error.to_string())?;
    String::from_utf8(bytes).map_err(|_| "it is not text in UTF-8".to_owned())
}
