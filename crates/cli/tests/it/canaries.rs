//! Secrets in every wrong place of a document, of which no output may hold one.

use crate::program::{Ran, folder, sehat};

/// A good document that carries secrets where text is free.
const CARRIER: &str = r#"sehat: 1
platform: clinic
about: see https://user:CANARY01@example.org/x and password=CANARY02
regimes: [hipaa]
data: { patient: { class: phi, note: "token: CANARY03" } }
sites:
  here: { country: ID, zones: { a: { nodes: { node-1: { host: "root:CANARY04@pve" } } } }, note: "db_password=CANARY05" }
components:
  records:
    kind: database
    product: "mariadb?password=CANARY06"
    version: "token=CANARY07"
    replicas: 1
    on: [here]
    holds: [patient]
    settings: { url: "mysql://app:CANARY08@db/x", key: "-----BEGIN PRIVATE KEY----- CANARY09 -----END PRIVATE KEY-----" }
    note: "mysql://app:CANARY10@db:3306/x"
    backup: { full: { schedule: every 1d, path: "/x?token=CANARY11" }, command: "mysqldump -pCANARY12 x; curl -H 'Authorization: Bearer CANARY13'" }
    listens: { sql: 3306 }
    features: ["password: CANARY14"]
    waive: { rpo-per-store: { reason: "password=CANARY15" } }
journeys:
  visit: { says: "log in with password CANARY16", through: [records], rate: 10/s }
objectives:
  availability: { at-least: 99.9%, window: 30d, note: "postgres://u:CANARY17@h/db" }
  rpo: { at-most: 5m, added: "secret = CANARY18" }
secrets:
  db: { reference: "https://u:CANARY19@vault/db", for: [records] }
environments:
  production: {}
"#;

/// Changes of the carrier, most of which are errors, so that their lines are shown.
const WRONG: [(&str, &str); 34] = [
    ("    replicas: 1\n", "    replicas: 1\n    password: CANARY\n"),
    ("    replicas: 1\n", "    replicas: 1\n    db_passwort: CANARY\n"),
    ("    replicas: 1\n", "    replicas: 1\n    passphrase: CANARY\n"),
    ("    replicas: 1\n", "    replicas: 1\n    pwd: CANARY\n"),
    ("    replicas: 1\n", "    replicas: 1\n    privateKey: CANARY\n"),
    ("    replicas: 1\n", "    replicas: 1\n    credentials: CANARY\n"),
    ("    replicas: 1\n", "    replicas: 1\n    passwords: [CANARY, CANARY]\n"),
    ("    replicas: 1\n", "    replicas: 1\n    aws-secret-access-key: CANARY\n"),
    ("    replicas: 1\n", "    replicas: 1\n    password: |\n      CANARY line\n      more CANARY\n"),
    ("    replicas: 1\n", "    replicas: 1\n    note: { a: b, password: 'CANARY\n      CANARY' }\n"),
    (
        "    replicas: 1\n",
        "    replicas: |\n      -----BEGIN RSA PRIVATE KEY-----\n      CANARYMIIEowIBAAKCAQEA\n      CANARY==\n      -----END RSA PRIVATE KEY-----\n",
    ),
    ("    replicas: 1\n", "    replicas: \"Bearer CANARY\"\n"),
    ("    replicas: 1\n", "    replicas: eyJhbGciOiJIUzI1NiJ9.CANARY.abc\n"),
    ("    replicas: 1\n", "    replicas: 'Server=db;User=sa;Pwd=CANARY;'\n"),
    ("    replicas: 1\n", "    replicas: 1\n    replicas: \"token=CANARY\"\n"),
    ("    replicas: 1\n", "    replicas: 1\n    segment: \"postgres://u:CANARY@h/x\"\n"),
    ("    replicas: 1\n", "    replicas: [1\n    password: CANARY\n"),
    ("    replicas: 1\n", "\tpassword: CANARY\n"),
    ("at-most: 5m", "at-most: mysql://u:CANARY@h"),
    ("holds: [patient]", "holds: [\"password=CANARY\"]"),
    ("on: [here]", "on: ['mysql://u:CANARY@h']"),
    ("through: [records]", "through: ['password=CANARY']"),
    ("  records:\n    kind", "  \"password=CANARY\":\n    kind"),
    ("  records:\n    kind", "  \"https://u:CANARY@h\":\n    kind"),
    ("listens: { sql: 3306 }", "listens: { sql: 3306, password: CANARY }"),
    ("settings: { url", "settings: { password: CANARY, url"),
    ("reference: \"https://u:CANARY19@vault/db\"", "value: CANARY"),
    ("  db: { reference: \"https://u:CANARY19@vault/db\", for: [records] }", "  db: CANARY"),
    ("  production: {}", "  production: { components: { records: { passwordd: CANARY } } }"),
    ("platform: clinic\n", "platform: clinic\ninclude: ['https://u:CANARY@h/x.yaml', other.yaml]\n"),
    ("platform: clinic\n", "platform: 'pw password=CANARY'\n"),
    ("regimes: [hipaa]", "regimes: ['token=CANARY']"),
    ("features: [\"password: CANARY14\"]", "features: { password: CANARY }"),
    ("kind: database", "kind: 'password=CANARY'"),
];

fn told(path: &str) -> Vec<(String, Ran)> {
    let commands: [&[&str]; 7] = [
        &["check", path, "--all"],
        &["check", path, "--format", "json"],
        &["check", path, "--all", "--env", "production"],
        &["check", path, "--env", "password=CANARY"],
        &["up", path, "--plan"],
        &["graph", path],
        &["explain", "password=CANARY"],
    ];
    commands.iter().map(|words| (words.join(" "), sehat(words))).collect()
}

fn leaks(document: &str) -> Vec<String> {
    let folder = folder(document);
    let path = folder.path().to_str().expect("UTF-8");
    let mut found = Vec::new();
    for (words, ran) in told(path) {
        let all = ran.all();
        found.extend(
            all.lines().filter(|line| line.contains("CANARY")).map(|line| format!("{words}: {line}")),
        );
    }
    found
}

#[test]
fn no_output_holds_a_secret() {
    let mut found = leaks(CARRIER);
    for (from, to) in WRONG {
        assert!(CARRIER.contains(from), "`{from}` is not in the document");
        found.extend(leaks(&CARRIER.replacen(from, to, 1)));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// The carrier itself is good, so that it is judged and drawn, and its findings show its lines.
#[test]
fn the_carrier_is_judged() {
    let folder = folder(CARRIER);
    let path = folder.path().to_str().expect("UTF-8");
    let ran = sehat(&["check", path, "--all"]);
    assert!(ran.stdout.contains("-->") && ran.stdout.contains("•••"), "{}", ran.all());
    assert!(sehat(&["graph", path]).stdout.contains("<svg"));
}
