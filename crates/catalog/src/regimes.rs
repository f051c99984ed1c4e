//! The controls of each regime, and the rules and drills whose results support them.

use std::sync::LazyLock;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::entry::cited;
use crate::laws;
use crate::table::parse;

/// A law or standard that a platform names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Regime {
    pub name: &'static str,
    pub title: &'static str,
    /// The jurisdiction whose law it is; none for a standard.
    pub jurisdiction: Option<&'static str>,
    pub controls: Vec<Control>,
    pub source: &'static str,
    pub date: Date,
}

/// One demand of a regime.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Control {
    /// Unique within the regime.
    pub id: &'static str,
    pub article: &'static str,
    /// What it asks, in our words.
    pub title: &'static str,
    /// Rules and drills whose results are evidence for it. Empty: nothing here supports it.
    pub supported_by: Vec<&'static str>,
}

cited!(Regime, |row| format!("regime/{}", row.name), format!("{} controls", row.controls.len()));

/// Returns the regime named `name`.
pub fn regime(name: &str) -> Option<&'static Regime> {
    regimes().iter().find(|row| row.name == name)
}

/// Returns the regimes that are law in `jurisdiction`.
pub fn regimes_of(jurisdiction: &str) -> impl Iterator<Item = &'static Regime> {
    regimes().iter().filter(move |row| row.jurisdiction.is_some_and(|law| laws::lies_in(jurisdiction, law)))
}

/// Returns every regime.
pub fn regimes() -> &'static [Regime] {
    &TABLE.regime
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
struct File {
    regime: Vec<Regime>,
}

static TABLE: LazyLock<File> = LazyLock::new(|| parse!("regimes"));

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn controls_name_rules_and_drills_that_exist() {
        let known: BTreeSet<_> = RULES.into_iter().chain(DRILLS).collect();
        for regime in regimes() {
            for control in &regime.controls {
                let unknown: Vec<_> =
                    control.supported_by.iter().filter(|name| !known.contains(*name)).collect();
                assert!(unknown.is_empty(), "{} {}: {unknown:?}", regime.name, control.id);
            }
        }
    }

    #[test]
    fn ids_and_evidence_are_listed_once() {
        for regime in regimes() {
            let ids: BTreeSet<_> = regime.controls.iter().map(|control| control.id).collect();
            assert_eq!(ids.len(), regime.controls.len(), "{}", regime.name);
            for control in &regime.controls {
                let listed: BTreeSet<_> = control.supported_by.iter().collect();
                assert_eq!(listed.len(), control.supported_by.len(), "{} {}", regime.name, control.id);
            }
        }
    }

    #[test]
    fn indonesia_has_two_regimes() {
        let names: Vec<_> = regimes_of("ID").map(|regime| regime.name).collect();
        assert_eq!(names, ["uu-pdp", "permenkes-24-2022"]);
    }

    #[test]
    fn the_regimes_of_the_five_platforms_are_there() {
        for name in ["hipaa", "gdpr", "soc2", "uu-pdp", "permenkes-24-2022", "lgpd"] {
            assert!(regime(name).is_some(), "{name}");
        }
    }

    const DRILLS: [&str; 7] =
        ["cut-segment", "drop-table", "kill-instance", "kill-leader", "kill-node", "reachability", "restore"];

    #[rustfmt::skip]
    const RULES: [&str; 102] = [
        "admin-path-works", "alert-path-complete", "alert-threshold-vs-slo", "api-version-served",
        "audit-trail-kept", "autoscale-max-fits", "autoscale-metric-source", "autoscale-target-meaningful",
        "backup-client-compatible", "backup-covers-every-store", "backup-failure-visible",
        "backup-offsite-immutable", "backup-target-exists", "backup-window-fits", "circuit-breaker-vs-load",
        "client-entrypoint-exists", "cluster-network-declared", "compatibility-matrix", "component-observed",
        "connection-budget", "control-plane-admitted", "dashboard-matches-series", "data-resident",
        "declared-range-consistent", "deny-all-keeps-dns", "dr-site-exists", "edge-control-effective",
        "egress-restricted", "environment-isolated", "environment-parity", "external-dependency-allowed",
        "failover-actor-named", "flow-permitted-end-to-end", "health-check-port-open", "iac-arguments-valid",
        "identity-used-least-privilege", "idle-or-surcharge", "image-registry-consistent",
        "image-tag-immutable", "ingress-controller-admitted", "keys-recoverable", "lb-feature-supported",
        "log-collector-everywhere", "log-pipeline-parses", "manifest-schema-valid", "monthly-cost-in-budget",
        "n-minus-one-capacity", "name-resolves", "no-single-point-of-failure", "node-autoscaler-present",
        "object-defined-once", "pipeline-authenticates-and-reaches", "pipeline-commands-exist",
        "pipeline-covers-services-and-manifests", "pitr-has-log-archive", "pod-density-and-ip",
        "pod-fits-node", "policy-enforcer-present", "port-agreement", "promotion-gated", "quorum-survives",
        "quota-fits", "reference-resolves", "regime-controls-mapped", "registry-keeps-running-images",
        "replica-floor-consistent", "replicas-spread", "rest-encrypted", "restore-executable",
        "restore-verified", "retention-chain-restorable", "retention-consistent", "retention-meets-law",
        "retry-safe", "rollout-verified-reversible", "rpo-per-store", "rto-restore-time",
        "runbook-references-exist", "scrape-path-open", "scrape-selects-targets", "secret-lifecycle",
        "shared-state-for-replicas", "single-deployer", "slo-composition", "snapshot-capability",
        "spot-capacity-used", "state-transfer-keeps-quorum", "stateless-acl-return-path",
        "storage-usable-and-growth", "target-identity-unique", "telemetry-cost", "throughput-budget",
        "tier-has-subnet", "timeout-hierarchy", "tls-issuable", "topology-supports-feature",
        "traffic-split-has-endpoints", "transit-encrypted", "version-pinned", "version-supported",
        "workload-hardened", "zone-claim-backed",
    ];
}
