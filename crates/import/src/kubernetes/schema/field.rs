//! Fields that a schema does not have, asks for, or has in another form.

use sehat_catalog::{self as catalog, Field, Shape, Type};
use sehat_platform::inventory::format::{Fault, FaultKind};
use sehat_yaml::{Key, Node, Value};

use super::hint;
use super::walk::{Step, Walk};

/// A field that no schema has. `kubectl apply` refuses it by default; other clients have it dropped.
pub fn unknown<'a>(walk: &mut Walk<'a>, key: &'a Key, shape: &'static Shape) {
    if super::scalar::is_placeholder(&key.text) || is_for_tools(&key.text) {
        return;
    }
    walk.path.push(Step::Key(&key.text));
    let place = walk.place();
    walk.path.pop();
    let hint = hint::of(&key.text, shape, &walk.above);
    walk.found.push(
        Fault::new(FaultKind::Schema, walk.subject(), &key.origin)
            .says(format!("{} has no field `{place}`", walk.kind()))
            .witness(format!(
                "not in the schema of {}: a strict apply refuses the object, any other drops the field",
                walk.schema.source()
            ))
            .repair(hint.repair)
            .instead(hint.name)
            .grave(),
    );
}

/// `$patch` and the like direct a merge, `x-` is anybody's.
fn is_for_tools(key: &str) -> bool {
    key.starts_with('$') || key.starts_with("x-")
}

/// A field at the top that still works and will not for ever.
pub fn deprecated(walk: &mut Walk<'_>, key: &Key) {
    let kind = walk.object.id.kind.as_str();
    if walk.path.len() > 1 {
        return;
    }
    let Some(now) = catalog::deprecated(kind, &key.text) else { return };
    walk.found.push(
        Fault::new(FaultKind::Deprecated, walk.subject(), &key.origin)
            .says(format!("`{}` of a {kind} is deprecated in favour of `{now}`", key.text))
            .witness(format!("{}: it is warned of, and a later major release ends it", walk.schema.source()))
            .repair(format!("write `{now}`")),
    );
}

pub fn missing(walk: &mut Walk<'_>, node: &Node, wanted: &Field) {
    let place = walk.place();
    let place = if place.is_empty() { wanted.name.to_owned() } else { format!("{place}.{}", wanted.name) };
    walk.missing.push(
        Fault::new(FaultKind::Schema, walk.subject(), &node.origin)
            .says(format!("{} has no `{place}`, which it must have", walk.kind()))
            .witness(format!(
                "the schema of {} requires it: the API server refuses the object",
                walk.schema.source()
            ))
            .repair(format!("add `{}`", wanted.name))
            .grave(),
    );
}

/// A list where a map is expected, and the like.
pub fn wrong_form(walk: &mut Walk<'_>, node: &Node, wanted: &Type) {
    let is = match &node.value {
        Value::Map(_) => "a map",
        Value::List(_) => "a list",
        Value::Scalar(_) => "a single value",
    };
    let expected = expected(wanted);
    walk.found.push(
        Fault::new(FaultKind::Schema, walk.subject(), &node.origin)
            .says(format!("`{}` of {} is {is}, and {expected} is expected", walk.place(), walk.kind()))
            .witness(format!(
                "the schema of {} has it so: the API server refuses the object",
                walk.schema.source()
            ))
            .repair(format!("write {expected}"))
            .grave(),
    );
}

pub fn expected(wanted: &Type) -> &'static str {
    match wanted {
        Type::Any => "a value",
        Type::Text => "text",
        Type::Word(_) => "one of its words",
        Type::Int => "a whole number",
        Type::Number => "a number",
        Type::Bool => "`true` or `false`",
        Type::Quantity => "a quantity such as `512Mi`",
        Type::IntOrText => "a whole number or text",
        Type::List(_) => "a list",
        Type::Map(_) | Type::Fields(_) | Type::Metadata => "a map",
    }
}
