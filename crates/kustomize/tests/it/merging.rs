use crate::support::{places, shown};

const DEPLOYMENT: &str = "
    === base/kustomization.yaml
    resources: [web.yaml]
    === base/web.yaml
    apiVersion: apps/v1
    kind: Deployment
    metadata:
      name: web
      labels: { app: web }
    spec:
      replicas: 1
      template:
        spec:
          tolerations: [{ key: a }]
          containers:
          - name: web
            image: web:1
            args: [a, b]
            env: [{ name: A, value: a }, { name: B, value: b }]
            ports: [{ containerPort: 80 }, { containerPort: 443, protocol: TCP }]
            volumeMounts: [{ name: x, mountPath: /x }]
          - name: side
            image: side:1
          volumes: [{ name: x, emptyDir: {} }]
    ";

fn patched(patch: &str) -> String {
    shown(&tree(patch), "over")
}

fn tree(patch: &str) -> String {
    format!("{DEPLOYMENT}\n    === over/kustomization.yaml\n    resources: [../base]\n{patch}")
}

#[test]
fn items_are_found_by_their_keys() {
    insta::assert_snapshot!(patched("
    patches:
    - patch: |-
        apiVersion: apps/v1
        kind: Deployment
        metadata: { name: web }
        spec:
          replicas: 3
          template:
            spec:
              tolerations: [{ key: b }]
              containers:
              - name: web
                args: [c]
                env: [{ name: B, value: new }, { name: C, value: c }]
                ports: [{ containerPort: 80, name: http }]
                volumeMounts: [{ mountPath: /y, name: y }]
              - name: new
                image: new:1
              volumes: [{ name: y, emptyDir: {} }]
    "), @r#"
    apiVersion: apps/v1
    kind: Deployment
    metadata:
      labels:
        app: web
      name: web
    spec:
      replicas: 3
      template:
        spec:
          containers:
          - args:
            - c
            env:
            - name: B
              value: new
            - name: C
              value: c
            - name: A
              value: a
            image: web:1
            name: web
            ports:
            - containerPort: 80
              name: http
            - containerPort: 443
              protocol: TCP
            volumeMounts:
            - mountPath: /y
              name: "y"
            - mountPath: /x
              name: x
          - image: new:1
            name: new
          - image: side:1
            name: side
          tolerations:
          - key: b
          volumes:
          - emptyDir: {}
            name: "y"
          - emptyDir: {}
            name: x
    "#);
}

#[test]
fn directives_delete_and_replace() {
    insta::assert_snapshot!(patched("
    patches:
    - patch: |-
        apiVersion: apps/v1
        kind: Deployment
        metadata: { name: web, labels: null }
        spec:
          replicas: null
          template:
            spec:
              containers:
              - { name: side, $patch: delete }
              - name: web
                env: [{ $patch: replace }, { name: Z, value: z }]
              volumes: [{ $patch: delete }]
              securityContext: { $patch: replace, runAsNonRoot: true }
    "), @"
    apiVersion: apps/v1
    kind: Deployment
    metadata:
      name: web
    spec:
      template:
        spec:
          containers:
          - args:
            - a
            - b
            env:
            - name: Z
              value: z
            image: web:1
            name: web
            ports:
            - containerPort: 80
            - containerPort: 443
              protocol: TCP
            volumeMounts:
            - mountPath: /x
              name: x
          securityContext:
            runAsNonRoot: true
          tolerations:
          - key: a
    ");
}

#[test]
fn a_patch_may_delete_the_object() {
    insta::assert_snapshot!(patched("
    patches:
    - patch: |-
        apiVersion: apps/v1
        kind: Deployment
        metadata: { name: web }
        $patch: delete
    configMapGenerator: [{ name: left, literals: [a=b] }]
    "), @"
    apiVersion: v1
    data:
      a: b
    kind: ConfigMap
    metadata:
      name: left-4h2mbtbbt6
    ");
}

#[test]
fn lists_of_custom_kinds_are_replaced() {
    insta::assert_snapshot!(shown("
    === kustomization.yaml
    resources: [a.yaml]
    patches:
    - target: { kind: Wid.*, labelSelector: 'tier in (a, b)' }
      path: p.yaml
    === a.yaml
    apiVersion: example.com/v1
    kind: Widget
    metadata: { name: w, labels: { tier: a } }
    spec: { parts: [{ name: a, size: 1 }], more: { x: 1 } }
    === p.yaml
    apiVersion: v1
    kind: Any
    metadata: { name: any }
    spec: { parts: [{ name: b }], more: { y: 2 } }
    ", "."), @r#"
    apiVersion: example.com/v1
    kind: Widget
    metadata:
      labels:
        tier: a
      name: w
    spec:
      more:
        x: 1
        "y": 2
      parts:
      - name: b
    "#);
}

#[test]
fn json_patches() {
    insta::assert_snapshot!(patched("
    patches:
    - target: { kind: Deployment, name: w.b }
      patch: |-
        - { op: replace, path: /spec/replicas, value: 5 }
        - { op: add, path: /metadata/annotations, value: { example.com/a: b } }
        - { op: add, path: /metadata/annotations/example.com~1c, value: d }
        - { op: add, path: /spec/template/spec/containers/0/env/-, value: { name: Z } }
        - { op: add, path: /spec/template/spec/containers/0/args/0, value: first }
        - { op: remove, path: /spec/template/spec/containers/1 }
        - { op: test, path: /metadata/name, value: web }
        - { op: copy, from: /metadata/labels, path: /spec/template/metadata }
        - { op: move, from: /spec/template/spec/volumes, path: /spec/template/spec/other }
    "), @"
    apiVersion: apps/v1
    kind: Deployment
    metadata:
      annotations:
        example.com/a: b
        example.com/c: d
      labels:
        app: web
      name: web
    spec:
      replicas: 5
      template:
        metadata:
          app: web
        spec:
          containers:
          - args:
            - first
            - a
            - b
            env:
            - name: A
              value: a
            - name: B
              value: b
            - name: Z
            image: web:1
            name: web
            ports:
            - containerPort: 80
            - containerPort: 443
              protocol: TCP
            volumeMounts:
            - mountPath: /x
              name: x
          other:
          - emptyDir: {}
            name: x
          tolerations:
          - key: a
    ");
}

#[test]
fn values_know_the_patch_that_wrote_them() {
    let tree = tree(
        "
    patches:
    - patch: |-
        apiVersion: apps/v1
        kind: Deployment
        metadata: { name: web }
        spec:
          replicas: 3
    - target: { kind: Deployment }
      patch: |
        - op: replace
          path: /metadata/labels/app
          value: other
    - { target: { kind: Deployment }, patch: '[{\"op\": \"add\", \"path\": \"/spec/paused\", \"value\": true}]' }
    ",
    );
    let paths = [
        "Deployment.spec.replicas",
        "Deployment.metadata.labels.app",
        "Deployment.spec.paused",
        "Deployment.metadata.name",
    ];
    insta::assert_snapshot!(places(&tree, "over", &paths), @"
    Deployment.spec.replicas over/kustomization.yaml:5:5
    Deployment.metadata.labels.app over/kustomization.yaml:12:5
    Deployment.spec.paused over/kustomization.yaml:15:42
    Deployment.metadata.name base/web.yaml:4:9
    ");
}

#[test]
fn names_and_kinds_change_where_it_is_allowed() {
    insta::assert_snapshot!(patched("
    patches:
    - target: { kind: Deployment }
      options: { allowNameChange: true, allowKindChange: true }
      patch: |-
        apiVersion: apps/v1
        kind: StatefulSet
        metadata: { name: store }
        spec: { template: null }
    - target: { kind: StatefulSet }
      patch: |-
        kind: Ignored
        metadata: { name: ignored, namespace: ignored }
        spec: { serviceName: s }
    "), @"
    apiVersion: apps/v1
    kind: StatefulSet
    metadata:
      labels:
        app: web
      name: store
    spec:
      replicas: 1
      serviceName: s
    ");
}

const REFUSED: &[&str] = &[
    "
    patches:
    - patch: |-
        apiVersion: apps/v1
        kind: Deployment
        metadata: { name: other }
    ",
    "
    patches:
    - patch: '[{\"op\": \"remove\", \"path\": \"/spec/none\"}]'
      target: { kind: Deployment }
    ",
    "
    patches:
    - patch: '[{op: remove, path: /spec/none}]'
    ",
    "
    patches:
    - target: { kind: Deployment }
      patch: |-
        kind: Deployment
        metadata: { name: web }
        spec: { template: [] }
    ",
    "
    patches:
    - target: { kind: Deployment, name: '(' }
      patch: '{kind: A, metadata: {name: a}}'
    ",
    "
    patches:
    - pathh: a.yaml
    ",
    "
    patches:
    - target: { kind: Deployment }
      patch: |-
        kind: Deployment
        metadata: { name: web }
        spec: { strategy: { $retainKeys: [type], type: Recreate } }
    ",
];

#[test]
fn what_patches_refuse() {
    insta::assert_snapshot!(REFUSED.iter().map(|patch| patched(patch)).collect::<Vec<_>>().join("\n"), @r#"
    error[kustomize-patch]: the patch changes Deployment other, which is not among the resources
      --> over/kustomization.yaml:5:5
    5 |     apiVersion: apps/v1
            ^^^^^^^^^^^^^^^^^^^ here
      = help: compare apiVersion, kind, name and namespace, or name a `target`

    error[kustomize-patch]: the JSON patch cannot be applied: the object has nothing at this path
      --> over/kustomization.yaml:4:10
    4 | - patch: '[{"op": "remove", "path": "/spec/none"}]'
                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ here
      = help: compare the path with the object

    error[kustomize-patch]: a patch that starts with `[` must be JSON
      --> over/kustomization.yaml:4:10
    4 | - patch: '[{op: remove, path: /spec/none}]'
                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ here
      = help: write it as JSON, or as a YAML list with a dash before each operation

    error[kustomize-patch]: the patch has a list where the object has a map
      --> over/kustomization.yaml:6:5
    6 |     kind: Deployment
            ^^^^^^^^^^^^^^^^ here
      = help: write the same form as in the object

    error[kustomize-selector]: `(` is no regular expression
      --> over/kustomization.yaml:4:37
    4 | - target: { kind: Deployment, name: '(' }
                                            ^^^ here
      = help: escape its special signs with `\`

    error[kustomize-unknown-field]: kustomize knows no field `pathh` here
      --> over/kustomization.yaml:4:3
    4 | - pathh: a.yaml
          ^^^^^ unknown field
      = help: did you mean `patch`?

    warning[kustomize-ignored-directive]: kustomize does not follow `$retainKeys`: it stays in the object as a field
      --> over/kustomization.yaml:6:5
    6 |     kind: Deployment
            ^^^^^^^^^^^^^^^^ not followed
      = help: write `$patch: replace`, or a JSON patch
    apiVersion: apps/v1
    kind: Deployment
    metadata:
      labels:
        app: web
      name: web
    spec:
      replicas: 1
      strategy:
        $retainKeys:
        - type
        type: Recreate
      template:
        spec:
          containers:
          - args:
            - a
            - b
            env:
            - name: A
              value: a
            - name: B
              value: b
            image: web:1
            name: web
            ports:
            - containerPort: 80
            - containerPort: 443
              protocol: TCP
            volumeMounts:
            - mountPath: /x
              name: x
          - image: side:1
            name: side
          tolerations:
          - key: a
          volumes:
          - emptyDir: {}
            name: x
    "#);
}
