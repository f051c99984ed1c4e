//! `vars`: `$(NAME)` becomes the value of a field of some object.

use std::collections::{BTreeMap, BTreeSet};

use sehat_diagnostic::{Diagnostic, Level, Origin};
use sehat_yaml::{Node, Plain, Scalar, Value};

use crate::accumulate::Accumulator;
use crate::config::gvk;
use crate::fault::{Fault, fault};
use crate::fields::{Create, split_dots};
use crate::kustomization::Kustomization;
use crate::object::{Gvk, Id};

#[derive(Clone, Debug)]
pub(crate) struct Variable {
    path: String,
    origin: Origin,
}

/// Takes the variables of a kustomization, and notes which objects they mean before names change further.
pub(crate) fn gather(kustomization: &Kustomization, gathered: &mut Accumulator) -> Result<(), Fault> {
    for entry in kustomization.items("vars") {
        let word = |path: &[&str]| entry.at(path).and_then(Node::as_text).unwrap_or_default();
        let name = word(&["name"]).to_owned();
        if gathered.variables.contains_key(&name) {
            let message = format!("there are two variables `{name}`");
            return Err(fault("kustomize-variable", message, &entry.origin, "rename one"));
        }
        let path = match word(&["fieldref", "fieldPath"]) {
            "" => "metadata.name".to_owned(),
            path => path.to_owned(),
        };
        let id = target(entry);
        let found: Vec<usize> =
            gathered.named(&id.name).into_iter().filter(|at| fits(&gathered.objects[*at], &id)).collect();
        if found.len() > 1 {
            let message = format!("the variable `{name}` may mean {} objects", found.len());
            return Err(fault("kustomize-variable", message, &entry.origin, "write the namespace too"));
        }
        for at in found {
            gathered.objects[at].variables.push(name.clone());
        }
        gathered.variables.insert(name, Variable { path, origin: entry.origin.clone() });
    }
    Ok(())
}

fn target(entry: &Node) -> Id {
    let object = entry.get("objref");
    let word = |key: &str| object.and_then(|object| object.get(key)?.as_text()).unwrap_or_default();
    let mut kind = object.map(gvk).unwrap_or_default();
    if !word("apiVersion").is_empty() {
        kind = Gvk::new(word("apiVersion"), &kind.kind);
    }
    Id { gvk: kind, name: word("name").to_owned(), namespace: word("namespace").to_owned(), cluster: false }
}

/// A variable without a namespace means an object of any.
fn fits(object: &crate::object::Object, wanted: &Id) -> bool {
    object.ids().any(|id| {
        let same = id.name == wanted.name && id.gvk == wanted.gvk;
        same && (wanted.namespace.is_empty() || id.has_same_namespace(wanted))
    })
}

/// Writes the values of all variables.
pub(crate) fn resolve(gathered: &mut Accumulator, diagnostics: &mut Vec<Diagnostic>) -> Result<(), Fault> {
    if gathered.variables.is_empty() {
        return Ok(());
    }
    let mut writer = Writer { values: values(gathered)?, used: BTreeSet::new() };
    let config = gathered.config.clone();
    for object in &mut gathered.objects {
        let (kind, origin) = (object.gvk(), object.node.origin.clone());
        for field in config.variables.iter().filter(|field| kind.is_selected_by(&field.gvk)) {
            field.visit(&mut object.node, Create::Never, &origin, &mut |node| writer.write(node))?;
        }
    }
    for (name, variable) in &gathered.variables {
        if !writer.used.contains(name) {
            let mut warning =
                Diagnostic::error("kustomize-variable", format!("nothing uses the variable `{name}`"));
            warning.level = Level::Warning;
            diagnostics.push(warning.at(&variable.origin, "unused").help("take it away"));
        }
    }
    Ok(())
}

fn values(gathered: &Accumulator) -> Result<BTreeMap<String, Scalar>, Fault> {
    let mut values = BTreeMap::new();
    for (name, variable) in &gathered.variables {
        let object = gathered.objects.iter().find(|object| object.variables.contains(name));
        let value = object.and_then(|object| find(&object.node, &variable.path));
        let Some(scalar) = value.and_then(Node::scalar) else {
            let message =
                format!("the variable `{name}` has no value: there is no such object, or no such field");
            let help = "compare `objref` and `fieldref` with the resources";
            return Err(fault("kustomize-variable", message, &variable.origin, help));
        };
        values.insert(name.clone(), scalar.clone());
    }
    Ok(values)
}

fn find<'a>(node: &'a Node, path: &str) -> Option<&'a Node> {
    // `ports[0].port` is `ports.0.port`.
    let path = path.replace('[', ".[");
    split_dots(&path).iter().filter(|part| !part.is_empty()).try_fold(node, |node, part| {
        let index = part.trim_matches(['[', ']']).parse::<usize>();
        match (&node.value, index) {
            (Value::List(items), Ok(index)) => items.get(index),
            _ => node.get(part),
        }
    })
}

struct Writer {
    values: BTreeMap<String, Scalar>,
    used: BTreeSet<String>,
}

impl Writer {
    fn write(&mut self, node: &mut Node) -> Result<(), Fault> {
        match &mut node.value {
            Value::Scalar(scalar) => self.write_scalar(scalar),
            Value::Map(entries) => {
                for (_, value) in entries {
                    if let Value::Scalar(scalar) = &mut value.value {
                        self.write_scalar(scalar);
                    }
                }
            }
            Value::List(items) => {
                for item in items {
                    match &mut item.value {
                        Value::Scalar(scalar) if matches!(scalar.plain(), Plain::Text(_)) => {
                            self.write_scalar(scalar);
                        }
                        _ => {
                            let help = "put it into quotes, or take the field out of `varReference`";
                            return Err(fault(
                                "kustomize-variable",
                                "this may hold a variable, and is no text",
                                &item.origin,
                                help,
                            ));
                        }
                    }
                }
            }
        }
        Ok(())
    }

    fn write_scalar(&mut self, scalar: &mut Scalar) {
        if !matches!(scalar.plain(), Plain::Text(_)) || !scalar.text.contains('$') {
            return;
        }
        let whole = scalar.text.strip_prefix("$(").and_then(|rest| rest.strip_suffix(')'));
        if let Some(value) = whole.and_then(|name| self.values.get(name)).cloned() {
            self.used.extend(whole.map(str::to_owned));
            *scalar = value;
            return;
        }
        *scalar = Scalar { text: self.expand(&scalar.text), quoted: true, tag: None };
    }

    /// `$$` is a dollar sign, and a name that means nothing stays.
    fn expand(&mut self, text: &str) -> String {
        let (mut out, mut rest) = (String::new(), text);
        while let Some(at) = rest.find('$') {
            out.push_str(&rest[..at]);
            rest = &rest[at + 1..];
            let name = rest.strip_prefix('(').and_then(|inner| inner.split_once(')'));
            if let Some((name, behind)) = name {
                match self.values.get(name) {
                    Some(value) => {
                        self.used.insert(name.to_owned());
                        out.push_str(&crate::finish::shown(value));
                    }
                    None => out.extend(["$(", name, ")"]),
                }
                rest = behind;
            } else {
                out.push('$');
                rest = rest.strip_prefix('$').unwrap_or(rest);
            }
        }
        out.push_str(rest);
        out
    }
}
