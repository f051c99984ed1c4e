//! Proves that what an object names is made by something: keys of ConfigMaps and Secrets, claims, classes,
//! service accounts, roles, services behind an Ingress, targets of autoscalers, pods behind a Service.
//!
//! Broken: a ConfigMap or Secret whose keys the files hold lacks the key that a container takes; an
//! autoscaler or a Service whose own file holds a workload that it misses by a letter or by a label.
//!
//! Unknown: what no file makes. Somebody else, an operator or a pipeline may make it; where the input claims to be
//! whole, nobody does, and it is broken.
//!
//! An object without a stated namespace may be applied to any, so it is found from every namespace. What each
//! cluster or its provider brings (`default`, `system:...`, `cluster-admin`, common storage classes) counts as
//! made.
//!
//! Source: Kubernetes API: a container whose key is missing stays in `CreateContainerConfigError`, a pod
//! whose claim, account or priority class is missing is not created or not scheduled.

mod compose;

use std::collections::BTreeMap;

use sehat_diagnostic::Origin;
use sehat_platform::inventory::limits::Autoscaler;
use sehat_platform::inventory::network::Service;
use sehat_platform::inventory::workload::{EnvValue, VolumeSource, Workload};
use sehat_platform::inventory::{Object, Stated};
use sehat_verdict::{Finding, Fix, Severity};

use super::references::Made;
use crate::load::{is_near, lacking, with_places};
use crate::{Context, Outcome, Rule};

const NAME: &str = "reference-resolves";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "Every object and key that is named is made by something.",
    severity: Severity::High,
    hygiene: false,
    source: "Kubernetes API: EnvVarSource, VolumeSource, PodSpec, ScaleTargetRef, RoleRef, Service selectors",
    file: include_str!("reference_resolves.rs"),
    judge,
};

/// What is named and not made: by kind, then by how a user would call it.
type Missing<'a> = BTreeMap<&'static str, BTreeMap<String, Vec<&'a Origin>>>;

struct Judge<'c, 'a> {
    context: &'c Context<'a>,
    made: Made<'a>,
    missing: Missing<'a>,
    findings: Vec<Finding>,
}

fn judge(context: &Context<'_>) -> Outcome {
    let mut outcome = of_objects(context);
    outcome.findings.extend(compose::judge(context));
    outcome
}

fn of_objects(context: &Context<'_>) -> Outcome {
    let made = Made::new(context.inventory);
    let mut judge = Judge { context, made, missing: Missing::new(), findings: Vec::new() };
    let inventory = context.inventory;
    inventory
        .workloads
        .iter()
        .filter(|workload| workload.owner.is_none())
        .for_each(|workload| judge.workload(workload));
    inventory.limits.autoscalers.iter().for_each(|autoscaler| judge.autoscaler(autoscaler));
    inventory.network.services.iter().for_each(|service| judge.service(service));
    judge.routes();
    judge.bindings();
    judge.classes();
    judge.overlays();
    let unmade = judge.missing.iter().map(|(kind, named)| unmade(kind, named, inventory.whole));
    judge.findings.extend(unmade);
    judge.findings.into()
}

impl<'a> Judge<'_, 'a> {
    /// Notes what no file makes.
    fn need(&mut self, kind: &'static str, from: &Object, name: &str, at: &'a Origin) {
        if !name.is_empty() && !self.made.has(kind, from, name) {
            let called = format!("{kind} {}/{name}", from.id.namespace);
            self.missing.entry(kind).or_default().entry(called).or_default().push(at);
        }
    }

    fn workload(&mut self, workload: &'a Workload) {
        let object = &workload.object;
        for container in workload.pod.all_containers() {
            for env in &container.env {
                match &env.value {
                    EnvValue::ConfigMapKey { name, key, optional: false } => {
                        self.key("ConfigMap", object, name, key);
                    }
                    EnvValue::SecretKey { name, key, optional: false } => {
                        self.key("Secret", object, name, key);
                    }
                    _ => {}
                }
            }
            for from in container.env_from.iter().filter(|from| !from.optional) {
                self.need(
                    if from.is_secret { "Secret" } else { "ConfigMap" },
                    object,
                    &from.name,
                    &from.name.origin,
                );
            }
        }
        for volume in &workload.pod.volumes {
            self.volume(object, &volume.source);
        }
        if let Some(account) = &workload.pod.service_account {
            self.need("ServiceAccount", object, account, &account.origin);
        }
        if let Some(class) = &workload.pod.priority_class {
            self.need("PriorityClass", object, class, &class.origin);
        }
        for secret in &workload.pod.pull_secrets {
            self.need("Secret", object, secret, &secret.origin);
        }
    }

    fn volume(&mut self, object: &'a Object, source: &'a VolumeSource) {
        match source {
            VolumeSource::ConfigMap { name, keys, optional: false } => {
                self.files("ConfigMap", object, name, keys);
            }
            VolumeSource::Secret { name, keys, optional: false } => self.files("Secret", object, name, keys),
            VolumeSource::Claim(name) => self.need("PersistentVolumeClaim", object, name, &name.origin),
            VolumeSource::Projected(sources) => {
                for source in sources {
                    self.volume(object, source);
                }
            }
            _ => {}
        }
    }

    fn files(
        &mut self,
        kind: &'static str,
        object: &'a Object,
        name: &'a Stated<String>,
        keys: &'a [Stated<String>],
    ) {
        if keys.is_empty() {
            self.need(kind, object, name, &name.origin);
        }
        for key in keys {
            self.key(kind, object, name, key);
        }
    }

    fn key(
        &mut self,
        kind: &'static str,
        object: &'a Object,
        name: &'a Stated<String>,
        key: &'a Stated<String>,
    ) {
        match self.made.keys(kind, object, name) {
            None => self.need(kind, object, name, &name.origin),
            Some(keys) if keys.open || keys.names.iter().any(|known| *known == key.value) => {}
            Some(keys) => self.findings.push(key_missing(kind, object, name, key, &keys.names, keys.at)),
        }
    }

    fn autoscaler(&mut self, autoscaler: &'a Autoscaler) {
        let target = &autoscaler.target.value;
        let judged =
            ["Deployment", "StatefulSet", "ReplicaSet"].into_iter().find(|kind| *kind == target.kind);
        let Some(kind) = judged.filter(|kind| !self.made.has(kind, &autoscaler.object, &target.name)) else {
            return;
        };
        let beside = self.context.index.workloads_in(&target.namespace).iter().find(|workload| {
            workload.object.origin.path == autoscaler.object.origin.path
                && is_near(&workload.object.id.name, &target.name)
        });
        match beside {
            Some(workload) => self.findings.push(target_missed(autoscaler, workload)),
            None => self.need(kind, &autoscaler.object, &target.name, &autoscaler.target.origin),
        }
    }

    fn service(&mut self, service: &'a Service) {
        let Some(selector) = &service.selector else { return };
        let index = self.context.index;
        let namespace = &service.object.id.namespace;
        if index.behind(service).next().is_some() || self.made.labels_pods(selector) {
            return;
        }
        let named_alike = index.workloads_in(namespace).iter().find(|workload| {
            workload.object.origin.path == service.object.origin.path
                && workload.object.id.name == service.object.id.name
        });
        match named_alike {
            Some(workload) => self.findings.push(selects_none(service, workload)),
            None if index.has_operator_in(namespace) => {}
            None => {
                let called = service.object.id.to_string();
                self.missing.entry("pods").or_default().entry(called).or_default().push(&selector.origin);
            }
        }
    }

    fn routes(&mut self) {
        for route in &self.context.inventory.edge.routes {
            let by_issuer = route.object.annotations.keys().any(|key| key.starts_with("cert-manager.io/"));
            for secret in route.tls.iter().filter_map(|tls| tls.secret.as_ref()).filter(|_| !by_issuer) {
                self.need("Secret", &route.object, secret, &secret.origin);
            }
            for backend in route.backends.iter().filter(|backend| backend.target.kind == "Service") {
                let target = &backend.target.value;
                let from = Object {
                    id: sehat_platform::inventory::ObjectId::new("", &target.namespace, ""),
                    namespace_stated: route.object.namespace_stated,
                    ..Object::default()
                };
                self.need("Service", &from, &target.name, &backend.target.origin);
            }
        }
    }

    fn bindings(&mut self) {
        for binding in &self.context.inventory.identity.bindings {
            let role = &binding.role.value;
            match role.kind.as_str() {
                "ClusterRole" => self.need("ClusterRole", &binding.object, &role.name, &binding.role.origin),
                "Role" => self.need("Role", &binding.object, &role.name, &binding.role.origin),
                _ => {}
            }
            for subject in binding.subjects.iter().filter(|subject| subject.kind == "ServiceAccount") {
                let mut from = binding.object.clone();
                if !subject.namespace.is_empty() {
                    from.id.namespace.clone_from(&subject.namespace);
                    from.namespace_stated = true;
                }
                self.need("ServiceAccount", &from, &subject.name, &subject.origin);
            }
        }
    }

    /// An overlay that counts the replicas of something that no file has.
    fn overlays(&mut self) {
        for overlay in &self.context.inventory.limits.overlays {
            let name = overlay.name.value.as_str();
            let known = ["Deployment", "StatefulSet", "ReplicaSet", "ReplicationController"];
            if !known.iter().any(|kind| self.made.has(kind, &Object::default(), name)) {
                let called = format!("Deployment {name}");
                self.missing
                    .entry("counted")
                    .or_default()
                    .entry(called)
                    .or_default()
                    .push(&overlay.name.origin);
            }
        }
    }

    fn classes(&mut self) {
        let inventory = self.context.inventory;
        let templates = inventory.workloads.iter().flat_map(|workload| &workload.claims);
        for claim in inventory.storage.claims.iter().chain(templates) {
            if let Some(class) = &claim.class {
                self.need("StorageClass", &claim.object, class, &class.origin);
            }
        }
    }
}

fn key_missing(
    kind: &str,
    object: &Object,
    name: &str,
    key: &Stated<String>,
    keys: &[&str],
    at: &Origin,
) -> Finding {
    let near = keys.iter().find(|known| is_near(known, key));
    let list = if keys.is_empty() { "none".to_owned() } else { keys.join(", ") };
    let finding = Finding::broken(NAME, Severity::High, object.id.to_string())
        .says(format!("`{}` takes key `{key}` of {kind} `{name}`, which has {list}", object.id))
        .witness("the container waits in CreateContainerConfigError, or its volume is never mounted")
        .repair(near.map_or_else(
            || format!("add `{key}` there, or name a key that is there"),
            |near| format!("did you mean `{near}`?"),
        ))
        .at(&key.origin, "no such key")
        .at(at, "its keys");
    match near {
        Some(near) => finding.fix(Fix::Replace { origin: key.origin.clone(), with: (*near).to_owned() }),
        None => finding,
    }
}

fn target_missed(autoscaler: &Autoscaler, workload: &Workload) -> Finding {
    let target = &autoscaler.target.value;
    Finding::broken(NAME, Severity::High, autoscaler.object.id.to_string())
        .says(format!(
            "`{}` scales `{target}`, and its file has `{}`",
            autoscaler.object.id, workload.object.id
        ))
        .witness("an autoscaler without its target scales nothing")
        .repair(format!("did you mean `{}`?", workload.object.id.name))
        .at(&autoscaler.target.origin, "no such target")
        .at(&workload.object.origin, "the one beside it")
        .fix(crate::load::merge(
            &autoscaler.object,
            serde_json::json!({ "spec": { "scaleTargetRef": { "name": workload.object.id.name } } }),
        ))
}

fn selects_none(service: &Service, workload: &Workload) -> Finding {
    let selector = service.selector.as_ref();
    let wanted = selector.map(|selector| {
        let missed = selector.labels.iter().filter(|(key, value)| {
            workload.pod.labels.get(*key).is_none_or(|stated| stated.value != value.value)
        });
        missed.map(|(key, value)| format!("{key}: {value}")).collect::<Vec<_>>().join(", ")
    });
    let labels: serde_json::Map<_, _> = workload
        .selector
        .iter()
        .flat_map(|selector| &selector.labels)
        .map(|(key, value)| (key.clone(), serde_json::json!(value.value)))
        .collect();
    let finding = Finding::broken(NAME, Severity::High, service.object.id.to_string())
        .says(format!(
            "`{}` selects `{}`, which the pods of `{}` do not have",
            service.object.id,
            wanted.unwrap_or_default(),
            workload.object.id
        ))
        .witness("a Service without pods refuses every connection")
        .repair("select the labels of the pod template")
        .at(selector.map(|selector| &selector.origin), "selects no pod")
        .at(&workload.pod.origin, "the pods beside it");
    if labels.is_empty() {
        return finding;
    }
    let dropped = selector.into_iter().flat_map(|selector| selector.labels.keys());
    let mut patch: serde_json::Map<_, _> =
        dropped.map(|key| (key.clone(), serde_json::Value::Null)).collect();
    patch.extend(labels);
    finding.fix(crate::load::merge(&service.object, serde_json::json!({ "spec": { "selector": patch } })))
}

/// One finding per kind of what no file makes.
fn unmade(kind: &str, named: &BTreeMap<String, Vec<&Origin>>, whole: bool) -> Finding {
    let severity = if matches!(kind, "StorageClass" | "PriorityClass" | "ClusterRole") {
        Severity::Low
    } else {
        Severity::Medium
    };
    let first: Vec<String> = named.keys().take(3).map(|name| format!("`{name}`")).collect();
    let more = if named.len() > 3 { format!(" and {} more", named.len() - 3) } else { String::new() };
    let list = format!("{}{more}", first.join(", "));
    let subject = named.keys().next().cloned().unwrap_or_default();
    let subject = if named.len() > 1 { format!("{subject} and {} more", named.len() - 1) } else { subject };
    let (message, label) = match kind {
        "pods" => (format!("no pod of the files lies behind {list}"), "selects no pod"),
        _ => (format!("nothing in the files makes {list}"), "named here"),
    };
    let places: Vec<(&Origin, &str)> =
        named.values().filter_map(|found| Some((*found.first()?, label))).collect();
    let finding = lacking(NAME, severity, subject, whole)
        .says(message)
        .witness(witness_of(kind))
        .repair("check the name, or read the files that make it too");
    with_places(finding, &places)
}

fn witness_of(kind: &str) -> &'static str {
    match kind {
        "counted" => "kustomize stops at a count of replicas for what its base does not have",
        "pods" => "a Service without pods refuses every connection",
        "Secret" | "ConfigMap" => "a pod whose configuration is missing does not start",
        "PersistentVolumeClaim" => "a pod whose claim is missing is not scheduled",
        "ServiceAccount" => "pods of a missing account are refused, and rights given to it reach nobody",
        "StorageClass" => "a claim of a missing class waits for ever",
        "PriorityClass" => "pods of a missing priority class are refused",
        "Role" | "ClusterRole" => "a binding to a missing role gives no right",
        "Service" => "requests to a missing Service are answered with 503",
        _ => "an autoscaler without its target scales nothing",
    }
}
