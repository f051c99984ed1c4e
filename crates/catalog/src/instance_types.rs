//! What a cloud's machine types hold.

use std::sync::LazyLock;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::entry::cited;
use crate::table::parse;

/// A size of virtual machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct InstanceType {
    pub name: &'static str,
    pub cpu_count: u32,
    pub memory_mib: u32,
    /// What the network carries all the time, in Mbit/s.
    pub network_mbps_baseline: Option<u32>,
    /// What the network carries in bursts, in Mbit/s.
    pub network_mbps_burst: Option<u32>,
    /// The share of each CPU that can be used all the time, in percent, for types that burst.
    pub cpu_percent_baseline: Option<u32>,
    pub interface_count: Option<u32>,
    pub addresses_per_interface: Option<u32>,
    pub source: &'static str,
    pub date: Date,
}

impl InstanceType {
    /// Returns how many pods the AWS network plugin can give an address, without prefix delegation.
    ///
    /// # Source
    ///
    /// Amazon EKS User Guide: interfaces * (addresses per interface - 1) + 2.
    pub fn pod_count_max(&self) -> Option<u32> {
        let per_interface = self.addresses_per_interface?.checked_sub(1)?;
        Some(self.interface_count? * per_interface + 2)
    }
}

cited!(
    InstanceType,
    |row| format!("instance-type/{}", row.name),
    format!("{} CPU, {} MiB", row.cpu_count, row.memory_mib)
);

/// Returns the type named `name`; `db.` and `cache.` classes are of the type without that word.
pub fn instance_type(name: &str) -> Option<&'static InstanceType> {
    let plain = name.strip_prefix("db.").or_else(|| name.strip_prefix("cache.")).unwrap_or(name);
    let named = |wanted: &str| instance_types().iter().find(|row| row.name == wanted);
    named(name).or_else(|| named(plain))
}

/// Returns every type.
pub fn instance_types() -> &'static [InstanceType] {
    &TABLE
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
struct File {
    family: Vec<Group>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    source: &'static str,
    date: Date,
    types: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    name: &'static str,
    cpu: u32,
    mib: u32,
    base: Option<u32>,
    burst: Option<u32>,
    cpu_base: Option<u32>,
    eni: Option<u32>,
    ip: Option<u32>,
}

static TABLE: LazyLock<Vec<InstanceType>> = LazyLock::new(|| {
    let file: File = parse!("instance-types");
    file.family.into_iter().flat_map(Group::into_rows).collect()
});

impl Group {
    fn into_rows(self) -> impl Iterator<Item = InstanceType> {
        self.types.into_iter().map(move |row| InstanceType {
            name: row.name,
            cpu_count: row.cpu,
            memory_mib: row.mib,
            network_mbps_baseline: row.base,
            network_mbps_burst: row.burst,
            cpu_percent_baseline: row.cpu_base,
            interface_count: row.eni,
            addresses_per_interface: row.ip,
            source: self.source,
            date: self.date,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn database_classes_have_the_size_of_their_type() {
        assert_eq!(instance_type("db.r5.large"), instance_type("r5.large"));
        assert_eq!(instance_type("t3.medium").unwrap().pod_count_max(), Some(17));
        assert_eq!(instance_type("m5.large").unwrap().pod_count_max(), Some(29));
    }
}
