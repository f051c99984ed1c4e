//! The vault, what members add to it, and the scratch machine that copies are restored on.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};

use sehat_engine::contents::{Contents, Directory};
use sehat_engine::mariadb::backup::{self, Backup};
use sehat_engine::ssh::KeyPair;
use sehat_engine::vault;
use sehat_lab::blueprint::{Instance, Limits, Machine, Segment};
use sehat_platform::component::{Backup as Stated, Component, Copies, Topology};
use sehat_platform::{Duration, Fact, Platform};

use super::site::Site;
use super::{Part, Server};

/// The machine that backups are restored on. Nothing runs there until it is asked for, and no packet reaches it.
pub const SCRATCH: &str = "scratch";
/// What clients of the vault may add; the kinds are its own words.
const FULL: &str = "full";
const ARCHIVE: &str = "archive";
const LOG: &str = "log";
/// Where a document does not say how long copies stay.
const KEEP_MS: u64 = 14 * 86_400_000;
const COPY_BYTES_MAX: u64 = 128 << 20;
const TOTAL_BYTES_MAX: u64 = 448 << 20;

/// Its copies lie in memory too.
const VAULT_LIMITS: Limits =
    Limits { memory_bytes_max: 640 << 20, upper_bytes_max: 512 << 20, pid_count_max: 200 };
/// A restored server, its copy and its log.
pub const SCRATCH_LIMITS: Limits =
    Limits { memory_bytes_max: 896 << 20, upper_bytes_max: 512 << 20, pid_count_max: 300 };

pub fn vault(site: &Site<'_>, name: &str) -> Part {
    let saved: Vec<(&String, &Component)> = saved(site)
        .into_iter()
        .filter(|(_, _, vault)| vault == name)
        .map(|(saved, component, _)| (saved, component))
        .collect();
    let instances = saved.iter().flat_map(|(component, _)| instances(site, component));
    let clients = instances.map(|instance| (instance.clone(), client_key(site, &instance).public()));
    let contents = vault::contents(&vault::Input {
        port: port(site, name),
        host_key: host_key(site, name),
        clients: clients.collect(),
        keep_ms: keep(site, name, saved.iter().filter_map(|(_, component)| component.backup.as_ref())),
        copy_bytes_max: COPY_BYTES_MAX,
        total_bytes_max: TOTAL_BYTES_MAX,
    });
    Part { contents, seeds: Vec::new(), limits: VAULT_LIMITS }
}

fn port(site: &Site<'_>, vault: &str) -> u16 {
    site.port(vault, Some("ssh")).or_else(|| site.port(vault, None)).unwrap_or(22)
}

fn host_key(site: &Site<'_>, vault: &str) -> KeyPair {
    KeyPair::derive(&site.secret(&format!("{vault}-host")), vault)
}

fn client_key(site: &Site<'_>, instance: &str) -> KeyPair {
    KeyPair::derive(&site.secret(&format!("{instance}-vault")), instance)
}

/// The pair whose private key opens copies. It is on no machine of the lab until one is restored.
pub fn copies_key(secret: &dyn Fn(&str) -> String, component: &str) -> KeyPair {
    KeyPair::derive(&secret(&format!("{component}-copies")), component)
}

/// Copies stay as long as the document says, and never shorter than the vault promises that nobody removes them.
fn keep<'s>(site: &Site<'_>, vault: &str, stated: impl Iterator<Item = &'s Stated>) -> BTreeMap<String, u64> {
    let immutable = site.component(vault).and_then(|component| component.encryption.immutable.copied());
    let immutable_ms = immutable.map_or(0, Duration::ms);
    let mut keep: BTreeMap<String, u64> = BTreeMap::new();
    for stated in stated {
        let of = |copies: &Option<Copies>| {
            copies.as_ref().map(|copies| copies.keep.copied().map_or(KEEP_MS, Duration::ms))
        };
        let log = stated.log.as_ref().map(|log| log.keep.copied().map_or(KEEP_MS, Duration::ms));
        for (kind, ms) in [(FULL, of(&stated.full)), (ARCHIVE, of(&stated.archive)), (LOG, log)] {
            let Some(ms) = ms else { continue };
            let longest = keep.entry(kind.to_owned()).or_default();
            *longest = (*longest).max(ms).max(immutable_ms);
        }
    }
    keep
}

/// Every database that is saved to a vault which runs here: its name, itself, the vault.
fn saved<'s>(site: &'s Site<'_>) -> Vec<(&'s String, &'s Component, String)> {
    let all =
        site.platform.draft.components.iter().filter(|(name, _)| site.server(name) == Some(Server::Mariadb));
    all.filter_map(|(name, component)| Some((name, component, vault_of(site, component)?))).collect()
}

/// Returns the vault that a component is saved to, where both run here.
pub fn vault_of(site: &Site<'_>, component: &Component) -> Option<String> {
    let stated = component.backup.as_ref()?;
    let own = |copies: &'_ Option<Copies>| {
        copies.iter().flat_map(|copies| copies.to.clone()).collect::<Vec<Fact<String>>>()
    };
    let all = stated
        .to
        .iter()
        .cloned()
        .chain(own(&stated.full))
        .chain(stated.log.iter().flat_map(|log| log.to.clone()));
    all.filter_map(|fact| fact.get().cloned()).find(|name| site.server(name) == Some(Server::Vault))
}

fn instances(site: &Site<'_>, component: &str) -> Vec<String> {
    site.platform.instances_of(component).map(|(name, _)| name.clone()).collect()
}

/// What saves a member of a database; nothing where no vault runs.
pub fn backup(site: &Site<'_>, name: &str, component: &Component, index: usize) -> Option<Contents> {
    let vault = vault_of(site, component)?;
    let stated = component.backup.as_ref()?;
    let address = IpAddr::V4(*site.addresses(name).get(index - 1)?);
    let instance = format!("{name}-{index}");
    let contents = backup::contents(&Backup {
        vault: (IpAddr::V4(site.entry(&vault)?), port(site, &vault)),
        vault_user: vault::CLIENT_USER.to_owned(),
        vault_key: host_key(site, &vault).public(),
        key: client_key(site, &instance),
        recipient: copies_key(&|name| site.secret(name), name).public(),
        schedules: schedules(stated),
        log_every_ms: stated.log.as_ref().and_then(|log| log.every.copied()).map(Duration::ms),
        address,
        galera: component.topology.get() == Some(&Topology::Galera),
        name: instance,
    });
    Some(contents)
}

fn schedules(stated: &Stated) -> Vec<(String, String)> {
    let all = [(FULL, &stated.full), (ARCHIVE, &stated.archive)];
    let of = |copies: &Option<Copies>| Some(copies.as_ref()?.schedule.get()?.text.clone());
    all.iter().filter_map(|(kind, copies)| Some(((*kind).to_owned(), of(copies)?))).collect()
}

/// Returns the machine of the vault that a component is saved to.
pub fn vault_machine(platform: &Platform, component: &str) -> Option<String> {
    // Secrets do not change where things are.
    let site = Site::new(platform, &|_| String::new());
    let vault = vault_of(&site, site.component(component)?)?;
    let instance = instances(&site, &vault).into_iter().next()?;
    Some(platform.instances.get(&instance)?.machine.clone())
}

/// The scratch machine, in the segment of the first database that is saved, at the last address that is free there.
pub fn scratch(site: &Site<'_>, segments: &[Segment], machines: &[Machine]) -> Option<Machine> {
    let (name, ..) = saved(site).into_iter().next()?;
    let beside = machines
        .iter()
        .find(|machine| machine.instances.iter().any(|one| instances(site, name).contains(&one.name)))?;
    let segment = segments.iter().find(|segment| segment.name == beside.segment)?;
    let taken: BTreeSet<Ipv4Addr> = machines
        .iter()
        .flat_map(|machine| machine.virtual_addresses.iter().copied().chain([machine.address]))
        .chain([segment.gateway])
        .collect();
    let address = segment.cidr.hosts().rfind(|address| !taken.contains(address))?;
    Some(scratch_machine(segment.name.clone(), address, SCRATCH_LIMITS))
}

pub fn scratch_machine(segment: String, address: Ipv4Addr, limits: Limits) -> Machine {
    let contents = Contents {
        packages: ["age", "mariadb-backup", "mariadb-client", "mariadb-server", "zstd"]
            .map(str::to_owned)
            .into(),
        directories: vec![Directory::new(sehat_guest::restore::FOLDER, "root", 0o755)],
        ..Contents::default()
    };
    Machine {
        name: SCRATCH.to_owned(),
        node: "outside".to_owned(),
        zone: "outside".to_owned(),
        segment,
        address,
        virtual_addresses: BTreeSet::new(),
        instances: vec![Instance { name: SCRATCH.to_owned(), contents }],
        limits,
        seeds: Vec::new(),
    }
}
