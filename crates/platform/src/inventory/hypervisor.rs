//! Clusters of hypervisors: nodes, votes, virtual machines, jobs, storage.

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hypervisor {}
