//! The head of an object: version, kind, namespace, name, labels.

use sehat_platform::inventory::{Object, ObjectId};
use sehat_yaml::Node;

use super::get::{labels, text, word};

/// Kinds that belong to no namespace.
const CLUSTER: [&str; 38] = [
    "APIService",
    "AdminNetworkPolicy",
    "BaselineAdminNetworkPolicy",
    "CSIDriver",
    "CSINode",
    "CertificateSigningRequest",
    "ClusterExternalSecret",
    "ClusterImageCatalog",
    "ClusterIssuer",
    "ClusterNetworkPolicy",
    "ClusterPolicy",
    "ClusterPushSecret",
    "ClusterRole",
    "ClusterRoleBinding",
    "ClusterSecretStore",
    "ClusterTriggerAuthentication",
    "ComponentStatus",
    "CustomResourceDefinition",
    "EC2NodeClass",
    "FlowSchema",
    "GatewayClass",
    "IngressClass",
    "MutatingAdmissionPolicy",
    "MutatingWebhookConfiguration",
    "Namespace",
    "Node",
    "NodeClaim",
    "NodePool",
    "PersistentVolume",
    "PodSecurityPolicy",
    "PriorityClass",
    "PriorityLevelConfiguration",
    "RuntimeClass",
    "StorageClass",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
    "ValidatingWebhookConfiguration",
    "VolumeSnapshotClass",
];

pub fn object(node: &Node) -> Object {
    let kind = word(node, &["kind"]);
    let name = text(node, &["metadata", "name"]).or_else(|| text(node, &["metadata", "generateName"]));
    let namespace = text(node, &["metadata", "namespace"]);
    let namespace_stated = namespace.is_some();
    let namespace = if CLUSTER.contains(&kind.as_str()) {
        String::new()
    } else {
        namespace.map_or_else(|| "default".to_owned(), |stated| stated.value)
    };
    Object {
        origin: name.as_ref().map_or_else(|| node.origin.clone(), |stated| stated.origin.clone()),
        id: ObjectId { kind, namespace, name: name.map(|stated| stated.value).unwrap_or_default() },
        api_version: text(node, &["apiVersion"]).unwrap_or_default(),
        namespace_stated,
        labels: labels(node, &["metadata", "labels"]),
        annotations: labels(node, &["metadata", "annotations"]),
    }
}
