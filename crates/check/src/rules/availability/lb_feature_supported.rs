//! Proves that each load balancer, gateway or proxy can do what its routes ask for: active health
//! checks, sticky sessions, the balancing algorithm, timeouts, retries, weights.
//!
//! A check that names a path, a port, a command or an interval is an active one unless it says
//! `active: false`: open-source nginx, for example, only watches users' own requests, so that each
//! sick server costs some of them.
//!
//! Unknown: a product or version of which the catalog does not know the feature; a feature that
//! came with some version where no version is stated.
//!
//! Source: the products' own manuals, as the catalog's `balancer/` entries cite them.

mod prose;

use std::collections::BTreeMap;

use sehat_catalog::{self as catalog, Cited, Feature, Support};
use sehat_diagnostic::Origin;
use sehat_platform::Name;
use sehat_platform::component::{Balance, Component, HealthCheck, Route, Sticky};
use sehat_verdict::{Finding, Severity};

use crate::{Context, Outcome, Rule};

const NAME: &str = "lb-feature-supported";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "The chosen product and version supports each load-balancing feature that its routes use.",
    severity: Severity::High,
    hygiene: false,
    source: "catalog balancer entries: manuals of nginx, HAProxy, Envoy, Istio, Kong, AWS and others",
    file: include_str!("lb_feature_supported.rs"),
    judge: |context| crate::prose::and(judge(context), prose::judge(context)),
};

/// Features that routes ask for, each with the first place that does.
type Asked<'a> = BTreeMap<Feature, &'a Origin>;

fn judge(context: &Context<'_>) -> Outcome {
    let platform = context.platform;
    let balancers = platform.components.iter().filter(|(_, component)| !component.routes.is_empty());
    balancers.flat_map(|(name, component)| judge_balancer(name, component)).collect::<Vec<_>>().into()
}

fn judge_balancer(name: &Name, component: &Component) -> Vec<Finding> {
    let mut asked = Asked::new();
    component.routes.values().for_each(|route| ask(route, &mut asked));
    if component.rate_limits.values().any(|limit| limit.shared.get() == Some(&true)) {
        asked.entry(Feature::RateLimitShared).or_insert(&component.meta.origin);
    }
    let mut findings = Vec::new();
    let mut unknown: Vec<(Feature, &Origin)> = Vec::new();
    for (feature, origin) in asked {
        match supports(component, feature) {
            Some(true) => {}
            Some(false) => findings.push(lacking(name, component, feature, origin)),
            None => unknown.push((feature, origin)),
        }
    }
    findings.extend(not_known(name, component, &unknown));
    findings
}

fn ask<'a>(route: &'a Route, asked: &mut Asked<'a>) {
    let mut add = |feature: Feature, origin: Option<&'a Origin>| {
        asked.entry(feature).or_insert(origin.unwrap_or(&route.meta.origin));
    };
    if let Some(check) = route.check.as_ref().filter(|check| is_active(check)) {
        add(Feature::ActiveHealthChecks, Some(&check.meta.origin));
    }
    match route.sticky.get() {
        Some(Sticky::Cookie) => add(Feature::StickyCookie, route.sticky.origin()),
        Some(Sticky::Address) => add(Feature::StickyIp, route.sticky.origin()),
        Some(Sticky::None) | None => {}
    }
    if let Some(balance) = route.balance.get() {
        add(algorithm(*balance), route.balance.origin());
    }
    if route.timeout.get().is_some() {
        add(Feature::RouteTimeout, route.timeout.origin());
    }
    if let Some(retries) = &route.retries {
        add(Feature::Retries, Some(&retries.meta.origin));
    }
    if route.weight.get().is_some() {
        add(Feature::WeightedRoutes, route.weight.origin());
    }
}

fn is_active(check: &HealthCheck) -> bool {
    let named = check.path.get().is_some()
        || check.port.get().is_some()
        || check.command.get().is_some()
        || check.every.get().is_some();
    check.active.copied().unwrap_or(named)
}

const fn algorithm(balance: Balance) -> Feature {
    match balance {
        Balance::RoundRobin => Feature::BalanceRoundRobin,
        Balance::LeastConnections | Balance::LeastRequests => Feature::BalanceLeastConnections,
        Balance::Random => Feature::BalanceRandom,
        Balance::Hash => Feature::BalanceHash,
    }
}

fn supports(component: &Component, feature: Feature) -> Option<bool> {
    catalog::balancer(component.product.get()?)?
        .supports(feature, component.version.get().map(String::as_str))
}

fn lacking(name: &Name, component: &Component, feature: Feature, origin: &Origin) -> Finding {
    let product = component.product.get().map_or("", String::as_str);
    let version = component.version.get().map_or_else(String::new, |version| format!(" {version}"));
    let entry = catalog::balancer(product);
    let since = entry.and_then(|row| match row.features.get(&feature) {
        Some(Support::Since(since)) => Some(format!("take {product} {since} or later, or ")),
        _ => None,
    });
    let able = able(feature);
    Finding::broken(NAME, Severity::High, name)
        .says(format!("`{name}` is {product}{version}, which has no {}", words(feature)))
        .witness(entry.map_or_else(String::new, |row| format!("catalog {}: {}", row.id(), row.source())))
        .repair(format!("{}{able}, or drop what is asked for", since.unwrap_or_default()))
        .at(origin, "asked for here")
        .at(component.version.origin().or_else(|| component.product.origin()), "chosen here")
}

/// Free products that have the feature in every version.
fn able(feature: Feature) -> String {
    let free = ["haproxy", "envoy", "traefik", "nginx"];
    let able: Vec<&str> = free
        .into_iter()
        .filter(|product| {
            catalog::balancer(product).and_then(|row| row.supports(feature, None)) == Some(true)
        })
        .collect();
    format!("take a product that has it, such as {}", able.first().copied().unwrap_or("another one"))
}

fn not_known(name: &Name, component: &Component, unknown: &[(Feature, &Origin)]) -> Option<Finding> {
    let (_, origin) = unknown.first()?;
    let features: Vec<&str> = unknown.iter().map(|(feature, _)| words(*feature)).collect();
    let (message, repair) = match (component.product.get(), component.version.get()) {
        (None, _) => (format!("nothing says which product `{name}` is"), "state `product` and `version`"),
        (Some(product), None) if catalog::balancer(product).is_some() => {
            (format!("`{name}` is {product} of an unstated version"), "state `version`")
        }
        (Some(product), _) => (
            format!("the catalog does not know this of {product}"),
            "ask its manual, and waive this finding with what it says",
        ),
    };
    let mut finding = Finding::unknown(NAME, Severity::Low, name)
        .says(format!("{message}, so it is unknown whether it has {}", features.join(", ")))
        .witness("a fact is missing")
        .repair(repair)
        .at(*origin, "asked for here");
    finding.count = unknown.len();
    Some(finding)
}

const fn words(feature: Feature) -> &'static str {
    match feature {
        Feature::ActiveHealthChecks => "active health checks",
        Feature::StickyCookie => "sticky sessions by cookie",
        Feature::StickyIp => "sticky sessions by address",
        Feature::BalanceRoundRobin => "round-robin balancing",
        Feature::BalanceLeastConnections => "least-connections balancing",
        Feature::BalanceRandom => "random balancing",
        Feature::BalanceHash => "balancing by hash",
        Feature::RouteTimeout => "timeouts of a route",
        Feature::Retries => "retries",
        Feature::WeightedRoutes => "weighted routes",
        Feature::RateLimitShared => "rate limits over all instances together",
        _ => "such a feature",
    }
}
