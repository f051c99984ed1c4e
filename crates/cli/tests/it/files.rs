//! `sehat check` on what a team has: roots, settings, exit codes, formats.

use std::path::Path;
use std::process::Stdio;

use serde_json::Value;

use crate::program::{AS_OF, Ran, command, ran, sehat};

/// Two replicas share a volume that one node mounts at a time: broken, and high.
const SHARED: &str = "apiVersion: apps/v1
kind: Deployment
metadata: { name: letters, namespace: clinic }
spec:
  replicas: 2
  selector: { matchLabels: { app: letters } }
  template:
    metadata: { labels: { app: letters } }
    spec:
      containers:
      - { name: letters, image: registry.example.org/letters:1.0, volumeMounts: [{ name: files, mountPath: /files }] }
      volumes:
      - { name: files, persistentVolumeClaim: { claimName: letters } }
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: letters, namespace: clinic }
spec:
  accessModes: [ReadWriteOnce]
  resources: { requests: { storage: 10Gi } }
";

const RULE: &str = "shared-state-for-replicas";

/// A folder with these files.
fn files(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }
    folder
}

/// Runs in the folder, as a user would.
fn check(folder: &Path, words: &[&str]) -> Ran {
    ran(command().current_dir(folder).arg("check").args(words).args(AS_OF).output().expect("it starts"))
}

fn json(folder: &Path, words: &[&str]) -> Value {
    check(folder, &[words, &["--format", "json"]].concat()).json()
}

fn of_rule<'a>(report: &'a Value, rule: &str) -> Vec<&'a Value> {
    report["findings"].as_array().expect("a list").iter().filter(|finding| finding["rule"] == rule).collect()
}

#[test]
fn a_folder_without_a_document_is_judged_by_its_files() {
    let folder = files(&[("k8s/letters.yaml", SHARED)]);
    let report = json(folder.path(), &["."]);
    let found = of_rule(&report, RULE);
    assert_eq!(found.len(), 1, "{report:#}");
    assert_eq!(found[0]["subject"], "Deployment clinic/letters");
    assert_eq!(found[0]["places"][0]["path"], "k8s/letters.yaml");
    assert_eq!((report["exit"].as_i64(), report["platform"].is_null()), (Some(1), true));
    let shown = check(folder.path(), &["."]);
    assert!(shown.stdout.contains(&format!("[{RULE}]")) && shown.code == Some(1), "{}", shown.all());
}

#[test]
fn what_git_ignores_and_what_is_somebody_elses_is_skipped() {
    let folder = files(&[
        (".gitignore", "secret/\n"),
        ("secret/letters.yaml", SHARED),
        ("vendor/letters.yaml", SHARED),
        ("examples/letters.yaml", SHARED),
        ("README.md", "Letters."),
        ("a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\n"),
    ]);
    let report = json(folder.path(), &["."]);
    assert!(of_rule(&report, RULE).is_empty(), "{report:#}");
    assert_eq!(report["skipped"].as_array().map(Vec::len), Some(3), "{report:#}");
    let named = json(folder.path(), &["vendor"]);
    assert_eq!(of_rule(&named, RULE).len(), 1, "a folder that is named is read");
}

#[test]
fn alternatives_in_several_folders_are_judged_alone() {
    let folder = files(&[("blue/letters.yaml", SHARED), ("green/letters.yaml", SHARED)]);
    let report = json(folder.path(), &["."]);
    let roots: Vec<&Value> = of_rule(&report, RULE).iter().map(|finding| &finding["root"]).collect();
    assert_eq!(roots, ["blue", "green"]);
    let shown = check(folder.path(), &["."]).stdout;
    assert!(shown.contains("2 roots"), "{shown}");
}

/// A base that an overlay takes is no root of its own, and what is wrong in it is told at its place.
#[test]
fn overlays_are_roots() {
    let folder = files(&[
        ("base/letters.yaml", SHARED),
        ("base/kustomization.yaml", "resources: [letters.yaml]\n"),
        ("overlays/production/kustomization.yaml", "resources: [../../base]\nnamePrefix: production-\n"),
        (
            "overlays/test/kustomization.yaml",
            "resources: [../../base]\nreplicas: [{ name: letters, count: 1 }]\n",
        ),
    ]);
    let report = json(folder.path(), &["."]);
    let found = of_rule(&report, RULE);
    assert_eq!(found.len(), 1, "one replica shares with nobody: {report:#}");
    assert_eq!(found[0]["root"], "overlays/production");
    assert_eq!(found[0]["subject"], "Deployment clinic/production-letters");
    assert_eq!(found[0]["places"][0]["path"], "base/letters.yaml");
}

#[test]
fn kustomize_prints_objects_without_secrets() {
    let folder = files(&[(
        "kustomization.yaml",
        "secretGenerator: [{ name: door, literals: [key=open-sesame] }]\nnamespace: clinic\n",
    )]);
    let run = |words: &[&str]| {
        ran(command()
            .current_dir(folder.path())
            .args(["kustomize", "."])
            .args(words)
            .output()
            .expect("it starts"))
    };
    let hidden = run(&[]);
    assert!(hidden.code == Some(0) && hidden.stdout.contains("namespace: clinic"), "{}", hidden.all());
    // b3Blbi1zZXNhbWU= is the value in base64.
    assert!(!hidden.all().contains("b3Blbi1zZXNhbWU"), "{}", hidden.all());
    assert!(run(&["--show-secrets"]).stdout.contains("b3Blbi1zZXNhbWU="));
    std::fs::write(folder.path().join("kustomization.yaml"), "resources: [https://example.org/base]\n")
        .expect("a file");
    let refused = run(&[]);
    assert!(refused.code == Some(2) && refused.stderr.contains("kustomization.yaml:1:"), "{}", refused.all());
}

#[test]
fn standard_input_and_lists() {
    let list = "apiVersion: v1\nkind: List\nitems:\n";
    let items: String =
        SHARED.split("---\n").map(|text| ["- ", &text.trim().replace('\n', "\n  "), "\n"].concat()).collect();
    let mut child = command()
        .args(["check", "-", "--format", "json"])
        .args(AS_OF)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    std::io::Write::write_all(&mut child.stdin.take().expect("a pipe"), format!("{list}{items}").as_bytes())
        .expect("it reads");
    let report = ran(child.wait_with_output().expect("it ends")).json();
    assert_eq!(of_rule(&report, RULE).len(), 1, "{report:#}");
}

#[test]
fn exit_codes_of_files() {
    let folder = files(&[("letters.yaml", SHARED)]);
    let code = |words: &[&str]| check(folder.path(), &[&["letters.yaml"], words].concat()).code;
    assert_eq!(code(&[]), Some(1));
    assert_eq!(code(&["--fail-on", "critical"]), Some(0));
    assert!(code(&["--fail-on", "critical", "--fail-on-unknown"]).is_some_and(|code| code == 0 || code == 4));
    assert_eq!(check(folder.path(), &["missing.yaml"]).code, Some(2));
    assert_eq!(check(folder.path(), &["letters.yaml", "--max-documents", "1"]).code, Some(2));
    let broken = files(&[("letters.yaml", SHARED), ("other.yaml", "a: [1\n")]);
    let report = check(broken.path(), &["."]);
    assert_eq!(report.code, Some(1), "a file that cannot be read is told, and the rest is judged");
    assert!(report.stderr.contains("other.yaml:"), "{}", report.stderr);
}

#[test]
fn waivers_hold_until_their_last_day() {
    let waiver = |until: &str| {
        format!(
            "waivers:\n- rule: {RULE}\n  subject: Deployment clinic/*\n  reason: one node\n  until: {until}\n"
        )
    };
    let code = |settings: &str| {
        let folder = files(&[("letters.yaml", SHARED), ("sehat.yaml", settings)]);
        let ran = check(folder.path(), &["."]);
        (ran.code, ran.stderr)
    };
    assert_eq!(code(&waiver("2027-01-31")).0, Some(0));
    let ended = code(&waiver("2026-11-20"));
    assert!(ended.0 == Some(1) && ended.1.contains("ended on 2026-11-20"), "{ended:?}");
    let wrong = code("waivers:\n- rule: shared-state-for-replica\n  until: soon\n  colour: blue\n");
    for says in ["did you mean `shared-state-for-replicas`", "no `reason`", "`soon` is no date", "`colour`"] {
        assert!(wrong.1.contains(says), "{says}: {}", wrong.1);
    }
}

#[test]
fn a_baseline_survives_moved_files_and_lines() {
    let folder = files(&[("letters.yaml", SHARED)]);
    let before = json(folder.path(), &["."]).to_string();
    let after = files(&[("deploy/all.yaml", &format!("# moved\n\n{SHARED}")), ("before.json", &before)]);
    std::fs::rename(after.path().join("before.json"), folder.path().join("before.json")).expect("moved");
    let baseline = folder.path().join("before.json");
    let baseline = baseline.to_str().expect("UTF-8");
    assert_eq!(check(after.path(), &["deploy/all.yaml", "--baseline", baseline]).code, Some(0));
    let more = SHARED.replace("letters", "reports");
    std::fs::write(after.path().join("deploy/more.yaml"), more).expect("a file");
    let report = check(after.path(), &["deploy", "--baseline", baseline]);
    assert_eq!(report.code, Some(1), "{}", report.all());
    let shown: Vec<&str> = report.stdout.lines().filter(|line| line.contains(RULE)).collect();
    assert!(shown.len() == 1 && shown[0].contains("clinic/reports"), "{}", report.stdout);
    assert_eq!(check(after.path(), &["deploy", "--baseline", "deploy/all.yaml"]).code, Some(2));
}

/// What code scanning needs of SARIF 2.1.0: rules, places with lines, fingerprints.
#[test]
fn sarif() {
    let folder = files(&[("a folder/letters.yaml", SHARED)]);
    let sarif = check(folder.path(), &[".", "--format", "sarif"]).json();
    assert_eq!(sarif["version"], "2.1.0");
    let run = &sarif["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().expect("rules");
    for result in run["results"].as_array().expect("results") {
        let index = usize::try_from(result["ruleIndex"].as_u64().expect("an index")).expect("small");
        assert_eq!(rules[index]["id"], result["ruleId"]);
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "a%20folder/letters.yaml");
        assert!(place["region"]["startLine"].as_u64() >= Some(1));
        assert!(result["partialFingerprints"]["sehat/v1"].is_string());
        let open = result["kind"] == "review";
        assert_eq!(open, result["level"] == "none", "SARIF gives a level to failures only: {result}");
    }
}

#[test]
fn junit() {
    let folder = files(&[("letters.yaml", SHARED)]);
    let xml = check(folder.path(), &[".", "--format", "junit"]).stdout;
    assert!(xml.starts_with("<?xml"), "{xml}");
    assert!(
        xml.contains(&format!("<testcase classname=\"{RULE}\"")) && xml.contains("<failure type=\"high\""),
        "{xml}"
    );
    assert_eq!(
        xml.matches("<testcase").count(),
        xml.matches("</testcase>").count() + xml.matches("\"/>\n").count() - xml.matches("<skipped").count()
    );
}

#[test]
fn adopt_writes_once_and_says_the_same() {
    let folder = files(&[("k8s/letters.yaml", SHARED)]);
    let adopt = |words: &[&str]| {
        ran(command().current_dir(folder.path()).arg("adopt").args(words).output().expect("it starts"))
    };
    let told = |report: &Value| {
        let told =
            |finding: &Value| format!("{} {} {}", finding["rule"], finding["subject"], finding["places"]);
        report["findings"].as_array().expect("a list").iter().map(told).collect::<Vec<_>>()
    };
    let before = json(folder.path(), &["k8s"]);
    assert_eq!(adopt(&["k8s"]).code, Some(0));
    assert_eq!(adopt(&["k8s"]).code, Some(2), "it never overwrites");
    let document = std::fs::read_to_string(folder.path().join("platform.yaml")).expect("it was written");
    assert!(
        document.contains("# k8s/letters.yaml:3")
            && document.contains("stands-for: Deployment clinic/letters"),
        "{document}"
    );
    let after = json(folder.path(), &["."]);
    assert_eq!(told(&after), told(&before));
    assert_eq!(adopt(&["/etc/hostname", "-o", "-"]).code, Some(2), "what lies outside is not named");
}

#[test]
fn hostile_input_ends_soon() {
    let deep = format!("a: {}1{}", "[".repeat(5000), "]".repeat(5000));
    let bomb: String = (1..12).fold("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n".to_owned(), |text, n| {
        let inner = format!("*a{}, ", n - 1).repeat(10);
        format!("{text}a{n}: &a{n} [{inner}]\n")
    });
    let cyclic = "a: &a { b: *a }\n";
    let huge = "apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: a }\nspec: { replicas: 99999999999999999999, template: { spec: { containers: [{ name: a, resources: { requests: { cpu: 1e400, memory: 99999999999E } } }] } } }\n";
    for (name, text) in [("deep", deep.as_str()), ("bomb", &bomb), ("cyclic", cyclic), ("huge", huge)] {
        let folder = files(&[("a.yaml", text)]);
        let started = std::time::Instant::now();
        let ran = check(folder.path(), &["."]);
        assert!(ran.code.is_some() && started.elapsed().as_secs() < 20, "{name}: {}", ran.all());
    }
    let folder = files(&[("binary.yaml", "a\0b")]);
    assert_eq!(check(folder.path(), &["."]).code, Some(2));
    let folder = files(&[("a.yaml", SHARED)]);
    std::os::unix::fs::symlink(folder.path(), folder.path().join("loop")).expect("a link");
    assert_eq!(of_rule(&json(folder.path(), &["."]), RULE).len(), 1);
}

#[test]
fn nothing_to_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let ran = sehat(&["check", folder.path().to_str().expect("UTF-8")]);
    assert!(ran.code == Some(2) && ran.stderr.contains("help"), "{}", ran.all());
}
