//! Finds what is judged alone in a folder: documents, kustomize overlays, charts, paths of Argo CD, and the rest.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use sehat_diagnostic::Source;
use sehat_yaml::Node;

use super::{Content, Input, Root, Skipped, file, walk};
use crate::exit::Exit;

/// Folders whose files are somebody else's, or no deployment.
const FOREIGN: [&str; 6] = ["testdata", "examples", "vendor", "node_modules", "third_party", ".git"];

use sehat_kustomize::FILE_NAMES as KUSTOMIZATIONS;

/// Searches a folder for its roots.
pub fn roots(top: &Path) -> Result<Input, Exit> {
    roots_without(top, None)
}

/// Searches the folder of a document for what the document judges beside itself.
pub fn roots_without(top: &Path, document: Option<&Path>) -> Result<Input, Exit> {
    let mut found = Found { top: top.to_owned(), ..Found::default() };
    let document = document.map(canonical);
    let is_document = |path: &Path| document.as_ref().is_some_and(|document| *document == canonical(path));
    for path in walk::files(top).into_iter().filter(|path| !is_document(path)) {
        found.sort_in(path);
    }
    let input = found.into_input();
    if input.roots.is_empty() {
        return Err(Exit::bad_input(format!(
            "{} holds nothing that can be read\n  = help: name a folder with a platform.yaml or with manifests; Markdown is read where it is named",
            top.display()
        )));
    }
    Ok(input)
}

#[derive(Default)]
struct Found {
    top: PathBuf,
    documents: BTreeSet<PathBuf>,
    kustomizations: BTreeSet<PathBuf>,
    charts: BTreeSet<PathBuf>,
    files: Vec<PathBuf>,
    skipped: BTreeMap<&'static str, usize>,
}

impl Found {
    fn sort_in(&mut self, path: PathBuf) {
        let inner = path.strip_prefix(&self.top).unwrap_or(&path).to_owned();
        let folders = inner.parent().map_or_else(Vec::new, |parent| parent.iter().collect());
        let name = inner.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if let Some(folder) = FOREIGN.iter().find(|foreign| folders.iter().any(|folder| *folder == **foreign))
        {
            self.skip(folder);
        } else if name == "platform.yaml" {
            self.documents.insert(folder(&path));
        } else if KUSTOMIZATIONS.contains(&name.as_str()) {
            self.kustomizations.insert(folder(&path));
        } else if name == "Chart.yaml" {
            self.charts.insert(folder(&path));
        } else if path.extension().is_some_and(|extension| extension == "md" || extension == "txt") {
            self.skip("Markdown and text");
        } else if sehat_import::is_read(&path.to_string_lossy()) {
            self.files.push(path);
        }
    }

    fn skip(&mut self, why: &'static str) {
        *self.skipped.entry(why).or_default() += 1;
    }

    fn into_input(self) -> Input {
        let used = used(&self.kustomizations);
        let is_overlay = |folder: &&PathBuf| !used.contains(&canonical(folder)) && !is_component(folder);
        let overlays: Vec<&PathBuf> = self.kustomizations.iter().filter(is_overlay).collect();
        let mut roots: Vec<Root> = Vec::new();
        let name = |path: &Path| self.name(path);
        roots.extend(
            self.documents
                .iter()
                .map(|path| Root { name: name(path), content: Content::Document(path.clone()) }),
        );
        roots.extend(
            overlays
                .iter()
                .map(|path| Root { name: name(path), content: Content::Kustomization((*path).clone()) }),
        );
        roots.extend(
            self.charts.iter().map(|path| Root { name: name(path), content: Content::Chart(path.clone()) }),
        );
        let rest = self.rest(&used);
        for (folder, files) in alternatives(&self.top, rest) {
            roots.push(Root { name: name(&folder), content: Content::Files(files) });
        }
        roots.sort_by(|a, b| a.name.cmp(&b.name));
        let skipped = self.skipped.iter().map(|(why, count)| Skipped { path: format!("{count} files"), why });
        Input { skipped: skipped.collect(), roots, top: Some(self.top.clone()) }
    }

    fn name(&self, path: &Path) -> String {
        let inner = path.strip_prefix(&self.top).unwrap_or(path).to_string_lossy().into_owned();
        if inner.is_empty() { ".".to_owned() } else { inner }
    }

    /// What belongs to no other root.
    fn rest(&self, used: &BTreeSet<PathBuf>) -> Vec<PathBuf> {
        let within =
            |path: &Path, folders: &BTreeSet<PathBuf>| folders.iter().any(|folder| path.starts_with(folder));
        let files = self.files.iter().filter(|path| {
            !within(path, &self.documents)
                && !within(path, &self.charts)
                && (used.is_empty() || !used.contains(&canonical(path)))
        });
        files.cloned().collect()
    }
}

fn folder(path: &Path) -> PathBuf {
    path.parent().unwrap_or(path).to_owned()
}

fn canonical(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

/// Returns the files and folders that kustomizations name, and the kustomizations themselves.
fn used(kustomizations: &BTreeSet<PathBuf>) -> BTreeSet<PathBuf> {
    let mut used = BTreeSet::new();
    for folder in kustomizations {
        for file in KUSTOMIZATIONS.iter().map(|name| folder.join(name)).filter(|path| path.is_file()) {
            let text = file::read_text(&file).unwrap_or_default();
            used.extend(named(&text).into_iter().map(|name| canonical(&folder.join(name))));
            used.insert(canonical(&file));
        }
    }
    used
}

/// A component is nothing without the overlay that takes it.
fn is_component(folder: &Path) -> bool {
    let files = KUSTOMIZATIONS.iter().map(|name| folder.join(name));
    let texts = files.filter_map(|path| file::read_text(&path).ok());
    texts.into_iter().any(|text| text.lines().any(|line| line.trim_end() == "kind: Component"))
}

/// Returns every text in a kustomization that may be a path, `key=path` without its key.
fn named(text: &str) -> Vec<String> {
    let source = Source { path: "".into(), text: text.into() };
    let mut found = Vec::new();
    for document in sehat_yaml::read(&source, sehat_yaml::Options::default(), &mut Vec::new()) {
        texts(&document, &mut found);
    }
    found
}

fn texts(node: &Node, found: &mut Vec<String>) {
    if let Some(text) = node.as_text() {
        let path = text.split_once('=').map_or(text, |(_, path)| path);
        found.push(path.to_owned());
    }
    node.items().iter().for_each(|item| texts(item, found));
    node.entries().iter().for_each(|(_, value)| texts(value, found));
}

/// Files of different folders that define the same object are alternatives, so each folder is judged alone.
fn alternatives(top: &Path, files: Vec<PathBuf>) -> BTreeMap<PathBuf, Vec<PathBuf>> {
    let mut by_folder: BTreeMap<PathBuf, Vec<PathBuf>> = BTreeMap::new();
    if files.is_empty() {
        return by_folder;
    }
    let mut owners: BTreeMap<String, BTreeSet<PathBuf>> = BTreeMap::new();
    for path in &files {
        for object in file::read_text(path).map(|text| heads(&text)).unwrap_or_default() {
            owners.entry(object).or_default().insert(folder(path));
        }
    }
    if owners.values().all(|folders| folders.len() == 1) {
        return BTreeMap::from([(top.to_owned(), files)]);
    }
    for path in files {
        by_folder.entry(folder(&path)).or_default().push(path);
    }
    by_folder
}

/// Returns kind and name of each object of a manifest, as they stand at the start of lines.
fn heads(text: &str) -> Vec<String> {
    text.split("\n---").filter_map(head).collect()
}

fn head(document: &str) -> Option<String> {
    let kind = document.lines().find_map(|line| line.strip_prefix("kind:"))?.trim();
    let mut lines = document.lines().skip_while(|line| !line.starts_with("metadata:"));
    let flow = lines.next()?.strip_prefix("metadata:")?;
    let block = lines.take_while(|line| line.starts_with(' '));
    let entries: Vec<&str> = flow.trim().trim_matches(['{', '}']).split(',').chain(block).collect();
    // Only the entries of the head itself: labels lie deeper.
    let value = |key: &str| {
        let own = entries.iter().filter(|entry| !entry.starts_with("   "));
        own.filter_map(|entry| entry.trim().strip_prefix(key)).map(str::trim).next()
    };
    Some(format!("{kind} {}/{}", value("namespace:").unwrap_or_default(), value("name:")?))
}
