//! `sehat check`: exit codes, its JSON, and what is no document.

use std::collections::BTreeSet;
use std::io::Read;
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;

use crate::program::{AS_OF, check, command, folder, platform, ran, sehat};

/// A store that keeps what is promised of it.
const KEPT: &str = r#"sehat: 1
platform: clinic
data: { patient: { class: phi, retain: 25y } }
objectives: { rpo: { at-most: 5m } }
sites:
  here: { country: ID, zones: { a: { nodes: { node-1: {} } } } }
  there: { country: ID, zones: { b: { nodes: { node-2: {} } } } }
components:
  records:
    kind: database
    product: mariadb
    version: "10.11"
    support: debian-12
    replicas: 1
    on: [here]
    holds: [patient]
    storage: { used: 50GB }
    backup: { full: { schedule: "0 1 * * *", keep: 14d }, log: { every: 1m, keep: 14d }, to: [vault] }
  vault: { kind: backup-store, product: borgbackup, version: "1.2", support: debian-12, on: [there], encryption: { immutable: 30d } }
"#;

fn code(document: &str) -> Option<i32> {
    let folder = folder(document);
    let (terminal, json) = (check(folder.path(), &[]), check(folder.path(), &["--format", "json"]));
    assert_eq!(terminal.code, json.code, "{}", terminal.all());
    assert_eq!(json.json()["exit"], terminal.code.unwrap_or(-1));
    terminal.code
}

/// The document with one text replaced, which must be there.
fn kept_but(from: &str, to: &str) -> String {
    assert!(KEPT.contains(from), "`{from}` is not in the document");
    KEPT.replacen(from, to, 1)
}

#[test]
fn exit_codes() {
    assert_eq!(code(KEPT), Some(0));
    assert_eq!(code(&kept_but("every: 1m", "every: 30m")), Some(1), "an objective is broken");
    assert_eq!(
        code(&kept_but("encryption: { immutable: 30d }", "note: none")),
        Some(1),
        "a finding is broken"
    );
    assert_eq!(code(&kept_but("replicas: 1", "replica: 1")), Some(2), "a key is wrong");
    assert_eq!(
        code(&kept_but("    version: \"10.11\"\n    support: debian-12\n", "")),
        Some(4),
        "a version is unknown"
    );
    // A broken finding of medium severity alone breaks no run: support ends within half a year.
    assert_eq!(
        code(&kept_but("    version: \"10.11\"\n    support: debian-12\n", "    version: \"10.6\"\n")),
        Some(1)
    );
}

#[test]
fn a_broken_promise_goes_before_an_unknown_one_and_a_bad_document_before_both() {
    let broken = kept_but("every: 1m", "every: 30m");
    let both = broken.replacen("    version: \"10.11\"\n    support: debian-12\n", "", 1);
    assert_eq!(code(&both), Some(1));
    assert_eq!(code(&format!("{both}colour: blue\n")), Some(2));
}

#[test]
fn a_waived_finding_breaks_nothing_until_its_last_day() {
    let lax = |waiver: &str| {
        let vault = "vault: { kind: backup-store, product: borgbackup, version: \"1.2\", support: debian-12, on: [there], encryption: { immutable: 30d } }";
        let weak = vault.replacen("encryption: { immutable: 30d }", "note: none", 1);
        kept_but(vault, &weak)
            .replacen(
                "    replicas: 1\n",
                &format!("    replicas: 1\n    waive: {{ backup-offsite-immutable: {waiver} }}\n"),
                1,
            )
            .replacen("objectives: { rpo: { at-most: 5m } }\n", "", 1)
    };
    assert_eq!(code(&lax("the tapes lie in a safe")), Some(0));
    assert_eq!(code(&lax("{ reason: the tapes lie in a safe, until: \"2026-11-21\" }")), Some(0));
    assert_eq!(code(&lax("{ reason: the tapes lay in a safe, until: \"2026-11-20\" }")), Some(1));
    assert_eq!(code(&lax("{ reason: some day, until: soon }")), Some(1));
}

const PLATFORMS: [&str; 5] =
    ["claims-askes", "health-infraops", "hospital-management", "smile", "zarish-his"];

#[test]
fn the_json_of_the_five_platforms() {
    for name in PLATFORMS {
        let ran = check(&platform(name), &["--format", "json"]);
        let report = ran.json();
        let keys: Vec<&String> = report.as_object().expect("an object").keys().collect();
        assert_eq!(
            keys,
            [
                "schema",
                "platform",
                "as_of",
                "exit",
                "verdicts",
                "findings",
                "questions",
                "not_judged",
                "skipped",
                "diagnostics"
            ]
        );
        assert_eq!((&report["schema"], &report["platform"]), (&"sehat-check/1".into(), &name.into()));
        assert_eq!(
            (&report["as_of"], report["exit"].as_i64()),
            (&"2026-11-21".into(), ran.code.map(i64::from))
        );
        let mut seen = BTreeSet::new();
        for verdict in items(&report, "verdicts") {
            has(
                verdict,
                &[
                    "root",
                    "environment",
                    "objective",
                    "subject",
                    "verdict",
                    "promised",
                    "predicted",
                    "because",
                    "scenarios",
                ],
            );
            one_of(&verdict["verdict"], &["kept", "broken", "unknown"]);
            let key = ["root", "environment", "objective", "subject"].map(|field| verdict[field].to_string());
            assert!(seen.insert(key.clone()), "{name}: {key:?} stands twice");
            for scenario in items(verdict, "scenarios") {
                has(scenario, &["scenario", "verdict", "predicted"]);
            }
        }
        assert!(!report.to_string().contains('•'), "{name}: our own words are no secrets: {report}");
        let mut fingerprints = BTreeSet::new();
        for finding in items(&report, "findings") {
            has(
                finding,
                &[
                    "root",
                    "rule",
                    "severity",
                    "state",
                    "subject",
                    "message",
                    "witness",
                    "repair",
                    "places",
                    "count",
                    "environments",
                    "fingerprint",
                    "new",
                    "waived",
                ],
            );
            one_of(&finding["severity"], &["critical", "high", "medium", "low"]);
            one_of(&finding["state"], &["broken", "unknown"]);
            assert!(
                !items(finding, "environments").is_empty() && !items(finding, "places").is_empty(),
                "{finding}"
            );
            for place in items(finding, "places") {
                assert!(place["line"].as_u64() >= Some(1) && place["column"].as_u64() >= Some(1), "{place}");
                let path = place["path"].as_str().expect("a path");
                assert!(
                    Path::new(path).exists() || platform(name).join(path).exists(),
                    "{path} leads nowhere"
                );
            }
            let environments = finding["environments"].to_string();
            assert!(fingerprints.insert((finding["fingerprint"].to_string(), environments)), "{finding}");
        }
        for field in ["verdicts", "findings", "questions", "not_judged", "skipped"] {
            assert!(items(&report, field).iter().all(|entry| entry["root"] == "."), "{name}: {field}");
        }
    }
}

fn items<'a>(value: &'a Value, field: &str) -> &'a Vec<Value> {
    value[field].as_array().unwrap_or_else(|| panic!("`{field}` is no list in {value}"))
}

fn has(value: &Value, fields: &[&str]) {
    let known: BTreeSet<&str> = value.as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!(known, fields.iter().copied().collect(), "{value}");
}

fn one_of(value: &Value, words: &[&str]) {
    assert!(value.as_str().is_some_and(|word| words.contains(&word)), "{value} is none of {words:?}");
}

/// The same bytes, wherever and however it runs.
#[test]
fn the_same_bytes_in_every_run() {
    let path = platform("health-infraops").canonicalize().expect("it lies in the repository");
    let run = |program: &mut std::process::Command| {
        let output =
            program.args(["check", path.to_str().expect("UTF-8"), "--format", "json"]).args(AS_OF).output();
        ran(output.expect("the program starts")).stdout
    };
    let first = run(&mut command());
    assert_eq!(run(&mut command()), first);
    assert_eq!(run(command().current_dir("/")), first);
    assert_eq!(run(command().env_clear()), first);
    assert_eq!(
        run(command().env_clear().envs([
            ("Z", "1"),
            ("A", "2"),
            ("LANG", "id_ID.UTF-8"),
            ("TZ", "Asia/Jakarta")
        ])),
        first
    );
    assert_eq!(run(command().envs([("A", "2"), ("Z", "1"), ("COLUMNS", "20")])), first);
}

/// One environment reads as it does among the others.
#[test]
fn one_environment_is_judged_as_among_all() {
    let all = check(&platform("health-infraops"), &["--format", "json"]).json();
    for environment in ["development", "staging", "production"] {
        let only = check(&platform("health-infraops"), &["--env", environment, "--format", "json"]).json();
        let verdicts: Vec<&Value> =
            items(&all, "verdicts").iter().filter(|verdict| verdict["environment"] == environment).collect();
        assert_eq!(items(&only, "verdicts").iter().collect::<Vec<_>>(), verdicts);
        let told = |report: &Value| -> Vec<String> {
            let here =
                |finding: &&Value| items(finding, "environments").iter().any(|name| name == environment);
            items(report, "findings")
                .iter()
                .filter(here)
                .map(|finding| finding["message"].to_string())
                .collect()
        };
        assert_eq!(told(&only), told(&all), "{environment}");
        assert_eq!(items(&only, "findings").len(), told(&all).len(), "{environment}");
    }
}

/// Standard output holds one JSON object even where nothing could be read.
fn refused(path: &Path, options: &[&str], says: &str) {
    let terminal = check(path, options);
    assert_eq!(terminal.code, Some(2), "{}", terminal.all());
    assert!(terminal.stderr.contains(says) && terminal.stdout.is_empty(), "{}", terminal.all());
    assert!(terminal.stderr.contains("help"), "no next step: {}", terminal.stderr);
    let json = check(path, &[options, &["--format", "json"]].concat());
    let report = json.json();
    assert_eq!((json.code, report["exit"].as_i64()), (Some(2), Some(2)));
    assert!(!items(&report, "diagnostics").is_empty() && items(&report, "verdicts").is_empty());
}

#[test]
fn what_is_no_document() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, bytes: &[u8]| {
        let inner = folder.path().join(name);
        std::fs::create_dir(&inner).expect("a folder");
        std::fs::write(inner.join("platform.yaml"), bytes).expect("a file");
        inner
    };
    refused(&folder.path().join("missing"), &[], "cannot be read");
    refused(folder.path(), &[], "holds nothing that can be read");
    let inner = folder.path().join("a-folder");
    std::fs::create_dir_all(inner.join("platform.yaml")).expect("a folder");
    refused(&inner, &[], "it is a folder");
    refused(Path::new("/dev/zero"), &[], "no regular file");
    refused(&file("binary", &[0, 159, 146, 150, 10, 255]), &[], "not text in UTF-8");
    let utf16: Vec<u8> = "\u{feff}sehat: 1\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    refused(&file("utf16", &utf16), &[], "not text in UTF-8");
    refused(&file("empty", b""), &[], "no keys");
    refused(&file("nul", b"\0\0\0\0"), &[], "");
    refused(&file("other", b"apiVersion: v1\nkind: Pod\n"), &[], "sehat: 1");
    refused(&platform("health-infraops"), &["--env", "prod"], "known here: development, staging, production");
    refused(&file("single", KEPT.as_bytes()), &["--env", "production"], "no environments");
}

/// Nothing outside the folder is read, however a document asks for it.
#[test]
fn what_lies_outside_is_not_read() {
    let outside = tempfile::tempdir().expect("a folder");
    std::fs::write(outside.path().join("other.yaml"), "components: { stolen: { kind: nonsense-OUTSIDE } }\n")
        .expect("a file");
    std::fs::write(outside.path().join("platform.yaml"), "sehat: 1\nplatform: OUTSIDE\n").expect("a file");
    let path = outside.path().join("other.yaml");
    for include in [path.to_str().expect("UTF-8"), "../other.yaml", "link.yaml", "/etc/hostname"] {
        let folder = folder(&format!("sehat: 1\nplatform: clinic\ninclude: ['{include}']\n"));
        std::os::unix::fs::symlink(&path, folder.path().join("link.yaml")).expect("a link");
        let ran = check(folder.path(), &[]);
        assert_eq!(ran.code, Some(2), "{}", ran.all());
        assert!(!ran.all().contains("OUTSIDE"), "{}", ran.all());
    }
    let linked = tempfile::tempdir().expect("a folder");
    std::os::unix::fs::symlink(outside.path().join("platform.yaml"), linked.path().join("platform.yaml"))
        .expect("a link");
    refused(linked.path(), &[], "leads out of its folder");
}

#[test]
fn a_file_may_be_named_in_place_of_its_folder() {
    let folder = folder(KEPT);
    assert_eq!(check(&folder.path().join("platform.yaml"), &[]).code, Some(0));
    let here = command().current_dir(folder.path()).args(["check", "."]).args(AS_OF).output();
    assert_eq!(ran(here.expect("the program starts")).code, Some(0));
    let file = command().current_dir(folder.path()).args(["check", "platform.yaml"]).args(AS_OF).output();
    assert_eq!(ran(file.expect("the program starts")).code, Some(0));
}

#[test]
fn unknown_words_on_the_command_line() {
    for words in [
        &["check"][..],
        &["check", ".", "--colour"],
        &["chekc"],
        &["check", ".", "--as-of", "today"],
        &["check", ".", "--format", "xml"],
        &["explain", "rpo"],
    ] {
        let ran = sehat(words);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{words:?}: {}", ran.stderr);
        assert!(ran.stderr.contains("error"), "{}", ran.stderr);
    }
    for words in [
        &["--help"][..],
        &["--version"],
        &["check", "--help"],
        &["explain"],
        &["schema"],
        &["schema", "--format", "markdown"],
    ] {
        let ran = sehat(words);
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{words:?}");
        assert!(!ran.stdout.is_empty());
    }
    serde_json::from_str::<Value>(&sehat(&["schema"]).stdout).expect("a JSON Schema");
}

#[test]
fn every_rule_is_explained() {
    let list = sehat(&["explain"]).stdout;
    let names: Vec<&str> = list.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert!(names.len() >= 85, "{names:?}");
    for name in names {
        let text = sehat(&["explain", name]).stdout;
        assert!(text.starts_with(&format!("{name}  at worst ")), "{text}");
        assert!(text.contains("Proves that") && text.matches("Source: ").count() == 1, "{text}");
    }
}

/// A reader that goes away is no error of the platform.
#[test]
fn a_broken_pipe() {
    for options in [&["--all"][..], &["--format", "json"]] {
        let mut child = command()
            .args(["check"])
            .arg(platform("smile"))
            .args(AS_OF)
            .args(options)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        drop(child.stdout.take());
        let mut told = String::new();
        child.stderr.take().expect("its errors").read_to_string(&mut told).expect("text");
        let status = child.wait().expect("it ends");
        assert_eq!((status.code(), told.as_str()), (Some(1), ""), "{options:?}");
    }
}

#[test]
fn colour_only_where_it_is_wanted() {
    let run = |variables: &[(&str, &str)]| {
        let output = command()
            .arg("check")
            .arg(platform("smile"))
            .args(AS_OF)
            .envs(variables.iter().copied())
            .output();
        ran(output.expect("the program starts")).stdout.contains('\u{1b}')
    };
    assert!(!run(&[]), "a pipe gets no colour");
    assert!(run(&[("CLICOLOR_FORCE", "1")]));
    assert!(!run(&[("NO_COLOR", "1")]));
    assert!(!run(&[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")]), "NO_COLOR goes first");
}
