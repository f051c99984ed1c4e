use crate::support::{places, shown};

const TREE: &str = "
    === kustomization.yaml
    namePrefix: p-
    generatorOptions: { labels: { made: by-us } }
    configMapGenerator:
    - name: settings
      literals: [A=1, 'B=\"two\"', C=x=y]
      envs: [plain.env]
      files: [app.ini, other=sub/file.txt]
    secretGenerator:
    - name: keys
      type: kubernetes.io/tls
      literals: [tls.key=abc]
      options: { disableNameSuffixHash: true, immutable: true, annotations: { a: b } }
    resources: [pod.yaml]
    === plain.env
    # comment
    FROM_ENV=v
    NOTHING
    === app.ini
    [a]
    b = c
    === sub/file.txt
    text
    === pod.yaml
    apiVersion: v1
    kind: Pod
    metadata: { name: web }
    spec:
      containers:
      - name: web
        envFrom: [{ configMapRef: { name: settings } }, { secretRef: { name: keys } }, { configMapRef: { name: else } }]
      volumes: [{ name: k, secret: { secretName: keys } }]
    ";

#[test]
fn generated_names_carry_a_hash_and_are_followed() {
    insta::assert_snapshot!(shown(TREE, "."), @r#"
    apiVersion: v1
    data:
      A: "1"
      B: two
      C: x=y
      FROM_ENV: v
      NOTHING: ""
      app.ini: |
        [a]
        b = c
      other: |
        text
    kind: ConfigMap
    metadata:
      labels:
        made: by-us
      name: p-settings-fd69528484
    ---
    apiVersion: v1
    data:
      tls.key: YWJj
    immutable: true
    kind: Secret
    metadata:
      annotations:
        a: b
      labels:
        made: by-us
      name: p-keys
    type: kubernetes.io/tls
    ---
    apiVersion: v1
    kind: Pod
    metadata:
      name: p-web
    spec:
      containers:
      - envFrom:
        - configMapRef:
            name: p-settings-fd69528484
        - secretRef:
            name: p-keys
        - configMapRef:
            name: else
        name: web
      volumes:
      - name: k
        secret:
          secretName: p-keys
    "#);
    insta::assert_snapshot!(places(TREE, ".", &["ConfigMap.data.A", "ConfigMap.data.other", "ConfigMap.metadata.name", "Secret.data.tls-key", "Pod.spec.volumes.0.secret.secretName"]), @"
    ConfigMap.data.A kustomization.yaml:5:14
    ConfigMap.data.other kustomization.yaml:7:20
    ConfigMap.metadata.name kustomization.yaml:4:9
    Secret.data.tls-key is nowhere
    Pod.spec.volumes.0.secret.secretName pod.yaml:8:46
    ");
}

#[test]
fn an_overlay_merges_and_replaces() {
    insta::assert_snapshot!(shown("
    === base/kustomization.yaml
    configMapGenerator:
    - name: one
      literals: [a=1, b=2]
    - name: two
      literals: [a=1, b=2]
    === over/kustomization.yaml
    resources: [../base]
    configMapGenerator:
    - name: one
      behavior: merge
      literals: [b=3, c=4]
    - name: two
      behavior: replace
      literals: [c=4]
    ", "over"), @r#"
    apiVersion: v1
    data:
      a: "1"
      b: "3"
      c: "4"
    kind: ConfigMap
    metadata:
      name: one-fbcmkbc66h
    ---
    apiVersion: v1
    data:
      c: "4"
    kind: ConfigMap
    metadata:
      name: two-257h29ftfg
    "#);
}

#[test]
fn what_generators_refuse() {
    insta::assert_snapshot!(shown("
    === kustomization.yaml
    configMapGenerator:
    - name: one
      literals: [a=1, a=2]
    ", "."), @"
    error[kustomize-generator]: the key `a` stands here twice
      --> kustomization.yaml:3:19
    3 |   literals: [a=1, a=2]
                          ^^^ here
      = help: keep one of them
    ");
    insta::assert_snapshot!(shown("
    === kustomization.yaml
    configMapGenerator:
    - name: one
      behavior: merge
      literals: [a=1]
    ", "."), @"
    error[kustomize-generator]: there is no ConfigMap one to merge with or to replace
      --> kustomization.yaml:2:3
    2 | - name: one
          ^ here
      = help: write `behavior: create`, or compare name and namespace
    ");
    insta::assert_snapshot!(shown("
    === kustomization.yaml
    configMapGenerator:
    - name: one
      files: [../secret.txt]
    === x.yaml
    a: b
    ", "."), @"
    error[kustomize-outside]: `../secret.txt` lies outside of the kustomization's folder, where kustomize reads no files
      --> kustomization.yaml:3:11
    3 |   files: [../secret.txt]
                  ^^^^^^^^^^^^^ here
      = help: make its folder a kustomization and name that under `resources`
    ");
    insta::assert_snapshot!(shown("
    === kustomization.yaml
    helmCharts:
    - name: redis
    ", "."), @"
    error[kustomize-unsupported]: `helmCharts`, which would start Helm, is not evaluated
      --> kustomization.yaml:1:1
    1 | helmCharts:
        ^^^^^^^^^^ here
      = help: run `kustomize build` and give its output, or write the field in another way
    ");
}
