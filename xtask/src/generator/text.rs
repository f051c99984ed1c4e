//! Manifests of the synthetic platform.

use std::fmt::Write;

use super::Service;

pub fn namespaces(count: usize, zones: &[&str], classes: &[&str]) -> String {
    (0..count).map(|index| namespace(index, zones, classes)).collect::<Vec<_>>().join("---\n")
}

fn namespace(index: usize, zones: &[&str], classes: &[&str]) -> String {
    let name = format!("ns-{index:02}");
    let (zone, class) = (zones[index % zones.len()], classes[index / 5 % classes.len()]);
    format!(
        "apiVersion: v1
kind: Namespace
metadata:
  name: {name}
  labels:
    zone: {zone}
    env: prod
    dataclass: {class}
    pod-security.kubernetes.io/enforce: restricted
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: default-deny
  namespace: {name}
spec:
  podSelector: {{}}
  policyTypes: [Ingress, Egress]
---
{}",
        dns(&name)
    )
}

/// The policy that lets a namespace ask for names.
pub fn dns(namespace: &str) -> String {
    format!(
        "apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: allow-dns
  namespace: {namespace}
spec:
  podSelector: {{}}
  policyTypes: [Egress]
  egress:
  - to:
    - namespaceSelector:
        matchLabels:
          kubernetes.io/metadata.name: kube-system
      podSelector:
        matchLabels:
          k8s-app: kube-dns
    ports:
    - protocol: UDP
      port: 53
    - protocol: TCP
      port: 53
"
    )
}

pub fn service(service: &Service, all: &[Service]) -> String {
    [
        account(service),
        deployment(service),
        front(service),
        autoscaler(service),
        budget(service),
        policy(service, all),
    ]
    .join("---\n")
}

fn head(version: &str, kind: &str, service: &Service) -> String {
    format!(
        "apiVersion: {version}\nkind: {kind}\nmetadata:\n  name: {name}\n  namespace: {namespace}\n  labels:\n    app: {name}\n",
        name = service.name,
        namespace = service.namespace
    )
}

fn account(service: &Service) -> String {
    format!("{}automountServiceAccountToken: false\n", head("v1", "ServiceAccount", service))
}

pub fn deployment(service: &Service) -> String {
    let Service { name, zone, tier, class, replicas, port, cpu, memory, index, .. } = service;
    format!(
        "{}spec:
  replicas: {replicas}
  selector:
    matchLabels:
      app: {name}
  strategy:
    type: RollingUpdate
    rollingUpdate:
      maxSurge: 1
      maxUnavailable: 0
  template:
    metadata:
      labels:
        app: {name}
        tier: {tier}
        zone: {zone}
        dataclass: {class}
    spec:
      serviceAccountName: {name}
      automountServiceAccountToken: false
      terminationGracePeriodSeconds: 30
      securityContext:
        runAsNonRoot: true
        runAsUser: 10001
        fsGroup: 10001
        seccompProfile:
          type: RuntimeDefault
      topologySpreadConstraints:
      - maxSkew: 1
        topologyKey: topology.kubernetes.io/zone
        whenUnsatisfiable: DoNotSchedule
        labelSelector:
          matchLabels:
            app: {name}
      containers:
      - name: main
        image: registry.example.org/health/{name}:1.{}.{}
        imagePullPolicy: IfNotPresent
        ports:
        - name: http
          containerPort: {port}
          protocol: TCP
        - name: metrics
          containerPort: 9090
          protocol: TCP
        env:
        - name: SERVICE_NAME
          value: {name}
        - name: LOG_LEVEL
          value: info
        resources:
          requests:
            cpu: {cpu}m
            memory: {memory}Mi
          limits:
            cpu: {}m
            memory: {}Mi
        securityContext:
          allowPrivilegeEscalation: false
          readOnlyRootFilesystem: true
          capabilities:
            drop: [ALL]
        livenessProbe:
          httpGet:
            path: /livez
            port: http
          periodSeconds: 10
        readinessProbe:
          httpGet:
            path: /readyz
            port: http
          periodSeconds: 5
",
        head("apps/v1", "Deployment", service),
        index % 40,
        index % 13,
        cpu * 2,
        memory * 2
    )
}

fn front(service: &Service) -> String {
    format!(
        "{}spec:
  type: ClusterIP
  selector:
    app: {}
  ports:
  - name: http
    port: 80
    targetPort: http
    protocol: TCP
",
        head("v1", "Service", service),
        service.name
    )
}

fn autoscaler(service: &Service) -> String {
    format!(
        "{}spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: {}
  minReplicas: {}
  maxReplicas: {}
  metrics:
  - type: Resource
    resource:
      name: cpu
      target:
        type: Utilization
        averageUtilization: 70
",
        head("autoscaling/v2", "HorizontalPodAutoscaler", service),
        service.name,
        service.replicas,
        service.replicas * 3
    )
}

fn budget(service: &Service) -> String {
    format!(
        "{}spec:
  maxUnavailable: 1
  selector:
    matchLabels:
      app: {}
",
        head("policy/v1", "PodDisruptionBudget", service),
        service.name
    )
}

fn policy(service: &Service, all: &[Service]) -> String {
    let mut text = format!(
        "{}spec:
  podSelector:
    matchLabels:
      app: {}
  policyTypes: [Ingress, Egress]
  ingress:
",
        head("networking.k8s.io/v1", "NetworkPolicy", service),
        service.name
    );
    ingress(&mut text, service, all);
    egress(&mut text, service, all);
    text
}

fn ingress(text: &mut String, service: &Service, all: &[Service]) {
    let port = if service.index.is_multiple_of(8) { "http".to_owned() } else { service.port.to_string() };
    if !service.callers.is_empty() {
        text.push_str("  - from:\n");
        service.callers.iter().for_each(|caller| text.push_str(&peer(service, &all[*caller])));
        let _ = write!(text, "    ports:\n    - protocol: TCP\n      port: {port}\n");
    }
    if service.index.is_multiple_of(5) {
        let _ = write!(
            text,
            "  - from:
    - namespaceSelector:
        matchExpressions:
        - {{ key: zone, operator: In, values: [{}, integration] }}
      podSelector:
        matchExpressions:
        - {{ key: tier, operator: NotIn, values: [batch] }}
    ports:
    - protocol: TCP
      port: {port}
",
            service.zone
        );
    }
    if service.index.is_multiple_of(10) {
        let start = format!("10.{}.{}", service.index % 200, service.index / 200 % 250);
        let _ = write!(
            text,
            "  - from:
    - ipBlock:
        cidr: {start}.0/24
        except: [{start}.0/28, {start}.128/25]
    ports:
    - protocol: TCP
      port: {port}
"
        );
    }
    text.push_str("  - from:\n    - namespaceSelector:\n        matchLabels:\n          kubernetes.io/metadata.name: monitoring\n    ports:\n    - protocol: TCP\n      port: 9090\n");
    if service.index % 16 == 5 {
        text.push_str("      endPort: 9099\n");
    }
}

fn egress(text: &mut String, service: &Service, all: &[Service]) {
    let has_block = service.index % 10 == 3;
    if service.calls.is_empty() && !has_block {
        text.push_str("  egress: []\n");
        return;
    }
    text.push_str("  egress:\n");
    for called in &service.calls {
        let called = &all[*called];
        let _ = write!(
            text,
            "  - to:\n{}    ports:\n    - protocol: TCP\n      port: {}\n",
            peer(service, called),
            called.port
        );
    }
    if has_block {
        let (second, third) = (16 + service.index % 16, service.index % 250);
        let _ = write!(
            text,
            "  - to:\n    - ipBlock:\n        cidr: 172.{second}.{third}.0/24\n    ports:\n    - protocol: TCP\n      port: 443\n"
        );
    }
}

fn peer(service: &Service, other: &Service) -> String {
    let pod = format!("podSelector:\n        matchLabels:\n          app: {}\n", other.name);
    if other.namespace == service.namespace {
        return format!("    - {pod}");
    }
    format!(
        "    - namespaceSelector:\n        matchLabels:\n          kubernetes.io/metadata.name: {}\n      {pod}",
        other.namespace
    )
}
