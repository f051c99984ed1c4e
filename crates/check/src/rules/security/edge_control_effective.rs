//! Proves that what guards the edge cannot be gone around.
//!
//! Who knows the address of the balancer goes around a CDN and its firewall, unless the balancer takes requests from it
//! alone. Limits that each instance counts for itself add up. Two firewalls in a row refuse what nobody can trace.
//!
//! Unknown: such a chain without a word on it; broken where the input claims to be whole.
//!
//! Source: Cloudflare, Authenticated Origin Pulls; nginx, `ngx_http_limit_req_module` (a zone belongs to one instance).

mod prose;

use sehat_verdict::Severity;

use crate::{Context, Outcome, Rule};

const NAME: &str = "edge-control-effective";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "Firewalls, limits and CDNs at the edge really hold.",
    severity: Severity::High,
    hygiene: false,
    source: "Cloudflare documentation: Authenticated Origin Pulls; nginx: ngx_http_limit_req_module",
    file: include_str!("edge_control_effective.rs"),
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    prose::judge(context).into()
}
