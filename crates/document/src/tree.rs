//! Reads the tree of one file, and refuses what a document must not hold.

use sehat_diagnostic::{Diagnostic, Origin, Source, is_secret_name};
use sehat_yaml::{Node, Options, Value, read_one};

/// No part of the grammar is deeper than twelve levels.
const OPTIONS: Options = Options { nodes_max: 200_000, depth_max: 64, merge_keys: false };

/// Reads the only YAML document of a file. What cannot be read is told, and the rest is returned.
pub fn parse(source: &Source, diagnostics: &mut Vec<Diagnostic>) -> Option<Node> {
    let mut root = read_one(source, OPTIONS, diagnostics)?;
    refuse_secrets(&mut root, diagnostics);
    Some(root)
}

/// The value is forgotten at once, so that no message can show it.
fn refuse_secrets(node: &mut Node, diagnostics: &mut Vec<Diagnostic>) {
    match &mut node.value {
        Value::Scalar(_) => {}
        Value::List(items) => items.iter_mut().for_each(|item| refuse_secrets(item, diagnostics)),
        Value::Map(entries) => {
            for (key, value) in entries {
                if is_secret_name(&key.text) && !value.is_map() && !value.is_null() {
                    diagnostics.push(refused(&key.text, &key.origin));
                    *value = Node::text("", value.origin.clone());
                } else {
                    refuse_secrets(value, diagnostics);
                }
            }
        }
    }
}

fn refused(key: &str, origin: &Origin) -> Diagnostic {
    Diagnostic::error("secret-value", format!("`{key}` looks like a secret, and a document holds no secrets"))
        .at(origin, "a value stands here")
        .help("name it under `secrets:` and refer to that name")
}
