//! Proves that the outer limit of a request outlasts the tries that it allows, and that routes to one host agree.
//!
//! A route of a mesh with `attempts: n` tries n + 1 times. Where its timeout is shorter than all tries together, the
//! last ones are cut off or never made. Routes of one resource to one host that differ in a header only should have the
//! same limits: without them a request may wait for ever and is tried again by the mesh's own default. A route that
//! matches paths may have its own reasons, and is not compared.
//!
//! An Ingress whose stated read timeout is shorter than that of the route behind it gives up first, and the user sees
//! an error for a request that still succeeds.
//!
//! Source: Istio, references of `HTTPRoute` and `HTTPRetry`; ingress-nginx, annotations.

use std::fmt::Write;

use sehat_platform::inventory::Stated;
use sehat_platform::inventory::mesh::{MeshRoute, Retries, RouteProtocol, VirtualService, service_of};
use sehat_verdict::{Finding, Fix, Severity};

use crate::{Context, Outcome, Rule};

const NAME: &str = "timeout-hierarchy";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "An outer timeout outlasts the tries of the inner hop, and routes to one host agree.",
    severity: Severity::Medium,
    hygiene: false,
    source: "Istio, references of HTTPRoute and HTTPRetry",
    file: include_str!("timeout_hierarchy.rs"),
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let services = &context.inventory.mesh.services;
    let mut findings: Vec<Finding> = Vec::new();
    for service in services {
        findings.extend(service.routes.iter().filter_map(|route| tries_fit(service, route)));
        findings.extend(siblings_differ(service));
        findings.extend(outer_gives_up(context, service));
    }
    findings.into()
}

fn tries_fit(service: &VirtualService, route: &MeshRoute) -> Option<Finding> {
    let retries = route.retries.as_ref()?;
    let (timeout, per_try) = (route.timeout_ms.as_ref()?, retries.per_try_ms.as_ref()?);
    let attempts = retries.attempts.as_ref()?;
    // A timeout of 0 is none.
    if timeout.value == 0 || attempts.value == 0 || per_try.value == 0 {
        return None;
    }
    let tries = u64::from(attempts.value) + 1;
    let needed = tries.saturating_mul(per_try.value);
    (timeout.value < needed).then(|| cut_off(service, timeout, per_try, attempts))
}

fn cut_off(
    service: &VirtualService,
    timeout: &Stated<u64>,
    per_try: &Stated<u64>,
    attempts: &Stated<u32>,
) -> Finding {
    let tries = u64::from(attempts.value) + 1;
    let needed = tries.saturating_mul(per_try.value);
    let whole = timeout.value / per_try.value;
    // Only the last try is hurt where the first and all retries but one fit.
    let severity = if whole + 1 < tries { Severity::Medium } else { Severity::Low };
    Finding::broken(NAME, severity, service.object.id.to_string())
        .says(format!(
            "the route ends after {}, and its {tries} tries of {} need {}",
            time(timeout.value),
            time(per_try.value),
            time(needed)
        ))
        .witness(format!("when each try takes its time, {whole} of {tries} are finished"))
        .repair(format!("set the timeout to {} or more, or allow fewer or shorter tries", time(needed)))
        .at(&timeout.origin, "ends here")
        .at(&attempts.origin, format!("{tries} tries with the first"))
        .at(&per_try.origin, "each this long")
        .fix(Fix::Replace { origin: timeout.origin.clone(), with: time(needed) })
}

/// Routes to the host that another route of the resource limits, and that have no limit themselves.
fn siblings_differ(service: &VirtualService) -> Vec<Finding> {
    let limited = service.routes.iter().find(|route| is_limited(route));
    let Some(model) = limited else { return Vec::new() };
    let differs = |route: &&MeshRoute| {
        route.protocol == RouteProtocol::Http
            && !route.answers
            && !is_limited(route)
            && shares_host(route, model)
            && !matches_path(route)
            && !matches_path(model)
    };
    service.routes.iter().filter(differs).map(|route| unlimited(service, route, model)).collect()
}

fn is_limited(route: &MeshRoute) -> bool {
    route.protocol == RouteProtocol::Http
        && route.timeout_ms.as_ref().is_some_and(|timeout| timeout.value > 0)
}

fn shares_host(route: &MeshRoute, model: &MeshRoute) -> bool {
    let hosts =
        |route: &MeshRoute| route.destinations.iter().map(|to| to.host.value.clone()).collect::<Vec<_>>();
    hosts(route).iter().any(|host| hosts(model).contains(host))
}

fn matches_path(route: &MeshRoute) -> bool {
    route.matches.iter().any(|one| one.says.contains("uri ") || one.port.is_some())
}

fn unlimited(service: &VirtualService, route: &MeshRoute, model: &MeshRoute) -> Finding {
    let whose = route.matches.first().map_or("other requests".to_owned(), |first| first.says.clone());
    let timeout = model.timeout_ms.as_ref();
    let limit = timeout.map_or(String::new(), |timeout| time(timeout.value));
    let finding = Finding::broken(NAME, Severity::Medium, service.object.id.to_string())
        .says(format!("the route for {whose} has no timeout, and the other route to the same host ends after {limit}"))
        .witness("such a request may wait without end, and is retried twice by the mesh's default instead of as stated")
        .repair(format!("give both routes `timeout: {limit}` and the same retries"))
        .at(&route.origin, "no timeout here")
        .at(timeout.map(|timeout| &timeout.origin), "limited here");
    match &route.first_field {
        Some(field) => finding.fix(Fix::Replace {
            origin: sehat_diagnostic::Origin { end: field.start, ..field.clone() },
            with: limits(model, &limit, field.column.saturating_sub(1)),
        }),
        None => finding,
    }
}

/// The lines that give a route the limits of another.
fn limits(model: &MeshRoute, timeout: &str, indent: usize) -> String {
    let pad = " ".repeat(indent);
    let mut text = format!("timeout: {timeout}\n{pad}");
    if let Some(Retries { attempts: Some(attempts), per_try_ms, on, .. }) =
        model.retries.as_ref().filter(|_| indent > 0)
    {
        let _ = write!(text, "retries:\n{pad}  attempts: {attempts}\n{pad}");
        if let Some(per_try) = per_try_ms {
            let _ = write!(text, "  perTryTimeout: {}\n{pad}", time(per_try.value));
        }
        if let Some(on) = on {
            let _ = write!(text, "  retryOn: {}\n{pad}", on.value);
        }
    }
    text
}

/// An Ingress in front with a stated read timeout.
fn outer_gives_up(context: &Context<'_>, service: &VirtualService) -> Option<Finding> {
    let namespace = service.object.id.namespace.as_str();
    let inner =
        service.routes.iter().filter_map(|route| route.timeout_ms.as_ref()).max_by_key(|time| time.value)?;
    let names: Vec<(&str, &str)> =
        service.hosts.iter().filter_map(|host| service_of(&host.value, namespace)).collect();
    let in_front = context.inventory.edge.routes.iter().filter(|route| {
        route.backends.iter().any(|backend| {
            let target = &backend.target.value;
            names.contains(&(target.namespace.as_str(), target.name.as_str()))
        })
    });
    let stated = in_front.filter_map(|route| {
        let timeout = route.object.annotations.get("nginx.ingress.kubernetes.io/proxy-read-timeout")?;
        Some((route, timeout, timeout.value.trim_end_matches('s').parse::<u64>().ok()?.saturating_mul(1000)))
    });
    let (route, outer, _) = stated.into_iter().find(|(_, _, outer_ms)| *outer_ms < inner.value)?;
    Some(
        Finding::broken(NAME, Severity::Medium, route.object.id.to_string())
            .says(format!(
                "the Ingress waits {outer} s, and the route of {} behind it {}",
                service.object.id,
                time(inner.value)
            ))
            .witness("the user sees an error for a request that still succeeds, and sends it again")
            .repair("make each outer timeout longer than the inner one")
            .at(&outer.origin, "gives up here")
            .at(&inner.origin, "still waits"),
    )
}

fn time(ms: u64) -> String {
    if ms.is_multiple_of(1000) { format!("{}s", ms / 1000) } else { format!("{ms}ms") }
}
