//! Times how long it takes to say what is allowed in a folder of manifests, after they were read.

use std::io::Write;
use std::path::Path;
use std::time::Instant;

use sehat_diagnostic::Sources;
use sehat_reach::cluster::Cluster;

fn main() -> std::io::Result<()> {
    let mut sources = Sources::default();
    for path in std::env::args().skip(1) {
        add(Path::new(&path), &mut sources)?;
    }
    let imported = sehat_import::import(&sources);
    let mut out = std::io::stdout();
    for _ in 0..7 {
        let start = Instant::now();
        let cluster = Cluster::new(&imported.inventory);
        let read = start.elapsed();
        let total = cluster.total();
        let all = start.elapsed();
        writeln!(
            out,
            "{} workloads: {} allowed (pair, port), digest {:016x}; policies {read:?}, in all {all:?}",
            cluster.workloads().len(),
            total.connections,
            total.digest
        )?;
    }
    Ok(())
}

fn add(path: &Path, sources: &mut Sources) -> std::io::Result<()> {
    if path.is_dir() {
        for entry in std::fs::read_dir(path)? {
            add(&entry?.path(), sources)?;
        }
    } else if path.extension().is_some_and(|extension| extension == "yaml") {
        sources.add(&path.to_string_lossy(), &std::fs::read_to_string(path)?);
    }
    Ok(())
}
