//! Meshes: routes between services, their policies, identities and encryption.

use sehat_diagnostic::Origin;

use super::{Labels, Object, ObjectId, Selector, Stated};

/// What Istio's resources state.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Mesh {
    pub services: Vec<VirtualService>,
    pub rules: Vec<DestinationRule>,
    pub gateways: Vec<MeshGateway>,
    pub peers: Vec<PeerAuthentication>,
    pub authorizations: Vec<Authorization>,
    pub sidecars: Vec<Sidecar>,
    pub entries: Vec<ServiceEntry>,
}

impl Mesh {
    /// Returns whether the files use a mesh at all.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// How requests for some hosts are sent on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct VirtualService {
    pub object: Object,
    pub hosts: Vec<Stated<String>>,
    /// Empty means `mesh`: the sidecars.
    pub gateways: Vec<Stated<String>>,
    pub routes: Vec<MeshRoute>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct MeshRoute {
    pub origin: Origin,
    pub protocol: RouteProtocol,
    pub name: Option<String>,
    /// Any of these suffices; none means every request.
    pub matches: Vec<RouteMatch>,
    pub destinations: Vec<Destination>,
    pub mirrors: Vec<Destination>,
    pub timeout_ms: Option<Stated<u64>>,
    pub retries: Option<Retries>,
    pub fault: Option<InjectedFault>,
    /// It answers by itself: a redirect or a fixed response.
    pub answers: bool,
    /// Where a field can be written before its first one; absent where it is written on one line.
    pub first_field: Option<Origin>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RouteProtocol {
    #[default]
    Http,
    Tls,
    Tcp,
}

/// One condition on a request.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RouteMatch {
    pub origin: Origin,
    /// In words: `headers x-version`.
    pub says: String,
    /// Exact methods that it asks for.
    pub methods: Vec<String>,
    pub port: Option<u16>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Destination {
    pub origin: Origin,
    /// As written: a short name belongs to the namespace of the resource.
    pub host: Stated<String>,
    pub subset: Option<Stated<String>>,
    pub port: Option<Stated<u16>>,
    pub weight: Option<Stated<u32>>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Retries {
    pub origin: Origin,
    /// How often beyond the first time.
    pub attempts: Option<Stated<u32>>,
    pub per_try_ms: Option<Stated<u64>>,
    pub on: Option<Stated<String>>,
}

/// A fault that the mesh itself makes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InjectedFault {
    pub origin: Origin,
    pub abort_percent: Option<u32>,
    pub delay_percent: Option<u32>,
    pub delay_ms: Option<Stated<u64>>,
}

/// How a host's pods are grouped and spoken to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DestinationRule {
    pub object: Object,
    pub host: Stated<String>,
    pub policy: TrafficPolicy,
    pub subsets: Vec<Subset>,
    /// Pods whose calls it governs; all where nothing is selected.
    pub selector: Option<Selector>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Subset {
    pub name: Stated<String>,
    pub labels: Labels,
    pub policy: TrafficPolicy,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct TrafficPolicy {
    pub tls: Option<ClientTls>,
    /// TLS of single ports, which goes before the other.
    pub port_tls: Vec<(u16, ClientTls)>,
    pub pool: Pool,
    pub outliers: Option<OutlierDetection>,
}

/// `DISABLE`, `SIMPLE`, `MUTUAL`, `ISTIO_MUTUAL`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClientTls {
    pub mode: Stated<String>,
    pub unverified: Option<Stated<bool>>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pool {
    pub connections_max: Option<Stated<u64>>,
    pub pending_max: Option<Stated<u64>>,
    pub requests_max: Option<Stated<u64>>,
    pub requests_per_connection_max: Option<Stated<u64>>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct OutlierDetection {
    pub origin: Origin,
    pub ejected_percent_max: Option<Stated<u32>>,
    pub healthy_percent_min: Option<Stated<u32>>,
}

/// Where requests come into the mesh, or leave it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MeshGateway {
    pub object: Object,
    pub selector: Labels,
    pub servers: Vec<MeshServer>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct MeshServer {
    pub origin: Origin,
    pub port: u16,
    pub protocol: Stated<String>,
    pub hosts: Vec<Stated<String>>,
    /// `SIMPLE`, `MUTUAL`, `PASSTHROUGH` ...
    pub tls_mode: Option<Stated<String>>,
    pub tls_secret: Option<Stated<String>>,
    pub redirects: bool,
}

/// Whether plaintext is accepted: `STRICT`, `PERMISSIVE`, `DISABLE`, `UNSET`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PeerAuthentication {
    pub object: Object,
    /// None for the whole namespace, or in the root namespace for the whole mesh.
    pub selector: Option<Selector>,
    pub mode: Option<Stated<String>>,
    pub ports: Vec<(u16, Stated<String>)>,
}

/// Who may call whom, by identity: a filter beside the network policies.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Authorization {
    pub object: Object,
    /// None for the whole namespace, or in the root namespace for the whole mesh.
    pub selector: Option<Selector>,
    /// Gateways and services that it is attached to, instead of a selector.
    pub targets: Vec<Stated<ObjectId>>,
    pub action: AuthorizationAction,
    pub rules: Vec<AuthorizationRule>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AuthorizationAction {
    /// Where any allows, what none allows is denied; without rules nothing is allowed.
    #[default]
    Allow,
    /// Judged before `Allow`.
    Deny,
    Audit,
    /// Somebody else decides.
    Custom,
}

/// Holds where any source, any operation and every condition holds; an empty list holds always.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AuthorizationRule {
    pub origin: Origin,
    pub from: Vec<AuthorizationSource>,
    pub to: Vec<AuthorizationOperation>,
    pub when: Vec<AuthorizationCondition>,
}

/// Every field that is not empty must hold; one entry of a field suffices. `*` may begin or end an entry.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AuthorizationSource {
    pub origin: Origin,
    /// `cluster.local/ns/NAMESPACE/sa/ACCOUNT`.
    pub principals: Matches,
    pub namespaces: Matches,
    /// `NAMESPACE/ACCOUNT`, or an account of the policy's own namespace.
    pub service_accounts: Matches,
    pub blocks: Matches,
    pub remote_blocks: Matches,
    /// Of the token in the request.
    pub request_principals: Matches,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct AuthorizationOperation {
    pub origin: Origin,
    pub hosts: Matches,
    pub ports: Matches,
    pub methods: Matches,
    pub paths: Matches,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct AuthorizationCondition {
    pub key: Stated<String>,
    pub values: Matches,
}

/// Entries of which one must match, and entries of which none may.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Matches {
    pub any: Vec<Stated<String>>,
    pub none: Vec<Stated<String>>,
}

impl Matches {
    pub fn is_empty(&self) -> bool {
        self.any.is_empty() && self.none.is_empty()
    }
}

/// What the sidecars of some pods know of the mesh.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sidecar {
    pub object: Object,
    pub selector: Option<Selector>,
    /// `NAMESPACE/HOST`; a host that none names cannot be called where only the registry may be.
    pub egress_hosts: Vec<Stated<String>>,
    /// `REGISTRY_ONLY` or `ALLOW_ANY`.
    pub outbound: Option<Stated<String>>,
}

/// Hosts beyond the cluster, made known to the mesh.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ServiceEntry {
    pub object: Object,
    pub hosts: Vec<Stated<String>>,
    pub addresses: Vec<Stated<String>>,
    pub ports: Vec<(u16, String)>,
    /// `MESH_INTERNAL` or `MESH_EXTERNAL`.
    pub location: Option<Stated<String>>,
    pub selector: Option<Selector>,
    /// Its endpoints are written out, or found by name.
    pub has_endpoints: bool,
}

/// Returns the namespace and the name of the Service that a host means, if it is one of the cluster.
///
/// # Source
///
/// Istio, reference of `Destination`: a name without a dot belongs to the namespace of the rule; any other is taken
/// as it stands.
pub fn service_of<'h>(host: &'h str, namespace: &'h str) -> Option<(&'h str, &'h str)> {
    if host.contains('*') || host.is_empty() {
        return None;
    }
    let Some((name, rest)) = host.split_once('.') else { return Some((namespace, host)) };
    let (namespace, domain) = rest.split_once('.')?;
    (domain == "svc" || domain.starts_with("svc.")).then_some((namespace, name))
}

#[cfg(test)]
mod tests {
    use super::service_of;

    #[test]
    fn hosts_mean_services() {
        assert_eq!(service_of("claims", "own"), Some(("own", "claims")));
        assert_eq!(service_of("claims.prod.svc.cluster.local", "own"), Some(("prod", "claims")));
        assert_eq!(service_of("claims.prod.svc", "own"), Some(("prod", "claims")));
        for other in ["*.prod.svc", "example.com", "www.example.com", ""] {
            assert_eq!(service_of(other, "own"), None, "{other}");
        }
    }
}
