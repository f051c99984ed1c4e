//! What `check` and `reach` read: folders with roots, single files, standard input.

mod file;
mod find;
mod import;
mod settings;
mod walk;

use std::path::{Path, PathBuf};

pub use file::{read_text, text_of};
pub use import::{Read, read};
pub use settings::{Settings, Waiver, settings};

use crate::exit::Exit;

/// What the command line names, sorted into what is judged alone.
#[derive(Debug, Default)]
pub struct Input {
    pub roots: Vec<Root>,
    pub skipped: Vec<Skipped>,
    /// The folder that was named, whose `sehat.yaml` holds waivers and answers; none where only files were named.
    pub top: Option<PathBuf>,
}

/// What is judged alone.
#[derive(Debug)]
pub struct Root {
    /// Relative to the argument, `.` where there is one.
    pub name: String,
    pub content: Content,
}

#[derive(Debug)]
pub enum Content {
    /// A folder with a `platform.yaml`, or that file.
    Document(PathBuf),
    Kustomization(PathBuf),
    /// A Helm chart, which only Helm can read.
    Chart(PathBuf),
    Files(Vec<PathBuf>),
    Standard,
}

/// What was not read, and why.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Skipped {
    pub path: String,
    pub why: &'static str,
}

/// Sorts what the command line names. One folder alone is searched for roots; a file, or several paths, are together
/// one platform.
pub fn input(paths: &[PathBuf]) -> Result<Input, Exit> {
    for path in paths.iter().filter(|path| !is_standard(path)) {
        std::fs::symlink_metadata(path).map_err(|error| {
            Exit::bad_input(format!(
                "{} cannot be read: {error}\n  = help: name a folder or files, such as platforms/health-infraops",
                path.display()
            ))
        })?;
    }
    match paths {
        [path] if is_standard(path) => Ok(one(Content::Standard, Path::new("-"))),
        [path] if is_document(path) => Ok(one(Content::Document(path.clone()), path)),
        [path] if path.is_dir() => find::roots(path),
        paths => together(paths),
    }
}

/// Returns the roots among the existing files that a document names.
pub fn beside(document: &Path, path: &Path) -> Result<Input, Exit> {
    if path.is_dir() { find::roots_without(path, Some(document)) } else { input(&[path.to_owned()]) }
}

fn is_standard(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// A folder with a `platform.yaml`, or a file that starts as one.
fn is_document(path: &Path) -> bool {
    if path.is_dir() {
        return path.join("platform.yaml").exists();
    }
    path.file_name().is_some_and(|name| name == "platform.yaml") || file::starts_as_document(path)
}

fn one(content: Content, top: &Path) -> Input {
    let top = top.is_dir().then(|| top.to_owned());
    Input { roots: vec![Root { name: ".".to_owned(), content }], skipped: Vec::new(), top }
}

/// Whatever is named is read, Markdown too.
fn together(paths: &[PathBuf]) -> Result<Input, Exit> {
    let mut files = Vec::new();
    for path in paths {
        if is_standard(path) {
            return Err(Exit::bad_input("`-` stands for standard input, and nothing can stand beside it"));
        }
        if path.is_dir() {
            files.extend(
                walk::files(path).into_iter().filter(|file| sehat_import::is_read(&file.to_string_lossy())),
            );
        } else {
            files.push(path.clone());
        }
    }
    let top = paths.iter().find(|path| path.is_dir()).map_or(Path::new("-"), PathBuf::as_path);
    Ok(one(Content::Files(files), top))
}
