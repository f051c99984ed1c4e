//! `sehat kustomize`: prints the objects of a kustomization, without a foreign program.

use std::fmt::Write;
use std::path::PathBuf;

use clap::ValueEnum;
use sehat_diagnostic::{Level, PLACEHOLDER, render_terminal};
use sehat_kustomize::{Built, build, make_canonical};
use sehat_yaml::{Node, Plain, Value, emit_sorted};

use crate::exit::{Code, Exit};
use crate::kustomize::Disk;
use crate::style::print;

/// Print the objects that a kustomization evaluates to.
///
/// The objects equal those of `kustomize build` 5.7.1. Values of Secrets are replaced.
#[derive(clap::Args)]
pub struct Arguments {
    /// A folder with a kustomization.yaml.
    folder: PathBuf,
    /// Print the values of Secrets too.
    #[arg(long)]
    show_secrets: bool,
    #[arg(long, value_enum, default_value_t = Format::Yaml)]
    format: Format,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Yaml,
    /// One list of objects.
    Json,
}

pub fn run(arguments: &Arguments) -> Result<Code, Exit> {
    let mut built = build(&arguments.folder.to_string_lossy(), &Disk);
    tell(&built)?;
    if !arguments.show_secrets {
        built.objects.iter_mut().for_each(hide);
    }
    match arguments.format {
        Format::Yaml => print(&yaml(&mut built.objects)),
        Format::Json => {
            print(&format!("{:#}\n", serde_json::Value::Array(built.objects.iter().map(json).collect())));
        }
    }
    // The program ends here: what it holds need not be taken apart piece by piece.
    std::mem::forget(built);
    Ok(Code::Kept)
}

/// Prints warnings to standard error; errors end the run.
fn tell(built: &Built) -> Result<(), Exit> {
    let shown = |level| {
        let wanted = built.diagnostics.iter().filter(move |diagnostic| diagnostic.level == level);
        wanted.map(|diagnostic| render_terminal(diagnostic, &built.sources)).collect::<String>()
    };
    if !built.is_good() {
        let text = shown(Level::Error);
        return Err(Exit::bad_input(text.strip_prefix("error").map_or(text.as_str(), |text| text)));
    }
    let _ = std::io::Write::write_all(&mut anstream::stderr(), shown(Level::Warning).as_bytes());
    Ok(())
}

fn yaml(objects: &mut [Node]) -> String {
    let mut text = String::new();
    for (at, object) in objects.iter_mut().enumerate() {
        make_canonical(object);
        let _ = write!(text, "{}{}", if at > 0 { "---\n" } else { "" }, emit_sorted(object));
    }
    text
}

/// Replaces every value of a Secret.
fn hide(object: &mut Node) {
    if object.get("kind").and_then(Node::as_text) != Some("Secret") {
        return;
    }
    for field in ["data", "stringData"] {
        if let Some(Node { value: Value::Map(entries), .. }) = object.get_mut(field) {
            for (_, value) in entries {
                *value = Node::quoted(PLACEHOLDER, value.origin.clone());
            }
        }
    }
    // What `kubectl apply` left holds the whole object.
    let annotations = object.get_mut("metadata").and_then(|metadata| metadata.get_mut("annotations"));
    if let Some(last) =
        annotations.and_then(|all| all.get_mut("kubectl.kubernetes.io/last-applied-configuration"))
    {
        *last = Node::quoted(PLACEHOLDER, last.origin.clone());
    }
}

fn json(node: &Node) -> serde_json::Value {
    match &node.value {
        Value::List(items) => items.iter().map(json).collect(),
        Value::Map(entries) => entries.iter().map(|(key, value)| (key.text.clone(), json(value))).collect(),
        Value::Scalar(scalar) => match scalar.plain() {
            Plain::Null => serde_json::Value::Null,
            Plain::Bool(truth) => truth.into(),
            Plain::Int(number) => number.into(),
            Plain::Float(number) => number.into(),
            Plain::Text(text) => text.into(),
        },
    }
}
