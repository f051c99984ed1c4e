//! The keys and values of a generator: from files of variables, from literals, from whole files.

use sehat_diagnostic::Origin;
use sehat_yaml::Node;

use crate::build::Builder;
use crate::fault::{Fault, fault};
use crate::kustomization::Kustomization;

pub(super) struct Pair {
    pub key: String,
    pub value: Vec<u8>,
    pub origin: Origin,
}

pub(super) fn read(
    builder: &mut Builder<'_>,
    kustomization: &Kustomization,
    entry: &Node,
) -> Result<Vec<Pair>, Fault> {
    let list = |field: &str| entry.get(field).map(Node::items).unwrap_or_default();
    let mut pairs = Vec::new();
    let one = entry.get("env").filter(|node| node.as_text().is_some_and(|text| !text.is_empty()));
    for source in list("envs").iter().chain(one) {
        let (_, bytes) = builder.bytes(kustomization, source)?;
        variables(&bytes, &source.origin, &mut pairs)?;
    }
    for source in list("literals") {
        pairs.push(literal(source)?);
    }
    for source in list("files") {
        let (key, path) = file_source(source)?;
        let (_, value) = builder.bytes(kustomization, &path)?;
        pairs.push(Pair { key, value, origin: source.origin.clone() });
    }
    Ok(pairs)
}

/// Lines of `NAME=value`; what is empty and what starts with `#` is passed over.
fn variables(bytes: &[u8], origin: &Origin, pairs: &mut Vec<Pair>) -> Result<(), Fault> {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return Err(fault(
            "kustomize-generator",
            "this file of variables is not text in UTF-8",
            origin,
            "name it under `files`",
        ));
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    for line in text.lines().map(str::trim_start).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (key, value) = line.split_once('=').unwrap_or((line, ""));
        if !key.is_empty() {
            pairs.push(Pair {
                key: key.to_owned(),
                value: value.as_bytes().to_vec(),
                origin: origin.clone(),
            });
        }
    }
    Ok(())
}

/// `key=value`, the value perhaps in quotes.
fn literal(source: &Node) -> Result<Pair, Fault> {
    match source.as_text().unwrap_or_default().split_once('=') {
        Some((key, value)) if !key.is_empty() => {
            let inner = |quote: char| value.strip_prefix(quote)?.strip_suffix(quote);
            let value = inner('"').or_else(|| inner('\'')).unwrap_or(value);
            Ok(Pair { key: key.to_owned(), value: value.as_bytes().to_vec(), origin: source.origin.clone() })
        }
        _ => Err(fault(
            "kustomize-generator",
            "this is no `key=value`",
            &source.origin,
            "write a key, `=` and a value",
        )),
    }
}

/// `path`, whose last part is the key, or `key=path`.
fn file_source(source: &Node) -> Result<(String, Node), Fault> {
    let text = source.as_text().unwrap_or_default();
    let parts: Vec<&str> = text.split('=').collect();
    let path = |path: &str| Node::quoted(path, source.origin.clone());
    match parts.as_slice() {
        [file] => {
            let base = file.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
            Ok((base.to_owned(), path(file)))
        }
        [key, file] if !key.is_empty() && !file.is_empty() => Ok(((*key).to_owned(), path(file))),
        _ => Err(fault(
            "kustomize-generator",
            "this is no `path` and no `key=path`",
            &source.origin,
            "write one `=` between key and path",
        )),
    }
}
