//! Kinds and versions that are not served.

use sehat_catalog::{KindStatus, Removal, ServedKind};
use sehat_diagnostic::Origin;
use sehat_platform::inventory::Object;
use sehat_platform::inventory::format::{Fault, FaultKind, Release};
use sehat_yaml::Node;

pub fn fault(node: &Node, object: &Object, status: KindStatus) -> Option<Fault> {
    match status {
        KindStatus::Gone { removal, now } => Some(gone(object, removal, now)),
        KindStatus::Elsewhere(now) => Some(elsewhere(object, now)),
        KindStatus::Misspelt { kind, now } => Some(misspelt(node, object, kind, now)),
        KindStatus::Served(_) | KindStatus::Foreign => None,
    }
}

fn gone(object: &Object, removal: Option<&Removal>, now: Option<ServedKind>) -> Fault {
    let (version, kind) = (&object.api_version.value, &object.id.kind);
    let since =
        removal.map_or_else(String::new, |removal| format!(" since {} {}", removal.product, removal.release));
    let now = now.map(|now| now.api_version);
    let fault = Fault::new(FaultKind::Version, super::subject(object), &object.api_version.origin)
        .says(format!("`{version}` is not served{since}"))
        .witness(format!("no matches for kind \"{kind}\" in version \"{version}\": nothing of it is made"))
        .repair(now.map_or_else(
            || "remove it: nothing has taken its place under this name".to_owned(),
            |now| format!("write `apiVersion: {now}`, and hold the fields against it"),
        ))
        .instead(now.map(str::to_owned))
        .grave();
    let release = removal
        .map(|removal| Release { product: removal.product.to_owned(), version: removal.release.to_owned() });
    Fault { release, ..fault }
}

fn elsewhere(object: &Object, now: ServedKind) -> Fault {
    let (version, kind) = (&object.api_version.value, &object.id.kind);
    Fault::new(FaultKind::Schema, super::subject(object), &object.api_version.origin)
        .says(format!("`{version}` has no kind `{kind}`: it is one of `{}`", now.api_version))
        .witness(format!("no matches for kind \"{kind}\" in version \"{version}\"; {} has it", now.source()))
        .repair(format!("write `apiVersion: {}`", now.api_version))
        .instead(Some(now.api_version.to_owned()))
        .grave()
}

fn misspelt(node: &Node, object: &Object, kind: &str, now: ServedKind) -> Fault {
    let place = node.get("kind").map_or_else(Origin::default, |kind| kind.origin.clone());
    let version = &object.api_version.value;
    Fault::new(FaultKind::Schema, super::subject(object), &place)
        .says(format!("`{version}` has no kind `{}`", object.id.kind))
        .witness(format!(
            "no matches for kind \"{}\" in version \"{version}\"; {} has {kind}",
            object.id.kind,
            now.source()
        ))
        .repair(format!("write `kind: {kind}`"))
        .instead(Some(kind.to_owned()))
        .grave()
}
