//! Single values: whether they are what the schema asks for, and whether they mean what they show.

use sehat_catalog::Type;
use sehat_platform::inventory::format::{Fault, FaultKind};
use sehat_yaml::{Node, Plain, Scalar};

use super::field::expected;
use super::walk::{Step, Walk};
use crate::kubernetes::quantity::thousandths;

pub fn check(walk: &mut Walk<'_>, node: &Node, scalar: &Scalar, wanted: &Type) {
    let plain = scalar.plain();
    let fits = match wanted {
        Type::Text => matches!(plain, Plain::Text(_)),
        Type::Word(words) => words.split('|').any(|word| word == scalar.text),
        Type::Int => is_whole(plain) && !is_decimal_mode(walk, scalar),
        Type::Number => matches!(plain, Plain::Int(_) | Plain::Float(_)),
        Type::Bool => matches!(plain, Plain::Bool(_)),
        Type::Quantity => is_quantity(plain, scalar),
        Type::IntOrText => matches!(plain, Plain::Int(_) | Plain::Text(_)),
        _ => true,
    };
    if fits || is_placeholder(&scalar.text) || scalar.tag.is_some() {
        return;
    }
    let fault = match wanted {
        Type::Text | Type::IntOrText => read_as(walk, node, scalar, plain),
        Type::Word(words) => not_a_word(walk, node, scalar, words),
        Type::Int if is_whole(plain) => decimal_mode(walk, node, scalar),
        _ => other(walk, node, scalar, wanted),
    };
    walk.found.push(fault);
}

/// What a template would fill in.
pub fn is_placeholder(text: &str) -> bool {
    text.contains("${")
        || text.contains("{{")
        || text.contains("$(")
        || (text.starts_with('<') && text.ends_with('>'))
}

/// JSON knows one kind of number.
fn is_whole(plain: Plain<'_>) -> bool {
    match plain {
        Plain::Int(_) => true,
        Plain::Float(value) => value.fract() == 0.0 && value.abs() < 1e15,
        _ => false,
    }
}

fn is_quantity(plain: Plain<'_>, scalar: &Scalar) -> bool {
    match plain {
        Plain::Int(_) | Plain::Float(_) => true,
        Plain::Text(_) => thousandths(scalar.text.trim_start_matches('+')).is_some(),
        _ => false,
    }
}

fn fault(walk: &Walk<'_>, kind: FaultKind, node: &Node) -> Fault {
    Fault::new(kind, walk.subject(), &node.origin).grave()
}

/// A number or a boolean where text is expected.
fn read_as(walk: &Walk<'_>, node: &Node, scalar: &Scalar, plain: Plain<'_>) -> Fault {
    let (what, value) = match plain {
        Plain::Bool(value) => ("the boolean", value.to_string()),
        Plain::Int(value) => ("the number", value.to_string()),
        Plain::Float(value) => ("the number", value.to_string()),
        Plain::Null | Plain::Text(_) => ("", scalar.text.clone()),
    };
    let kind = if value == scalar.text { FaultKind::Schema } else { FaultKind::Scalar };
    fault(walk, kind, node)
        .says(format!(
            "`{}` of {} is read as {what} `{value}`{}, and text is expected",
            walk.place(),
            walk.kind(),
            if value == scalar.text { String::new() } else { format!(", for `{}` has no quotes", scalar.text) }
        ))
        .witness("YAML 1.1, which Kubernetes' tools read, has unquoted words and numbers as values of their own: the API server refuses it")
        .repair(format!("write `\"{}\"`", scalar.text))
        .instead(Some(format!("\"{}\"", scalar.text)))
}

fn not_a_word(walk: &Walk<'_>, node: &Node, scalar: &Scalar, words: &str) -> Fault {
    let near = words.split('|').find(|word| word.eq_ignore_ascii_case(&scalar.text)).or_else(|| {
        sehat_diagnostic::nearest(&scalar.text, words.split('|').filter(|word| !word.is_empty()))
            .filter(|_| scalar.text.len() > 3)
    });
    let all = words.split('|').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(", ");
    fault(walk, FaultKind::Schema, node)
        .says(format!("`{}` of {} cannot be `{}`", walk.place(), walk.kind(), scalar.text))
        .witness(format!("{} knows: {all}", walk.schema.source()))
        .repair(near.map_or_else(|| format!("write one of: {all}"), |near| format!("write `{near}`")))
        .instead(near.filter(|_| !scalar.quoted).map(str::to_owned))
}

fn other(walk: &Walk<'_>, node: &Node, scalar: &Scalar, wanted: &Type) -> Fault {
    let bare = Scalar { quoted: false, ..scalar.clone() };
    let unquoted = scalar.quoted
        && match wanted {
            Type::Int => is_whole(bare.plain()),
            Type::Bool => matches!(bare.plain(), Plain::Bool(_)),
            _ => false,
        };
    let shown = if scalar.quoted { format!("\"{}\"", scalar.text) } else { scalar.text.clone() };
    let repair = if unquoted {
        format!("write `{}` without quotes", scalar.text)
    } else {
        format!("write {}", expected(wanted))
    };
    fault(walk, FaultKind::Schema, node)
        .says(format!(
            "`{}` of {} is `{shown}`, and {} is expected",
            walk.place(),
            walk.kind(),
            expected(wanted)
        ))
        .witness(format!(
            "the schema of {} has it so: the API server refuses the object",
            walk.schema.source()
        ))
        .repair(repair)
        .instead(unquoted.then(|| scalar.text.clone()))
}

/// Modes of files that nobody writes in decimal: `644` is meant as `0644`.
const MODES: [&str; 15] =
    ["400", "440", "444", "500", "550", "555", "600", "640", "644", "660", "664", "700", "750", "755", "775"];

fn is_decimal_mode(walk: &Walk<'_>, scalar: &Scalar) -> bool {
    MODES.contains(&scalar.text.as_str())
        && matches!(walk.path.last(), Some(Step::Key("defaultMode" | "mode")))
        && !walk.object.id.kind.starts_with("Network")
}

fn decimal_mode(walk: &Walk<'_>, node: &Node, scalar: &Scalar) -> Fault {
    let value: u32 = scalar.text.parse().unwrap_or(0);
    fault(walk, FaultKind::Scalar, node)
        .says(format!("`{}` is read in decimal: `{}` is the mode 0{value:o}", walk.place(), scalar.text))
        .witness(if value > 0o777 {
            "the API server takes modes from 0 to 0777 and refuses it".to_owned()
        } else {
            format!("the files get the mode 0{value:o}, and 0{} is meant", scalar.text)
        })
        .repair(format!("write `0{}`", scalar.text))
        .instead(Some(format!("0{}", scalar.text)))
}

/// Source: Kubernetes, Labels and Selectors, syntax and character set.
pub fn label(walk: &mut Walk<'_>, node: &Node) {
    let Some(scalar) = node.scalar() else { return };
    let text = scalar.text.as_str();
    let is_inner = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let is_outer = |byte: Option<u8>| byte.is_none_or(|byte| byte.is_ascii_alphanumeric());
    let good = text.len() <= 63
        && text.bytes().all(is_inner)
        && is_outer(text.bytes().next())
        && is_outer(text.bytes().last());
    if good || node.is_null() || is_placeholder(text) {
        return;
    }
    let fault = fault(walk, FaultKind::Schema, node)
        .says(format!("`{}` of {} is not the value of a label", walk.place(), walk.kind()))
        .witness("a label holds at most 63 letters, digits, `-`, `_` and `.`, and begins and ends with a letter or digit: the API server refuses it")
        .repair("shorten it, or make it an annotation");
    walk.found.push(fault);
}
