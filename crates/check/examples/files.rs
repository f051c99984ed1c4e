//! `cargo run -p sehat-check --example files -- PATH…`: what the rules say of files, without roots and without colour.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "an example talks to the person who runs it")]

use std::path::Path;

use sehat_diagnostic::{Sources, render_terminal};

fn main() {
    let mut sources = Sources::default();
    std::env::args().skip(1).for_each(|path| add(Path::new(&path), &mut sources));
    let imported = sehat_import::import(&sources);
    for diagnostic in &imported.diagnostics {
        eprintln!("{}", render_terminal(diagnostic, &sources));
    }
    for (kind, skipped) in &imported.inventory.not_judged {
        eprintln!("not judged: {} {kind}, first at {}", skipped.count, skipped.first);
    }
    let report = sehat_check::check(&[imported.platform()], jiff::civil::date(2026, 11, 21));
    for finding in &report.findings {
        println!(
            "{:?} {:?}[{}] x{}: {}",
            finding.severity, finding.state, finding.rule, finding.count, finding.message
        );
        for (origin, label) in &finding.places {
            println!("  --> {origin}  {label}\n      {}", sources.line(origin).unwrap_or_default().trim());
        }
        println!("  witness: {}\n  repair:  {}", finding.witness, finding.repair);
    }
}

/// A folder is read with everything in it.
fn add(path: &Path, sources: &mut Sources) {
    if path.is_dir() {
        let mut entries: Vec<_> = std::fs::read_dir(path).into_iter().flatten().flatten().collect();
        entries.sort_by_key(std::fs::DirEntry::path);
        entries.iter().for_each(|entry| add(&entry.path(), sources));
    } else if let Ok(text) = std::fs::read_to_string(path) {
        sources.add(&path.to_string_lossy(), &text);
    }
}
