//! The output of kustomize 5.7.1 for trees that others wrote.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use sehat_diagnostic::Source;
use sehat_kustomize::{Load, Refusal, build};
use sehat_yaml::{Node, Options, Plain, Value, read};

struct Disk;

impl Load for Disk {
    fn folder(&self, path: &str) -> Option<String> {
        let real = Path::new(path).canonicalize().ok().filter(|real| real.is_dir())?;
        real.into_os_string().into_string().ok()
    }

    fn file(&self, _folder: &str, path: &str) -> Result<Vec<u8>, Refusal> {
        match Path::new(path) {
            path if path.is_dir() => Err(Refusal::IsFolder),
            path => fs::read(path).map_err(|_| Refusal::Missing),
        }
    }
}

#[test]
fn objects_equal_those_of_kustomize() {
    let Some(shared) = std::env::var_os("SEHAT_SHARED").map(PathBuf::from) else {
        say("skipped: SEHAT_SHARED does not name the folder with corpora/kustomize-expected");
        return;
    };
    let corpora = shared.join("corpora");
    let index = fs::read_to_string(corpora.join("kustomize-expected/index.tsv")).expect("the list of trees");
    let mut count = 0;
    for (tree, file) in index.lines().filter_map(|line| line.split_once('\t')) {
        let built = build(&corpora.join(tree).to_string_lossy(), &Disk);
        assert!(built.is_good(), "{tree}: {:?}", built.diagnostics);
        let text =
            fs::read_to_string(corpora.join("kustomize-expected").join(file)).expect("the expected objects");
        assert_eq!(by_name(&built.objects), by_name(&parse(&text)), "{tree}");
        count += 1;
    }
    say(&format!("{count} trees equal"));
    assert_eq!(count, 28);
}

fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

fn parse(text: &str) -> Vec<Node> {
    read(&Source { path: "expected.yaml".into(), text: text.into() }, Options::default(), &mut Vec::new())
}

fn by_name(objects: &[Node]) -> BTreeMap<String, String> {
    let word =
        |object: &Node, path: &[&str]| object.at(path).and_then(Node::as_text).unwrap_or("-").to_owned();
    let name = |object: &Node| {
        [&["apiVersion"][..], &["kind"], &["metadata", "namespace"], &["metadata", "name"]]
            .map(|path| word(object, path))
            .join(" ")
    };
    objects.iter().map(|object| (name(object), json(object))).collect()
}

/// The value as JSON with sorted keys.
fn json(node: &Node) -> String {
    match &node.value {
        Value::Scalar(scalar) => match scalar.plain() {
            Plain::Null => "null".to_owned(),
            Plain::Bool(truth) => truth.to_string(),
            Plain::Int(number) => number.to_string(),
            Plain::Float(number) => number.to_string(),
            Plain::Text(text) => format!("{text:?}"),
        },
        Value::List(items) => format!("[{}]", items.iter().map(json).collect::<Vec<_>>().join(",")),
        Value::Map(entries) => {
            let sorted: BTreeMap<&str, String> =
                entries.iter().map(|(key, value)| (key.text.as_str(), json(value))).collect();
            let entries: Vec<String> = sorted.iter().map(|(key, value)| format!("{key:?}:{value}")).collect();
            format!("{{{}}}", entries.join(","))
        }
    }
}
