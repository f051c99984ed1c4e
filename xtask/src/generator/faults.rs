//! Plants faults of twenty rules, two of each, and says where.

use std::fmt::Write;

use super::Service;

type Files = Vec<(String, String)>;

/// What is done to the file of a service.
enum Change {
    /// One text for another, which must be there.
    Replace(&'static str, &'static str),
    /// Another document behind the others; `{n}` and `{ns}` are the service's name and namespace.
    Append(&'static str),
}

struct Fault {
    rule: &'static str,
    /// The object that the finding speaks of, `{n}` and `{ns}` as above.
    subject: &'static str,
    change: Change,
}

const FAULTS: [Fault; 20] = [
    Fault {
        rule: "port-agreement",
        subject: "Service {ns}/{n}",
        change: Change::Replace("    targetPort: http\n", "    targetPort: htpp\n"),
    },
    Fault {
        rule: "egress-restricted",
        subject: "NetworkPolicy {ns}/{n}-out",
        change: Change::Append(
            "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: {n}-out\n  namespace: {ns}\nspec:\n  podSelector:\n    matchLabels: { app: {n} }\n  policyTypes: [Egress]\n  egress:\n  - ports:\n    - port: 80\n    - port: 443\n",
        ),
    },
    Fault {
        rule: "ingress-controller-admitted",
        subject: "Ingress {ns}/{n}",
        change: Change::Append(
            "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: {n}\n  namespace: {ns}\nspec:\n  ingressClassName: nginx\n  rules:\n  - host: {n}.example.org\n    http:\n      paths:\n      - path: /\n        pathType: Prefix\n        backend:\n          service:\n            name: {n}\n            port:\n              name: http\n",
        ),
    },
    Fault {
        rule: "replicas-spread",
        subject: "PodDisruptionBudget {ns}/{n}",
        change: Change::Replace("  maxUnavailable: 1\n", "  minAvailable: 100%\n"),
    },
    Fault {
        rule: "shared-state-for-replicas",
        subject: "Deployment {ns}/{n}",
        change: Change::Append(
            "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata:\n  name: {n}-files\n  namespace: {ns}\nspec:\n  accessModes: [ReadWriteOnce]\n  resources:\n    requests:\n      storage: 10Gi\n",
        ),
    },
    Fault {
        rule: "autoscale-target-meaningful",
        subject: "HorizontalPodAutoscaler {ns}/{n}",
        change: Change::Replace(
            "          requests:\n            cpu: ",
            "          requests:\n            example.org/cpu: ",
        ),
    },
    Fault {
        rule: "probe-fits-container",
        subject: "Deployment {ns}/{n}",
        change: Change::Replace(
            "            path: /readyz\n            port: http\n",
            "            path: /readyz\n            port: ready\n",
        ),
    },
    Fault {
        rule: "quota-fits",
        subject: "ResourceQuota {ns}/{n}",
        change: Change::Append(
            "apiVersion: v1\nkind: ResourceQuota\nmetadata:\n  name: {n}\n  namespace: {ns}\nspec:\n  hard:\n    requests.cpu: \"1\"\n",
        ),
    },
    Fault {
        rule: "manifest-schema-valid",
        subject: "Deployment {ns}/{n}",
        change: Change::Replace(
            "      terminationGracePeriodSeconds: 30\n",
            "      terminationGracePeriod: 30\n",
        ),
    },
    Fault {
        rule: "api-version-served",
        subject: "PodDisruptionBudget {ns}/{n}",
        change: Change::Replace("apiVersion: policy/v1\n", "apiVersion: policy/v1beta1\n"),
    },
    Fault {
        rule: "scalar-means-what-it-shows",
        subject: "Deployment {ns}/{n}",
        change: Change::Replace("          value: info\n", "          value: on\n"),
    },
    Fault {
        rule: "object-defined-once",
        subject: "ServiceAccount {ns}/{n}",
        change: Change::Append(
            "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: {n}\n  namespace: {ns}\nautomountServiceAccountToken: true\n",
        ),
    },
    Fault {
        rule: "reference-resolves",
        subject: "HorizontalPodAutoscaler {ns}/{n}",
        change: Change::Replace(
            "    kind: Deployment\n    name: svc-",
            "    kind: Deployment\n    name: svc_",
        ),
    },
    Fault {
        rule: "image-tag-immutable",
        subject: "Deployment {ns}/{n}",
        change: Change::Replace(
            "        imagePullPolicy: IfNotPresent\n",
            "        imagePullPolicy: Always\n",
        ),
    },
    Fault {
        rule: "workload-hardening-stated",
        subject: "Deployment {ns}/{n}",
        change: Change::Replace(
            "          allowPrivilegeEscalation: false\n",
            "          allowPrivilegeEscalation: true\n          privileged: true\n",
        ),
    },
    Fault {
        rule: "identity-used-least-privilege",
        subject: "ClusterRoleBinding {n}",
        change: Change::Append(
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata:\n  name: {n}\nroleRef:\n  apiGroup: rbac.authorization.k8s.io\n  kind: ClusterRole\n  name: cluster-admin\nsubjects:\n- kind: ServiceAccount\n  name: {n}\n  namespace: {ns}\n",
        ),
    },
    Fault {
        rule: "backup-failure-visible",
        subject: "CronJob {ns}/{n}-dump",
        change: Change::Append(
            "apiVersion: batch/v1\nkind: CronJob\nmetadata:\n  name: {n}-dump\n  namespace: {ns}\nspec:\n  schedule: \"0 2 * * *\"\n  jobTemplate:\n    spec:\n      template:\n        spec:\n          restartPolicy: OnFailure\n          containers:\n          - name: dump\n            image: postgres:16.4\n            command: [sh, -c, \"pg_dump -h {n} records | gzip > /backup/records.sql.gz\"]\n",
        ),
    },
    Fault {
        rule: "version-supported",
        subject: "StatefulSet {ns}/{n}-db",
        change: Change::Append(
            "apiVersion: apps/v1\nkind: StatefulSet\nmetadata:\n  name: {n}-db\n  namespace: {ns}\nspec:\n  serviceName: {n}-db\n  selector:\n    matchLabels: { app: {n}-db }\n  template:\n    metadata:\n      labels: { app: {n}-db }\n    spec:\n      containers:\n      - name: postgres\n        image: postgres:11.5\n        ports:\n        - containerPort: 5432\n",
        ),
    },
    Fault {
        rule: "traffic-split-has-endpoints",
        subject: "VirtualService {ns}/{n}",
        change: Change::Append(
            "apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata:\n  name: {n}\n  namespace: {ns}\nspec:\n  host: {n}\n  subsets:\n  - name: v2\n    labels: { version: v2 }\n---\napiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata:\n  name: {n}\n  namespace: {ns}\nspec:\n  hosts: [{n}]\n  http:\n  - route:\n    - destination: { host: {n}, subset: v2 }\n",
        ),
    },
    Fault {
        rule: "secret-lifecycle",
        subject: "Deployment {ns}/{n}",
        change: Change::Replace(
            "        - name: LOG_LEVEL\n",
            "        - name: DB_PASSWORD\n          value: \"Xk29vQ-notforyou-77\"\n        - name: LOG_LEVEL\n",
        ),
    },
];

/// Changes the files, and returns a line per fault: rule, subject, file.
pub fn plant(services: &[Service], files: &mut Files) -> String {
    let step = (services.len() / (2 * FAULTS.len())).max(1);
    let places = (0..2 * FAULTS.len()).filter_map(|number| Some((number, services.get(number * step + 1)?)));
    let mut lines = String::new();
    for (number, service) in places {
        let fault = &FAULTS[number % FAULTS.len()];
        let name = format!("{}/{}.yaml", service.namespace, service.name);
        let Some((_, text)) = files.iter_mut().find(|(known, _)| *known == name) else { continue };
        *text = changed(fault, service, text);
        let _ = writeln!(lines, "{}\t{}\tk8s/{name}", fault.rule, filled(fault.subject, service));
    }
    lines
}

fn filled(pattern: &str, service: &Service) -> String {
    pattern.replace("{ns}", &service.namespace).replace("{n}", &service.name)
}

fn changed(fault: &Fault, service: &Service, text: &str) -> String {
    let text = match fault.change {
        Change::Replace(from, to) => {
            assert!(text.contains(from), "{}: nothing to change in {}", fault.rule, service.name);
            text.replacen(from, to, 1)
        }
        Change::Append(document) => format!("{text}---\n{}", filled(document, service)),
    };
    match fault.rule {
        "shared-state-for-replicas" => with_volume(&text, &service.name),
        "autoscale-target-meaningful" => text.replace("            cpu: ", "            example.org/cpu: "),
        "image-tag-immutable" => {
            text.replacen(&format!("/{}:1.", service.name), &format!("/{}:latest # 1.", service.name), 1)
        }
        _ => text,
    }
}

/// Every replica mounts the one claim.
fn with_volume(text: &str, name: &str) -> String {
    let mount =
        "        volumeMounts:\n        - name: files\n          mountPath: /files\n        livenessProbe:\n";
    let volume = format!(
        "      volumes:\n      - name: files\n        persistentVolumeClaim:\n          claimName: {name}-files\n      containers:\n"
    );
    text.replacen("        livenessProbe:\n", mount, 1).replacen("      containers:\n", &volume, 1)
}
