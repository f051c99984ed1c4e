use proptest::prelude::*;
use sehat_kustomize::build;
use sehat_yaml::Node;

use crate::support::Tree;

/// Lines that kustomizations, patches and resources are made of, in any order and depth.
const LINES: [&str; 44] = [
    "resources: [a.yaml, base]",
    "resources:",
    "- a.yaml",
    "- base",
    "- ../up",
    "components: [part]",
    "patches:",
    "- path: patch.yaml",
    "- patch: |-",
    "  target: {kind: Deployment, name: .*}",
    "  - op: replace",
    "    path: /spec/replicas",
    "    value: 3",
    "  - {op: move, from: /a/b, path: /c/-}",
    "configMapGenerator:",
    "- name: c",
    "  literals: [a=b, c]",
    "  behavior: merge",
    "namespace: x",
    "namePrefix: p-",
    "labels: [{pairs: {a: b}, includeSelectors: true}]",
    "commonAnnotations: {a: b}",
    "images: [{name: nginx, newTag: \"1\"}]",
    "replicas: [{name: web, count: 2}]",
    "replacements: [{source: {kind: Service, name: web}, targets: [{select: {kind: Deployment}, fieldPaths: [spec.x.0.y], options: {create: true}}]}]",
    "vars: [{name: A, objref: {kind: Service, name: web, apiVersion: v1}}]",
    "apiVersion: apps/v1",
    "kind: Deployment",
    "kind: Component",
    "metadata:",
    "  name: web",
    "spec:",
    "  template:",
    "    spec:",
    "      containers:",
    "      - name: a",
    "        image: nginx:$(A)",
    "        ports: [{containerPort: 80}, {containerPort: 80, protocol: UDP}]",
    "      - $patch: delete",
    "      $patch: replace",
    "---",
    "  ports:",
    "    null: ~",
    "\u{0}",
];

fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(&LINES[..]), 0..14).prop_map(|lines| lines.join("\n"))
}

fn tree() -> impl Strategy<Value = Tree> {
    let names = [
        "kustomization.yaml",
        "a.yaml",
        "patch.yaml",
        "base/kustomization.yaml",
        "base/a.yaml",
        "part/kustomization.yaml",
    ];
    prop::collection::vec(text(), names.len()).prop_map(move |texts| {
        Tree(
            names
                .iter()
                .map(|name| (*name).to_owned())
                .zip(texts.into_iter().map(String::into_bytes))
                .collect(),
        )
    })
}

fn object(name: usize) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c{name}}}\ndata: {{n: \"{name}\"}}\n")
}

proptest! {
    #[test]
    fn any_tree_gives_objects_or_diagnostics(tree in tree()) {
        let built = build(".", &tree);
        prop_assert!(built.is_good() || built.objects.is_empty());
        for diagnostic in &built.diagnostics {
            sehat_diagnostic::render_terminal(diagnostic, &built.sources);
        }
    }

    #[test]
    fn a_tree_without_transformations_gives_its_objects(names in prop::collection::btree_set(0_usize..50, 1..10)) {
        let mut files = std::collections::BTreeMap::new();
        let mut list = String::from("resources:\n");
        for name in &names {
            list.extend(["- f", &name.to_string(), ".yaml\n"]);
            files.insert(format!("f{name}.yaml"), object(*name).into_bytes());
        }
        files.insert("kustomization.yaml".to_owned(), list.into_bytes());
        let built = build(".", &Tree(files));
        let found: std::collections::BTreeSet<String> = built
            .objects
            .iter()
            .filter_map(|object| object.at(&["data", "n"]).and_then(Node::as_text).map(str::to_owned))
            .collect();
        prop_assert_eq!(found, names.iter().map(usize::to_string).collect());
    }
}
