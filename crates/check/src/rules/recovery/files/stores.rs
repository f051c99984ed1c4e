//! Stores that files make, and the copies of each that files state.

use sehat_catalog as catalog;
use sehat_diagnostic::Origin;
use sehat_platform::inventory::delivery::Script;
use sehat_platform::inventory::operated::{Backup, Copied, Destination};
use sehat_platform::inventory::workload::{VolumeSource, Workload, WorkloadKind};
use sehat_platform::inventory::{Inventory, ObjectId, operated};

use crate::Context;
use crate::scripts::{Dump, dump_of, image, workload_of};

/// A database, cache or queue whose data outlives its pods.
pub struct Store<'a> {
    pub id: &'a ObjectId,
    pub origin: &'a Origin,
    /// The catalog's name.
    pub product: &'static str,
    pub operated: Option<&'a operated::Store>,
    /// Claims, or the beginnings of their names.
    claims: Vec<String>,
}

/// A copy of a store.
pub enum Copy<'a> {
    /// An operator's object.
    Backup(&'a Backup),
    /// The store's own resource.
    Own(&'a operated::StoreBackup),
    /// A command of a script.
    Dump { script: &'a Script, workload: Option<&'a Workload>, origin: Origin },
    /// Words say so.
    Said,
}

impl Store<'_> {
    /// A cache may be lost, as far as anybody can tell from files.
    pub fn is_cache(&self) -> bool {
        catalog::product(self.product)
            .is_some_and(|product| !matches!(product.kind, "database" | "object-store"))
    }
}

/// Returns every store, each once.
pub fn all<'a>(context: &Context<'a>) -> Vec<Store<'a>> {
    let inventory = context.inventory;
    let operated = inventory.operated.stores.iter().filter(|store| store.persists).map(|store| Store {
        id: &store.object.id,
        origin: &store.object.origin,
        product: store.product,
        claims: vec![store.object.id.name.clone()],
        operated: Some(store),
    });
    operated.chain(inventory.workloads.iter().filter_map(of_workload)).collect()
}

/// A workload that runs a store's own program on a volume that stays.
fn of_workload(workload: &Workload) -> Option<Store<'_>> {
    if workload.kind == WorkloadKind::Operated || workload.kind.ends() {
        return None;
    }
    let claims = claims(workload);
    let mut images = workload.pod.containers.iter().filter_map(|container| container.image.as_ref());
    let product = images.find_map(|stated| product_of(image(&stated.value).0))?;
    (!claims.is_empty()).then_some(Store {
        id: &workload.object.id,
        origin: &workload.object.origin,
        product,
        operated: None,
        claims,
    })
}

fn product_of(name: &str) -> Option<&'static str> {
    let product = catalog::product(name).filter(|product| catalog::store(product.name).is_some())?;
    matches!(product.kind, "database" | "cache" | "queue" | "search" | "object-store").then_some(product.name)
}

fn claims(workload: &Workload) -> Vec<String> {
    let own = &workload.object.id.name;
    let templates = workload.claims.iter().map(|claim| format!("{}-{own}-", claim.object.id.name));
    let mounted = workload.pod.volumes.iter().filter_map(|volume| match &volume.source {
        VolumeSource::Claim(name) => Some(name.value.clone()),
        _ => None,
    });
    templates.chain(mounted).collect()
}

/// Returns the copies of a store that come again by themselves.
pub fn copies<'a>(context: &Context<'a>, store: &Store<'a>) -> Vec<Copy<'a>> {
    let inventory = context.inventory;
    let mut found = Vec::new();
    found.extend(store.operated.and_then(|operated| operated.backup.as_ref()).map(Copy::Own));
    let backups =
        inventory.operated.backups.iter().filter(|backup| !backup.suspended && covers(backup, store));
    found.extend(backups.map(Copy::Backup));
    found.extend(inventory.delivery.all_scripts().flat_map(|script| dumps(context, script, store)));
    let said = inventory.prose.schedules.iter();
    let about = |name: &&str| {
        *name == store.product || catalog::product(store.product).is_some_and(|known| known.kind == *name)
    };
    found.extend(said.filter(|said| said.about.iter().any(&about)).map(|_| Copy::Said));
    found
}

fn covers(backup: &Backup, store: &Store<'_>) -> bool {
    match &backup.of {
        Copied::Nothing => false,
        Copied::Store(id, _) => id == store.id,
        Copied::Claim(id, _) => {
            id.namespace == store.id.namespace
                && store.claims.iter().any(|claim| id.name.starts_with(claim.as_str()))
        }
        Copied::Namespaces { included, excluded, volumes } => {
            let namespace = &store.id.namespace;
            *volumes && !excluded.contains(namespace) && (included.is_empty() || included.contains(namespace))
        }
    }
}

/// A dump of the same product, of a server whose name the store has, or of the only such store.
fn dumps<'a>(context: &Context<'a>, script: &'a Script, store: &Store<'a>) -> Vec<Copy<'a>> {
    let workload = workload_of(context.inventory, script);
    let lines = script.seen().into_iter().filter_map(|seen| {
        let (_, dump) = dump_of(seen.line)?;
        is_of(&dump, script, store, context).then(|| Copy::Dump {
            script,
            workload,
            origin: seen.line.origin.clone(),
        })
    });
    lines.collect()
}

fn is_of(dump: &Dump, script: &Script, store: &Store<'_>, context: &Context<'_>) -> bool {
    let same = catalog::product(dump.store).map(|product| product.name) == Some(store.product)
        || (dump.store, store.product) == ("mysql", "mariadb");
    if dump.store == "files" {
        return packs_claim(script, store, context.inventory);
    }
    let host =
        dump.command.option(&["-h", "--host"]).map(|host| host.split('.').next().unwrap_or(host).to_owned());
    match host.filter(|host| !host.contains('$')) {
        Some(host) if same => names(store, &host) || only_one(context, store),
        _ => same,
    }
}

/// A service of the store, or the store itself.
fn names(store: &Store<'_>, host: &str) -> bool {
    host == store.id.name
        || host.strip_prefix(store.id.name.as_str()).is_some_and(|rest| rest.starts_with('-'))
}

fn only_one(context: &Context<'_>, store: &Store<'_>) -> bool {
    all(context).iter().filter(|other| other.product == store.product).count() == 1
}

fn packs_claim(script: &Script, store: &Store<'_>, inventory: &Inventory) -> bool {
    let Some(workload) = workload_of(inventory, script) else { return false };
    workload.object.id.namespace == store.id.namespace
        && claims(workload).iter().any(|claim| store.claims.contains(claim))
}

/// Where a copy lies, as far as the files say it.
pub fn destination<'a>(copy: &Copy<'a>) -> Option<Place<'a>> {
    match copy {
        Copy::Own(own) => of_destination(own.destination.as_ref()?, &own.origin),
        Copy::Backup(backup) => of_destination(backup.destination.as_ref()?, &backup.object.origin),
        Copy::Dump { script, .. } if sends(script) => Some(Place::Elsewhere),
        Copy::Dump { workload: Some(workload), origin, .. } => {
            claim_of(workload).map(|claim| Place::Here(claim, origin.clone()))
        }
        Copy::Dump { .. } | Copy::Said => None,
    }
}

pub enum Place<'a> {
    /// A volume of the same cluster, and what is written there.
    Here(&'a Origin, Origin),
    Elsewhere,
}

fn of_destination<'a>(destination: &'a Destination, at: &Origin) -> Option<Place<'a>> {
    match destination {
        Destination::Volume(origin) => Some(Place::Here(origin, at.clone())),
        Destination::Bucket(_) => Some(Place::Elsewhere),
        Destination::Snapshot(_) | Destination::Named(..) => None,
    }
}

/// Programs that take files to another machine.
const SENDERS: [&str; 15] = [
    "aws", "s3cmd", "mc", "rclone", "rsync", "scp", "sftp", "gsutil", "gcloud", "az", "azcopy", "restic",
    "borg", "kopia", "s5cmd",
];

fn sends(script: &Script) -> bool {
    script.commands().any(|command| SENDERS.contains(&command.innermost().name()))
}

/// The only volume that stays of the pod that dumps.
fn claim_of(workload: &Workload) -> Option<&Origin> {
    let mut claims = workload.pod.volumes.iter().filter_map(|volume| match &volume.source {
        VolumeSource::Claim(name) => Some(&name.origin),
        _ => None,
    });
    let first = claims.next()?;
    claims.next().is_none().then_some(first)
}

/// The schedule of what runs a dump, with its place.
pub fn schedule<'a>(copy: &Copy<'a>) -> Option<&'a sehat_platform::inventory::Stated<String>> {
    match copy {
        Copy::Backup(backup) => backup.schedule.as_ref(),
        Copy::Own(own) => own.schedule.as_ref(),
        Copy::Dump { workload, .. } => (*workload)?.job.as_ref()?.schedule.as_ref(),
        Copy::Said => None,
    }
}
