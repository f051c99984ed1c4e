//! The part over documents in words.

use sehat_platform::inventory::prose::Component;
use sehat_verdict::{Finding, Severity};

use super::NAME;
use crate::Context;
use crate::prose::{called, names_any, promise};

/// Applications that keep uploads, extensions or their own timer on the server, by their manuals.
const LOCAL_STATE: [(&str, &str); 1] =
    [("wordpress", "uploads, plugins and themes lie in wp-content, and wp-cron runs on each server")];

/// File systems and stores that several servers share.
const SHARED: [&str; 4] = ["nfs", "efs", "ceph", "nfs-ganesha"];

pub fn judge(context: &Context<'_>) -> Vec<Finding> {
    let prose = &context.inventory.prose;
    let several = |component: &&Component| component.count.as_ref().is_some_and(|count| count.value > 1);
    let local = |component: &Component| LOCAL_STATE.iter().find(|(name, _)| *name == component.product);
    let found =
        prose.components.iter().filter(several).find_map(|component| Some((component, local(component)?)));
    let Some((component, (_, why))) = found else { return Vec::new() };
    if prose.says(&["shared-storage"]) || names_any(context, &SHARED) {
        return Vec::new();
    }
    let name = called(prose, component);
    let disk = prose
        .above(component.statement)
        .next()
        .and_then(|at| prose.block(at).iter().find(|line| line.says("disk")));
    vec![
        promise(context, NAME, Severity::High, &name)
            .says(format!("nothing keeps the files of the {name} servers alike"))
            .witness(*why)
            .repair("share the folder, or deploy the code read-only, keep uploads in an object store and run one timer")
            .at(&component.origin, "several servers")
            .at(disk.map(|line| &line.origin), "each with its own disk"),
    ]
}
