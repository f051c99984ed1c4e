//! The last changes: what kustomize drops, orders, and makes a text.

use sehat_diagnostic::Origin;
use sehat_yaml::{Node, Plain, Scalar, Value};

use crate::accumulate::Accumulator;
use crate::fault::{Fault, unsupported};
use crate::kustomization::Kustomization;
use crate::object::Object;
use crate::{order, tree};

/// The version whose output is met.
const VERSION: &str = "v5.7.1";

pub(crate) fn finish(kustomization: &Kustomization, gathered: Accumulator) -> Result<Vec<Node>, Fault> {
    let mut objects = gathered.objects;
    objects.retain(|object| !is_local(object));
    order::sort(kustomization, &mut objects)?;
    for option in kustomization.items("buildMetadata") {
        match option.as_text() {
            Some("managedByLabel") => {
                for object in &mut objects {
                    mark(&mut object.node, &option.origin);
                }
            }
            other => {
                return Err(unsupported(
                    &format!("`buildMetadata: {}`", other.unwrap_or_default()),
                    &option.origin,
                ));
            }
        }
    }
    let mut nodes: Vec<Node> = objects.into_iter().map(|object| object.node).collect();
    nodes.iter_mut().for_each(settle);
    Ok(nodes)
}

/// What is only there for kustomize.
fn is_local(object: &Object) -> bool {
    let annotation = object.node.at(&["metadata", "annotations"]);
    let local = annotation.and_then(|all| all.get("config.kubernetes.io/local-config"));
    local.is_some_and(|local| local.as_text() != Some("false"))
}

fn mark(node: &mut Node, origin: &Origin) {
    let value = Node::quoted(format!("kustomize-{VERSION}"), origin.clone());
    tree::set_at(node, &["metadata", "labels", "app.kubernetes.io/managed-by"], value);
}

/// Annotations become texts, and dates become instants.
fn settle(node: &mut Node) {
    let annotations = node.get_mut("metadata").and_then(|metadata| {
        let empty = metadata.get("annotations").is_some_and(|all| all.entries().is_empty());
        if empty { tree::remove(metadata, "annotations").and(None) } else { metadata.get_mut("annotations") }
    });
    if let Some(Node { value: Value::Map(entries), .. }) = annotations {
        for (_, value) in entries {
            let text =
                if value.is_null() { "" } else { value.scalar().map_or("", |scalar| scalar.text.as_str()) };
            *value = Node::quoted(text, value.origin.clone());
        }
    }
    tree::each_scalar(node, &mut |scalar| {
        if let Some(instant) = instant(scalar) {
            *scalar = Scalar { text: instant, quoted: true, tag: None };
        }
    });
}

fn instant(scalar: &Scalar) -> Option<String> {
    if scalar.quoted || scalar.tag.is_some() || !scalar.text.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let mut parts = scalar.text.split('-');
    let mut number = |digits: usize| {
        parts
            .next()
            .filter(|part| part.len() <= digits && part.bytes().all(|b| b.is_ascii_digit()))?
            .parse::<u32>()
            .ok()
    };
    let (year, month, day) = (number(4)?, number(2)?, number(2)?);
    let good = parts.next().is_none() && year > 999 && (1..=12).contains(&month) && (1..=31).contains(&day);
    good.then(|| format!("{year:04}-{month:02}-{day:02}T00:00:00Z"))
}

/// Writes numbers and truths in their usual form, as they come out of JSON.
pub(crate) fn canonical(node: &mut Node) {
    tree::each_scalar(node, &mut |scalar| {
        let text = match scalar.plain() {
            Plain::Int(_) | Plain::Float(_) => number(scalar),
            Plain::Bool(truth) => truth.to_string(),
            Plain::Null => "null".to_owned(),
            Plain::Text(_) => return,
        };
        *scalar = Scalar { text, quoted: false, tag: None };
    });
}

/// Writes a number as Go's JSON does.
pub(crate) fn number(scalar: &Scalar) -> String {
    match scalar.plain() {
        Plain::Int(number) => number.to_string(),
        Plain::Float(number) if number.is_finite() => float(scalar, number),
        _ => scalar.text.clone(),
    }
}

fn float(scalar: &Scalar, number: f64) -> String {
    // A whole number that is too large for a signed one is kept to the last digit.
    if scalar.text.bytes().all(|b| b.is_ascii_digit()) && scalar.text.parse::<u64>().is_ok() {
        return scalar.text.clone();
    }
    let size = number.abs();
    if size == 0.0 || (1e-6..1e21).contains(&size) {
        return number.to_string();
    }
    let text = format!("{number:e}");
    match text.split_once('e') {
        Some((digits, exponent)) if !exponent.starts_with('-') => format!("{digits}e+{exponent:0>2}"),
        Some((digits, exponent)) => format!("{digits}e-{:0>2}", exponent.trim_start_matches('-')),
        None => text,
    }
}

/// Writes a scalar into a text.
pub(crate) fn shown(scalar: &Scalar) -> String {
    match scalar.plain() {
        Plain::Int(_) | Plain::Float(_) => number(scalar),
        Plain::Bool(truth) => truth.to_string(),
        _ => scalar.text.clone(),
    }
}
