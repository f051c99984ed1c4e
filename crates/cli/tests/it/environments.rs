//! Commands that look at one environment, and what they say where it is not clear which.

use crate::program::{command, folder, platform, ran, sehat};

fn path(name: &str) -> String {
    platform(name).to_str().expect("UTF-8").to_owned()
}

#[test]
fn several_environments_want_one_to_be_named() {
    let path = path("health-infraops");
    for words in [&["graph", &path][..], &["up", &path, "--plan"]] {
        let ran = sehat(words);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{words:?}: {}", ran.stderr);
        assert!(
            ran.stderr.contains("--env") && ran.stderr.contains("development, staging, production"),
            "{}",
            ran.stderr
        );
        let ran = sehat(&[words, &["--env", "prod"]].concat());
        assert_eq!(ran.code, Some(2));
        assert!(ran.stderr.contains("there is no environment `prod`"), "{}", ran.stderr);
    }
}

#[test]
fn a_bad_document_is_told_by_every_command() {
    let folder = folder("sehat: 1\nplatform: clinic\ncomponents: { records: { kind: databse } }\n");
    let path = folder.path().to_str().expect("UTF-8");
    for words in [&["check", path][..], &["graph", path], &["up", path, "--plan"]] {
        let ran = sehat(words);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{words:?}: {}", ran.stderr);
        for part in ["platform.yaml:3:", "databse", "database", "= help:"] {
            assert!(ran.stderr.contains(part), "{words:?} does not say `{part}`: {}", ran.stderr);
        }
    }
}

#[test]
fn pictures_and_plans_are_the_same_in_every_run() {
    let path = path("health-infraops");
    let path = std::fs::canonicalize(path).expect("it lies in the repository");
    for words in [&["graph"][..], &["up", "--plan"]] {
        let run = |folder: &str| {
            let output =
                command().current_dir(folder).args(words).arg(&path).args(["--env", "production"]).output();
            let ran = ran(output.expect("the program starts"));
            assert_eq!(ran.code, Some(0), "{}", ran.stderr);
            ran.stdout
        };
        let first = run("/");
        assert_eq!(run("/tmp"), first, "{words:?}");
        assert!(first.contains("records"));
    }
}
