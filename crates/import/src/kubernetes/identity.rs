//! Service accounts, roles and bindings.

use sehat_platform::inventory::identity::{Binding, Role, RoleRule, ServiceAccount};
use sehat_platform::inventory::{Inventory, Object, ObjectId, Stated};
use sehat_yaml::Node;

use super::Kind;
use super::get::{flag, items, text, word, words};

pub const KINDS: &[Kind] = &[
    Kind { group: "", kind: "ServiceAccount", read: account },
    Kind { group: "rbac.authorization.k8s.io", kind: "Role", read: role },
    Kind { group: "rbac.authorization.k8s.io", kind: "ClusterRole", read: role },
    Kind { group: "rbac.authorization.k8s.io", kind: "RoleBinding", read: binding },
    Kind { group: "rbac.authorization.k8s.io", kind: "ClusterRoleBinding", read: binding },
];

fn account(node: &Node, object: Object, inventory: &mut Inventory) {
    let secrets = items(node, &["imagePullSecrets"]);
    inventory.identity.accounts.push(ServiceAccount {
        mounts_token: flag(node, &["automountServiceAccountToken"]),
        pull_secrets: secrets.iter().filter_map(|secret| text(secret, &["name"])).collect(),
        object,
    });
}

fn role(node: &Node, object: Object, inventory: &mut Inventory) {
    let rules = items(node, &["rules"]).iter().map(|rule| RoleRule {
        origin: rule.origin.clone(),
        groups: words(rule, &["apiGroups"]),
        resources: words(rule, &["resources"]),
        verbs: words(rule, &["verbs"]),
        names: words(rule, &["resourceNames"]),
    });
    let aggregated = node.at(&["aggregationRule"]).is_some();
    inventory.identity.roles.push(Role { rules: rules.collect(), aggregated, object });
}

fn binding(node: &Node, object: Object, inventory: &mut Inventory) {
    let kind = word(node, &["roleRef", "kind"]);
    let namespace = if kind == "ClusterRole" { "" } else { &object.id.namespace };
    let role = ObjectId::new(&kind, namespace, word(node, &["roleRef", "name"]));
    let origin = node.at(&["roleRef"]).map_or_else(|| object.origin.clone(), |found| found.origin.clone());
    let subjects = items(node, &["subjects"]).iter().map(|subject| {
        let id =
            ObjectId::new(word(subject, &["kind"]), word(subject, &["namespace"]), word(subject, &["name"]));
        Stated::new(id, subject.origin.clone())
    });
    inventory.identity.bindings.push(Binding {
        role: Stated::new(role, origin),
        subjects: subjects.collect(),
        object,
    });
}
