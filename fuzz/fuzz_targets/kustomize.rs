//! Any bytes as the files of a tree give objects or diagnostics, never a panic; and what comes out can be written.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sehat_kustomize::{Load, Refusal, build, canonical};

/// Files in one text: a line of `=== path` opens one.
struct Tree<'a>(Vec<(&'a str, &'a str)>);

impl Load for Tree<'_> {
    fn folder(&self, path: &str) -> Option<String> {
        let start = if path == "." { String::new() } else { format!("{path}/") };
        self.0.iter().any(|(file, _)| file.starts_with(&start)).then(|| format!("/{path}"))
    }

    fn file(&self, _folder: &str, path: &str) -> Result<Vec<u8>, Refusal> {
        let found = self.0.iter().find(|(file, _)| *file == path);
        found.map(|(_, text)| text.as_bytes().to_vec()).ok_or(Refusal::Missing)
    }
}

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let files = text.split("=== ").filter_map(|part| part.split_once('\n')).collect();
    let built = build(".", &Tree(files));
    assert!(built.is_good() || built.objects.is_empty());
    for diagnostic in &built.diagnostics {
        sehat_diagnostic::render_terminal(diagnostic, &built.sources);
    }
    for object in &built.objects {
        sehat_yaml::emit_sorted(&canonical(object));
    }
});
