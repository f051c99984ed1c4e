//! Proves that what a store keeps has room, and outlives the pod that wrote it.
//!
//! Broken: a database whose folder of data lies on no volume, or on one that ends with the pod; a limit of
//! size for metrics that is not smaller than the volume they lie on.
//!
//! Unknown: metrics kept for a time on a volume of a size, with nothing that says how much a day of them weighs.
//!
//! The folder of data is told by the official image; where a container states another folder in its
//! environment (`PGDATA`), that one counts.
//!
//! Source: the images' own pages on Docker Hub; Prometheus, *Storage*: the retention by size should be 80 to 85 %
//! of the disk at most.

mod prose;

use sehat_diagnostic::Origin;
use sehat_platform::Bytes;
use sehat_platform::inventory::Stated;
use sehat_platform::inventory::workload::{Container, EnvValue, Mount, VolumeSource, Workload, WorkloadKind};
use sehat_verdict::{Finding, Severity};

use crate::load::{claim_of, image_name};
use crate::rules::capacity::amounts::shown;
use crate::{Context, Outcome, Rule};

const NAME: &str = "storage-usable-and-growth";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "What a store keeps has room, and outlives its pod.",
    severity: Severity::High,
    hygiene: false,
    source: "official images' documentation; Prometheus: Storage",
    file: include_str!("storage_usable_and_growth.rs"),
    judge: |context| crate::prose::and(judge(context), prose::judge(context)),
};

/// Official images of databases, where they keep their data, and what moves it.
const STORES: [(&str, &str, &str); 8] = [
    ("postgres", "/var/lib/postgresql", "PGDATA"),
    ("mysql", "/var/lib/mysql", ""),
    ("mariadb", "/var/lib/mysql", ""),
    ("mongo", "/data/db", ""),
    ("elasticsearch", "/usr/share/elasticsearch/data", ""),
    ("opensearch", "/usr/share/opensearch/data", ""),
    ("cassandra", "/var/lib/cassandra", ""),
    ("influxdb", "/var/lib/influxdb", ""),
];

fn judge(context: &Context<'_>) -> Outcome {
    let staying = context.inventory.workloads.iter().filter(|workload| {
        !workload.kind.ends() && workload.owner.is_none() && workload.kind != WorkloadKind::Operated
    });
    let containers =
        staying.flat_map(|workload| workload.pod.containers.iter().map(move |one| (workload, one)));
    containers
        .flat_map(|(workload, container)| {
            let lost = lost_with_pod(workload, container);
            lost.into_iter().chain(metrics(context, workload, container))
        })
        .collect::<Vec<_>>()
        .into()
}

fn lost_with_pod(workload: &Workload, container: &Container) -> Option<Finding> {
    let image = container.image.as_ref()?;
    let (product, usual, moved_by) = STORES.iter().find(|(name, ..)| *name == image_name(image))?;
    // A client of the same image runs a command of its own.
    if container.command.iter().any(|word| !word.contains(product)) && !container.command.is_empty() {
        return None;
    }
    let moved = container.env.iter().find(|env| !moved_by.is_empty() && env.name == *moved_by);
    let folder = match moved.map(|env| &env.value) {
        Some(EnvValue::Text(text)) => text.value.as_str(),
        Some(_) => return None,
        None => usual,
    };
    let mount = mount_over(container, folder);
    let (at, message) = match mount.map(|mount| (mount, kept(workload, mount))) {
        Some((_, true)) => return None,
        Some((mount, false)) => (&mount.volume.origin, "lies on a volume that ends with the pod"),
        None => (&container.origin, "lies on no volume"),
    };
    Some(
        Finding::broken(NAME, Severity::Medium, workload.object.id.to_string())
            .says(format!("the data of `{}` in {folder} {message}", workload.object.id))
            .witness("when the pod is moved or replaced, the database starts empty")
            .repair("mount a claim there, with a StatefulSet so that each replica has its own")
            .at(at, "not kept")
            .at(&image.origin, "a database"),
    )
}

/// The mount that holds a folder, or the one inside it.
fn mount_over<'a>(container: &'a Container, folder: &str) -> Option<&'a Mount> {
    let holds = |outer: &str, inner: &str| {
        let outer = outer.trim_end_matches('/');
        inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let over = container.mounts.iter().filter(|mount| holds(&mount.path, folder));
    let within = container.mounts.iter().filter(|mount| holds(folder, &mount.path));
    over.max_by_key(|mount| mount.path.len()).or_else(|| within.max_by_key(|mount| mount.path.len()))
}

fn kept(workload: &Workload, mount: &Mount) -> bool {
    let volume = workload.pod.volumes.iter().find(|volume| volume.name == mount.volume.value);
    !matches!(
        volume.map(|volume| &volume.source),
        Some(
            VolumeSource::EmptyDir
                | VolumeSource::ConfigMap { .. }
                | VolumeSource::Secret { .. }
                | VolumeSource::Ephemeral
        )
    )
}

/// How long and how much Prometheus keeps, against the volume it keeps it on.
fn metrics(context: &Context<'_>, workload: &Workload, container: &Container) -> Option<Finding> {
    let flag = |name: &str| {
        let words = container.args.iter().chain(&container.command);
        words.into_iter().find_map(|word| {
            Some(Stated::new(word.value.strip_prefix(name)?.to_owned(), word.origin.clone()))
        })
    };
    let (volume, at) = volume_of(context, workload, container)?;
    let size = flag("--storage.tsdb.retention.size=");
    if let Some((stated, bytes)) = size.and_then(|size| Some((size.clone(), prometheus_bytes(&size)?))) {
        return (bytes >= volume.0).then(|| too_large(workload, &stated, volume, at));
    }
    let time = flag("--storage.tsdb.retention.time=")?;
    Some(
        Finding::unknown(NAME, Severity::Medium, workload.object.id.to_string())
            .says(format!(
                "`{}` keeps metrics for {time} on {}, and nothing says how much a day of them weighs",
                workload.object.id,
                shown("memory", volume.0)
            ))
            .witness("a full disk stops Prometheus, and with it every alert")
            .repair("state `--storage.tsdb.retention.size` at four fifths of the volume")
            .at(&time.origin, "kept so long")
            .at(at, "so much room"),
    )
}

fn too_large(workload: &Workload, stated: &Stated<String>, volume: Bytes, at: &Origin) -> Finding {
    Finding::broken(NAME, Severity::High, workload.object.id.to_string())
        .says(format!(
            "`{}` may keep {stated} on a volume of {}",
            workload.object.id,
            shown("memory", volume.0)
        ))
        .witness(
            "the write-ahead log and compaction come on top, so the disk is full before the limit is reached",
        )
        .repair("keep four fifths of the volume at most")
        .at(&stated.origin, "kept so much")
        .at(at, "so much room")
}

/// Source: Prometheus, `units.Base2Bytes`: `KB` to `EB` are powers of 1024.
fn prometheus_bytes(text: &str) -> Option<u64> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let number: u64 = digits.parse().ok()?;
    let power = ["B", "KB", "MB", "GB", "TB", "PB"].iter().position(|unit| *unit == &text[digits.len()..])?;
    number.checked_mul(1_u64.checked_shl(10 * u32::try_from(power).ok()?)?)
}

/// The size of the volume under the folder of metrics.
fn volume_of<'a>(
    context: &Context<'a>,
    workload: &'a Workload,
    container: &Container,
) -> Option<(Bytes, &'a Origin)> {
    let path = container
        .args
        .iter()
        .find_map(|word| word.value.strip_prefix("--storage.tsdb.path="))
        .unwrap_or("/prometheus");
    let mount = mount_over(container, path)?;
    let template = workload.claims.iter().find(|claim| claim.object.id.name == mount.volume.value);
    let named = || {
        let volume = workload.pod.volumes.iter().find(|volume| volume.name == mount.volume.value)?;
        match &volume.source {
            VolumeSource::Claim(name) => claim_of(context, workload, name),
            _ => None,
        }
    };
    let size = template.or_else(named)?.size.as_ref()?;
    Some((size.value, &size.origin))
}
