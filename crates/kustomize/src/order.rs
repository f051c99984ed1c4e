//! The order in which kustomize prints objects.

use sehat_yaml::Node;

use crate::config;
use crate::fault::{Fault, fault};
use crate::kustomization::Kustomization;
use crate::object::{Id, Object};

pub(crate) fn sort(kustomization: &Kustomization, objects: &mut [Object]) -> Result<(), Fault> {
    let Some(options) = kustomization.get("sortOptions") else {
        objects.sort_by_cached_key(|object| key(&object.id(), config::order(&object.gvk())));
        return Ok(());
    };
    let lists = options.get("legacySortOptions").filter(|lists| !lists.is_null());
    match (options.get("order").and_then(Node::as_text), lists) {
        (Some("fifo"), None) => Ok(()),
        (Some("legacy"), None) => {
            objects.sort_by_cached_key(|object| key(&object.id(), config::order(&object.gvk())));
            Ok(())
        }
        (Some("legacy"), Some(lists)) => {
            let list = |name: &str| -> Vec<&str> {
                let items = lists.get(name).map(Node::items).unwrap_or_default();
                items.iter().filter_map(Node::as_text).collect()
            };
            let (start, end) = (list("orderFirst"), list("orderLast"));
            objects.sort_by_cached_key(|object| key(&object.id(), config::rank(&object.gvk(), &start, &end)));
            Ok(())
        }
        _ => {
            let help = "write `order: fifo`, or `order: legacy` with or without `legacySortOptions`";
            Err(fault("kustomize-order", "there is no such order", &options.origin, help))
        }
    }
}

type Rank = (usize, String);

fn key(id: &Id, rank: Rank) -> (Rank, String, String) {
    let word = |text: &str, none: &str| if text.is_empty() { none.to_owned() } else { text.to_owned() };
    let place = format!("{}|{}", word(&id.namespace, "~X"), word(&id.name, "~N"));
    (rank, id.gvk.api_version(), place)
}
