//! Proves that each image is named so that it means the same tomorrow.
//!
//! Broken: an image without a tag, or with a tag that is moved by its nature: `latest`, `main`, `stable`
//! and the like. A digest settles it whatever the tag says. One finding for all.
//!
//! Source: Kubernetes, *Images*: the tag `latest` is taken where none is stated, and is pulled anew at each start.

use sehat_diagnostic::Origin;
use sehat_platform::inventory::Stated;
use sehat_platform::inventory::workload::Workload;
use sehat_verdict::{Finding, Severity};

use crate::load::{first_and_more, quoted, verb, with_places};
use crate::{Context, Outcome, Rule};

const NAME: &str = "image-tag-immutable";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "Deployed images are pinned by digest or by a tag that stays.",
    severity: Severity::Medium,
    hygiene: true,
    source: "Kubernetes: Images",
    file: include_str!("image_tag_immutable.rs"),
    judge,
};

/// Tags that their owners move.
const MOVING: [&str; 11] =
    ["latest", "main", "master", "develop", "dev", "edge", "nightly", "stable", "snapshot", "canary", "head"];

fn judge(context: &Context<'_>) -> Outcome {
    let images = context.inventory.workloads.iter().flat_map(|workload| {
        let images = workload.pod.all_containers().filter_map(|container| container.image.as_ref());
        images.filter(|image| moves(image)).map(move |image| (workload, image))
    });
    let moving: Vec<(&Workload, &Stated<String>)> = images.collect();
    finding(&moving).into_iter().collect::<Vec<_>>().into()
}

fn moves(image: &str) -> bool {
    if image.contains('@') || image.contains("$(") || image.contains("${") || image.is_empty() {
        return false;
    }
    let last = image.rsplit('/').next().unwrap_or(image);
    last.split_once(':').is_none_or(|(_, tag)| MOVING.contains(&tag.to_ascii_lowercase().as_str()))
}

fn finding(moving: &[(&Workload, &Stated<String>)]) -> Option<Finding> {
    let (workload, image) = moving.first()?;
    let subject = first_and_more(&workload.object.id, moving.len());
    let places: Vec<(&Origin, &str)> = moving.iter().map(|(_, image)| (&image.origin, "moves")).collect();
    let finding = Finding::broken(NAME, Severity::Medium, subject)
        .says(format!(
            "{} {} an image whose name may mean another one tomorrow: `{image}`",
            quoted(&workload.object.id, moving.len()),
            verb(moving.len(), "runs", "run")
        ))
        .witness("pods of one rollout may run different builds, and a rollback brings nothing back")
        .repair("name the version that was built, or its digest");
    Some(with_places(finding, &places))
}
