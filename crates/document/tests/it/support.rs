//! Reads documents as the command line does.

use std::path::{Path, PathBuf};

use sehat_document::Document;

/// The platforms' documents, by the letters of their features.
pub const PLATFORMS: [(&str, &str); 5] = [
    ("HIO", "health-infraops"),
    ("SML", "smile"),
    ("ZAR", "zarish-his"),
    ("HMS", "hospital-management"),
    ("CLA", "claims-askes"),
];

pub fn platform_folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../platforms").join(name)
}

pub fn platform(name: &str) -> Document {
    let folder = platform_folder(name);
    let text = std::fs::read_to_string(folder.join("platform.yaml")).expect("the document is there");
    let load = |file: &str| std::fs::read_to_string(folder.join(file)).map_err(|error| error.to_string());
    sehat_document::read("platform.yaml", &text, &load)
}

/// Reads a document of one file.
pub fn read(text: &str) -> Document {
    sehat_document::read("platform.yaml", text, &|file| Err(format!("there is no `{file}` here")))
}

/// Returns everything that a user sees of what is wrong with a document.
pub fn shown(document: &Document) -> String {
    let shown = |diagnostic| sehat_diagnostic::render_terminal(diagnostic, &document.sources);
    document.diagnostics.iter().map(shown).collect::<Vec<_>>().join("\n")
}
