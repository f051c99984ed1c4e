//! `sehat reach` over small folders.

use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

const SHOP: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: clinic }
spec: { template: { metadata: { labels: { app: web } }, spec: { containers: [{ name: web }] } } }
---
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: records, namespace: clinic }
spec:
  template:
    metadata: { labels: { app: records } }
    spec: { containers: [{ name: db, ports: [{ name: sql, containerPort: 5432 }] }] }
";

const POLICY: &str = "\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: records, namespace: clinic }
spec:
  podSelector: { matchLabels: { app: records } }
  ingress:
    - from: [{ podSelector: { matchLabels: { app: web } } }]
      ports: [{ port: sql }]
";

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().expect("a folder can be made");
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).expect("a file can be written");
    }
    folder
}

fn reach(folder: &Path, words: &[&str]) -> (Option<i32>, String) {
    let run: Output = Command::new(env!("CARGO_BIN_EXE_sehat"))
        .arg("reach")
        .args(words)
        .current_dir(folder)
        .output()
        .expect("sehat starts");
    let text = format!("{}{}", String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    (run.status.code(), text)
}

#[test]
fn table_shows_why() {
    let folder = folder(&[("app.yaml", SHOP), ("policy.yaml", POLICY)]);
    let (code, text) = reach(folder.path(), &["app.yaml", "policy.yaml"]);
    assert_eq!(code, Some(0));
    insta::assert_snapshot!(text, @"
    clinic/records <- clinic/web  5432/tcp
        policy.yaml:7:7
    clinic/web <- clinic/records, outside  every port
        nothing guards either end
    outside <- clinic/records, clinic/web  every port
        nothing guards either end
    5 pairs may talk
    ");
}

#[test]
fn explained_question_names_each_rule() {
    let folder = folder(&[("app.yaml", SHOP), ("policy.yaml", POLICY)]);
    let ask = |to: &str| reach(folder.path(), &[".", "--from", "web", "--to", to, "--explain"]).1;
    insta::assert_snapshot!(ask("clinic/records:5432") + &ask("records:22"), @"
    allowed  clinic/web -> clinic/records:5432/tcp
        out of clinic/web: no policy governs it
        into clinic/records: allowed by a rule of NetworkPolicy clinic/records  ./policy.yaml:7:7
    denied  clinic/web -> clinic/records:22/tcp
        out of clinic/web: no policy governs it
        into clinic/records: NetworkPolicy clinic/records governs it, and no policy has a rule for this  ./policy.yaml:3:19
    ");
}

#[test]
fn assertions_hold_or_end_with_1() {
    let lines = "allow web -> records:5432/tcp # the schedule\ndeny internet -> records:5432\n";
    let folder = folder(&[
        ("app.yaml", SHOP),
        ("policy.yaml", POLICY),
        ("lines", lines),
        ("wrong", "allow records -> web:80\ndeny web -> records:5432\n"),
    ]);
    assert_eq!(reach(folder.path(), &[".", "--assert", "lines"]).0, Some(0));
    let (code, text) = reach(folder.path(), &[".", "--assert", "wrong"]);
    assert_eq!(code, Some(1));
    insta::assert_snapshot!(text, @"
    holds allow records -> web:80
    fails wrong:2: deny web -> records:5432
    allowed  clinic/web -> clinic/records:5432/tcp
        out of clinic/web: no policy governs it
        into clinic/records: allowed by a rule of NetworkPolicy clinic/records  ./policy.yaml:7:7
    1 of 2 hold
    ");
}

#[test]
fn difference_is_what_opens_and_closes() {
    let folder = folder(&[("app.yaml", SHOP), ("policy.yaml", POLICY)]);
    let both = folder.path().join("both.yaml");
    std::fs::write(both, format!("{SHOP}---\n{POLICY}")).expect("a file can be written");
    let (code, text) = reach(folder.path(), &["--diff", "app.yaml", "both.yaml"]);
    assert_eq!(code, Some(0));
    insta::assert_snapshot!(text, @"
    closed clinic/web -> clinic/records  1-5431/tcp, 5433-65535/tcp, 1-65535/udp, 1-65535/sctp
    closed outside -> clinic/records  every port
    0 pairs opened, 2 closed
    ");
}

#[test]
fn refused_policy_is_an_error_of_the_answer() {
    let folder =
        folder(&[("app.yaml", SHOP), ("policy.yaml", &POLICY.replace("port: sql", "port: \"5432\""))]);
    let (code, text) = reach(folder.path(), &["--format", "netpol-answer", "."]);
    assert_eq!(code, Some(2));
    insta::assert_snapshot!(text, @r#"{"error":"./policy.yaml:8:23: NetworkPolicy clinic/records: `5432` is no name of a port"}"#);
}
