//! What can be told of faults when everything has been read.

use std::collections::{HashMap, HashSet};

use sehat_diagnostic::Diagnostic;
use sehat_platform::inventory::ObjectId;
use sehat_platform::inventory::format::{Fault, FaultKind};

use crate::Context;

/// Takes over what was left open: fields that may stand in another file, and keys that stand twice.
pub fn settle(cx: &mut Context) {
    let mut seen = HashSet::new();
    // A family may refuse what the schema has refused before.
    cx.inventory.format.retain(|fault| seen.insert(fault.origin.clone()));
    let missing = std::mem::take(&mut cx.missing);
    if !missing.is_empty() {
        let counts = count_names(cx);
        let whole =
            missing.into_iter().filter(|(id, _)| counts.get(&(id.kind.clone(), id.name.clone())) == Some(&1));
        let whole: Vec<Fault> = whole.map(|(_, fault)| fault).collect();
        cx.inventory.format.extend(whole);
    }
    let (twice, others) =
        std::mem::take(&mut cx.diagnostics).into_iter().partition(|found| found.code == "duplicate-key");
    cx.diagnostics = others;
    cx.inventory.format.extend(Vec::into_iter(twice).filter_map(|found| duplicate(&found)));
}

/// An object that is there twice is a base and its patch.
fn count_names(cx: &Context) -> HashMap<(String, String), usize> {
    let mut counts = HashMap::new();
    for ObjectId { kind, name, .. } in cx.inventory.objects.iter().map(|object| &object.id) {
        *counts.entry((kind.clone(), name.clone())).or_default() += 1;
    }
    counts
}

/// The first of two was taken where Go's reader takes the last or refuses the file.
fn duplicate(found: &Diagnostic) -> Option<Fault> {
    let origin = found.origin.as_ref()?;
    Some(
        Fault::new(FaultKind::Schema, origin.path.to_string(), origin)
            .says(found.message.clone())
            .witness("a strict reader refuses the file, another takes one of the two and drops the other")
            .repair("keep one of them")
            .grave(),
    )
}
