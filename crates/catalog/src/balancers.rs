//! What a load balancer, proxy or gateway can do, by product and version.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::entry::cited;
use crate::products;
use crate::table::{is_at_least, parse};

/// The features of one product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Balancer {
    pub product: &'static str,
    /// What is not listed is unknown.
    pub features: BTreeMap<Feature, Support>,
    pub source: &'static str,
    pub date: Date,
}

/// A load-balancing feature that a route may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Feature {
    /// Probes sent on a schedule, whether or not requests come.
    ActiveHealthChecks,
    /// Failures of real requests take a server out.
    PassiveHealthChecks,
    StickyCookie,
    StickyIp,
    BalanceRoundRobin,
    BalanceWeighted,
    BalanceLeastConnections,
    /// The server with the fewest requests that are not answered yet.
    BalanceLeastRequests,
    BalanceRandom,
    BalanceHash,
    /// A time limit of its own for each route.
    RouteTimeout,
    /// A failed request is tried on another server.
    Retries,
    TlsTermination,
    TlsPassthrough,
    HostRouting,
    PathRouting,
    Tcp,
    Udp,
    Http2,
    Websocket,
    /// A web application firewall.
    Waf,
    /// A request rate counted by each instance for itself.
    RateLimit,
    /// A request rate counted over all instances together.
    RateLimitShared,
    /// A server is drained before it leaves.
    Draining,
    /// A share of requests goes to another backend.
    WeightedRoutes,
    /// Requests are copied to another backend.
    Mirroring,
}

/// Whether a feature is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "&'static str")]
pub enum Support {
    Yes,
    No,
    /// From this version on, not before.
    Since(&'static str),
    /// With something beside the product itself.
    With(&'static str),
}

impl From<&'static str> for Support {
    fn from(text: &'static str) -> Self {
        if let Some(version) = text.strip_prefix("since ") {
            return Self::Since(version);
        }
        match text {
            "yes" => Self::Yes,
            "no" => Self::No,
            other => Self::With(other.strip_prefix("with ").unwrap_or(other)),
        }
    }
}

impl Balancer {
    /// Returns whether `version` has `feature`; none where that is not known, also
    /// because the version is not.
    pub fn supports(&self, feature: Feature, version: Option<&str>) -> Option<bool> {
        match self.features.get(&feature)? {
            Support::Yes | Support::With(_) => Some(true),
            Support::No => Some(false),
            Support::Since(since) => version.map(|version| is_at_least(version, since)),
        }
    }
}

cited!(Balancer, |row| format!("balancer/{}", row.product), format!("{} features", row.features.len()));

/// Returns what `product` can do.
pub fn balancer(product: &str) -> Option<&'static Balancer> {
    products::find(product, |name| balancers().iter().find(|row| row.product == name))
}

/// Returns every balancer.
pub fn balancers() -> &'static [Balancer] {
    &TABLE
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
struct File {
    balancer: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    product: &'static str,
    source: &'static str,
    date: Date,
    #[serde(default)]
    yes: Vec<Feature>,
    #[serde(default)]
    no: Vec<Feature>,
    #[serde(default)]
    other: BTreeMap<Feature, Support>,
}

static TABLE: LazyLock<Vec<Balancer>> = LazyLock::new(|| {
    let file: File = parse!("balancers");
    file.balancer.into_iter().map(Row::into_balancer).collect()
});

impl Row {
    fn into_balancer(self) -> Balancer {
        let mut features = self.other;
        features.extend(self.yes.into_iter().map(|feature| (feature, Support::Yes)));
        features.extend(self.no.into_iter().map(|feature| (feature, Support::No)));
        Balancer { product: self.product, features, source: self.source, date: self.date }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn supports(product: &str, feature: Feature, version: Option<&str>) -> Option<bool> {
        balancer(product).unwrap().supports(feature, version)
    }

    #[test]
    fn open_source_nginx_has_only_passive_checks() {
        assert_eq!(supports("nginx", Feature::ActiveHealthChecks, Some("1.22.1")), Some(false));
        assert_eq!(supports("nginx", Feature::PassiveHealthChecks, Some("1.22.1")), Some(true));
        assert_eq!(supports("nginx", Feature::StickyCookie, Some("1.22.1")), Some(false));
        assert_eq!(supports("nginx-plus", Feature::ActiveHealthChecks, None), Some(true));
    }

    #[test]
    fn a_feature_that_came_later_depends_on_the_version() {
        assert_eq!(supports("nginx", Feature::StickyCookie, Some("1.30.1")), Some(true));
        assert_eq!(supports("nginx", Feature::StickyCookie, None), None);
        assert_eq!(supports("traefik", Feature::StickyIp, None), None);
    }

    #[test]
    fn no_feature_is_listed_twice() {
        let file: File = parse!("balancers");
        for row in file.balancer {
            let both =
                row.yes.iter().find(|feature| row.no.contains(feature) || row.other.contains_key(feature));
            let denied = row.no.iter().find(|feature| row.other.contains_key(feature));
            assert_eq!((both, denied), (None, None), "{}", row.product);
        }
    }

    #[test]
    fn haproxy_has_active_checks_and_cookies() {
        assert_eq!(supports("haproxy", Feature::ActiveHealthChecks, Some("2.6")), Some(true));
        assert_eq!(supports("haproxy", Feature::StickyCookie, None), Some(true));
    }
}
