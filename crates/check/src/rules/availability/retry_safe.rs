//! Proves that retries by themselves repeat only requests that may be repeated.
//!
//! A mesh that retries on `5xx`, `gateway-error` or `reset` sends a request again that may already have been carried
//! out: the answer was lost, not the work. That is safe for GET and HEAD, and for others only with a key by which the
//! server knows a repetition. Conditions under which the request surely never reached a server (`connect-failure`,
//! `refused-stream`) are safe for every method. More than three retries on one hop multiply the load of a service that
//! is failing already.
//!
//! Unknown: a route without a method among its conditions, because the files do not say what it carries.
//!
//! Source: Istio, reference of `HTTPRetry`; RFC 9110, 9.2.2.

use sehat_platform::inventory::mesh::{MeshRoute, Retries, VirtualService};
use sehat_verdict::{Finding, Severity};

use crate::{Context, Outcome, Rule};

const NAME: &str = "retry-safe";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "Retries by themselves touch only requests that may be repeated.",
    severity: Severity::High,
    hygiene: false,
    source: "Istio, reference of HTTPRetry; RFC 9110, 9.2.2",
    file: include_str!("retry_safe.rs"),
    judge,
};

/// After these a server may have done the work.
const PERHAPS_DONE: [&str; 6] =
    ["5xx", "gateway-error", "reset", "retriable-4xx", "deadline-exceeded", "internal"];

/// Source: RFC 9110, 9.2.2: a repetition of these has the effect of one.
const IDEMPOTENT: [&str; 6] = ["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"];

/// More retries than this multiply an overload.
const ATTEMPTS_MAX: u32 = 3;

fn judge(context: &Context<'_>) -> Outcome {
    let services = context.inventory.mesh.services.iter();
    let retrying = services.flat_map(|service| {
        service.routes.iter().filter_map(move |route| Some((service, route, route.retries.as_ref()?)))
    });
    let mut findings: Vec<Finding> = Vec::new();
    for (service, route, retries) in retrying {
        findings.extend(repeats(service, route, retries));
        findings.extend(multiplies(service, retries));
    }
    findings.into()
}

fn repeats(service: &VirtualService, route: &MeshRoute, retries: &Retries) -> Option<Finding> {
    let on = retries.on.as_ref()?;
    let is_off = retries.attempts.as_ref().is_some_and(|attempts| attempts.value == 0);
    let grave: Vec<&str> =
        on.value.split(',').map(str::trim).filter(|word| PERHAPS_DONE.contains(word)).collect();
    if grave.is_empty() || is_off {
        return None;
    }
    let methods: Vec<&String> = route.matches.iter().flat_map(|one| &one.methods).collect();
    let all_have_one = !route.matches.is_empty() && route.matches.iter().all(|one| !one.methods.is_empty());
    let unsafe_one = methods.iter().find(|method| !IDEMPOTENT.contains(&method.as_str()));
    let finding = match (all_have_one, unsafe_one) {
        (true, None) => return None,
        (_, Some(method)) => Finding::broken(NAME, Severity::High, service.object.id.to_string())
            .says(format!("{method} requests are sent again on {}", grave.join(", "))),
        (false, None) => Finding::unknown(NAME, Severity::Medium, service.object.id.to_string())
            .says(format!("requests of every method are sent again on {}", grave.join(", "))),
    };
    Some(
        finding
            .witness("a POST whose answer was lost is carried out a second time: two claims, two bookings")
            .repair("retry on `connect-failure,refused-stream` only, or give GET a route of its own that retries on more")
            .at(&on.origin, "retried on these")
            .at(&route.origin, "whatever the method"),
    )
}

fn multiplies(service: &VirtualService, retries: &Retries) -> Option<Finding> {
    let attempts = retries.attempts.as_ref().filter(|attempts| attempts.value > ATTEMPTS_MAX)?;
    Some(
        Finding::broken(NAME, Severity::Medium, service.object.id.to_string())
            .says(format!("each failing request becomes {}", u64::from(attempts.value) + 1))
            .witness("a service that fails under its load gets that load many times over")
            .repair(format!(
                "retry at most {ATTEMPTS_MAX} times, and let outlier detection put sick pods aside"
            ))
            .at(&attempts.origin, "so many retries"),
    )
}
