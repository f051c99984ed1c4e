//! Pods and their containers.

use std::collections::BTreeMap;

use sehat_platform::Protocol;
use sehat_platform::inventory::workload::{
    Affinity, AffinityTerm, Container, ContainerPort, ContainerSecurity, Env, EnvFrom, EnvValue, Mount, Pod,
    PodSecurity, PortRef, Probe, ProbeAction, Resources, SpreadConstraint, Toleration, Volume, VolumeSource,
};
use sehat_platform::inventory::{Selector, Stated};
use sehat_yaml::Node;

use super::get::{expression, flag, int, is_true, items, labels, origin, selector, text, texts, word, words};
use super::quantity::{bytes, cpu};

/// Reads a pod, or the template of one: `metadata` and `spec`.
pub fn pod(node: &Node) -> Pod {
    let Some(spec) = node.get("spec") else { return Pod { origin: node.origin.clone(), ..Pod::default() } };
    let statuses = items(node, &["status", "podIPs"]);
    Pod {
        labels: labels(node, &["metadata", "labels"]),
        annotations: labels(node, &["metadata", "annotations"]),
        addresses: statuses.iter().filter_map(|ip| word(ip, &["ip"]).parse().ok()).collect(),
        ..of_spec(spec)
    }
}

fn of_spec(spec: &Node) -> Pod {
    Pod {
        origin: spec.origin.clone(),
        containers: items(spec, &["containers"]).iter().map(container).collect(),
        init: items(spec, &["initContainers"]).iter().map(container).collect(),
        volumes: items(spec, &["volumes"]).iter().map(volume).collect(),
        service_account: text(spec, &["serviceAccountName"]).or_else(|| text(spec, &["serviceAccount"])),
        mounts_token: flag(spec, &["automountServiceAccountToken"]),
        node_selector: labels(spec, &["nodeSelector"]),
        node_name: text(spec, &["nodeName"]),
        tolerations: items(spec, &["tolerations"]).iter().map(toleration).collect(),
        affinity: affinity(spec),
        spread: items(spec, &["topologySpreadConstraints"]).iter().map(spread).collect(),
        host_network: flag(spec, &["hostNetwork"]),
        host_pid: flag(spec, &["hostPID"]),
        host_ipc: flag(spec, &["hostIPC"]),
        security: pod_security(spec),
        priority_class: text(spec, &["priorityClassName"]),
        runtime_class: text(spec, &["runtimeClassName"]),
        grace_s: int(spec, &["terminationGracePeriodSeconds"]),
        restart: text(spec, &["restartPolicy"]),
        pull_secrets: items(spec, &["imagePullSecrets"])
            .iter()
            .filter_map(|item| text(item, &["name"]))
            .collect(),
        dns_policy: text(spec, &["dnsPolicy"]),
        ..Pod::default()
    }
}

pub fn container(node: &Node) -> Container {
    Container {
        name: word(node, &["name"]),
        origin: origin(node, &["name"]).unwrap_or_else(|| node.origin.clone()),
        image: text(node, &["image"]),
        pull_policy: text(node, &["imagePullPolicy"]),
        command: texts(node, &["command"]),
        args: texts(node, &["args"]),
        ports: items(node, &["ports"]).iter().filter_map(port).collect(),
        env: items(node, &["env"]).iter().map(env).collect(),
        env_from: items(node, &["envFrom"]).iter().filter_map(env_from).collect(),
        requests: resources(node, "requests"),
        limits: resources(node, "limits"),
        readiness: node.at(&["readinessProbe"]).map(probe),
        liveness: node.at(&["livenessProbe"]).map(probe),
        startup: node.at(&["startupProbe"]).map(probe),
        pre_stop: origin(node, &["lifecycle", "preStop"]),
        pre_stop_s: node.at(&["lifecycle", "preStop"]).and_then(sleep_s),
        mounts: items(node, &["volumeMounts"]).iter().filter_map(mount).collect(),
        security: container_security(node),
        stays: word(node, &["restartPolicy"]) == "Always",
    }
}

/// `sleep: {seconds: 5}`, or `sleep 5` as a command of its own or among those of a shell.
fn sleep_s(pre_stop: &Node) -> Option<Stated<u64>> {
    if let Some(seconds) = int(pre_stop, &["sleep", "seconds"]) {
        return Some(seconds);
    }
    let command = pre_stop.at(&["exec", "command"])?;
    let joined = words(command, &[]).join(" ");
    let mut all = joined.split([' ', ';', '&', '\n']).filter(|word| !word.is_empty());
    all.find(|word| *word == "sleep" || word.ends_with("/sleep"))?;
    let seconds = all.next()?.trim_end_matches('s').parse().ok()?;
    Some(Stated::new(seconds, command.origin.clone()))
}

pub fn protocol(word: &str) -> Option<Protocol> {
    match word {
        "" | "TCP" => Some(Protocol::Tcp),
        "UDP" => Some(Protocol::Udp),
        "SCTP" => Some(Protocol::Sctp),
        _ => None,
    }
}

fn port(node: &Node) -> Option<ContainerPort> {
    let number = int(node, &["containerPort"])?;
    Some(ContainerPort {
        origin: number.origin,
        name: text(node, &["name"]).map(|name| name.value),
        number: number.value,
        protocol: protocol(&word(node, &["protocol"]))?,
        host_port: int(node, &["hostPort"]).map(|port| port.value),
    })
}

fn env(node: &Node) -> Env {
    let from = node.get("valueFrom");
    let key = |source: &str| {
        let source = from?.at(&[source])?;
        Some((text(source, &["name"])?, text(source, &["key"])?, is_true(source, &["optional"])))
    };
    let value = if let Some((name, key, optional)) = key("secretKeyRef") {
        EnvValue::SecretKey { name, key, optional }
    } else if let Some((name, key, optional)) = key("configMapKeyRef") {
        EnvValue::ConfigMapKey { name, key, optional }
    } else if let Some(from) = from {
        EnvValue::Field(from.entries().first().map_or_else(String::new, |(key, _)| key.text.clone()))
    } else {
        EnvValue::Text(
            text(node, &["value"]).unwrap_or_else(|| Stated::new(String::new(), node.origin.clone())),
        )
    };
    Env { name: word(node, &["name"]), origin: node.origin.clone(), value }
}

fn env_from(node: &Node) -> Option<EnvFrom> {
    let (source, is_secret) = match node.at(&["secretRef"]) {
        Some(source) => (source, true),
        None => (node.at(&["configMapRef"])?, false),
    };
    Some(EnvFrom { is_secret, name: text(source, &["name"])?, optional: is_true(source, &["optional"]) })
}

fn resources(node: &Node, side: &str) -> Resources {
    let Some(node) = node.at(&["resources", side]) else { return Resources::default() };
    let other = labels(node, &[]);
    let known = ["cpu", "memory", "ephemeral-storage"];
    Resources {
        cpu: cpu(node, &["cpu"]),
        memory: bytes(node, &["memory"]),
        ephemeral_storage: bytes(node, &["ephemeral-storage"]),
        other: other
            .into_iter()
            .filter(|(key, _)| !known.contains(&key.as_str()))
            .collect::<BTreeMap<_, _>>(),
    }
}

fn probe(node: &Node) -> Probe {
    Probe {
        origin: node.origin.clone(),
        action: action(node).unwrap_or(ProbeAction::Unknown),
        delay_s: int(node, &["initialDelaySeconds"]),
        period_s: int(node, &["periodSeconds"]),
        timeout_s: int(node, &["timeoutSeconds"]),
        failures: int(node, &["failureThreshold"]),
    }
}

fn action(node: &Node) -> Option<ProbeAction> {
    if let Some(http) = node.at(&["httpGet"]) {
        let path = text(http, &["path"]).unwrap_or_else(|| Stated::new("/".to_owned(), http.origin.clone()));
        return Some(ProbeAction::Http {
            port: port_ref(http.get("port")?)?,
            path,
            tls: word(http, &["scheme"]).eq_ignore_ascii_case("https"),
        });
    }
    if let Some(port) = node.at(&["tcpSocket", "port"]) {
        return Some(ProbeAction::Tcp(port_ref(port)?));
    }
    if let Some(port) = node.at(&["grpc", "port"]) {
        return Some(ProbeAction::Grpc(port_ref(port)?));
    }
    node.at(&["exec"]).map(|exec| ProbeAction::Exec(words(exec, &["command"])))
}

/// A quoted number is a name to Kubernetes, and no port has such a name.
pub fn port_ref(node: &Node) -> Option<PortRef> {
    match node.as_int() {
        Some(number) => Some(PortRef::Number(Stated::new(u16::try_from(number).ok()?, node.origin.clone()))),
        None => Some(PortRef::Name(Stated::new(node.as_text()?.to_owned(), node.origin.clone()))),
    }
}

fn mount(node: &Node) -> Option<Mount> {
    Some(Mount {
        volume: text(node, &["name"])?,
        path: text(node, &["mountPath"])?,
        read_only: is_true(node, &["readOnly"]),
    })
}

fn volume(node: &Node) -> Volume {
    Volume {
        name: word(node, &["name"]),
        origin: origin(node, &["name"]).unwrap_or_else(|| node.origin.clone()),
        source: volume_source(node),
    }
}

fn volume_source(node: &Node) -> VolumeSource {
    let source = node.entries().iter().find(|(key, _)| key.text != "name");
    let Some((key, source)) = source else { return VolumeSource::EmptyDir };
    let keys = || items(source, &["items"]).iter().filter_map(|item| text(item, &["key"])).collect();
    let named = |path: &[&str]| text(source, path);
    let optional = is_true(source, &["optional"]);
    let found = match key.text.as_str() {
        "configMap" => named(&["name"]).map(|name| VolumeSource::ConfigMap { name, keys: keys(), optional }),
        "secret" => named(&["secretName"]).or_else(|| named(&["name"])).map(|name| VolumeSource::Secret {
            name,
            keys: keys(),
            optional,
        }),
        "persistentVolumeClaim" => named(&["claimName"]).map(VolumeSource::Claim),
        "emptyDir" => Some(VolumeSource::EmptyDir),
        "hostPath" => named(&["path"]).map(VolumeSource::HostPath),
        "nfs" => named(&["server"]).map(VolumeSource::Nfs),
        "projected" => {
            Some(VolumeSource::Projected(items(source, &["sources"]).iter().map(volume_source).collect()))
        }
        "csi" => named(&["driver"]).map(VolumeSource::Csi),
        "ephemeral" => Some(VolumeSource::Ephemeral),
        _ => None,
    };
    found.unwrap_or_else(|| VolumeSource::Other(key.text.clone()))
}

fn toleration(node: &Node) -> Toleration {
    let some = |key: &str| text(node, &[key]).map(|stated| stated.value);
    Toleration {
        origin: node.origin.clone(),
        key: some("key"),
        operator: some("operator").unwrap_or_else(|| "Equal".to_owned()),
        value: some("value"),
        effect: some("effect"),
    }
}

fn affinity(spec: &Node) -> Affinity {
    let terms = |side: &str| {
        let required = items(spec, &["affinity", side, "requiredDuringSchedulingIgnoredDuringExecution"]);
        let wished = items(spec, &["affinity", side, "preferredDuringSchedulingIgnoredDuringExecution"]);
        let required = required.iter().map(|term| (term, true));
        let wished = wished.iter().filter_map(|item| Some((item.get("podAffinityTerm")?, false)));
        required.chain(wished).map(|(term, required)| affinity_term(term, required)).collect()
    };
    let nodes = items(
        spec,
        &["affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms"],
    );
    Affinity {
        origin: origin(spec, &["affinity"]),
        apart: terms("podAntiAffinity"),
        together: terms("podAffinity"),
        nodes: nodes
            .iter()
            .map(|term| items(term, &["matchExpressions"]).iter().filter_map(expression).collect())
            .collect(),
    }
}

fn affinity_term(node: &Node, required: bool) -> AffinityTerm {
    AffinityTerm {
        origin: node.origin.clone(),
        required,
        topology_key: word(node, &["topologyKey"]),
        selector: selector(node, &["labelSelector"])
            .unwrap_or_else(|| Selector { origin: node.origin.clone(), ..Selector::default() }),
    }
}

fn spread(node: &Node) -> SpreadConstraint {
    SpreadConstraint {
        origin: node.origin.clone(),
        topology_key: word(node, &["topologyKey"]),
        max_skew: int(node, &["maxSkew"]).map_or(1, |skew| skew.value),
        required: word(node, &["whenUnsatisfiable"]) != "ScheduleAnyway",
        selector: selector(node, &["labelSelector"]),
    }
}

fn pod_security(spec: &Node) -> PodSecurity {
    let Some(node) = spec.at(&["securityContext"]) else { return PodSecurity::default() };
    PodSecurity {
        origin: Some(node.origin.clone()),
        run_as_non_root: flag(node, &["runAsNonRoot"]),
        run_as_user: int(node, &["runAsUser"]),
        fs_group: int(node, &["fsGroup"]),
        seccomp: text(node, &["seccompProfile", "type"]),
    }
}

fn container_security(node: &Node) -> ContainerSecurity {
    let Some(node) = node.at(&["securityContext"]) else { return ContainerSecurity::default() };
    ContainerSecurity {
        origin: Some(node.origin.clone()),
        privileged: flag(node, &["privileged"]),
        escalation: flag(node, &["allowPrivilegeEscalation"]),
        read_only_root: flag(node, &["readOnlyRootFilesystem"]),
        run_as_non_root: flag(node, &["runAsNonRoot"]),
        run_as_user: int(node, &["runAsUser"]),
        add: texts(node, &["capabilities", "add"]),
        drop: texts(node, &["capabilities", "drop"]),
        seccomp: text(node, &["seccompProfile", "type"]),
    }
}
