//! In which site, account and country a component lies.

use std::collections::{BTreeMap, BTreeSet};

use sehat_catalog as catalog;
use sehat_platform::place::Site;
use sehat_platform::{Component, Name, Platform};

/// One place in which a component, or a copy, lies. What is not known is absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spot {
    pub site: Option<Name>,
    pub account: Option<String>,
    pub region: Option<String>,
    /// ISO 3166 code.
    pub country: Option<String>,
    /// Its provider serves it from places in many countries.
    pub global: bool,
}

impl Spot {
    /// Returns whether the loss of one is not the loss of the other; none where that is not known.
    pub fn is_elsewhere(&self, other: &Self) -> Option<bool> {
        let differs = |a: &Option<String>, b: &Option<String>| Some(a.as_ref()? != b.as_ref()?);
        let parts = [
            differs(&self.site, &other.site),
            differs(&self.region, &other.region),
            differs(&self.account, &other.account),
        ];
        let has = |answer| parts.contains(&Some(answer));
        if has(true) { Some(true) } else { has(false).then_some(false) }
    }
}

/// Returns every place of a component; empty where none is known.
pub fn spots(platform: &Platform, name: &str) -> BTreeSet<Spot> {
    let Some(component) = platform.components.get(name) else { return BTreeSet::new() };
    let sites = sites_of(platform, name, component);
    let region = component.managed.as_ref().and_then(|managed| managed.region.get());
    let global = component.managed.as_ref().is_some_and(|managed| managed.global.get() == Some(&true));
    let mut spots: BTreeSet<Spot> =
        sites.into_iter().map(|(site, stated)| Spot { global, ..at_site(site, stated, region) }).collect();
    if spots.is_empty() && (region.is_some() || global) {
        spots.insert(Spot {
            region: region.cloned(),
            country: region.and_then(|region| country_of(region)),
            global,
            ..Spot::default()
        });
    }
    spots
}

fn at_site(name: &Name, site: &Site, region: Option<&String>) -> Spot {
    let region = region.or(site.region.get()).cloned();
    let country = site.country.get().cloned().or_else(|| country_of(region.as_ref()?));
    Spot { site: Some(name.clone()), account: site.account.get().cloned(), region, country, global: false }
}

fn country_of(region: &str) -> Option<String> {
    catalog::region(region).map(|row| row.country.to_owned())
}

/// Returns the sites of its machines, else those that its places, segment or region lead to, else the only one.
fn sites_of<'a>(platform: &'a Platform, name: &str, component: &Component) -> BTreeMap<&'a Name, &'a Site> {
    let machines =
        platform.instances_of(name).filter_map(|(_, instance)| platform.machines.get(&instance.machine));
    let placed: BTreeSet<&Name> = machines.filter_map(|machine| machine.site.as_ref()).collect();
    if !placed.is_empty() {
        return platform.sites.iter().filter(|(site, _)| placed.contains(site)).collect();
    }
    if component.external.get() == Some(&true) {
        return BTreeMap::new();
    }
    let named = named_places(platform, component);
    let region = component.managed.as_ref().and_then(|managed| managed.region.get());
    let fits = |name: &Name, site: &Site| match region {
        Some(region) => site.region.get() == Some(region),
        None => {
            named.contains(name.as_str())
                || site.zones.iter().any(|(zone, stated)| {
                    named.contains(zone.as_str())
                        || stated.nodes.keys().any(|node| named.contains(node.as_str()))
                })
        }
    };
    let found: BTreeMap<_, _> = platform.sites.iter().filter(|(name, site)| fits(name, site)).collect();
    let says_nothing = named.is_empty() && region.is_none() && is_local(component);
    if found.is_empty() && says_nothing && platform.sites.len() == 1 {
        return platform.sites.iter().collect();
    }
    found
}

/// What a provider serves from everywhere, or says nothing about, does not lie at the only site by itself.
fn is_local(component: &Component) -> bool {
    component
        .managed
        .as_ref()
        .is_none_or(|managed| managed.multi_zone.get().is_some() || component.segment.get().is_some())
}

fn named_places<'a>(platform: &'a Platform, component: &'a Component) -> BTreeSet<&'a str> {
    let mut named: BTreeSet<&str> =
        component.on.iter().filter_map(|place| place.get()).map(String::as_str).collect();
    let pools = named.iter().filter_map(|name| platform.pools.get(*name));
    let zones: Vec<&str> =
        pools.flat_map(|pool| &pool.zones).filter_map(|zone| zone.get()).map(String::as_str).collect();
    named.extend(zones);
    if let Some(segment) = component.segment.get().and_then(|name| platform.segments.get(name)) {
        named.extend(segment.zones.iter().filter_map(|zone| zone.get()).map(String::as_str));
    }
    named
}
