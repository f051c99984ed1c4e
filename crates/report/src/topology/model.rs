//! What the picture shows: boxes in areas, joined by arrows.

use std::collections::{BTreeMap, BTreeSet};

use sehat_platform::component::Topology;
use sehat_platform::{Component, INTERNET, Kind, Name, Need, Platform, Ports, Protocol, Reason};

#[derive(Debug, Default)]
pub struct Model {
    pub boxes: Vec<Box>,
    pub areas: Vec<Area>,
    pub arrows: Vec<Arrow>,
    pub sites: Vec<Site>,
    /// Colours are given to zones by their place in this list.
    pub zones: Vec<Name>,
}

/// A component, or the party outside.
#[derive(Debug, Default)]
pub struct Box {
    pub name: Name,
    /// `mariadb 10.11, galera`
    pub product: String,
    /// `×3`
    pub count: String,
    /// The zone of each instance, as far as they are known; an index of [`Model::zones`].
    pub instances: Vec<Option<usize>>,
    /// `members 4567, 4568`, `beside edge`
    pub notes: Vec<String>,
    pub area: usize,
    pub look: Look,
}

/// How a box is filled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Look {
    #[default]
    Plain,
    Store,
    Outside,
}

/// Components of one segment at one site; or those without a segment.
#[derive(Debug, Default)]
pub struct Area {
    pub title: String,
    pub detail: String,
    pub site: Option<usize>,
    pub band: Band,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Band {
    /// The way of requests.
    #[default]
    Requests,
    /// What watches and operates.
    Support,
}

#[derive(Debug, Default)]
pub struct Site {
    pub title: String,
    /// Each zone with its nodes: an index of [`Model::zones`] and a text.
    pub zones: Vec<(usize, String)>,
}

/// All needs of one kind between two boxes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrow {
    pub from: usize,
    pub to: usize,
    pub tone: Tone,
    pub ports: BTreeSet<Ports>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tone {
    Request,
    Watch,
    Save,
    Operate,
}

impl Tone {
    pub const ALL: [Self; 4] = [Self::Request, Self::Watch, Self::Save, Self::Operate];

    pub const fn of(reason: Reason) -> Self {
        match reason {
            Reason::Users | Reason::Uses | Reason::Routes | Reason::Health | Reason::Peers => Self::Request,
            Reason::Scrapes | Reason::Collects | Reason::Alerts => Self::Watch,
            Reason::Backup => Self::Save,
            Reason::Administers => Self::Operate,
        }
    }

    pub const fn class(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Watch => "watch",
            Self::Save => "save",
            Self::Operate => "operate",
        }
    }

    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Request => "requests",
            Self::Watch => "figures, logs, alerts",
            Self::Save => "backups",
            Self::Operate => "administrators",
        }
    }
}

/// The title of the area beyond all sites.
pub const OUTSIDE: &str = "outside";

pub fn model(platform: &Platform) -> Model {
    let mut model = Model { zones: zones(platform), ..Model::default() };
    model.sites = platform.sites.iter().map(|(name, site)| of_site(name, site, &model.zones)).collect();
    let mut areas: BTreeMap<(Option<usize>, Band, String), usize> = BTreeMap::new();
    let outside = outside_box(platform, &mut model);
    if outside.is_some() {
        areas.insert((None, Band::Requests, OUTSIDE.to_owned()), 0);
    }
    for (name, component) in platform.components.iter().filter(|(_, component)| is_drawn(component)) {
        let place = area_of(platform, name, component);
        let key = (place.site, place.band, place.title.clone());
        let area = *areas.entry(key).or_insert_with(|| {
            model.areas.push(place);
            model.areas.len() - 1
        });
        let drawn = of_component(platform, name, component, area, &model.zones);
        model.boxes.push(drawn);
    }
    model.arrows = arrows(platform, &model, outside);
    model
}

/// A cluster is what others run on, and provisioning only changes them; both would only be islands here.
fn is_drawn(component: &Component) -> bool {
    !matches!(component.kind.get(), Some(Kind::Cluster | Kind::Provisioning | Kind::Pipeline | Kind::Mesh))
}

fn zones(platform: &Platform) -> Vec<Name> {
    platform.sites.values().flat_map(|site| site.zones.keys()).cloned().collect()
}

fn of_site(name: &str, site: &sehat_platform::place::Site, zones: &[Name]) -> Site {
    let place = [site.provider.get(), site.region.get(), site.country.get()];
    let place: Vec<&str> = place.into_iter().flatten().map(String::as_str).collect();
    let shown = site.zones.iter().map(|(zone, stated)| {
        let nodes: Vec<&str> = stated.nodes.keys().map(String::as_str).collect();
        let index = zones.iter().position(|known| known == zone).unwrap_or_default();
        (index, if nodes.is_empty() { zone.clone() } else { format!("{zone}: {}", nodes.join(", ")) })
    });
    let place = if place.is_empty() { String::new() } else { format!(" ({})", place.join(", ")) };
    Site { title: format!("{name}{place}"), zones: shown.collect() }
}

fn outside_box(platform: &Platform, model: &mut Model) -> Option<usize> {
    if !platform.needs.iter().any(|need| need.client == INTERNET) {
        return None;
    }
    model.areas.push(Area { title: OUTSIDE.into(), ..Area::default() });
    model.boxes.push(Box {
        name: INTERNET.into(),
        product: "users".into(),
        look: Look::Outside,
        ..Box::default()
    });
    Some(0)
}

fn area_of(platform: &Platform, name: &str, component: &Component) -> Area {
    let band = if is_support(component) { Band::Support } else { Band::Requests };
    let managed = component.managed.as_ref();
    let by = managed.and_then(|managed| managed.by.get());
    let is_global = managed.is_some_and(|managed| managed.global.get() == Some(&true));
    if component.external.get() == Some(&true) || is_global {
        return Area { title: OUTSIDE.into(), ..Area::default() };
    }
    let site = site_of(platform, name, component);
    let Some(segment) = component.segment.get() else {
        let title = match by {
            Some(by) => format!("run by {by}"),
            None => "no segment".to_owned(),
        };
        return Area { title, site, band, ..Area::default() };
    };
    let band = if segment_supports(platform, segment) { Band::Support } else { Band::Requests };
    let detail =
        platform.segments.get(segment).and_then(|segment| segment.cidr.get()).map(ToString::to_string);
    Area { title: segment.clone(), detail: detail.unwrap_or_default(), site, band }
}

fn site_of(platform: &Platform, name: &str, component: &Component) -> Option<usize> {
    let placed = platform
        .instances_of(name)
        .find_map(|(_, instance)| platform.machines.get(&instance.machine)?.site.clone());
    let region = component.managed.as_ref().and_then(|managed| managed.region.get());
    let by_region = platform.sites.iter().find(|(_, site)| region.is_some() && site.region.get() == region);
    let named = platform.sites.keys().find(|site| component.on.iter().any(|on| on.get() == Some(*site)));
    let only = platform.sites.keys().next().filter(|_| platform.sites.len() == 1 && region.is_none());
    let found = placed.or_else(|| by_region.map(|(site, _)| site).or(named).or(only).cloned())?;
    platform.sites.keys().position(|site| *site == found)
}

/// A segment stands below where nothing in it lies on the way of requests.
fn segment_supports(platform: &Platform, segment: &str) -> bool {
    let inside = platform
        .components
        .values()
        .filter(|component| component.segment.get().is_some_and(|stated| stated == segment));
    inside.into_iter().all(is_support)
}

fn is_support(component: &Component) -> bool {
    use Kind::{
        Alerts, Audit, Bastion, Certificates, Dashboards, Dns, Keys, Logs, Metrics, Registry, Secrets,
        Traces, Vpn,
    };
    matches!(
        component.kind.get(),
        Some(
            Alerts
                | Audit
                | Bastion
                | Certificates
                | Dashboards
                | Dns
                | Keys
                | Logs
                | Metrics
                | Registry
                | Secrets
                | Traces
                | Vpn
        )
    )
}

fn of_component(platform: &Platform, name: &str, component: &Component, area: usize, zones: &[Name]) -> Box {
    let zone = |machine: &Name| platform.machines.get(machine)?.zone.as_ref();
    let instances: Vec<Option<usize>> = platform
        .instances_of(name)
        .map(|(_, instance)| {
            zone(&instance.machine).and_then(|zone| zones.iter().position(|known| known == zone))
        })
        .collect();
    let replicas = component.replicas.get().map_or_else(String::new, |range| format!("×{range}"));
    let stores = component.kind.copied().is_some_and(Kind::stores);
    let external = component.external.get() == Some(&true);
    Box {
        name: name.to_owned(),
        product: product(component),
        count: replicas,
        instances,
        notes: notes(platform, name, component),
        area,
        look: if external {
            Look::Outside
        } else if stores {
            Look::Store
        } else {
            Look::Plain
        },
    }
}

fn product(component: &Component) -> String {
    let version = component.version.get().map_or_else(String::new, |version| format!(" {version}"));
    let product = component.product.get().map_or_else(String::new, |product| format!("{product}{version}"));
    let topology = component
        .topology
        .get()
        .filter(|topology| !matches!(topology, Topology::Single | Topology::Replicated));
    let parts = [
        Some(product).filter(|text| !text.is_empty()),
        topology.map(|topology| topology_name(*topology).to_owned()),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    parts.join(", ")
}

const fn topology_name(topology: Topology) -> &'static str {
    match topology {
        Topology::Single => "single",
        Topology::Replicated => "replicated",
        Topology::PrimaryReplica => "primary and replicas",
        Topology::Galera => "galera",
        Topology::Sentinel => "sentinel",
        Topology::ReplicaSet => "replica set",
        Topology::ShardedCluster => "shards",
        Topology::Cluster => "cluster",
        Topology::MultiZone => "several zones",
        Topology::ActivePassive => "active and passive",
    }
}

fn notes(platform: &Platform, name: &str, component: &Component) -> Vec<String> {
    let beside = component.beside.get().map(|host| format!("beside {host}"));
    let is_peer = |need: &&Need| need.reason == Reason::Peers && need.client == name && need.server == name;
    let peers: BTreeSet<Ports> = platform.needs.iter().filter(is_peer).map(|need| need.ports).collect();
    let peers = (!peers.is_empty()).then(|| format!("members {}", port_list(&peers)));
    let pool =
        component.managed.as_ref().and_then(|managed| managed.by.get()).map(|by| format!("run by {by}"));
    beside.into_iter().chain(peers).chain(pool).collect()
}

fn arrows(platform: &Platform, model: &Model, outside: Option<usize>) -> Vec<Arrow> {
    let places: BTreeMap<&str, usize> =
        model.boxes.iter().enumerate().map(|(index, shown)| (shown.name.as_str(), index)).collect();
    let index = |name: &str| if name == INTERNET { outside } else { places.get(name).copied() };
    let mut joined: BTreeMap<(usize, usize, Tone), BTreeSet<Ports>> = BTreeMap::new();
    for need in platform.needs.iter().filter(|need| need.client != need.server) {
        let (Some(from), Some(to)) = (index(&need.client), index(&need.server)) else { continue };
        joined.entry((from, to, Tone::of(need.reason))).or_default().insert(need.ports);
    }
    for (client, server) in portless(platform) {
        let (Some(from), Some(to)) = (index(client), index(server)) else { continue };
        joined.entry((from, to, Tone::Request)).or_default();
    }
    joined.into_iter().map(|((from, to, tone), ports)| Arrow { from, to, tone, ports }).collect()
}

/// Uses and routes of which no port is known are drawn all the same.
fn portless(platform: &Platform) -> impl Iterator<Item = (&str, &str)> {
    let parts = platform.components.iter().filter(|(_, component)| component.kind.get() != Some(&Kind::Mesh));
    parts.flat_map(|(name, component)| {
        let uses = component
            .uses
            .iter()
            .filter(|(_, stated)| stated.through.get().is_none())
            .map(|(server, _)| server);
        let routes = component.routes.values().filter_map(|route| route.to.get());
        uses.chain(routes)
            .filter(move |server| *server != name)
            .map(move |server| (name.as_str(), server.as_str()))
    })
}

/// More ports than this are counted, not listed.
const PORTS_MAX: usize = 4;

pub fn port_list(ports: &BTreeSet<Ports>) -> String {
    if ports.is_empty() {
        return "port not stated".to_owned();
    }
    let mut shown: Vec<String> = ports.iter().take(PORTS_MAX).map(|ports| port(*ports)).collect();
    let more = ports.len().saturating_sub(PORTS_MAX);
    if more > 0 {
        shown.push(format!("+{more}"));
    }
    shown.join(", ")
}

fn port(ports: Ports) -> String {
    let range = if ports.first == ports.last {
        ports.first.to_string()
    } else {
        format!("{}-{}", ports.first, ports.last)
    };
    match ports.protocol {
        Protocol::Tcp => range,
        Protocol::Vrrp | Protocol::Icmp => ports.protocol.to_string(),
        protocol => format!("{range}/{protocol}"),
    }
}
