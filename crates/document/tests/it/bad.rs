//! What a user reads when a document is wrong: one document and one snapshot each, in `bad/`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::support::shown;

/// At least so many documents are refused with a message that was looked at.
const DOCUMENTS_MIN: usize = 40;

/// What the documents use as a secret.
const SECRET: &str = "hunter2";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/bad")
}

fn names() -> BTreeSet<String> {
    let files = std::fs::read_dir(folder()).expect("the folder is there").flatten();
    files.filter_map(|file| Some(file.file_name().to_str()?.strip_suffix(".yaml")?.to_owned())).collect()
}

fn message(name: &str) -> String {
    let text = std::fs::read_to_string(folder().join(format!("{name}.yaml"))).expect("the document is there");
    let load = |file: &str| {
        std::fs::read_to_string(folder().join(file)).map_err(|_| "there is no such file".to_owned())
    };
    shown(&sehat_document::read("platform.yaml", &text, &load))
}

#[test]
fn every_bad_document_has_its_message() {
    let names = names();
    for name in &names {
        let message = message(name);
        assert!(!message.is_empty(), "{name} is not refused");
        assert!(
            message.lines().filter(|line| line.starts_with("error[")).count()
                <= message.matches("= help: ").count(),
            "{name}"
        );
        assert!(!message.contains(SECRET), "{name} shows a secret:\n{message}");
        insta::with_settings!({ snapshot_path => "bad", prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(name.as_str(), message);
        });
    }
    assert!(names.len() >= DOCUMENTS_MIN, "only {} bad documents", names.len());
}
