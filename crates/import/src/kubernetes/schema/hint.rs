//! Which field was meant.

use sehat_catalog::{Shape, Type};
use sehat_diagnostic::nearest;

pub struct Hint {
    pub repair: String,
    /// The name to write instead, where it is only a slip.
    pub name: Option<String>,
}

/// A shape with more fields is not listed.
const LISTED_MAX: usize = 10;

pub fn of(key: &str, shape: &'static Shape, above: &[&'static Shape]) -> Hint {
    let hint = |repair| Hint { repair, name: None };
    if let Some(name) = slip(key, shape) {
        return Hint { repair: format!("write `{name}`"), name: Some(name.to_owned()) };
    }
    if let Some(name) = alike(key, shape) {
        return hint(format!("write `{name}`, if that is meant, or remove it"));
    }
    if let Some(child) = holder(key, shape) {
        return hint(format!("move it into `{child}`"));
    }
    if above.iter().rev().skip(1).any(|shape| shape.field(key).is_some()) {
        return hint("move it out: a level above has this field".to_owned());
    }
    if !shape.fields.is_empty() && shape.fields.len() <= LISTED_MAX {
        return hint(format!("remove it, or use one of: {}", shape.names().collect::<Vec<_>>().join(", ")));
    }
    hint("remove it, or write the field that is meant".to_owned())
}

/// A name with other letters at one or two places, or in other case.
fn slip(key: &str, shape: &'static Shape) -> Option<&'static str> {
    let same = shape.names().find(|name| name.eq_ignore_ascii_case(key));
    same.or_else(|| {
        nearest(key, shape.names()).filter(|name| key.len() >= 4 && name.len().abs_diff(key.len()) <= 2)
    })
}

/// A name that ends alike, as `clusterSize` for `size`, or begins alike, as `enablePodMonitor` for `enabled`.
fn alike(key: &str, shape: &'static Shape) -> Option<&'static str> {
    let lower = key.to_ascii_lowercase();
    let ends = shape.names().find(|name| key.len() >= 4 && name.to_ascii_lowercase().ends_with(&lower));
    let stem = lower.get(..6).filter(|_| lower.is_ascii());
    ends.or_else(|| {
        shape.names().find(|name| stem.is_some_and(|stem| name.to_ascii_lowercase().starts_with(stem)))
    })
}

/// The field one level below that has it.
fn holder(key: &str, shape: &'static Shape) -> Option<&'static str> {
    let has = |value: &Type| match value {
        Type::Fields(reference) => reference.shape().is_some_and(|shape| shape.field(key).is_some()),
        Type::List(inner) => {
            matches!(&**inner, Type::Fields(reference) if reference.shape().is_some_and(|shape| shape.field(key).is_some()))
        }
        _ => false,
    };
    shape.fields.iter().find(|field| has(&field.value)).map(|field| field.name)
}
