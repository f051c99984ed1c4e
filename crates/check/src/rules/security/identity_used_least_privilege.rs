//! Proves that identities which are given rights are the ones that pods run as, and that none may do more
//! than its work asks for.
//!
//! Broken: an account with rights and a workload of the same name that runs as another one; rights for the
//! account `default`, which every pod without an account has; the whole cluster in the hands of an account, of
//! everybody, or of nobody known; a cluster-wide binding to an account without its namespace, which the API
//! refuses.
//!
//! Unknown: an account with rights that no workload of the files runs as.
//!
//! Source: Kubernetes, *Using RBAC Authorization* and *RBAC Good Practices*; NIST SP 800-53 AC-6.

use std::collections::{BTreeMap, HashMap, HashSet};

use sehat_diagnostic::Origin;
use sehat_platform::inventory::identity::{Binding, Role};
use sehat_platform::inventory::workload::Workload;
use sehat_platform::inventory::{ObjectId, Stated};
use sehat_verdict::{Finding, Severity};
use serde_json::json;

use crate::load::{first_and_more, merge_pod, quoted, verb, with_places};
use crate::{Context, Outcome, Rule};

const NAME: &str = "identity-used-least-privilege";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "Identities with rights are used, and have no more rights than they need.",
    severity: Severity::Critical,
    hygiene: false,
    source: "Kubernetes: Using RBAC Authorization, RBAC Good Practices; NIST SP 800-53 AC-6",
    file: include_str!("identity_used_least_privilege.rs"),
    judge,
};

/// A service account that some binding gives rights: its namespace and name.
type Account<'a> = (&'a str, &'a str);

fn judge(context: &Context<'_>) -> Outcome {
    let inventory = context.inventory;
    let roles: HashMap<&ObjectId, &Role> =
        inventory.identity.roles.iter().map(|role| (&role.object.id, role)).collect();
    let mut given: BTreeMap<Account<'_>, &Origin> = BTreeMap::new();
    let mut findings = Vec::new();
    for binding in &inventory.identity.bindings {
        for subject in &binding.subjects {
            findings.extend(of_subject(binding, subject, &roles));
            if subject.kind == "ServiceAccount" && subject.name != "default" {
                given.entry((namespace_of(binding, subject), &subject.name)).or_insert(&subject.origin);
            }
        }
    }
    findings.extend(unused(context, &given));
    findings.into()
}

/// Source: Kubernetes, `rbac.go`: in a RoleBinding an account without a namespace is one of its own.
fn namespace_of<'a>(binding: &'a Binding, subject: &'a Stated<ObjectId>) -> &'a str {
    if subject.namespace.is_empty() { &binding.object.id.namespace } else { &subject.namespace }
}

fn of_subject(
    binding: &Binding,
    subject: &Stated<ObjectId>,
    roles: &HashMap<&ObjectId, &Role>,
) -> Option<Finding> {
    let cluster_wide = binding.object.id.kind == "ClusterRoleBinding";
    let everybody = matches!(
        subject.name.as_str(),
        "system:authenticated" | "system:unauthenticated" | "system:anonymous" | "system:serviceaccounts"
    );
    let all = may_do_all(&binding.role, roles);
    match subject.kind.as_str() {
        "ServiceAccount" if cluster_wide && subject.namespace.is_empty() => Some(refused(binding, subject)),
        "Group" | "User" if everybody && all && cluster_wide => Some(for_everybody(binding, subject)),
        "ServiceAccount" if all && cluster_wide => Some(whole_cluster(binding, subject)),
        "ServiceAccount" if subject.name == "default" => Some(for_default(binding, subject)),
        _ => None,
    }
}

/// Returns whether a role allows every verb on every resource of every group.
fn may_do_all(role: &ObjectId, roles: &HashMap<&ObjectId, &Role>) -> bool {
    let has = |list: &[String]| list.iter().any(|word| word == "*");
    role.name == "cluster-admin"
        || roles.get(role).is_some_and(|role| {
            role.rules.iter().any(|rule| has(&rule.groups) && has(&rule.resources) && has(&rule.verbs))
        })
}

fn refused(binding: &Binding, subject: &Stated<ObjectId>) -> Finding {
    Finding::broken(NAME, Severity::High, binding.object.id.to_string())
        .says(format!("`{}` names the account `{}` without its namespace", binding.object.id, subject.name))
        .witness("the API refuses a cluster-wide binding to an account without a namespace")
        .repair("add `namespace` to the subject")
        .at(&subject.origin, "which namespace?")
}

fn for_everybody(binding: &Binding, subject: &Stated<ObjectId>) -> Finding {
    Finding::broken(NAME, Severity::Critical, binding.object.id.to_string())
        .says(format!("`{}` lets `{}` do everything in the cluster", binding.object.id, subject.name))
        .witness("whoever reaches the API may read every Secret and delete every object")
        .repair("bind the role to the people and accounts that need it")
        .at(&subject.origin, "everybody")
        .at(&binding.role.origin, "may do everything")
}

fn whole_cluster(binding: &Binding, subject: &Stated<ObjectId>) -> Finding {
    let severity = if subject.name == "default" { Severity::High } else { Severity::Medium };
    Finding::broken(NAME, severity, binding.object.id.to_string())
        .says(format!(
            "pods that run as `{}/{}` may do everything in the cluster",
            subject.namespace, subject.name
        ))
        .witness("whoever breaks into such a pod reads every Secret and owns every node")
        .repair("bind a role that names the groups, resources and verbs that it needs")
        .at(&binding.role.origin, "may do everything")
        .at(&subject.origin, "this account")
}

fn for_default(binding: &Binding, subject: &Stated<ObjectId>) -> Finding {
    let namespace = namespace_of(binding, subject);
    Finding::broken(NAME, Severity::Medium, binding.object.id.to_string())
        .says(format!("`{}` gives rights to the account `default` of `{namespace}`", binding.object.id))
        .witness("every pod of the namespace that names no account has these rights")
        .repair("make an account for the workload that needs them, and bind that")
        .at(&subject.origin, "every pod's account")
        .at(&binding.role.origin, "these rights")
}

/// Accounts with rights that no pod runs as.
fn unused(context: &Context<'_>, given: &BTreeMap<Account<'_>, &Origin>) -> Vec<Finding> {
    let inventory = context.inventory;
    let account_of =
        |workload: &Workload| workload.pod.service_account.as_ref().map(|name| name.value.clone());
    let used: HashSet<String> = inventory.workloads.iter().filter_map(account_of).collect();
    let made: HashSet<Account<'_>> = inventory
        .identity
        .accounts
        .iter()
        .map(|account| (account.object.id.namespace.as_str(), account.object.id.name.as_str()))
        .collect();
    let mut findings = Vec::new();
    let mut idle: Vec<(ObjectId, &Origin)> = Vec::new();
    for ((namespace, name), origin) in given.iter().filter(|(account, _)| made.contains(*account)) {
        if used.contains(*name) {
            continue;
        }
        let alike = context
            .index
            .workloads_in(namespace)
            .iter()
            .find(|workload| workload.object.id.name == *name && workload.pod.service_account.is_none());
        match alike {
            Some(workload) => findings.push(runs_as_default(workload, origin, name)),
            None if context.index.has_operator_in(namespace) => {}
            None => idle.push((ObjectId::new("ServiceAccount", *namespace, *name), origin)),
        }
    }
    findings.extend(idle_accounts(&idle));
    findings
}

fn runs_as_default(workload: &Workload, given: &Origin, name: &str) -> Finding {
    Finding::broken(NAME, Severity::Medium, workload.object.id.to_string())
        .says(format!(
            "`{}` runs as the account `default`, and the rights made for it belong to `{name}`",
            workload.object.id
        ))
        .witness("its pods have none of these rights, and an account with rights stands unused")
        .repair(format!("state `serviceAccountName: {name}`"))
        .at(&workload.pod.origin, "names no account")
        .at(given, "given to another account")
        .fix(merge_pod(workload, &json!({ "serviceAccountName": name })))
}

fn idle_accounts(idle: &[(ObjectId, &Origin)]) -> Option<Finding> {
    let (first, _) = idle.first()?;
    let subject = first_and_more(first, idle.len());
    let places: Vec<(&Origin, &str)> = idle.iter().map(|(_, origin)| (*origin, "given rights")).collect();
    let finding = Finding::unknown(NAME, Severity::Low, subject)
        .says(format!(
            "no workload of the files runs as {}, which {} rights",
            quoted(first, idle.len()),
            verb(idle.len(), "has", "have")
        ))
        .witness("an account that nobody needs is one more way in")
        .repair("take it away, or read the files of the workload that runs as it");
    Some(with_places(finding, &places))
}
