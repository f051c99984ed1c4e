//! Holds a file against the fields that kustomize knows, as strictly as kustomize does.

use sehat_diagnostic::{Diagnostic, nearest};
use sehat_yaml::{Key, Node, Plain, Value};

/// What may stand at a place.
#[derive(Clone, Copy)]
pub(crate) enum Shape {
    Text,
    Flag,
    Number,
    /// Names and texts.
    Texts,
    Any,
    List(&'static Shape),
    Map(&'static [(&'static str, Shape)]),
}

/// Tells everything that does not fit, and writes keys in their one true case: kustomize takes any.
pub(crate) fn check(node: &mut Node, shape: Shape, diagnostics: &mut Vec<Diagnostic>) {
    if node.is_null() {
        return;
    }
    match shape {
        Shape::Any => {}
        Shape::Text | Shape::Flag | Shape::Number => check_scalar(node, shape, diagnostics),
        Shape::Texts => match &mut node.value {
            Value::Map(entries) => {
                for (_, value) in entries {
                    check(value, Shape::Text, diagnostics);
                }
            }
            _ => wrong(node, "a map of texts", diagnostics),
        },
        Shape::List(of) => match &mut node.value {
            Value::List(items) => items.iter_mut().for_each(|item| check(item, *of, diagnostics)),
            _ => wrong(node, "a list", diagnostics),
        },
        Shape::Map(fields) => check_map(node, fields, diagnostics),
    }
}

fn check_scalar(node: &Node, shape: Shape, diagnostics: &mut Vec<Diagnostic>) {
    let plain = node.scalar().map(sehat_yaml::Scalar::plain);
    match (shape, plain) {
        (Shape::Text, Some(Plain::Text(_)))
        | (Shape::Flag, Some(Plain::Bool(_)))
        | (Shape::Number, Some(Plain::Int(_))) => {}
        (Shape::Text, _) => wrong(node, "a text", diagnostics),
        (Shape::Flag, _) => wrong(node, "`true` or `false`", diagnostics),
        _ => wrong(node, "a whole number", diagnostics),
    }
}

fn check_map(node: &mut Node, fields: &'static [(&'static str, Shape)], diagnostics: &mut Vec<Diagnostic>) {
    let Value::Map(entries) = &mut node.value else { return wrong(node, "a map", diagnostics) };
    for (key, value) in entries {
        let known = fields.iter().find(|(name, _)| name.eq_ignore_ascii_case(&key.text));
        if let Some((name, shape)) = known {
            (*name).clone_into(&mut key.text);
            check(value, *shape, diagnostics);
        } else {
            diagnostics.push(unknown(key, fields));
        }
    }
}

fn unknown(key: &Key, fields: &'static [(&'static str, Shape)]) -> Diagnostic {
    let help = nearest(&key.text, fields.iter().map(|(name, _)| *name))
        .map_or_else(|| "take it away".to_owned(), |name| format!("did you mean `{name}`?"));
    Diagnostic::error("kustomize-unknown-field", format!("kustomize knows no field `{}` here", key.text))
        .at(&key.origin, "unknown field")
        .help(help)
}

fn wrong(node: &Node, wanted: &str, diagnostics: &mut Vec<Diagnostic>) {
    let found = match (&node.value, node.scalar().map(sehat_yaml::Scalar::plain)) {
        (Value::Map(_), _) => "a map",
        (Value::List(_), _) => "a list",
        (_, Some(Plain::Bool(_))) => "a truth value",
        (_, Some(Plain::Int(_) | Plain::Float(_))) => "a number",
        _ => "a text",
    };
    let help = if wanted == "a text" { "put it into quotes" } else { "write what is expected" };
    diagnostics.push(
        Diagnostic::error(
            "kustomize-wrong-type",
            format!("kustomize reads {wanted} here, and this is {found}"),
        )
        .at(&node.origin, found)
        .help(help),
    );
}
