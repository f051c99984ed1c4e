//! How requests from outside come in: Ingress, Gateway API, and what serves them.

use sehat_diagnostic::Origin;

use super::workload::PortRef;
use super::{Object, ObjectId, Stated};

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Edge {
    pub routes: Vec<Route>,
    pub gateways: Vec<Gateway>,
}

/// An Ingress or a route of the Gateway API.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Route {
    pub object: Object,
    /// The class of an Ingress, or the gateways of a route.
    pub class: Option<Stated<String>>,
    pub parents: Vec<Stated<ObjectId>>,
    pub tls: Vec<RouteTls>,
    pub backends: Vec<Backend>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct RouteTls {
    pub origin: Origin,
    pub hosts: Vec<Stated<String>>,
    pub secret: Option<Stated<String>>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Backend {
    pub origin: Origin,
    pub host: Option<Stated<String>>,
    pub path: Option<Stated<String>>,
    /// A Service in most cases.
    pub target: Stated<ObjectId>,
    pub port: Option<PortRef>,
    pub weight: Option<Stated<u32>>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Gateway {
    pub object: Object,
    pub class: Option<Stated<String>>,
    pub listeners: Vec<GatewayListener>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct GatewayListener {
    pub origin: Origin,
    pub name: String,
    pub port: u16,
    pub protocol: String,
    pub host: Option<Stated<String>>,
    pub tls_secrets: Vec<Stated<String>>,
}
