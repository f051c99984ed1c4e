//! Any text under any name that is known can be read and judged, and nothing panics.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sehat_diagnostic::Sources;

/// One path of each format.
const PATHS: [&str; 12] = [
    "plan.json",
    "compose.yaml",
    "mesh.yaml",
    "pve/corosync.conf",
    "pve/storage.cfg",
    "pve/jobs.cfg",
    "pve/vzdump.cron",
    "pve/replication.cfg",
    "pve/ha/resources.cfg",
    "pve/ha/rules.cfg",
    "pve/nodes/pve-01/qemu-server/101.conf",
    "pve/firewall/cluster.fw",
];

fuzz_target!(|input: (u8, &str)| {
    let (which, text) = input;
    let mut sources = Sources::default();
    sources.add(PATHS[usize::from(which) % PATHS.len()], text);
    let imported = sehat_import::import(&sources);
    sehat_check::check(&[imported.platform()], jiff::civil::date(2026, 11, 21));
});
