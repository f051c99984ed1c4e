//! Reads files for `reach`: every manifest of a folder, whatever git says of it.

use std::path::{Path, PathBuf};

use sehat_diagnostic::Sources;
use sehat_import::Imported;

use crate::exit::Exit;
use crate::input::read_text;

/// Files and what they state together.
pub struct Read {
    pub sources: Sources,
    pub imported: Imported,
}

/// Reads what a kustomization at the top of a folder evaluates to, or every manifest of the folders and files.
pub fn evaluated(paths: &[PathBuf]) -> Result<Read, Exit> {
    if let [folder] = paths
        && sehat_kustomize::FILE_NAMES.iter().any(|name| folder.join(name).is_file())
    {
        let built = sehat_kustomize::build(&folder.to_string_lossy(), &crate::kustomize::Disk);
        let mut imported = sehat_import::import_with(&built.objects, &Sources::default());
        imported.diagnostics.splice(0..0, built.diagnostics);
        return Ok(Read { sources: built.sources, imported });
    }
    read(paths)
}

pub fn read(paths: &[PathBuf]) -> Result<Read, Exit> {
    let mut sources = Sources::default();
    for path in paths {
        for file in files(path)? {
            let text = read_text(&file).map_err(|why| {
                Exit::bad_input(format!(
                    "{} cannot be read: {why}\n  = help: name folders and files with manifests",
                    file.display()
                ))
            })?;
            sources.add(&file.to_string_lossy(), &text);
        }
    }
    let imported = sehat_import::import(&sources);
    Ok(Read { sources, imported })
}

/// Returns the manifests of a folder, sorted, or the file itself. Links are not followed.
fn files(path: &Path) -> Result<Vec<PathBuf>, Exit> {
    let failed = |error: std::io::Error| {
        Exit::bad_input(format!(
            "{} cannot be read: {error}\n  = help: name a folder or a file with manifests",
            path.display()
        ))
    };
    if !std::fs::metadata(path).map_err(failed)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut entries: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(path).map_err(failed)? {
        entries.push(entry.map_err(failed)?.path());
    }
    entries.sort();
    let mut found = Vec::new();
    for entry in entries.iter().filter(|entry| !entry.is_symlink()) {
        if entry.is_dir() {
            if entry.file_name().is_none_or(|name| name != ".git") {
                found.extend(files(entry)?);
            }
        } else if is_manifest(entry) {
            found.push(entry.clone());
        }
    }
    Ok(found)
}

/// A folder with a `platform.yaml`, or that file.
pub fn is_document(path: &Path) -> bool {
    path.join("platform.yaml").is_file() || path.file_name().is_some_and(|name| name == "platform.yaml")
}

fn is_manifest(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml" || extension == "json")
}
