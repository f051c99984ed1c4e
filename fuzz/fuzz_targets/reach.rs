//! Any byte string as manifests gives workloads and policies over which every question has an answer, never a panic.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sehat_diagnostic::Sources;
use sehat_reach::cluster::{Cluster, answer, refused};

fuzz_target!(|bytes: &[u8]| {
    let mut sources = Sources::default();
    sources.add("manifests.yaml", &String::from_utf8_lossy(bytes));
    let imported = sehat_import::import(&sources);
    let cluster = Cluster::new(&imported.inventory);
    // The list is of all pairs, so it is asked of small inputs alone.
    if cluster.workloads().len() < 32 {
        answer(&cluster);
    }
    assert_eq!(cluster.total(), cluster.total_of_pairs());
    refused(&imported.inventory);
});
