//! Finds and reads a platform document in a folder.

use std::path::{Component, Path, PathBuf};

use sehat_document::{Document, read};

use crate::exit::Exit;

/// Reads `DIR/platform.yaml`, or the file itself, and the files that it names.
pub fn document(path: &Path) -> Result<Document, Exit> {
    let file = if path.is_dir() { path.join("platform.yaml") } else { path.to_owned() };
    let text = std::fs::read(&file).map_err(|error| {
        Exit::bad_input(format!(
            "{} cannot be read: {error}\n  = help: name a folder with a platform.yaml, such as platforms/health-infraops",
            file.display()
        ))
    })?;
    let text = String::from_utf8(text).map_err(|error| {
        let line = error.as_bytes()[..error.utf8_error().valid_up_to()].iter().filter(|byte| **byte == b'\n').count() + 1;
        Exit::bad_input(format!("{}:{line}: this is not text in UTF-8\n  = help: save the file as UTF-8", file.display()))
    })?;
    let folder = file.parent().map(Path::to_owned).unwrap_or_default();
    Ok(read(&file.to_string_lossy(), &text, &|name| load(&folder, name)))
}

/// Reads a file inside the folder. Links and `..` must not lead out of it.
fn load(folder: &Path, name: &str) -> Result<String, String> {
    let path = Path::new(name);
    if path.components().any(|part| !matches!(part, Component::Normal(_))) {
        return Err("it lies outside the document's folder".to_owned());
    }
    let inside = |path: &Path| -> Result<PathBuf, String> { path.canonicalize().map_err(|error| error.to_string()) };
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let (root, file) = (inside(folder)?, inside(&folder.join(path))?);
    if !file.starts_with(&root) {
        return Err("it is a link that leads out of the document's folder".to_owned());
    }
    std::fs::read_to_string(file).map_err(|error| error.to_string())
}
