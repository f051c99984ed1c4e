use crate::support::{places, shown};

const APP: &str = "
    === base/kustomization.yaml
    resources: [app.yaml, rbac.yaml]
    === base/app.yaml
    apiVersion: apps/v1
    kind: Deployment
    metadata: { name: web }
    spec:
      selector: { matchLabels: { app: web } }
      template:
        metadata: { labels: { app: web } }
        spec:
          serviceAccountName: web
          containers:
          - { name: web, image: 'registry.example:5000/team/web:1@sha256:abc' }
          - { name: side, image: nginx }
    ---
    apiVersion: v1
    kind: Service
    metadata: { name: web }
    spec: { selector: { app: web }, ports: [{ port: 80 }] }
    ---
    apiVersion: autoscaling/v2
    kind: HorizontalPodAutoscaler
    metadata: { name: web }
    spec: { scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: web } }
    === base/rbac.yaml
    apiVersion: v1
    kind: ServiceAccount
    metadata: { name: web }
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata: { name: web }
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata: { name: web }
    roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: web }
    subjects:
    - { kind: ServiceAccount, name: web, namespace: default }
    - { kind: ServiceAccount, name: default, namespace: default }
    ";

fn over(kustomization: &str) -> String {
    shown(
        &format!("{APP}\n    === over/kustomization.yaml\n    resources: [../base]\n{kustomization}"),
        "over",
    )
}

#[test]
fn names_are_followed_everywhere() {
    insta::assert_snapshot!(over("
    namespace: prod
    namePrefix: a-
    nameSuffix: -z
    "), @"
    apiVersion: v1
    kind: ServiceAccount
    metadata:
      name: a-web-z
      namespace: prod
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: ClusterRole
    metadata:
      name: a-web-z
    ---
    apiVersion: rbac.authorization.k8s.io/v1
    kind: RoleBinding
    metadata:
      name: a-web-z
      namespace: prod
    roleRef:
      apiGroup: rbac.authorization.k8s.io
      kind: ClusterRole
      name: a-web-z
    subjects:
    - kind: ServiceAccount
      name: a-web-z
      namespace: prod
    - kind: ServiceAccount
      name: default
      namespace: prod
    ---
    apiVersion: v1
    kind: Service
    metadata:
      name: a-web-z
      namespace: prod
    spec:
      ports:
      - port: 80
      selector:
        app: web
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata:
      name: a-web-z
      namespace: prod
    spec:
      selector:
        matchLabels:
          app: web
      template:
        metadata:
          labels:
            app: web
        spec:
          containers:
          - image: registry.example:5000/team/web:1@sha256:abc
            name: web
          - image: nginx
            name: side
          serviceAccountName: a-web-z
    ---
    apiVersion: autoscaling/v2
    kind: HorizontalPodAutoscaler
    metadata:
      name: a-web-z
      namespace: prod
    spec:
      scaleTargetRef:
        apiVersion: apps/v1
        kind: Deployment
        name: a-web-z
    ");
}

#[test]
fn labels_annotations_images_and_replicas() {
    insta::assert_snapshot!(over("
    labels:
    - pairs: { team: a }
    - pairs: { tier: b }
      includeTemplates: true
    - pairs: { all: c }
      includeSelectors: true
    - pairs: { custom: d }
      fields: [{ path: spec/x, kind: Service, create: true }]
    commonAnnotations: { note: 'on' }
    images:
    - { name: 'registry.example:5000/team/web', newTag: '2' }
    - { name: nginx, newName: mirror/nginx, digest: 'sha256:def' }
    replicas: [{ name: web, count: 4 }]
    patches:
    - target: { kind: (ServiceAccount|ClusterRole|RoleBinding|HorizontalPodAutoscaler) }
      patch: '{kind: A, metadata: {name: a}, $patch: delete}'
    "), @r#"
    apiVersion: v1
    kind: Service
    metadata:
      annotations:
        note: "on"
      labels:
        all: c
        custom: d
        team: a
        tier: b
      name: web
    spec:
      ports:
      - port: 80
      selector:
        all: c
        app: web
      x:
        custom: d
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata:
      annotations:
        note: "on"
      labels:
        all: c
        custom: d
        team: a
        tier: b
      name: web
    spec:
      replicas: 4
      selector:
        matchLabels:
          all: c
          app: web
      template:
        metadata:
          annotations:
            note: "on"
          labels:
            all: c
            app: web
            tier: b
        spec:
          containers:
          - image: registry.example:5000/team/web:2
            name: web
          - image: mirror/nginx@sha256:def
            name: side
          serviceAccountName: web
    "#);
}

#[test]
fn replacements_and_variables() {
    insta::assert_snapshot!(over("
    replacements:
    - source: { kind: Service, name: web, fieldPath: 'spec.ports.0.port' }
      targets:
      - select: { kind: Deployment }
        fieldPaths: ['spec.template.spec.containers.[name=side].ports.0.containerPort', 'metadata.annotations.[example.com/port]']
        options: { create: true }
    - source: { kind: ServiceAccount, name: web }
      targets:
      - select: { kind: Deployment }
        reject: [{ name: other }]
        fieldPaths: ['spec.template.spec.containers.*.image']
        options: { delimiter: ':', index: 1 }
    vars:
    - name: PORT
      objref: { kind: Service, name: web, apiVersion: v1 }
      fieldref: { fieldPath: 'spec.ports[0].port' }
    - name: UNUSED
      objref: { kind: Service, name: web, apiVersion: v1 }
    patches:
    - target: { kind: (ClusterRole|RoleBinding|HorizontalPodAutoscaler) }
      patch: '{kind: A, metadata: {name: a}, $patch: delete}'
    - target: { kind: Deployment }
      patch: '[{\"op\": \"add\", \"path\": \"/spec/template/spec/containers/1/args\", \"value\": [\"$(PORT)\", \"p=$(PORT)\", \"$$(PORT)\"]}]'
    "), @r#"
    warning[kustomize-variable]: nothing uses the variable `UNUSED`
      --> over/kustomization.yaml:19:3
    19 | - name: UNUSED
           ^ unused
      = help: take it away
    apiVersion: v1
    kind: ServiceAccount
    metadata:
      name: web
    ---
    apiVersion: v1
    kind: Service
    metadata:
      name: web
    spec:
      ports:
      - port: 80
      selector:
        app: web
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata:
      annotations:
        example.com/port: "80"
      name: web
    spec:
      selector:
        matchLabels:
          app: web
      template:
        metadata:
          labels:
            app: web
        spec:
          containers:
          - image: registry.example:web:1@sha256:abc
            name: web
          - args:
            - 80
            - p=80
            - $(PORT)
            image: nginx:web
            name: side
            ports:
            - containerPort: 80
          serviceAccountName: web
    "#);
}

#[test]
fn components_and_plugins() {
    insta::assert_snapshot!(shown("
    === kustomization.yaml
    resources: [a.yaml]
    components: [part]
    nameSuffix: -s
    transformers:
    - |-
      apiVersion: builtin
      kind: LabelTransformer
      metadata: { name: l }
      labels: { from: plugin }
      fieldSpecs: [{ path: metadata/labels, create: true }]
    - plugin.yaml
    === plugin.yaml
    apiVersion: builtin
    kind: PrefixTransformer
    metadata: { name: p }
    prefix: pre-
    fieldSpecs: [{ path: metadata/name }]
    === a.yaml
    apiVersion: v1
    kind: List
    items:
    - { apiVersion: v1, kind: ConfigMap, metadata: { name: a }, data: { on: yes, day: 2026-01-01 } }
    - { apiVersion: v1, kind: ConfigMap, metadata: { name: local, annotations: { config.kubernetes.io/local-config: 'true' } } }
    === part/kustomization.yaml
    apiVersion: kustomize.config.k8s.io/v1alpha1
    kind: Component
    commonAnnotations: { in: part }
    resources: [b.yaml]
    === part/b.yaml
    apiVersion: v1
    kind: ConfigMap
    metadata: { name: b, annotations: { number: 1 } }
    ", "."), @r#"
    apiVersion: v1
    data:
      day: "2026-01-01T00:00:00Z"
      "on": "yes"
    kind: ConfigMap
    metadata:
      annotations:
        in: part
      labels:
        from: plugin
      name: pre-a-s
    ---
    apiVersion: v1
    kind: ConfigMap
    metadata:
      annotations:
        in: part
        number: "1"
      labels:
        from: plugin
      name: pre-b-s
    "#);
}

#[test]
fn custom_kinds_are_configured() {
    insta::assert_snapshot!(shown("
    === kustomization.yaml
    resources: [a.yaml]
    configurations: [config.yaml]
    crds: [crd.json]
    namePrefix: x-
    commonLabels: { a: b }
    === config.yaml
    nameReference:
    - kind: Secret
      fieldSpecs: [{ kind: Widget, path: spec/secret }]
    commonLabels: [{ kind: Widget, path: spec/labels, create: true }]
    === crd.json
    {\"v1.Widget\": {\"Schema\": {\"properties\": {
      \"kind\": {}, \"apiVersion\": {}, \"metadata\": {},
      \"spec\": {\"$ref\": \"v1.WidgetSpec\"}}}},
     \"v1.WidgetSpec\": {\"Schema\": {\"properties\": {
      \"config\": {\"x-kubernetes-object-ref-api-version\": \"v1\", \"x-kubernetes-object-ref-kind\": \"ConfigMap\"}}}}}
    === a.yaml
    apiVersion: example.com/v1
    kind: Widget
    metadata: { name: w }
    spec: { secret: s, config: { name: c } }
    ---
    { apiVersion: v1, kind: Secret, metadata: { name: s } }
    ---
    { apiVersion: v1, kind: ConfigMap, metadata: { name: c } }
    ", "."), @"
    apiVersion: v1
    kind: ConfigMap
    metadata:
      labels:
        a: b
      name: x-c
    ---
    apiVersion: v1
    kind: Secret
    metadata:
      labels:
        a: b
      name: x-s
    ---
    apiVersion: example.com/v1
    kind: Widget
    metadata:
      labels:
        a: b
      name: x-w
    spec:
      config:
        name: x-c
      labels:
        a: b
      secret: x-s
    ");
}

#[test]
fn values_know_the_kustomization_that_wrote_them() {
    let tree = format!(
        "{APP}
    === over/kustomization.yaml
    resources: [../base]
    namespace: prod
    namePrefix: a-
    images: [{{ name: nginx, newTag: '2' }}]
    replicas: [{{ name: web, count: 4 }}]
    commonAnnotations: {{ a: b }}
    "
    );
    let paths = [
        "Deployment.metadata.namespace",
        "Deployment.metadata.name",
        "Deployment.spec.replicas",
        "Deployment.spec.template.spec.containers.1.image",
        "Deployment.spec.template.spec.containers.0.image",
        "Deployment.metadata.annotations.a",
    ];
    insta::assert_snapshot!(places(&tree, "over", &paths), @"
    Deployment.metadata.namespace over/kustomization.yaml:2:12
    Deployment.metadata.name base/app.yaml:3:19
    Deployment.spec.replicas over/kustomization.yaml:5:32
    Deployment.spec.template.spec.containers.1.image over/kustomization.yaml:4:33
    Deployment.spec.template.spec.containers.0.image base/app.yaml:11:29
    Deployment.metadata.annotations.a over/kustomization.yaml:6:25
    ");
}
