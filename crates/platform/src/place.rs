//! Where things run: sites, zones, nodes, pools; and the networks between them.

use std::collections::BTreeMap;

use crate::{Bytes, Cidr, Duration, Fact, Meta, Name, Range, Rate};

/// A place that fails as a whole at worst.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Site {
    pub meta: Meta,
    /// ISO 3166 code.
    pub country: Fact<String>,
    pub provider: Fact<String>,
    pub region: Fact<String>,
    /// Sites of one account are lost together when the account is.
    pub account: Fact<String>,
    pub zones: BTreeMap<Name, Zone>,
}

/// A failure domain inside a site.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Zone {
    pub meta: Meta,
    pub nodes: BTreeMap<Name, Node>,
}

/// A hypervisor, physical server or cluster worker.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Node {
    pub meta: Meta,
    pub host: Fact<String>,
    pub product: Fact<String>,
    pub version: Fact<String>,
    pub role: Fact<String>,
    pub size: Size,
    pub os: Fact<String>,
}

/// What a node, machine or instance has or may use. CPU in thousandths of a core.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Size {
    pub meta: Meta,
    pub cpu: Fact<Cpu>,
    pub cpu_limit: Fact<Cpu>,
    pub memory: Fact<Bytes>,
    pub memory_limit: Fact<Bytes>,
    pub disk: Fact<Bytes>,
    pub disk_max: Fact<Bytes>,
    pub gpu: Fact<Range>,
    pub instance_type: Fact<String>,
    pub purchase: Fact<String>,
}

/// Thousandths of a core, a range where the source gives one: `500m`, `2`, `500m..2000m`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cpu {
    pub min: u64,
    pub max: u64,
}

/// Nodes that are counted, not named.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pool {
    pub meta: Meta,
    pub nodes: Fact<Range>,
    pub desired: Fact<Range>,
    pub zones: Vec<Fact<Name>>,
    pub segment: Fact<Name>,
    pub instance_types: Vec<Fact<String>>,
    pub spot: Fact<bool>,
    pub taints: Vec<Fact<String>>,
    pub labels: BTreeMap<Name, Fact<String>>,
    pub product: Fact<String>,
    pub version: Fact<String>,
    pub os: Fact<String>,
    pub runtime: Fact<String>,
    pub size: Size,
    pub workers: Vec<Fact<Name>>,
    pub settings: BTreeMap<Name, Fact<String>>,
}

/// A network with an address range.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Segment {
    pub meta: Meta,
    pub cidr: Fact<Cidr>,
    /// Outside parties can be met here.
    pub faces: Fact<Facing>,
    /// The segment that contains this one.
    pub within: Fact<Name>,
    pub zones: Vec<Fact<Name>>,
    pub subnets: Fact<Range>,
    /// Exits to the internet: how many.
    pub nat: Fact<Range>,
    pub bandwidth: Fact<Bits>,
    pub bandwidth_max: Fact<Bits>,
    pub latency: Fact<Duration>,
    pub purpose: Fact<String>,
    pub events: Fact<Rate>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Facing {
    Internet,
    Inside,
}

/// Bits per second: `1Gbps`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bits(pub u64);
