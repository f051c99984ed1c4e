//! From the files of a root to what they say.

use std::path::{Path, PathBuf};

use sehat_diagnostic::{Diagnostic, Sources};
use sehat_import::Imported;
use sehat_yaml::Node;

use super::{Content, Skipped, read_text, text_of};
use crate::exit::Exit;

/// What was read of a root, before anything was understood.
#[derive(Debug, Default)]
pub struct Read {
    /// Objects that were evaluated, as a kustomization's are.
    pub objects: Vec<Node>,
    /// Files that are read as they are.
    pub files: Sources,
    /// Every text that a place may point into.
    pub sources: Sources,
    pub diagnostics: Vec<Diagnostic>,
    pub skipped: Vec<Skipped>,
}

impl Read {
    /// Returns what the files say; nothing where nothing was read.
    pub fn imported(&self) -> Option<Imported> {
        if self.objects.is_empty() && self.files.iter().next().is_none() {
            return None;
        }
        let mut imported = sehat_import::import_with(&self.objects, &self.files);
        imported.diagnostics.splice(0..0, self.diagnostics.iter().cloned());
        Some(imported)
    }

    pub fn add(&mut self, other: Self) {
        self.objects.extend(other.objects);
        self.diagnostics.extend(other.diagnostics);
        self.skipped.extend(other.skipped);
        other.files.shared().for_each(|source| self.files.share(source));
        other.sources.shared().for_each(|source| self.sources.share(source));
    }
}

/// Reads a root that is no platform document.
pub fn read(content: &Content, run_tools: bool) -> Result<Read, Exit> {
    match content {
        Content::Document(path) => files(std::slice::from_ref(path)),
        Content::Files(paths) => files(paths),
        Content::Standard => standard(),
        Content::Kustomization(folder) => Ok(kustomization(folder)),
        Content::Chart(folder) if run_tools => chart(folder),
        Content::Chart(folder) => Ok(skipped(folder, "chart: --run-tools runs helm")),
    }
}

fn skipped(folder: &Path, why: &'static str) -> Read {
    let skipped = vec![Skipped { path: folder.to_string_lossy().into_owned(), why }];
    Read { skipped, ..Read::default() }
}

/// What cannot be evaluated is told, and none of it is judged.
fn kustomization(folder: &Path) -> Read {
    let built = sehat_kustomize::build(&super::file::plain(folder), &crate::kustomize::Disk);
    let objects = if built.is_good() { built.objects } else { Vec::new() };
    Read { objects, sources: built.sources, diagnostics: built.diagnostics, ..Read::default() }
}

fn of_files(files: Sources, diagnostics: Vec<Diagnostic>) -> Read {
    Read { sources: files.clone(), files, diagnostics, ..Read::default() }
}

/// Reads what is text; what is not is told.
fn files(paths: &[PathBuf]) -> Result<Read, Exit> {
    let (mut sources, mut unread) = (Sources::default(), Vec::new());
    for path in paths {
        match read_text(path) {
            Ok(text) => {
                sources.add(&super::file::plain(path), &text);
            }
            Err(why) => unread.push(
                Diagnostic::error("unreadable", format!("{} cannot be read: {why}", path.display()))
                    .help("name it differently, or let git ignore it, if it is no manifest"),
            ),
        }
    }
    if sources.iter().next().is_none() {
        return Err(nothing(&unread));
    }
    Ok(of_files(sources, unread))
}

fn nothing(unread: &[Diagnostic]) -> Exit {
    let why: Vec<&str> = unread.iter().map(|diagnostic| diagnostic.message.as_str()).collect();
    let help = "name a folder with a platform.yaml, such as platforms/health-infraops, or with manifests";
    Exit::bad_input(format!("{}\n  = help: {help}", why.join("; ")))
}

fn standard() -> Result<Read, Exit> {
    let text = text_of(std::io::stdin())
        .map_err(|why| Exit::bad_input(format!("standard input cannot be read: {why}")))?;
    let mut sources = Sources::default();
    sources.add("stdin.yaml", &text);
    Ok(of_files(sources, Vec::new()))
}

/// A chart is a program: Helm runs only where asked.
fn chart(folder: &Path) -> Result<Read, Exit> {
    let output =
        std::process::Command::new("helm").arg("template").arg(folder).output().map_err(|error| {
            Exit::bad_input(format!(
                "helm cannot be started: {error}\n  = help: install helm, or leave out --run-tools"
            ))
        })?;
    if !output.status.success() {
        let why = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(Exit::bad_input(format!("helm template {} failed: {why}", folder.display())));
    }
    let mut sources = Sources::default();
    sources.add(&folder.join("rendered.yaml").to_string_lossy(), &String::from_utf8_lossy(&output.stdout));
    Ok(of_files(sources, Vec::new()))
}
