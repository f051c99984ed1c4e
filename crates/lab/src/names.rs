//! Names of links and tables, the same wherever they are made and struck.

/// The table that holds the platform's filters, in the router and in every machine.
pub const FILTER_TABLE: &str = "sehat";

/// The table of a fault in the router.
pub const CUT_TABLE: &str = "sehat-cut";

/// A machine's link, as the machine sees it.
pub const MACHINE_LINK: &str = "eth0";

/// The bridge of a segment; links have at most 15 characters, so segments are counted.
pub fn bridge(segment_index: usize) -> String {
    format!("segment{segment_index}")
}

/// The router's leg in a segment, as the router sees it.
pub fn leg(segment_index: usize) -> String {
    format!("leg{segment_index}")
}

/// The bridge's end of the router's leg.
pub fn leg_port(segment_index: usize) -> String {
    format!("router{segment_index}")
}

/// The bridge's end of a machine's link.
pub fn machine_port(machine_index: usize) -> String {
    format!("machine{machine_index}")
}
