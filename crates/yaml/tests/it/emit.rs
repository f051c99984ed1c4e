use proptest::prelude::*;
use sehat_diagnostic::{Origin, Source};
use sehat_yaml::{Key, Node, Options, Value, emit, emit_sorted, read};

fn parse(text: &str) -> Node {
    let mut diagnostics = Vec::new();
    let source = Source { path: "x.yaml".into(), text: text.into() };
    let mut all = read(&source, Options { merge_keys: false, ..Options::default() }, &mut diagnostics);
    assert!(diagnostics.is_empty(), "{diagnostics:?}\n{text}");
    assert_eq!(all.len(), 1, "{text}");
    all.remove(0)
}

/// What the tree means to a program.
fn meaning(node: &Node) -> String {
    match &node.value {
        Value::Scalar(scalar) => format!("{:?} {:?}", scalar.plain(), scalar.tag),
        Value::List(items) => format!("[{}]", items.iter().map(meaning).collect::<Vec<_>>().join(",")),
        Value::Map(entries) => {
            let entry = |(key, node): &(Key, Node)| format!("{:?}:{}", key.text, meaning(node));
            format!("{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(","))
        }
    }
}

#[test]
fn quotes_what_would_be_read_as_something_else() {
    let all = [
        "on",
        "y",
        "0755",
        "1e3",
        "~",
        "null",
        "",
        "1:30",
        "2001-01-01",
        "1.2.3",
        "10.0.0.1",
        "a: b",
        "a #b",
        "#a",
        "- a",
        "-a",
        "a:b",
        ":a",
        "*a",
        "it's",
        "'x'",
        " x",
        "x ",
        "a\tb",
        "a, b",
        "[a]",
        "=",
        "@a",
        "?a",
        "? a",
        "---",
        "é",
        "😀",
        "a\u{1}b",
        "\u{feff}a",
        "2026",
        "v1",
        "_1",
        "0x1f",
        "a\\b",
        "\"x\"",
        "Norway",
        "no",
    ];
    let shown: Vec<String> = all.iter().map(|text| sehat_yaml::inline(text).into_owned()).collect();
    insta::assert_snapshot!(shown.join("\n"), @r#"
    "on"
    "y"
    "0755"
    "1e3"
    "~"
    "null"
    ""
    "1:30"
    "2001-01-01"
    1.2.3
    10.0.0.1
    'a: b'
    'a #b'
    '#a'
    '- a'
    -a
    a:b
    :a
    '*a'
    it's
    '''x'''
    ' x'
    'x '
    "a\tb"
    a, b
    '[a]'
    =
    '@a'
    ?a
    '? a'
    '---'
    é
    😀
    "a\x01b"
    "\uFEFFa"
    "2026"
    v1
    _1
    "0x1f"
    a\b
    '"x"'
    Norway
    "no"
    "#);
}

#[test]
fn keeps_lines_and_order() {
    let text = "b: |+\n  x\n    y\n\na10: 1\na9:\n- - 1\n  - {}\n- k: |-\n    one\n    two\n  l: []\n- !!binary aGk=\n";
    let node = parse(text);
    assert_eq!(emit(&node), text);
    insta::assert_snapshot!(emit_sorted(&node), @"
    a9:
    - - 1
      - {}
    - k: |-
        one
        two
      l: []
    - !!binary aGk=
    a10: 1
    b: |+
      x
        y
    ");
}

#[test]
fn a_block_at_the_end_of_a_file_without_a_line_break_has_none() {
    let value = |text: &str| parse(text).get("a").and_then(Node::as_text).map(str::to_owned);
    assert_eq!(value("a: |\n  x\n  y"), Some("x\ny".to_owned()));
    assert_eq!(value("a: |\n  x\n  y\n"), Some("x\ny\n".to_owned()));
    assert_eq!(value("a: |\n  x\nb: 1"), Some("x\n".to_owned()));
}

fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ \\n\\t:#'\"|>a-c0-9!&*{}\\[\\],~.%@`?=<-]{0,12}",
        "[\\PC\\n]{0,8}",
        any::<String>().prop_map(|text| text.replace('\0', "")),
    ]
}

fn nodes() -> impl Strategy<Value = Node> {
    let leaf = texts().prop_map(|text| Node::quoted(text, Origin::default()));
    leaf.prop_recursive(4, 40, 5, |inner| {
        let list = prop::collection::vec(inner.clone(), 0..4)
            .prop_map(|items| Node { origin: Origin::default(), value: Value::List(items) });
        let map = prop::collection::btree_map(texts(), inner, 0..4).prop_map(|entries| {
            let key = |text| Key { text, origin: Origin::default() };
            let entries = entries.into_iter().map(|(text, node)| (key(text), node)).collect();
            Node { origin: Origin::default(), value: Value::Map(entries) }
        });
        prop_oneof![list, map]
    })
}

proptest! {
    #[test]
    fn reading_gives_back_what_was_written(node in nodes()) {
        // A document that is one empty text is read as a text too, and one in quotes is not nothing.
        prop_assert_eq!(meaning(&parse(&emit(&node))), meaning(&node));
    }
}
