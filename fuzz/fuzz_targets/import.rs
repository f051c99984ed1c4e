//! Any byte string under any name gives an inventory and diagnostics, never a panic.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sehat_diagnostic::Sources;

const NAMES: [&str; 11] = [
    "a.yaml",
    "a.json",
    "a.sh",
    "Dockerfile",
    ".github/workflows/a.yml",
    ".gitlab-ci.yml",
    "prometheus.yml",
    "alertmanager.yml",
    "fluent.conf",
    "a.md",
    "a.txt",
];

fuzz_target!(|bytes: &[u8]| {
    let Some((first, rest)) = bytes.split_first() else { return };
    let text = String::from_utf8_lossy(rest);
    let mut sources = Sources::default();
    sources.add(NAMES[usize::from(*first) % NAMES.len()], &text);
    let imported = sehat_import::import(&sources);
    for diagnostic in &imported.diagnostics {
        sehat_diagnostic::render_terminal(diagnostic, &sources);
    }
});
