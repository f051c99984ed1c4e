use std::collections::BTreeMap;

use sehat_kustomize::build;

use crate::support::{Tree, evaluate, shown};

const WRONG: &[&str] = &[
    "
    === kustomization.yaml
    resources: [none.yaml, ../up.yaml, 'https://example.com/a.yaml', 'github.com/org/repo?ref=v1', a.yaml]
    === a.yaml
    kind: ConfigMap
    ",
    "
    === kustomization.yaml
    resource: [a.yaml]
    namePrefix: 1
    ",
    "
    === kustomization.yaml
    kind: Kustomization
    ",
    "
    === kustomization.yaml
    resources: [a.yaml, b.yaml]
    === a.yaml
    { apiVersion: v1, kind: ConfigMap, metadata: { name: a } }
    === b.yaml
    { apiVersion: v1, kind: ConfigMap, metadata: { name: a } }
    ",
    "
    === kustomization.yaml
    resources: [a.yaml]
    === a.yaml
    { apiVersion: v1, kind: ConfigMap, metadata: { name: a }
    ",
    "
    === kustomization.yaml
    generators:
    - |-
      apiVersion: example.com/v1
      kind: Custom
      metadata: { name: c }
    ",
    "
    === kustomization.yaml
    buildMetadata: [originAnnotations]
    bases: [b]
    === b/kustomization.yaml
    namePrefix: x
    ",
    "
    === a.yaml
    a: b
    ",
];

#[test]
fn what_is_wrong_is_told_with_its_place() {
    insta::assert_snapshot!(WRONG.iter().map(|tree| shown(tree, ".")).collect::<Vec<_>>().join("\n"), @"
    error[kustomize-outside]: `../up.yaml` lies outside of the kustomization's folder, where kustomize reads no files
      --> kustomization.yaml:1:24
    1 | resources: [none.yaml, ../up.yaml, 'https://example.com/a.yaml', 'github.com/org/repo?ref=v1', a.yaml]
                               ^^^^^^^^^^ here
      = help: make its folder a kustomization and name that under `resources`
    error[kustomize-remote]: `https://example.com/a.yaml` is on another machine, and nothing is fetched
      --> kustomization.yaml:1:36
    1 | resources: [none.yaml, ../up.yaml, 'https://example.com/a.yaml', 'github.com/org/repo?ref=v1', a.yaml]
                                           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^ here
      = help: copy it beside the kustomization, or give the output of `kustomize build`
    error[kustomize-remote]: `github.com/org/repo?ref=v1` is on another machine, and nothing is fetched
      --> kustomization.yaml:1:66
    1 | resources: [none.yaml, ../up.yaml, 'https://example.com/a.yaml', 'github.com/org/repo?ref=v1', a.yaml]
                                                                         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^ here
      = help: copy it beside the kustomization, or give the output of `kustomize build`
    error[kustomize-object]: the ConfigMap has no name
      --> a.yaml:1:1
    1 | kind: ConfigMap
        ^ here
      = help: write `metadata.name`
    error[kustomize-missing]: there is no `none.yaml`
      --> kustomization.yaml:1:13
    1 | resources: [none.yaml, ../up.yaml, 'https://example.com/a.yaml', 'github.com/org/repo?ref=v1', a.yaml]
                    ^^^^^^^^^ here
      = help: compare it with the files in the folder

    error[kustomize-unknown-field]: kustomize knows no field `resource` here
      --> kustomization.yaml:1:1
    1 | resource: [a.yaml]
        ^^^^^^^^ unknown field
      = help: did you mean `resources`?
    error[kustomize-wrong-type]: kustomize reads a text here, and this is a number
      --> kustomization.yaml:2:13
    2 | namePrefix: 1
                    ^ a number
      = help: put it into quotes

    error[kustomize-empty]: the kustomization says nothing
      --> kustomization.yaml:1:1
    1 | kind: Kustomization
        ^ here
      = help: list its `resources`

    error[kustomize-conflict]: there are two objects ConfigMap a
      --> b.yaml:1:54
    1 | { apiVersion: v1, kind: ConfigMap, metadata: { name: a } }
                                                             ^ second
      --> a.yaml:1:54
    1 | { apiVersion: v1, kind: ConfigMap, metadata: { name: a } }
                                                             ^ first
      = help: list each resource once, or give them different names

    error[yaml-syntax]: this is not YAML: unclosed bracket '{'
      --> a.yaml:1:1
    1 | { apiVersion: v1, kind: ConfigMap, metadata: { name: a }
        ^ reading stopped here
      = help: mend this line first: what follows it was not read

    error[kustomize-unsupported]: the plugin Custom, a program of its own, is not evaluated
      --> kustomization.yaml:3:3
    3 |   apiVersion: example.com/v1
          ^^^^^^^^^^^^^^^^^^^^^^^^^^ here
      = help: run `kustomize build` and give its output, or write the field in another way

    error[kustomize-unsupported]: `buildMetadata: originAnnotations` is not evaluated
      --> kustomization.yaml:1:17
    1 | buildMetadata: [originAnnotations]
                        ^^^^^^^^^^^^^^^^^ here
      = help: run `kustomize build` and give its output, or write the field in another way

    error[kustomize-missing]: `.` has no kustomization.yaml
      = help: list its files in one, or name the files one by one
    ");
}

#[test]
fn folders_that_hold_their_users_are_refused() {
    insta::assert_snapshot!(shown("
    === a/kustomization.yaml
    resources: [../b]
    === b/kustomization.yaml
    resources: [../a]
    ", "a"), @"
    error[kustomize-cycle]: `../a` holds a folder that uses it
      --> b/kustomization.yaml:1:13
    1 | resources: [../a]
                    ^^^^ here
      = help: name a folder beside or below this one
    ");
}

#[test]
fn what_was_used_is_known() {
    let built = evaluate(
        "
    === over/kustomization.yaml
    resources: [../base]
    patches: [{ path: p.yaml }]
    === over/p.yaml
    { apiVersion: v1, kind: ConfigMap, metadata: { name: a }, data: { b: c } }
    === base/kustomization.yaml
    resources: [a.yaml]
    === base/a.yaml
    { apiVersion: v1, kind: ConfigMap, metadata: { name: a } }
    ",
        "over",
    );
    insta::assert_debug_snapshot!(built.used, @r#"
    Used {
        files: {
            "base/a.yaml",
            "base/kustomization.yaml",
            "over/kustomization.yaml",
            "over/p.yaml",
        },
        folders: {
            "base",
            "over",
        },
    }
    "#);
}

#[test]
fn folders_that_double_each_other_end() {
    let mut files = BTreeMap::new();
    for level in 0..60 {
        for side in ["l", "r"] {
            let next = level + 1;
            let text = format!("namePrefix: {side}\nresources: [../l{next}, ../r{next}]\n");
            files.insert(format!("{side}{level}/kustomization.yaml"), text.into_bytes());
        }
    }
    for side in ["l", "r"] {
        files.insert(format!("{side}40/kustomization.yaml"), b"namePrefix: x\n".to_vec());
    }
    let built = build("l0", &Tree(files));
    assert_eq!(built.diagnostics[0].code, "too-large");
}
