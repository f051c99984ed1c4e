//! `$patch`, and the directives that kustomize does not follow.

use sehat_diagnostic::Diagnostic;
use sehat_yaml::{Node, Value};

use crate::fault::{Fault, fault};
use crate::tree;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Directive {
    Merge,
    Replace,
    Delete,
}

const PATCH: &str = "$patch";

/// Takes the directive out of a map.
pub(super) fn of_map(patch: &mut Node) -> Result<Directive, Fault> {
    let Some(word) = patch.get(PATCH) else { return Ok(Directive::Merge) };
    let directive = read(word)?;
    tree::remove(patch, PATCH);
    Ok(directive)
}

/// Takes the directive out of a list: an item that holds nothing else.
pub(super) fn of_list(patch: &mut Node) -> Result<Directive, Fault> {
    let Some(item) = patch.items().iter().find(|item| item.get(PATCH).is_some()) else {
        return Ok(Directive::Merge);
    };
    let Some(word) = item.get(PATCH).filter(|_| item.entries().len() == 1) else {
        return Ok(Directive::Merge);
    };
    let (directive, text) = (read(word)?, word.as_text().map(str::to_owned));
    if let Value::List(items) = &mut patch.value {
        items.retain(|item| item.get(PATCH).and_then(Node::as_text) != text.as_deref());
    }
    Ok(directive)
}

fn read(word: &Node) -> Result<Directive, Fault> {
    match word.as_text() {
        Some("merge") => Ok(Directive::Merge),
        Some("replace") => Ok(Directive::Replace),
        Some("delete") => Ok(Directive::Delete),
        other => {
            let message = format!("`$patch: {}` is no directive", other.unwrap_or_default());
            Err(fault("kustomize-patch", message, &word.origin, "write merge, replace or delete"))
        }
    }
}

/// Tells the directives that kustomize leaves in the object as if they were fields.
pub(crate) fn warn_of_ignored(patch: &Node, diagnostics: &mut Vec<Diagnostic>) {
    for (key, value) in patch.entries() {
        let ignored = ["$retainKeys", "$setElementOrder/", "$deleteFromPrimitiveList/"];
        if ignored.iter().any(|start| key.text.starts_with(start)) {
            let message =
                format!("kustomize does not follow `{}`: it stays in the object as a field", key.text);
            let mut warning = Diagnostic::error("kustomize-ignored-directive", message);
            warning.level = sehat_diagnostic::Level::Warning;
            diagnostics.push(
                warning.at(&key.origin, "not followed").help("write `$patch: replace`, or a JSON patch"),
            );
        }
        warn_of_ignored(value, diagnostics);
    }
    patch.items().iter().for_each(|item| warn_of_ignored(item, diagnostics));
}
