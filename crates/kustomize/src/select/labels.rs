//! Label selectors in one line: `app=web,tier in (a, b),!old`.

use sehat_yaml::Node;

use crate::fault::{Fault, fault};

#[derive(Debug, Default)]
pub(super) struct Labels(Vec<Requirement>);

#[derive(Debug, PartialEq)]
struct Requirement {
    key: String,
    operator: Operator,
}

#[derive(Debug, PartialEq)]
enum Operator {
    Exists,
    Missing,
    In(Vec<String>),
    NotIn(Vec<String>),
    Greater(i64),
    Less(i64),
}

impl Labels {
    pub fn read(node: Option<&Node>) -> Result<Self, Fault> {
        let Some((node, text)) = node.and_then(|node| Some((node, node.as_text()?))) else {
            return Ok(Self::default());
        };
        parse(text).ok_or_else(|| {
            let message = format!("`{text}` is no selector of labels");
            fault("kustomize-selector", message, &node.origin, "write it as in `app=web,tier in (a, b)`")
        })
    }

    pub fn fit(&self, labels: Option<&Node>) -> bool {
        self.0.iter().all(|requirement| {
            let value = labels.and_then(|labels| labels.get(&requirement.key));
            requirement.operator.fits(value.map(|value| value.as_text().unwrap_or_default()))
        })
    }
}

impl Operator {
    fn fits(&self, value: Option<&str>) -> bool {
        let number = || value.and_then(|value| value.parse::<i64>().ok());
        match self {
            Self::Exists => value.is_some(),
            Self::Missing => value.is_none(),
            Self::In(values) => value.is_some_and(|value| values.iter().any(|known| known == value)),
            Self::NotIn(values) => value.is_none_or(|value| values.iter().all(|known| known != value)),
            Self::Greater(than) => number().is_some_and(|number| number > *than),
            Self::Less(than) => number().is_some_and(|number| number < *than),
        }
    }
}

fn parse(text: &str) -> Option<Labels> {
    let parts = split(text).into_iter().map(str::trim).filter(|part| !part.is_empty());
    parts.map(requirement).collect::<Option<Vec<_>>>().map(Labels)
}

/// Splits at commas that stand outside of brackets.
fn split(text: &str) -> Vec<&str> {
    let (mut parts, mut start, mut depth) = (Vec::new(), 0, 0_i32);
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

fn requirement(part: &str) -> Option<Requirement> {
    if let Some(key) = part.strip_prefix('!') {
        return Some(Requirement { key: word(key)?, operator: Operator::Missing });
    }
    for (sign, negated) in [("!=", true), ("==", false), ("=", false)] {
        if let Some((key, value)) = part.split_once(sign) {
            let values = vec![value.trim().to_owned()];
            let operator = if negated { Operator::NotIn(values) } else { Operator::In(values) };
            return Some(Requirement { key: word(key)?, operator });
        }
    }
    if let Some((key, value)) = part.split_once('>') {
        return Some(Requirement {
            key: word(key)?,
            operator: Operator::Greater(value.trim().parse().ok()?),
        });
    }
    if let Some((key, value)) = part.split_once('<') {
        return Some(Requirement { key: word(key)?, operator: Operator::Less(value.trim().parse().ok()?) });
    }
    let Some((head, set)) = part.split_once('(') else {
        return Some(Requirement { key: word(part)?, operator: Operator::Exists });
    };
    let values = set.trim_end().strip_suffix(')')?.split(',').map(|value| value.trim().to_owned()).collect();
    let mut words = head.split_whitespace();
    let (key, name) = (words.next()?, words.next()?);
    let operator = match (name, words.next()) {
        ("in", None) => Operator::In(values),
        ("notin", None) => Operator::NotIn(values),
        _ => return None,
    };
    Some(Requirement { key: word(key)?, operator })
}

fn word(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty() && !text.contains(char::is_whitespace)).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_selectors() {
        let read = |text| format!("{:?}", parse(text).map(|labels| labels.0.len()));
        assert_eq!(read("app=web, tier in (a, b),!old,x,y!=1,z notin (q),n>3"), "Some(7)");
        assert_eq!(read("a b"), "None");
        assert_eq!(read("a in b)"), "None");
        assert_eq!(read(""), "Some(0)");
    }
}
