//! Labels and annotations.

use sehat_yaml::{Node, Value};

use crate::accumulate::{Accumulator, field_conflict};
use crate::config::{self, Config};
use crate::fault::Fault;
use crate::fields::{Create, Field, merge_all, merge_one};
use crate::kustomization::Kustomization;
use crate::object::Gvk;
use crate::tree;

pub(crate) fn run(kustomization: &Kustomization, gathered: &mut Accumulator) -> Result<(), Fault> {
    let config = gathered.config.clone();
    for entry in kustomization.items("labels") {
        let fields = fields_of(entry, &config).map_err(|path| field_conflict(&path))?;
        apply(gathered, &fields, entry.get("pairs"))?;
    }
    apply(gathered, &config.common_labels, kustomization.get("commonLabels"))?;
    apply(gathered, &config.annotations, kustomization.get("commonAnnotations"))
}

/// Returns where an entry of `labels` puts them: into the metadata, and where it says so into templates and selectors.
fn fields_of(entry: &Node, config: &Config) -> Result<Vec<Field>, String> {
    let set = |name: &str| entry.get(name).and_then(Node::as_bool) == Some(true);
    let mut fields = config::fields(entry.get("fields"));
    merge_all(&mut fields, &config.labels)?;
    if set("includeSelectors") {
        merge_all(&mut fields, &config.common_labels)?;
        return Ok(fields);
    }
    if set("includeTemplates") {
        merge_all(&mut fields, &config.template_labels)?;
    }
    merge_one(&mut fields, &Field::new(Gvk::default(), "metadata/labels", true))?;
    Ok(fields)
}

/// Sets every pair in the map at each of the fields.
pub(crate) fn apply(gathered: &mut Accumulator, fields: &[Field], pairs: Option<&Node>) -> Result<(), Fault> {
    let pairs = tree::texts(pairs);
    let Some((_, first)) = pairs.first() else { return Ok(()) };
    for object in &mut gathered.objects {
        let gvk = object.gvk();
        for field in fields.iter().filter(|field| gvk.is_selected_by(&field.gvk)) {
            field.visit(&mut object.node, Create::Map, &first.origin, &mut |node| {
                if node.is_null() {
                    node.value = Value::Map(Vec::new());
                }
                for (key, value) in &pairs {
                    let text = value.as_text().unwrap_or_default();
                    tree::set(node, key, Node::quoted(text, value.origin.clone()));
                }
                Ok(())
            })?;
        }
    }
    Ok(())
}
