//! Proves that administration comes in on its stated way, and on no weaker one.
//!
//! A security group that admits SSH, RDP or a database's port from every address is a second, weaker way in. A bastion
//! whose group admits SSH and whose subnet's access list does not cannot be reached at all.
//!
//! Source: CIS AWS Foundations Benchmark, 5.2 and 5.3; Amazon VPC User Guide.

mod compose;
mod prose;

use sehat_platform::inventory::cloud::{GroupRule, SecurityGroup};
use sehat_verdict::{Finding, Severity};

use crate::cloud::CloudIndex;
use crate::{Context, Outcome, Rule};

const NAME: &str = "admin-path-works";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "A declared way of administration connects, and no weaker one stands beside it.",
    severity: Severity::High,
    hygiene: false,
    source: "CIS AWS Foundations Benchmark, 5.2 and 5.3",
    file: include_str!("admin_path_works.rs"),
    judge: |context| crate::prose::and(judge(context), prose::judge(context)),
};

/// Ports at which one is inside at once.
const GRAVE: [(u16, &str); 8] = [
    (22, "SSH"),
    (3389, "RDP"),
    (3306, "MySQL"),
    (5432, "PostgreSQL"),
    (6379, "Redis"),
    (27017, "MongoDB"),
    (9200, "Elasticsearch"),
    (1433, "SQL Server"),
];

fn judge(context: &Context<'_>) -> Outcome {
    let index = CloudIndex::new(&context.inventory.cloud);
    let groups = index.cloud.groups.iter();
    let mut findings: Vec<Finding> = groups.clone().filter_map(open_to_all).collect();
    findings.extend(groups.filter_map(|group| shut_by_acl(&index, group)));
    findings.extend(compose::judge(context));
    findings.into()
}

fn is_from_everywhere(rule: &GroupRule) -> bool {
    rule.blocks.iter().any(|block| block.prefix_len() == 0)
}

fn open_to_all(group: &SecurityGroup) -> Option<Finding> {
    let open = group.ingress.iter().filter(|rule| is_from_everywhere(rule)).find_map(|rule| {
        let found: Vec<&str> =
            GRAVE.iter().filter(|(port, _)| rule.ports.covers("tcp", *port)).map(|(_, name)| *name).collect();
        (!found.is_empty()).then_some((rule, found))
    });
    let (rule, names) = open?;
    Some(
        Finding::broken(NAME, Severity::High, &group.resource.address)
            .says(format!("{} admits {} from every address", group.resource.address, names.join(", ")))
            .witness("the whole internet may try passwords and known holes there")
            .repair("admit named addresses or the bastion's group only")
            .at(&rule.origin, "open to everybody"),
    )
}

/// What a group admits from outside must come through the list of the subnet of those who have the group.
fn shut_by_acl(index: &CloudIndex<'_>, group: &SecurityGroup) -> Option<Finding> {
    let rule = group.ingress.iter().find(|rule| {
        rule.ports.protocol.is_some()
            && rule.ports.covers("tcp", 22)
            && rule.blocks.iter().any(|block| !is_private(block))
    })?;
    let block = rule.blocks.iter().find(|block| !is_private(block))?;
    let public = index.cloud.subnets.iter().filter(|subnet| subnet.gives_public_addresses);
    let mut lists = public.map(|subnet| index.acl_of(subnet)).peekable();
    lists.peek()?;
    // One list that lets it in suffices; a subnet without a list of its own has the provider's, which lets all in.
    let shut: Vec<_> = lists.collect::<Option<Vec<_>>>()?;
    let lets = |acl: &&sehat_platform::inventory::cloud::Acl| {
        acl.ingress
            .iter()
            .find(|one| one.ports.covers("tcp", 22) && one.block.contains(block))
            .is_some_and(|one| one.allows)
    };
    let acl = shut.first().filter(|_| !shut.iter().any(lets))?;
    Some(
        Finding::broken(NAME, Severity::High, &group.resource.address)
            .says(format!("{} admits SSH from {block}, and no public subnet's access list does", group.resource.address))
            .witness("the connection ends at the subnet's list before it reaches the bastion")
            .repair("open tcp 22 from the named addresses in the list, or use a session manager and close it here")
            .at(acl.ingress.first().map_or(&acl.resource.origin, |one| &one.origin), "not let in")
            .at(&rule.origin, "admitted here"),
    )
}

fn is_private(block: &sehat_platform::Cidr) -> bool {
    match block.network() {
        std::net::IpAddr::V4(address) => block.prefix_len() > 0 && address.is_private(),
        std::net::IpAddr::V6(_) => true,
    }
}
