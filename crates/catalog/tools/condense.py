#!/usr/bin/env python3
"""Condenses schemas of Kubernetes and its operators into crates/catalog/schemas/*.txt.

usage: condense.py DOWNLOADS

DOWNLOADS holds the sources as their clients unpack them: Go modules as MODULE@VERSION, and the folder
kubernetes_validate of the Python package of that name. A file that is written says where it comes from.

The format, line by line: a comment with title, version and folder; `date`; one line per kind with its version,
its name and the number of its shape (`-` for a version that is no longer served); an empty line; then one shape per
line, counted from 0. A shape lists its fields sorted by name: `name:type`, `name!:type` where it is required. It
starts with `+` where it may have others. A type is `s` text, `i` whole number, `n` number, `b` boolean, `q` quantity,
`x` whole number or text, `*` anything, `M` the metadata of an object, `[T` list, `{T` map, `(A|B` one of these words,
or the number of a shape.
"""
import glob
import json
import os
import sys

import yaml

DATE = "2026-11-21"
HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "schemas")
RELEASES = range(25, 38)
OLDEST = 34

# name: title, files below DOWNLOADS
CUSTOM = {
    "argo-cd": ("Argo CD v3.6.1", ["github.com/argoproj/argo-cd/v3@v3.6.1/manifests/crds/app*-crd.yaml"]),
    "argo-rollouts": ("Argo Rollouts v1.10.2", ["github.com/argoproj/argo-rollouts@v1.10.2/manifests/crds/*-crd.yaml"]),
    "cert-manager": ("cert-manager v1.21.2", ["github.com/cert-manager/cert-manager@v1.21.2/deploy/crds/*cert-manager.io_*.yaml"]),
    "cilium": ("Cilium v1.20.2", ["github.com/cilium/cilium@v1.20.2/pkg/k8s/apis/cilium.io/client/crds/v2/*networkpolicies.yaml", "github.com/cilium/cilium@v1.20.2/pkg/k8s/apis/cilium.io/client/crds/v2/ciliumcidrgroups.yaml"]),
    "cloudnative-pg": ("CloudNativePG v1.30.1 and its Barman Cloud plugin v0.15.0", ["github.com/cloudnative-pg/cloudnative-pg@v1.30.1/config/crd/bases/*.yaml", "github.com/cloudnative-pg/plugin-barman-cloud@v0.15.0/config/crd/bases/*.yaml"]),
    "external-secrets": ("External Secrets Operator v1.3.2", ["github.com/external-secrets/external-secrets@v1.3.2/deploy/crds/bundle.yaml"]),
    "gateway-api": ("Gateway API v1.7.0, both channels", ["sigs.k8s.io/gateway-api@v1.7.0/config/crd/standard/gateway*.yaml", "sigs.k8s.io/gateway-api@v1.7.0/config/crd/experimental/gateway.networking.k8s.io*.yaml"]),
    "istio": ("Istio API v1.31.1", ["istio.io/api@v1.31.1/kubernetes/customresourcedefinitions.gen.yaml"]),
    "karpenter": ("Karpenter provider for AWS v1.15.1", ["github.com/aws/karpenter-provider-aws@v1.15.1/pkg/apis/crds/karpenter*.yaml"]),
    "keda": ("KEDA v2.21.0", ["github.com/kedacore/keda/v2@v2.21.0/config/crd/bases/keda*.yaml"]),
    "mariadb-operator": ("MariaDB operator v25.10.4", ["github.com/mariadb-operator/mariadb-operator/v25@v25.10.4/config/crd/bases/*.yaml"]),
    "mongodb": ("MongoDB community operator v0.9.0", ["github.com/mongodb/mongodb-kubernetes-operator@v0.9.0/config/crd/bases/*.yaml"]),
    "network-policy-api": ("Network Policy API v0.2.0 and v0.1.1", ["sigs.k8s.io/network-policy-api@v0.2.0/config/crd/*/policy*.yaml", "sigs.k8s.io/network-policy-api@v0.1.1/config/crd/policy*.yaml"]),
    "prometheus-operator": ("Prometheus operator v0.94.0", ["github.com/prometheus-operator/prometheus-operator@v0.94.0/example/prometheus-operator-crd-full/*.yaml"]),
    "redis-operator": ("Redis operator of Opstree v0.23.0", ["github.com/OT-CONTAINER-KIT/redis-operator@v0.23.0/config/crd/bases/*.yaml"]),
    "sealed-secrets": ("Sealed Secrets v0.40.0", ["github.com/bitnami-labs/sealed-secrets@v0.40.0/helm/sealed-secrets/crds/*.yaml"]),
    "snapshots": ("CSI external snapshotter v8.7.0", ["github.com/kubernetes-csi/external-snapshotter/client/v8@v8.7.0/config/crd/snapshot*.yaml"]),
    "velero": ("Velero v1.18.3", ["github.com/vmware-tanzu/velero@v1.18.3/config/crd/v1/bases/*.yaml"]),
}

PROTOCOL = "TCP UDP SCTP"
OPERATOR = "In NotIn Exists DoesNotExist"
# The API's description gives these words; its published schema does not. Source: Kubernetes API reference v1.37.
WORDS = {
    "core.v1.ContainerPort.protocol": PROTOCOL,
    "core.v1.ServicePort.protocol": PROTOCOL,
    "core.v1.EndpointPort.protocol": PROTOCOL,
    "networking.v1.NetworkPolicyPort.protocol": PROTOCOL,
    "networking.v1.NetworkPolicySpec.policyTypes": "Ingress Egress",
    "networking.v1.HTTPIngressPath.pathType": "Exact Prefix ImplementationSpecific",
    "core.v1.PodSpec.restartPolicy": "Always OnFailure Never",
    "core.v1.PodSpec.dnsPolicy": "ClusterFirst ClusterFirstWithHostNet Default None",
    "core.v1.PodSpec.preemptionPolicy": "Never PreemptLowerPriority",
    "core.v1.Container.imagePullPolicy": "Always IfNotPresent Never",
    "core.v1.Container.terminationMessagePolicy": "File FallbackToLogsOnError",
    "core.v1.ServiceSpec.type": "ClusterIP NodePort LoadBalancer ExternalName",
    "core.v1.ServiceSpec.externalTrafficPolicy": "Cluster Local",
    "core.v1.ServiceSpec.internalTrafficPolicy": "Cluster Local",
    "core.v1.ServiceSpec.sessionAffinity": "ClientIP None",
    "core.v1.ServiceSpec.ipFamilyPolicy": "SingleStack PreferDualStack RequireDualStack",
    "core.v1.ServiceSpec.ipFamilies": "IPv4 IPv6",
    "core.v1.PersistentVolumeClaimSpec.accessModes": "ReadWriteOnce ReadOnlyMany ReadWriteMany ReadWriteOncePod",
    "core.v1.PersistentVolumeSpec.accessModes": "ReadWriteOnce ReadOnlyMany ReadWriteMany ReadWriteOncePod",
    "core.v1.PersistentVolumeClaimSpec.volumeMode": "Block Filesystem",
    "core.v1.PersistentVolumeSpec.volumeMode": "Block Filesystem",
    "core.v1.PersistentVolumeSpec.persistentVolumeReclaimPolicy": "Delete Recycle Retain",
    "storage.v1.StorageClass.reclaimPolicy": "Delete Retain",
    "storage.v1.StorageClass.volumeBindingMode": "Immediate WaitForFirstConsumer",
    "core.v1.Toleration.effect": "NoSchedule PreferNoSchedule NoExecute",
    "core.v1.Toleration.operator": "Exists Equal Lt Gt",
    "core.v1.Taint.effect": "NoSchedule PreferNoSchedule NoExecute",
    "core.v1.TopologySpreadConstraint.whenUnsatisfiable": "DoNotSchedule ScheduleAnyway",
    "core.v1.TopologySpreadConstraint.nodeAffinityPolicy": "Honor Ignore",
    "core.v1.TopologySpreadConstraint.nodeTaintsPolicy": "Honor Ignore",
    "core.v1.NodeSelectorRequirement.operator": OPERATOR + " Gt Lt",
    "meta.v1.LabelSelectorRequirement.operator": OPERATOR,
    "core.v1.HTTPGetAction.scheme": "HTTP HTTPS",
    "core.v1.SeccompProfile.type": "RuntimeDefault Unconfined Localhost",
    "core.v1.PodSecurityContext.fsGroupChangePolicy": "Always OnRootMismatch",
    "core.v1.LimitRangeItem.type": "Container Pod PersistentVolumeClaim",
    "core.v1.EmptyDirVolumeSource.medium": " Memory HugePages",
    "apps.v1.DeploymentStrategy.type": "Recreate RollingUpdate",
    "apps.v1.StatefulSetUpdateStrategy.type": "OnDelete RollingUpdate",
    "apps.v1.DaemonSetUpdateStrategy.type": "OnDelete RollingUpdate",
    "apps.v1.StatefulSetSpec.podManagementPolicy": "OrderedReady Parallel",
    "apps.v1.StatefulSetPersistentVolumeClaimRetentionPolicy.whenDeleted": "Retain Delete",
    "apps.v1.StatefulSetPersistentVolumeClaimRetentionPolicy.whenScaled": "Retain Delete",
    "batch.v1.CronJobSpec.concurrencyPolicy": "Allow Forbid Replace",
    "batch.v1.JobSpec.completionMode": "NonIndexed Indexed",
    "autoscaling.v2.MetricSpec.type": "ContainerResource External Object Pods Resource",
    "autoscaling.v2.MetricTarget.type": "Utilization Value AverageValue",
    "autoscaling.v2.HPAScalingPolicy.type": "Pods Percent",
    "autoscaling.v2.HPAScalingRules.selectPolicy": "Max Min Disabled",
    "policy.v1.PodDisruptionBudgetSpec.unhealthyPodEvictionPolicy": "IfHealthyBudget AlwaysAllow",
    "rbac.v1.Subject.kind": "ServiceAccount User Group",
    "rbac.v1.RoleRef.kind": "Role ClusterRole",
    "core.v1.ScopedResourceSelectorRequirement.operator": OPERATOR,
    "admissionregistration.v1.ValidatingWebhook.failurePolicy": "Fail Ignore",
    "admissionregistration.v1.MutatingWebhook.failurePolicy": "Fail Ignore",
}

# The published schema asks for these, and the API server takes an object without them.
NOT_ASKED = {
    "networking.v1.NetworkPolicySpec.podSelector",
    "rbac.v1.RoleRef.apiGroup",
    "rbac.v1.Role.rules",
    "rbac.v1.ClusterRole.rules",
    "apps.v1.StatefulSetSpec.serviceName",
    "scheduling.v1.PriorityClass.value",
    "core.v1.LimitRangeSpec.limits",
    "discovery.v1.EndpointSlice.endpoints",
}


# A lone `=` is text to Go's reader.
yaml.CSafeLoader.yaml_implicit_resolvers.pop("=", None)


class Shapes:
    """Equal shapes are one."""

    def __init__(self):
        self.lines = []
        self.known = {}

    def number(self, line):
        if line not in self.known:
            self.known[line] = len(self.lines)
            self.lines.append(line)
        return str(self.known[line])


def fields_line(fields, is_open):
    text = " ".join(f"{name}{'!' if required else ''}:{kind}" for name, kind, required in sorted(fields))
    return ("+ " + text).strip() if is_open else text


def words(values):
    good = [str(value) for value in values if isinstance(value, str)]
    if len(good) != len(values) or any(" " in word or "|" in word for word in good):
        return "s"
    return "(" + "|".join(good)


def custom_type(schema, shapes, top=False):
    if schema.get("x-kubernetes-int-or-string"):
        pattern = schema.get("pattern", "")
        return "q" if "Ki|Mi|Gi" in pattern or "[KMGTPE]i" in pattern else "x"
    if schema.get("x-kubernetes-embedded-resource"):
        return "*"
    kind = schema.get("type")
    if kind == "string":
        return words(schema["enum"]) if "enum" in schema else "s"
    if kind in ("integer", "number", "boolean"):
        return {"integer": "i", "number": "n", "boolean": "b"}[kind]
    if kind == "array":
        return "[" + custom_type(schema.get("items", {}), shapes)
    if kind != "object":
        return "*"
    is_open = schema.get("x-kubernetes-preserve-unknown-fields", False)
    properties = schema.get("properties")
    extra = schema.get("additionalProperties")
    if not properties:
        return "{" + custom_type(extra, shapes) if isinstance(extra, dict) else "*"
    asked = schema.get("required", [])
    fields = []
    for name, field in properties.items():
        if top and name in ("apiVersion", "kind"):
            continue
        if top and name == "metadata":
            kind = "M"
        elif top and name == "status":
            kind = "*"
        else:
            kind = custom_type(field, shapes)
        # A default is filled in before the schema is asked.
        fields.append((name, kind, name in asked and "default" not in field and name not in ("status", "metadata")))
    if top:
        named = {name for name, _, _ in fields}
        fields += [field for field in (("metadata", "M", False), ("status", "*", False)) if field[0] not in named]
    return shapes.number(fields_line(fields, is_open or extra is True))


def definitions(paths):
    for path in paths:
        for document in yaml.load_all(open(path), yaml.CSafeLoader):
            if document and document.get("kind") == "CustomResourceDefinition":
                yield document["spec"]


def condense_custom(name, root):
    title, patterns = CUSTOM[name]
    paths = [path for pattern in patterns for path in sorted(glob.glob(os.path.join(root, pattern)))]
    assert paths, name
    shapes, kinds = Shapes(), {}
    for spec in definitions(paths):
        for version in spec["versions"]:
            key = (f"{spec['group']}/{version['name']}", spec["names"]["kind"])
            if version["served"]:
                schema = version.get("schema", {}).get("openAPIV3Schema", {})
                kinds[key] = custom_type(schema, shapes, top=True)
            else:
                kinds.setdefault(key, "-")
    write(name, title, kinds, shapes)


SPECIAL = {
    "apimachinery.pkg.api.resource.Quantity": "q",
    "apimachinery.pkg.util.intstr.IntOrString": "x",
    "apimachinery.pkg.apis.meta.v1.Time": "s",
    "apimachinery.pkg.apis.meta.v1.MicroTime": "s",
    "apimachinery.pkg.apis.meta.v1.ObjectMeta": "M",
    "apimachinery.pkg.apis.meta.v1.FieldsV1": "*",
    "apimachinery.pkg.runtime.RawExtension": "*",
    "apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps": "*",
}


class BuiltIn:
    def __init__(self, all_definitions, shapes):
        self.all = all_definitions
        self.shapes = shapes
        self.done = {}

    def named(self, reference):
        full = reference.rsplit("/", 1)[-1]
        short = full.removeprefix("io.k8s.").removeprefix("kubernetes-")
        if short in SPECIAL:
            return SPECIAL[short]
        if full not in self.done:
            self.done[full] = "*"
            self.done[full] = self.of(self.all[full], short.replace("api.", "", 1).replace("apimachinery.pkg.apis.", ""))
        return self.done[full]

    def of(self, schema, where):
        if "$ref" in schema:
            return self.named(schema["$ref"])
        kind = schema.get("type")
        kind = kind[0] if isinstance(kind, list) else kind
        if kind == "string":
            return "s"
        if kind in ("integer", "number", "boolean"):
            return {"integer": "i", "number": "n", "boolean": "b"}[kind]
        if kind == "array":
            return "[" + self.of(schema["items"], where)
        if kind != "object":
            return "*"
        if "properties" not in schema:
            extra = schema.get("additionalProperties")
            return "{" + self.of(extra, where) if isinstance(extra, dict) else "*"
        return self.shapes.number(fields_line(list(self.fields(schema, where)), False))

    def fields(self, schema, where, top=False):
        for name, field in schema["properties"].items():
            if top and name in ("apiVersion", "kind"):
                continue
            kind = "*" if top and name == "status" else self.of(field, f"{where}.{name}")
            path = f"{where}.{name}"
            if path in WORDS:
                kind = ("[" if kind.startswith("[") else "") + "(" + WORDS[path].replace(" ", "|")
                USED.add(path)
            required = name in schema.get("required", []) and path not in NOT_ASKED and name != "status"
            yield name, kind, required


USED = set()


def condense_kubernetes(root):
    base = os.path.join(root, "kubernetes_validate", "kubernetes-json-schema")
    shapes, kinds = Shapes(), {}
    for release in reversed(RELEASES):
        loaded = json.load(open(os.path.join(base, f"v1.{release}.0-local-strict", "_definitions.json")))["$defs"]
        built_in = BuiltIn(loaded, shapes)
        if release == RELEASES[-1]:
            meta = loaded["io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"]
            shape = shapes.number(fields_line(list(built_in.fields(meta, "meta.v1.ObjectMeta")), False))
            kinds[("meta/v1", "ObjectMeta")] = shape
        for full, schema in sorted(loaded.items()):
            for known in schema.get("x-kubernetes-group-version-kind", []):
                kind = known["kind"]
                if kind.endswith(("List", "Options")) or kind in ("WatchEvent", "Status"):
                    continue
                group = known["group"] + "/" if known["group"] else ""
                key = (group + known["version"], kind)
                if key in kinds:
                    continue
                if release < OLDEST:
                    kinds[key] = "-"
                    continue
                where = full.removeprefix("io.k8s.").replace("api.", "", 1)
                if "properties" in schema:
                    fields = [(n, k, r) for n, k, r in built_in.fields(schema, where, top=True)]
                    kinds[key] = shapes.number(fields_line(fields, False))
    missing = set(WORDS) - USED
    assert not missing, missing
    write("kubernetes", f"Kubernetes 1.{OLDEST} to 1.{RELEASES[-1]}", kinds, shapes)


def write(name, title, kinds, shapes):
    lines = [f"# {title}", f"date {DATE}"]
    lines += [f"{version} {kind} {shape}" for (version, kind), shape in sorted(kinds.items())]
    text = "\n".join([*lines, "", *shapes.lines]) + "\n"
    path = os.path.join(HERE, f"{name}.txt")
    open(path, "w").write(text)
    print(f"{len(text):8} {len(kinds):4} kinds {len(shapes.lines):5} shapes  {name}")


def main():
    root = sys.argv[1]
    condense_kubernetes(root)
    for name in CUSTOM:
        condense_custom(name, root)


main()
