//! The reader of the simple style and the general one give the same trees.

use proptest::prelude::*;
use sehat_diagnostic::Source;
use sehat_yaml::{Node, Options, read, read_any, read_one};

fn source(text: &str) -> Source {
    Source { path: "x.yaml".into(), text: text.into() }
}

/// Both readers on the same text, with what they complain of.
fn both(text: &str) -> [(Vec<Node>, Vec<String>); 2] {
    let source = source(text);
    [read, read_any].map(|reader| {
        let mut diagnostics = Vec::new();
        let nodes = reader(&source, Options::default(), &mut diagnostics);
        (nodes, diagnostics.iter().map(|found| format!("{found:?}")).collect())
    })
}

fn same(text: &str) -> Result<(), TestCaseError> {
    let [simple, general] = both(text);
    // Of a node that differs, the whole place must be seen.
    prop_assert_eq!(places(&simple.0), places(&general.0), "{}", text);
    prop_assert_eq!(simple, general, "{}", text);
    Ok(())
}

fn places(nodes: &[Node]) -> Vec<String> {
    use sehat_yaml::Value;
    fn add(node: &Node, all: &mut Vec<String>) {
        let origin = &node.origin;
        let place = format!("{}..{} {}:{}", origin.start, origin.end, origin.line, origin.column);
        match &node.value {
            Value::Scalar(scalar) => all.push(format!("{place} {scalar:?}")),
            Value::List(items) => {
                all.push(format!("{place} list {}", items.len()));
                for item in items {
                    add(item, all);
                }
            }
            Value::Map(entries) => {
                all.push(format!("{place} map {}", entries.len()));
                for (key, value) in entries {
                    all.push(format!("key {} {}..{}", key.text, key.origin.start, key.origin.end));
                    add(value, all);
                }
            }
        }
    }
    let mut all = Vec::new();
    for node in nodes {
        add(node, &mut all);
    }
    all
}

const MANIFEST: &str = "\
# A manifest as people write it.
apiVersion: apps/v1 # the version
kind: Deployment
metadata:
  name: patients
  labels: { app.kubernetes.io/name: patients, tier: \"data\", nothing: ~ }
  annotations:
    \"a/b\": 'x'
    note: |

      First line.
        Indented, \u{2014} and \u{e9}.

      Last line.

    folded: >-
      one
      two

      three
       four
    kept: |+
      kept

    empty:
spec:
  replicas: 3
  list:
  - a
  - name: b
    value: -1

    # A comment within.
    ports: [80, \"443\", [a], { b: c }]
  -   wide: yes
      other: 10.0.0.0/8
  - - nested
    - {}
  - []
  deeper:
    - image: registry.example.org:5000/a/b:1.2 # tag
      command: [sh, -c, \"echo a | b\"]
    -   url: http://example.org/#here
    - |
      text in a list
---
# Nothing here.
---
kind: Service
note: >
  folded
  text

---
";

#[test]
fn a_manifest_has_the_same_tree() {
    same(MANIFEST).unwrap();
    assert_eq!(both(MANIFEST)[0].0.len(), 2);
}

#[test]
fn what_is_not_simple_is_read_in_general() {
    let all = [
        "a: b\n  c\n",
        "a: 'it''s'\n",
        "a: \"x\\n\"\n",
        "a: &x b\nc: *x\n",
        "a: !t b\n",
        "a: b: c\n",
        "a: b:\n",
        "- a\n- b\n",
        "a: 1\na: 2\n",
        "<<: { a: 1 }\n",
        "a: |2\n   x\n",
        "a: |\n",
        "a: |\n  x",
        "a: |\n    \n  x\n",
        "a: [b\n]\n",
        "a: {b: c, b: d}\n",
        "a:\n   b: c\n  d: e\n",
        "a:\n  - b\n c: d\n",
        "a: \"b\" c\n",
        "a: [b] c\n",
        "a: -\n",
        "a: - b\n",
        "- - a: b\n",
        "a:\n-\n- b\n",
        "--- a\n",
        "...\na: b\n",
        "a: b\n...\nc: d\n",
        "%YAML 1.2\n---\na: b\n",
        "\ta: b\n",
        "a:\tb\n",
        "a: b\r\nc: d\r\n",
        "\u{feff}a: b\n",
        "a: \u{1}\n",
        "a: [b, c,]\n",
        "a: [b c]\n",
        "a: { b, c: d }\n",
        "a: {\"b\":c}\n",
        "? a\n: b\n",
        "a: %b\n",
        "a: @b\n",
        "a #b: c\n",
        "a: b #c\n  d\n",
        "a: |\n  x\n # c\n  y\n",
        "a: |\n  x\n# c\nb: c\n",
        "a: |\n  x\n   \n \nb: |-\n   \n\n   y\n  \n",
        "a:\n  - b:\n    - c\n    d: e\n",
        "a:\n# c\n  b: c\n",
        "a: # c\n  b: c\n",
        "a: # c\n",
        "a: ~\nb: null\nc: ''\n",
        " a: b\n",
        "a: b\n---\n",
        "---\na: b\n",
        "--- # c\na: b\n--- #\n",
        "a: b\n ---\n",
        "a:\n  b: c\n---\nd: e",
        "a:\n  - |\n   x\n  -  >\n     y\n",
        "\"a\": b\n'c': d\n",
        "- a: b\n  c: d\n-  e: f\n",
        "a: \"b\" # c\nd: 'e'#f\n",
    ];
    for text in all {
        same(text).unwrap();
    }
}

#[test]
fn a_second_document_is_told() {
    for (text, told) in [
        ("a: b\n", 0),
        ("a: b\n---\n", 1),
        ("---\na: b\n", 0),
        ("---\n---\na: b\n", 0),
        ("a: b\n---\nc: d\n", 1),
    ] {
        let mut diagnostics = Vec::new();
        assert!(read_one(&source(text), Options::default(), &mut diagnostics).is_some());
        assert_eq!(diagnostics.len(), told, "{text}");
    }
}

#[test]
fn too_many_values_are_refused() {
    let text = "a: [b, c, d]\n".to_owned()
        + &(0..50).map(|at| format!("k{at}:\n- x: y\n")).collect::<Vec<_>>().concat();
    for nodes_max in [1, 5, 100, 200, 250, 300] {
        let options = Options { nodes_max, ..Options::default() };
        let read = |reader: fn(&Source, Options, &mut Vec<_>) -> Vec<Node>| {
            let mut diagnostics = Vec::new();
            (reader(&source(&text), options, &mut diagnostics), diagnostics.len())
        };
        assert_eq!(read(read_any), read(sehat_yaml::read), "{nodes_max}");
    }
}

/// Lines that make sense more often than not.
fn text() -> impl Strategy<Value = String> {
    let content = prop_oneof![
        4 => Just("a: b"), 4 => Just("c:"), 2 => Just("d: e # f"), 3 => Just("- g"), 3 => Just("- h: i"), 2 => Just("- j:"),
        1 => Just("# k"), 1 => Just(""), 1 => Just("---"), 1 => Just("l: |"), 1 => Just("m: >-"), 1 => Just("- |+"),
        1 => Just("n: { o: p, q: [r, \"s\"] }"), 1 => Just("t: 'u'"), 1 => Just("\"v\": \"w\""), 1 => Just("- - x"),
        1 => Just("y: ~"), 1 => Just("- { z: 1 }"), 1 => Just("plain"), 1 => Just("-"), 1 => Just("  "), 1 => Just("A: []"),
        1 => Just("B: é"), 1 => Just("é: C"), 1 => Just("D: \"é\" # x"), 1 => Just("-   E: F"), 1 => Just("G: >"), 1 => Just("- []"),
    ];
    let line = (0usize..5, content, 0usize..20);
    prop::collection::vec(line, 0..14).prop_map(|lines| {
        let mut names = 0..;
        let mut text = String::new();
        for (indent, content, end) in lines {
            // Keys are told apart, else most texts would have one twice.
            let name = names.next().unwrap_or_default().to_string();
            let content = if end > 2 && content.contains(':') && !content.starts_with(['"', '-', '#']) {
                format!("k{name}{content}")
            } else {
                content.to_owned()
            };
            text.push_str(&" ".repeat(indent));
            text.push_str(&content);
            text.push('\n');
        }
        text
    })
}

/// A manifest with one thing changed.
fn changed() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "", " ", "  ", "\n", ":", "- ", "#", " #", "\"", "'", "|", ">", "[", "]", "{", "}", ",", "é", "\t",
        "\\", "&a ", "*a", "!a ", "---\n", "x", "~", "%",
    ]);
    (0..MANIFEST.len(), 0usize..4, piece).prop_map(|(at, length, piece)| {
        let floor = |at: usize| {
            (0..=at.min(MANIFEST.len())).rev().find(|at| MANIFEST.is_char_boundary(*at)).unwrap_or(0)
        };
        format!("{}{piece}{}", &MANIFEST[..floor(at)], &MANIFEST[floor(at + length)..])
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.max(1000), ..ProptestConfig::default() })]

    #[test]
    fn lines_have_the_same_trees(text in text()) {
        same(&text)?;
    }

    #[test]
    fn changed_manifests_have_the_same_trees(text in changed()) {
        same(&text)?;
    }
}
