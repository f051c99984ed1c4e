//! Reads files for the evaluation of kustomizations: those in or under a kustomization's folder, and nothing else.

use std::io::{Error, ErrorKind, Read};
use std::path::Path;

use sehat_kustomize::{Load, Refusal};

/// The file system.
pub struct Disk;

/// No file of a tree is larger.
const BYTES_MAX: u64 = 64 << 20;

impl Load for Disk {
    fn folder(&self, path: &str) -> Option<String> {
        let real = Path::new(path).canonicalize().ok().filter(|real| real.is_dir())?;
        real.into_os_string().into_string().ok()
    }

    fn file(&self, folder: &str, path: &str) -> Result<Vec<u8>, Refusal> {
        let real = Path::new(path).canonicalize().map_err(|error| refusal(&error))?;
        let root = Path::new(folder).canonicalize().map_err(|error| refusal(&error))?;
        if !real.starts_with(&root) {
            return Err(Refusal::Outside);
        }
        read(&real)
    }
}

/// Reads a regular file. A pipe or a device might never end.
fn read(file: &Path) -> Result<Vec<u8>, Refusal> {
    let kind = std::fs::metadata(file).map_err(|error| refusal(&error))?;
    if kind.is_dir() {
        return Err(Refusal::IsFolder);
    }
    if !kind.is_file() {
        return Err(Refusal::Other("it is no regular file".to_owned()));
    }
    if kind.len() > BYTES_MAX {
        return Err(Refusal::Other(format!("it has {} bytes, and {BYTES_MAX} are read", kind.len())));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(kind.len()).unwrap_or_default() + 1);
    let file = std::fs::File::open(file).map_err(|error| refusal(&error))?;
    file.take(BYTES_MAX).read_to_end(&mut bytes).map_err(|error| refusal(&error))?;
    Ok(bytes)
}

fn refusal(error: &Error) -> Refusal {
    match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => Refusal::Missing,
        ErrorKind::IsADirectory => Refusal::IsFolder,
        _ => Refusal::Other(error.to_string()),
    }
}
