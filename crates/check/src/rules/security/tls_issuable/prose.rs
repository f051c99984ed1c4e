//! The part over documents in words.

use sehat_platform::inventory::prose::{Component, Prose};
use sehat_verdict::{Finding, Severity};

use super::NAME;
use crate::Context;
use crate::prose::{called, names_any, own_balancers, promise};

pub fn judge(context: &Context<'_>) -> Vec<Finding> {
    let prose = &context.inventory.prose;
    let issuer = prose.components.iter().find(|component| component.product == "lets-encrypt");
    let Some(issuer) = issuer else { return Vec::new() };
    [inner(context, issuer), challenge(context, prose, issuer)].into_iter().flatten().collect()
}

/// A public authority for hops between private addresses.
fn inner(context: &Context<'_>, issuer: &Component) -> Option<Finding> {
    let prose = &context.inventory.prose;
    let (_, promised) = prose.saying(&["end-to-end"]).next()?;
    let private = prose.segments.iter().find(|segment| {
        segment.cidr.to_string().starts_with("10.")
            || segment.cidr.to_string().starts_with("192.168.")
            || segment.cidr.to_string().starts_with("172.")
    })?;
    if prose.says(&["internal-ca", "dns-challenge"]) {
        return None;
    }
    Some(
        promise(context, NAME, Severity::High, "Let's Encrypt")
            .says("a public authority is to certify hops between private addresses")
            .witness("it certifies public names only, checks them from outside, and gives no certificates for clients")
            .repair("use an internal authority for inner hops, or name the DNS challenge that proves each name")
            .at(&promised.origin, "promised here")
            .at(&issuer.origin, "the authority")
            .at(&private.origin, "private addresses"),
    )
}

/// Several balancers answer the authority's question, and only one of them knows the answer.
fn challenge(context: &Context<'_>, prose: &Prose, issuer: &Component) -> Option<Finding> {
    let several = |component: &Component| component.count.as_ref().is_some_and(|count| count.value > 1);
    let (component, _) = own_balancers(prose).into_iter().find(|(component, _)| several(component))?;
    if prose.says(&["dns-challenge", "shared-storage"]) || names_any(context, &["cert-manager"]) {
        return None;
    }
    let name = called(prose, component);
    Some(
        promise(context, NAME, Severity::Medium, &name)
            .says(format!(
                "several {name} balancers ask for certificates, and nothing says how they share the challenge"
            ))
            .witness("an HTTP challenge may land on the balancer that did not ask: that order fails")
            .repair("use the DNS challenge, or lead the challenge's path to one place")
            .at(&component.origin, "several of them")
            .at(&issuer.origin, "the authority"),
    )
}
