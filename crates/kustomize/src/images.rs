//! Names, tags and digests of images.

use regex::Regex;
use sehat_diagnostic::Origin;
use sehat_yaml::{Node, Value};

use crate::accumulate::Accumulator;
use crate::fault::{Fault, fault};
use crate::fields::{Create, Field};
use crate::kustomization::Kustomization;

pub(crate) fn run(kustomization: &Kustomization, gathered: &mut Accumulator) -> Result<(), Fault> {
    let config = gathered.config.clone();
    let entries = kustomization.items("images").iter().chain(kustomization.items("imageTags"));
    for entry in entries {
        apply(gathered, &config.images, entry)?;
    }
    Ok(())
}

pub(crate) fn apply(gathered: &mut Accumulator, fields: &[Field], entry: &Node) -> Result<(), Fault> {
    let change = Change::read(entry)?;
    for object in &mut gathered.objects {
        if object.kind() == "CustomResourceDefinition" {
            continue;
        }
        change.walk(&mut object.node);
        let gvk = object.gvk();
        for field in fields.iter().filter(|field| gvk.is_selected_by(&field.gvk)) {
            field.visit(&mut object.node, Create::Never, &entry.origin, &mut |node| {
                change.set(node);
                Ok(())
            })?;
        }
    }
    Ok(())
}

struct Change {
    pattern: Regex,
    name: Option<String>,
    tag: Option<String>,
    suffix: Option<String>,
    digest: Option<String>,
    origin: Origin,
}

impl Change {
    fn read(entry: &Node) -> Result<Self, Fault> {
        let node =
            |key: &str| entry.get(key).filter(|node| node.as_text().is_some_and(|text| !text.is_empty()));
        let word = |key: &str| node(key).and_then(Node::as_text).map(str::to_owned);
        let name = word("name").unwrap_or_default();
        // kustomize takes the name as a part of the pattern, as it stands.
        let pattern = format!("^{name}(:[a-zA-Z0-9_.{{}}-]*)?(@sha256:[a-zA-Z0-9_.{{}}-]*)?$");
        let pattern = Regex::new(&pattern).map_err(|_| {
            let message = format!("the name `{name}` is no regular expression, as which kustomize takes it");
            fault("kustomize-image", message, &entry.origin, "escape its special signs with `\\`")
        })?;
        let first = ["newTag", "digest", "newName", "tagSuffix"].into_iter().find_map(node);
        Ok(Self {
            pattern,
            name: word("newName"),
            tag: word("newTag"),
            suffix: word("tagSuffix"),
            digest: word("digest"),
            origin: first.unwrap_or(entry).origin.clone(),
        })
    }

    /// Changes the images of all lists of containers, wherever they are.
    fn walk(&self, node: &mut Node) {
        match &mut node.value {
            Value::Map(entries) => {
                for (key, value) in entries {
                    self.walk(value);
                    if key.text == "containers" || key.text == "initContainers" {
                        self.containers(value);
                    }
                }
            }
            Value::List(items) => items.iter_mut().for_each(|item| self.walk(item)),
            Value::Scalar(_) => {}
        }
    }

    fn containers(&self, node: &mut Node) {
        if let Value::List(items) = &mut node.value {
            items.iter_mut().filter_map(|item| item.get_mut("image")).for_each(|image| self.set(image));
        }
    }

    fn set(&self, node: &mut Node) {
        let Some(image) = node.as_text().filter(|image| self.pattern.is_match(image)) else { return };
        *node = Node::quoted(self.changed(image), self.origin.clone());
    }

    fn changed(&self, image: &str) -> String {
        let (name, mut tag, mut digest) = split(image);
        match (&self.tag, &self.digest, &self.suffix) {
            (Some(new), new_digest, _) => {
                tag.clone_from(new);
                digest = new_digest.clone().unwrap_or_default();
            }
            (None, Some(new), _) => {
                tag.clear();
                digest.clone_from(new);
            }
            (None, None, Some(suffix)) => {
                tag.push_str(suffix);
                digest.clear();
            }
            (None, None, None) => {}
        }
        let mut image = self.name.clone().unwrap_or(name);
        for (sign, part) in [(':', tag), ('@', digest)] {
            if !part.is_empty() {
                image.push(sign);
                image.push_str(&part);
            }
        }
        image
    }
}

/// Returns name, tag and digest. A colon before the first slash belongs to the host.
fn split(image: &str) -> (String, String, String) {
    let start = image.find('/').unwrap_or(0);
    let (body, digest) = match image[start..].find('@') {
        Some(at) => (&image[..start + at], &image[start + at + 1..]),
        None => (image, ""),
    };
    let (name, tag) = match body[start..].find(':') {
        Some(at) => (&body[..start + at], &body[start + at + 1..]),
        None => (body, ""),
    };
    (name.to_owned(), tag.to_owned(), digest.to_owned())
}
