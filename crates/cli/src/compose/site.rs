//! What the composer looks up again and again: roles, addresses, ports, timers.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use sehat_lab::blueprint::Difference;
use sehat_platform::component::{Component, HealthCheck, Kind};
use sehat_platform::{Duration, Fact, Name, Platform};

use super::role::{Role, Server, roles};

/// A platform on its way into the lab.
pub struct Site<'a> {
    pub platform: &'a Platform,
    pub roles: BTreeMap<Name, Role>,
    secret: &'a dyn Fn(&str) -> String,
}

impl<'a> Site<'a> {
    pub fn new(platform: &'a Platform, secret: &'a dyn Fn(&str) -> String) -> Self {
        Self { platform, roles: roles(platform), secret }
    }

    /// Returns a random text that is the same for the same name in this lab.
    pub fn secret(&self, name: &str) -> String {
        (self.secret)(name)
    }

    pub fn component(&self, name: &str) -> Option<&'a Component> {
        self.platform.draft.components.get(name)
    }

    pub fn server(&self, name: &str) -> Option<Server> {
        match self.roles.get(name) {
            Some(Role::Server(server)) => Some(*server),
            _ => None,
        }
    }

    pub fn runs(&self, name: &str) -> bool {
        !matches!(self.roles.get(name), None | Some(Role::NotRun { .. }))
    }

    pub fn is_stand_in(&self, name: &str) -> bool {
        self.roles.get(name) == Some(&Role::StandIn)
    }

    /// Returns the addresses of a component's machines, in order of the instances.
    pub fn addresses(&self, component: &str) -> Vec<Ipv4Addr> {
        let mut instances: Vec<_> = self.platform.instances_of(component).collect();
        instances.sort_by_key(|(_, instance)| instance.index);
        instances.into_iter().filter_map(|(name, _)| self.instance_address(name)).collect()
    }

    pub fn instance_address(&self, instance: &str) -> Option<Ipv4Addr> {
        match self.platform.machine_of(instance)?.address? {
            IpAddr::V4(address) => Some(address),
            IpAddr::V6(_) => None,
        }
    }

    /// Returns the address that moves, where one does.
    pub fn moving_address(&self, component: &str) -> Option<Ipv4Addr> {
        match self.component(component)?.failover.as_ref()?.address.copied()? {
            IpAddr::V4(address) => Some(address),
            IpAddr::V6(_) => None,
        }
    }

    /// Returns the address that clients use: the one that moves, else the first instance's.
    pub fn entry(&self, component: &str) -> Option<Ipv4Addr> {
        self.moving_address(component).or_else(|| self.addresses(component).first().copied())
    }

    /// Returns a listener's port; without a name that of the only one, or the first that is not for watching.
    pub fn port(&self, component: &str, listener: Option<&str>) -> Option<u16> {
        let listens = &self.component(component)?.listens;
        let chosen = match listener {
            Some(name) => listens.get(name),
            None => listens
                .iter()
                .find(|(name, _)| !WATCHING.contains(&name.as_str()))
                .map(|(_, listener)| listener),
        };
        Some(chosen?.port.get()?.first)
    }

    /// Returns where requests for `server` go: through the proxy that the use names, or straight.
    pub fn way(&self, server: &str, through: Option<&str>) -> Option<SocketAddr> {
        let (entry, port) = match through {
            Some(proxy) => (self.entry(proxy)?, self.port(proxy, Some(&self.listener_for(proxy, server)?))?),
            None => (self.entry(server)?, self.port(server, None)?),
        };
        Some(SocketAddr::new(IpAddr::V4(entry), port))
    }

    /// A proxy's listener has the name of the route that leads on.
    pub fn listener_for(&self, proxy: &str, server: &str) -> Option<String> {
        let routes = &self.component(proxy)?.routes;
        routes
            .iter()
            .find(|(_, route)| route.to.get().is_some_and(|to| to == server))
            .map(|(name, _)| name.clone())
    }

    /// Returns the stated timer of a component or of its failover, else the catalog's default, in milliseconds.
    pub fn timer(&self, component: &str, product: &str, key: &str) -> u64 {
        let stated = self.component(component).and_then(|component| {
            let own = component.timers.get(key).and_then(Fact::copied);
            own.or_else(|| component.failover.as_ref()?.timers.get(key)?.copied())
        });
        stated.map(Duration::ms).or_else(|| Some(sehat_catalog::timer(product, key)?.default)).unwrap_or(0)
    }

    /// Returns the components of a kind that run.
    pub fn running_of(&self, kind: Kind) -> Vec<&'a Name> {
        let all = self.platform.draft.components.iter();
        all.filter(|(name, component)| component.kind.get() == Some(&kind) && self.runs(name))
            .map(|(name, _)| name)
            .collect()
    }

    /// Returns the components whose machines the lab has.
    pub fn machine_names(&self) -> BTreeSet<Name> {
        let runs = |instance: &Name| {
            self.platform.instances.get(instance).is_some_and(|instance| self.runs(&instance.component))
        };
        let machines = self.platform.machines.iter();
        machines
            .filter(|(_, machine)| machine.instances.iter().any(runs))
            .map(|(name, _)| name.clone())
            .collect()
    }
}

/// Listeners that watch and are not served to clients.
const WATCHING: [&str; 3] = ["metrics", "health", "status"];

/// What a check states, with the catalog's defaults where it does not.
pub struct CheckTimes {
    pub every_ms: u64,
    pub timeout_ms: u64,
    pub fall: u32,
    pub rise: u32,
}

pub fn check_times(check: &HealthCheck) -> CheckTimes {
    let default = |key: &str| sehat_catalog::timer("haproxy", key).map_or(0, |timer| timer.default);
    let count =
        |fact: &Fact<sehat_platform::Range>, key: &str| fact.get().map_or(default(key), |range| range.min);
    let every_ms = check.every.copied().map_or(default("inter"), Duration::ms);
    CheckTimes {
        every_ms,
        timeout_ms: check.timeout.copied().map_or(every_ms, Duration::ms),
        fall: u32::try_from(count(&check.fall, "fall")).unwrap_or(1),
        rise: u32::try_from(count(&check.rise, "rise")).unwrap_or(1),
    }
}

/// Says in which point the lab is not the platform.
pub fn difference(
    subject: &str,
    platform: impl Into<String>,
    lab: impl Into<String>,
    reason: &str,
) -> Difference {
    Difference {
        subject: subject.to_owned(),
        platform: platform.into(),
        lab: lab.into(),
        reason: reason.to_owned(),
    }
}
