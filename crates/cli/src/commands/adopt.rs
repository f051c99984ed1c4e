//! `sehat adopt`: a platform document for what a team already has.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Component, Path, PathBuf};

use sehat_diagnostic::Origin;
use sehat_import::Imported;
use sehat_platform::Draft;
use serde_json::{Map, Value};

use crate::exit::{Code, Exit};
use crate::input::{self, Content};
use crate::style::{print, tell};

/// Write a platform document for existing files. It names the files, so both give the same findings; promises are
/// yours to add.
#[derive(clap::Args)]
pub struct Arguments {
    /// A folder or files, in or under the folder of the document.
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// The document, which must not be there yet; `-` prints it.
    #[arg(long, short, default_value = "platform.yaml")]
    output: PathBuf,
    /// The platform's name; that of the folder by default.
    #[arg(long)]
    name: Option<String>,
}

/// One root, with what it says.
struct Adopted {
    environment: Option<String>,
    files: Vec<String>,
    draft: Draft,
}

pub fn run(arguments: &Arguments) -> Result<Code, Exit> {
    let name = arguments.name.clone().unwrap_or_else(|| name_of(&arguments.paths));
    let input = input::input(&arguments.paths)?;
    let several = input.roots.len() > 1;
    let mut adopted = Vec::new();
    for root in &input.roots {
        let read = input::read(&root.content, false)?;
        for skipped in &read.skipped {
            tell(&format!("{} is left out ({})\n", skipped.path, skipped.why));
        }
        let Some(imported) = read.imported() else { continue };
        let environment = several.then(|| root.name.clone());
        let files = relative(&paths_of(&root.content, arguments), &arguments.output)?;
        adopted.push(adopt(&imported, environment, files, &name));
    }
    if adopted.is_empty() {
        return Err(Exit::bad_input("nothing was read that a document could stand for"));
    }
    save(&arguments.output, &text(&adopted))
}

fn adopt(imported: &Imported, environment: Option<String>, files: Vec<String>, name: &str) -> Adopted {
    Adopted { environment, files, draft: sehat_import::draft(&imported.inventory, name) }
}

fn name_of(paths: &[PathBuf]) -> String {
    let first = paths.first().and_then(|path| path.canonicalize().ok());
    let folder = first
        .map(|path| if path.is_dir() { path } else { path.parent().map(Path::to_owned).unwrap_or_default() });
    folder
        .and_then(|folder| Some(folder.file_name()?.to_string_lossy().into_owned()))
        .unwrap_or_else(|| "platform".to_owned())
}

fn paths_of(content: &Content, arguments: &Arguments) -> Vec<PathBuf> {
    match content {
        Content::Document(path) | Content::Kustomization(path) | Content::Chart(path) => vec![path.clone()],
        Content::Files(paths) if arguments.paths.iter().all(|path| path.is_file()) => paths.clone(),
        Content::Files(_) | Content::Standard => arguments.paths.clone(),
    }
}

/// A document names files in or under its own folder only.
fn relative(paths: &[PathBuf], output: &Path) -> Result<Vec<String>, Exit> {
    let folder = output.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let refused = |path: &Path| {
        Exit::bad_input(format!(
            "{} does not lie in or under {}\n  = help: put the document beside or above the files: --output FILE",
            path.display(),
            folder.display()
        ))
    };
    let base = folder.canonicalize().map_err(|_| refused(folder))?;
    paths
        .iter()
        .map(|path| {
            let inner =
                path.canonicalize().ok().and_then(|path| Some(path.strip_prefix(&base).ok()?.to_owned()));
            let inner =
                inner.filter(|inner| inner.components().all(|part| matches!(part, Component::Normal(_))));
            let shown = inner.ok_or_else(|| refused(path))?.to_string_lossy().into_owned();
            Ok(if shown.is_empty() { ".".to_owned() } else { shown })
        })
        .collect()
}

/// The first root is the document; each further one is an environment that says what differs.
fn text(adopted: &[Adopted]) -> String {
    let Some(first) = adopted.first() else { return String::new() };
    let mut document = document(first);
    let mut origins = origins(&first.draft);
    if first.environment.is_some() {
        let base = document.clone();
        let mut environments = Map::new();
        for root in adopted {
            let own = self::document(root);
            origins.extend(self::origins(&root.draft));
            let name = root.environment.as_deref().map(environment_name).unwrap_or_default();
            environments.insert(name, difference(&base, &own));
        }
        document["environments"] = Value::Object(environments);
    }
    commented(&super::check::yaml(&document), &origins)
}

fn document(root: &Adopted) -> Value {
    let mut document = sehat_document::write(&root.draft);
    document["files"] = root.files.clone().into();
    document
}

fn environment_name(root: &str) -> String {
    let last = root.rsplit('/').next().unwrap_or(root);
    let plain: String =
        last.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    plain.trim_matches('-').to_owned()
}

/// What must be laid over `old` to get `new`: changed values, and null for what is gone.
fn difference(old: &Value, new: &Value) -> Value {
    let (Value::Object(old), Value::Object(new)) = (old, new) else { return new.clone() };
    let mut changes = Map::new();
    for (key, value) in new {
        match old.get(key) {
            Some(known) if known == value => {}
            Some(known) if known.is_object() && value.is_object() => {
                changes.insert(key.clone(), difference(known, value));
            }
            _ => {
                changes.insert(key.clone(), value.clone());
            }
        }
    }
    changes.extend(old.keys().filter(|key| !new.contains_key(*key)).map(|key| (key.clone(), Value::Null)));
    Value::Object(changes)
}

fn origins(draft: &Draft) -> BTreeMap<String, Origin> {
    draft.components.iter().map(|(name, component)| (name.clone(), component.meta.origin.clone())).collect()
}

/// Writes the place that each component comes from above it.
fn commented(text: &str, origins: &BTreeMap<String, Origin>) -> String {
    let mut out = String::from(
        "# Written by `sehat adopt` from the files named below. Add what is promised: objectives, journeys, data, sites.\n",
    );
    for line in text.lines() {
        let name = line.strip_prefix("  ").and_then(|line| line.strip_suffix(':'));
        if let Some(origin) = name.and_then(|name| origins.get(name)) {
            let _ = writeln!(out, "  # {}:{}", origin.path, origin.line);
        }
        out.push_str(line);
        out.push('\n');
    }
    out
}

/// Nothing is ever overwritten.
fn save(path: &Path, text: &str) -> Result<Code, Exit> {
    if path.as_os_str() == "-" {
        print(text);
        return Ok(Code::Kept);
    }
    let refused = |error: std::io::Error| {
        Exit::bad_input(format!(
            "{} cannot be written: {error}\n  = help: name another file with --output, or `-` to see it",
            path.display()
        ))
    };
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).open(path).map_err(refused)?;
    file.write_all(text.as_bytes()).map_err(refused)?;
    tell(&format!("{}: written; `sehat check` judges it\n", path.display()));
    Ok(Code::Kept)
}
