//! Proves that for each pod there is a node that can hold it.
//!
//! Broken: a pod that asks for more CPU or memory than the largest instance type of all node groups has, or than the
//! node that it names. What the system itself takes of a node is not counted, so the margin is on the workload's side.
//!
//! Unknown: a pod that no node of the files can hold, where the nodes come from a running cluster: it may have others.
//!
//! Source: Kubernetes, *Resource Management for Pods and Containers*: the scheduler compares requests with what a
//! node has to give; catalog `instance-type/` entries.

use sehat_catalog as catalog;
use sehat_diagnostic::Origin;
use sehat_platform::inventory::limits::NodeCapacity;
use sehat_platform::inventory::workload::Workload;
use sehat_verdict::{Finding, Severity};

use crate::rules::capacity::amounts::{Side, of_pod, shown};
use crate::{Context, Outcome, Rule};

const NAME: &str = "pod-fits-node";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "For each pod there is a node that can hold it.",
    severity: Severity::High,
    hygiene: false,
    source: "Kubernetes: Resource Management for Pods and Containers; catalog instance-type entries",
    file: include_str!("pod_fits_node.rs"),
    judge,
};

/// The most that one node has to give.
struct Room<'a> {
    /// Thousandths of a core.
    cpu: u64,
    memory: u64,
    called: String,
    origin: &'a Origin,
    /// Pods may run on nodes that the files do not show.
    others: bool,
}

fn judge(context: &Context<'_>) -> Outcome {
    let largest = of_groups(context).or_else(|| of_cluster(context));
    let workloads = context.inventory.workloads.iter().filter(|workload| workload.owner.is_none());
    workloads
        .filter_map(|workload| {
            let named = named_node(context, workload);
            too_large(workload, named.as_ref().or(largest.as_ref())?)
        })
        .collect::<Vec<_>>()
        .into()
}

/// The largest instance type of all node groups; nothing where one of them is not known.
fn of_groups<'a>(context: &Context<'a>) -> Option<Room<'a>> {
    let types = context.inventory.cloud.node_groups.iter().flat_map(|group| &group.instance_types);
    let known: Option<Vec<_>> =
        types.map(|stated| Some((stated, catalog::instance_type(&stated.value)?))).collect();
    let known = known?;
    let (stated, largest) = known.iter().max_by_key(|(_, row)| (row.memory_mib, row.cpu_count))?;
    Some(Room {
        cpu: known.iter().map(|(_, row)| u64::from(row.cpu_count) * 1000).max()?,
        memory: u64::from(largest.memory_mib) << 20,
        called: format!("`{}`, the largest node of the groups,", stated.value),
        origin: &stated.origin,
        others: false,
    })
}

fn of_cluster<'a>(context: &Context<'a>) -> Option<Room<'a>> {
    let rooms = context.inventory.limits.nodes.iter().filter_map(room_of);
    let largest = rooms.max_by_key(|room| (room.memory, room.cpu))?;
    Some(Room {
        called: format!("{}, the largest node of the files,", largest.called),
        others: true,
        ..largest
    })
}

fn room_of(node: &NodeCapacity) -> Option<Room<'_>> {
    let (cpu, memory) = (node.cpu.as_ref()?, node.memory.as_ref()?);
    let called = format!("`{}`", node.object.id);
    Some(Room { cpu: cpu.value.max, memory: memory.value.0, called, origin: &memory.origin, others: false })
}

/// The node that a pod names.
fn named_node<'a>(context: &Context<'a>, workload: &Workload) -> Option<Room<'a>> {
    let selected = workload.pod.node_selector.get("kubernetes.io/hostname");
    let name = workload.pod.node_name.as_ref().or(selected)?;
    let node = context.inventory.limits.nodes.iter().find(|node| node.object.id.name == name.value)?;
    room_of(node)
}

fn too_large(workload: &Workload, room: &Room<'_>) -> Option<Finding> {
    let over = [("cpu", room.cpu), ("memory", room.memory)].into_iter().find_map(|(resource, most)| {
        let asked = of_pod(workload, Side::Request, resource)?;
        (asked > most).then_some((resource, asked, most))
    });
    let (resource, asked, most) = over?;
    let finding = if room.others {
        Finding::unknown(NAME, Severity::High, workload.object.id.to_string())
    } else {
        Finding::broken(NAME, Severity::High, workload.object.id.to_string())
    };
    Some(
        finding
            .says(format!(
                "a pod of `{}` asks for {} of {resource}, and {} has {}",
                workload.object.id,
                shown(resource, asked),
                room.called,
                shown(resource, most)
            ))
            .witness("it stays Pending: no node is large enough")
            .repair("ask for less, or add a node that is large enough")
            .at(&workload.pod.origin, "asks for so much")
            .at(room.origin, "has so much"),
    )
}
