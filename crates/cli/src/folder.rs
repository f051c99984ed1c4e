//! Finds and reads a platform document in a folder.

use std::path::{Component, Path, PathBuf};

use sehat_diagnostic::Diagnostic;
use sehat_document::{Document, read};
use sehat_platform::Fact;

use crate::exit::Exit;
use crate::input::{self, Read};

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
    let mut document = read(&file.to_string_lossy(), &text, &|name| load(&folder, name));
    add_files(&mut document, &file, &folder);
    Ok(document)
}

/// Reads the existing files that each environment names.
fn add_files(document: &mut Document, file: &Path, folder: &Path) {
    for platform in &mut document.environments {
        let mut together = Read::default();
        for named in &platform.draft.files {
            match named_files(file, folder, named) {
                Ok(read) => together.add(read),
                Err(wrong) => document.diagnostics.extend(wrong.map(|wrong| *wrong)),
            }
        }
        for (path, text) in together.sources.iter() {
            document.sources.add(path, text);
        }
        if let Some(imported) = together.imported() {
            document.diagnostics.extend(imported.diagnostics);
            platform.draft.inventory = imported.inventory;
        }
    }
}

fn named_files(file: &Path, folder: &Path, named: &Fact<String>) -> Result<Read, Option<Box<Diagnostic>>> {
    let Some(name) = named.get() else { return Ok(Read::default()) };
    let wrong = |why: &str| {
        let origin = named.origin()?;
        let wrong = Diagnostic::error("cannot-read-files", format!("`{name}` cannot be read: {why}"))
            .at(origin, "named here")
            .help("name a file or folder in the document's folder, relative to the document");
        Some(Box::new(wrong))
    };
    let path = folder.join(name);
    let inside = || Some(path.canonicalize().ok()?.starts_with(folder.canonicalize().ok()?));
    match inside() {
        Some(true) => {}
        Some(false) => return Err(wrong("it lies outside the document's folder")),
        None => return Err(wrong("it is not there")),
    }
    let input = input::beside(file, &path).map_err(|exit| wrong(&exit.message))?;
    match input.roots.as_slice() {
        [root] => input::read(&root.content, false).map_err(|exit| wrong(&exit.message)),
        roots => {
            let all: Vec<&str> = roots.iter().map(|root| root.name.as_str()).collect();
            Err(wrong(&format!("it holds several roots: {}", all.join(", "))))
        }
    }
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
