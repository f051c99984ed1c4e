//! What a provider runs: networks, security groups, databases, clusters, buckets.

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cloud {}
