//! Stand-ins for services whose program is not at hand.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use sehat_engine::contents::{Contents, File, Probe, Process};
use sehat_guest::stand_in::{Call, StandIn, Use};
use sehat_guest::store::{Patience, Store};
use sehat_platform::component::{Component, Use as StatedUse};
use sehat_platform::{Name, Platform};

use super::site::Site;
use super::{GUEST_PROGRAM, store};

/// A stand-in answers before its client gives up after a second.
const ANSWER_MS_MAX: u64 = 900;
const PATIENCE: Patience = Patience { connect_ms: 400, answer_ms: 800 };
const READY_MS_MAX: u64 = 60_000;

pub fn contents(site: &Site<'_>, name: &str, component: &Component, index: usize) -> Contents {
    let config = StandIn {
        component: name.to_owned(),
        instance: format!("{name}-{index}"),
        listens: ports(component)
            .into_iter()
            .map(|port| SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), port))
            .collect(),
        connections_max: 256,
        pool_max: 32,
        patience: PATIENCE,
        answer_ms_max: ANSWER_MS_MAX,
        uses: uses(site, component),
        journeys: journeys(site, name, component),
    };
    let path = format!("/etc/sehat/{name}.json");
    let port = ports(component).first().copied().unwrap_or(80);
    let process = Process::new(name, "nobody", &[GUEST_PROGRAM, "guest", "stand-in", "--config", &path])
        .ready(Probe::Http { port, path: "/ready".to_owned(), status: 200 }, READY_MS_MAX);
    let text = serde_json::to_string_pretty(&config).unwrap_or_default();
    Contents {
        files: vec![File::secret(path, "nobody", text)],
        processes: vec![process],
        ..Contents::default()
    }
}

fn ports(component: &Component) -> Vec<u16> {
    component.listens.values().filter_map(|listener| Some(listener.port.get()?.first)).collect()
}

/// Everything that the component uses and that runs in the lab.
fn uses(site: &Site<'_>, component: &Component) -> BTreeMap<Name, Use> {
    let running = component.uses.iter().filter(|(used, _)| site.runs(used));
    running.filter_map(|(used, stated)| Some((used.clone(), how(site, used, stated)?))).collect()
}

fn how(site: &Site<'_>, used: &str, stated: &StatedUse) -> Option<Use> {
    let through = stated.through.get().map(String::as_str);
    if let Some(store) = store::client(site, used, through) {
        return Some(Use::Store { store });
    }
    site.is_stand_in(used).then_some(())?;
    Some(Use::Http { address: site.way(used, through)?, host: used.to_owned() })
}

/// A request of a journey uses everything that the component uses; services that lie on the way carry it on.
fn journeys(site: &Site<'_>, name: &str, component: &Component) -> BTreeMap<Name, Vec<Call>> {
    let through_here = site.platform.journeys.iter().filter(|(_, journey)| {
        journey.through.iter().any(|part| part.get().is_some_and(|part| part == name))
    });
    through_here.map(|(journey, _)| (journey.clone(), calls(site, journey, name, component))).collect()
}

fn calls(site: &Site<'_>, journey: &str, name: &str, component: &Component) -> Vec<Call> {
    let running = component.uses.keys().filter(|used| site.runs(used));
    running
        .map(|used| {
            let carries_on = site.is_stand_in(used) && lies_after(site.platform, journey, name, used);
            Call { dependency: used.clone(), step: carries_on.then(|| used.clone()) }
        })
        .collect()
}

fn lies_after(platform: &Platform, journey: &str, here: &str, other: &str) -> bool {
    let Some(journey) = platform.journeys.get(journey) else { return false };
    let place =
        |name: &str| journey.through.iter().position(|part| part.get().is_some_and(|part| part == name));
    matches!((place(here), place(other)), (Some(here), Some(other)) if other > here)
}

/// A store that a ledger writes to, as a client sees it.
pub fn ledger_store(site: &Site<'_>, name: &str) -> Option<Store> {
    let through = site
        .platform
        .components
        .values()
        .find_map(|component| component.uses.get(name)?.through.get().cloned());
    store::client(site, name, through.as_deref())
}
