//! Copies that an attacker cannot reach, and restores from them, on real servers.

#![expect(clippy::unwrap_used, reason = "what a test cannot do, it fails on")]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::lab::{Lab, skipped};
use crate::program;

const DOCUMENT: &str = r#"
sehat: 1
platform: saved
sites:
  here: { country: ID, zones: { room: { nodes: { one: {}, two: {} } } } }
segments:
  data: { cidr: 192.168.30.0/24 }
  vault: { cidr: 192.168.50.0/24 }
components:
  records:
    kind: database
    product: mariadb
    version: "10.11"
    topology: galera
    segment: data
    replicas: 2
    listens: { sql: 3306, health: 9200 }
    settings: { wsrep_sst_method: mariabackup }
    backup:
      tool: mariadb-backup
      full: { schedule: "0 1 * * *", keep: 14d }
      log: { every: 2s, keep: 14d }
      to: [vault]
  vault: { kind: backup-store, product: openssh, segment: vault, replicas: 1, listens: { ssh: 22 } }
objectives:
  rpo: { at-most: 5m }
  rto: { at-most: 4h }
environments:
  production: {}
"#;
const GUEST: &str = "/usr/local/libexec/sehat";
const OWN_KEY: &str = "/etc/sehat/backup/ssh-key";
const OWN: &[&str] = &["-i", OWN_KEY];
const VAULT_ADDRESS: &str = "192.168.50.11";
/// A copy that is not at the vault by then never comes.
const SAVED_LIMIT: Duration = Duration::from_secs(30);

#[test]
fn an_attacker_on_a_database_machine_cannot_take_the_past_away() {
    if skipped() {
        return;
    }
    let folder = program::folder(DOCUMENT);
    let lab = Lab::up_of(folder.path());
    let (before_drop, calm) = history(&lab);
    let kept = copies(&lab);
    let trusted = jiff::Timestamp::now().to_string();
    attack(&lab, &kept);
    let after = copies(&lab);
    assert!(kept.iter().all(|copy| after.contains(copy)), "before: {kept:#?}\nafter: {after:#?}");
    lab.exec("records-1", &["mariadb", "-e", "DROP DATABASE sehat"]);

    the_second_is_excluded(&lab, &calm);
    rubbish_is_passed_over_or_left_out(&lab, &before_drop, &trusted);
    the_state_before_a_transaction_comes_back(&lab, &before_drop);
    files_of_the_users_own(&lab, folder.path());
}

fn sql(lab: &Lab, machine: &str, statement: &str) -> String {
    let words = ["mariadb", "--batch", "--skip-column-names", "--execute", statement];
    lab.exec(machine, &words).trim_end().to_owned()
}

fn on_scratch(lab: &Lab, statement: &str) -> String {
    let socket = "--socket=/run/restore/mysqld.sock";
    let words =
        ["mariadb", "--no-defaults", socket, "--batch", "--skip-column-names", "--execute", statement];
    lab.exec("scratch", &words).trim_end().to_owned()
}

/// Writes ten rows, drops their table, and returns the transaction that did and a second between the rows.
fn history(lab: &Lab) -> (String, String) {
    wait_for_full_copy(lab);
    sql(lab, "records-1", "CREATE TABLE sehat.visit (id INT PRIMARY KEY, at DATETIME NOT NULL)");
    for id in 1..=5 {
        sql(lab, "records-1", &format!("INSERT INTO sehat.visit VALUES ({id}, UTC_TIMESTAMP())"));
    }
    std::thread::sleep(Duration::from_millis(1100));
    let calm = sql(lab, "records-1", "SELECT DATE_FORMAT(UTC_TIMESTAMP(), '%Y-%m-%dT%H:%i:%sZ')");
    for id in 6..=10 {
        sql(lab, "records-2", &format!("INSERT INTO sehat.visit VALUES ({id}, UTC_TIMESTAMP())"));
    }
    // Not in a second that is restored to.
    std::thread::sleep(Duration::from_millis(2100));
    sql(lab, "records-1", "DROP TABLE sehat.visit");
    let log = lab.exec("records-1", &["sh", "-c", "mariadb-binlog /var/lib/mysql/binlog.0*"]);
    let drop = log.find("DROP TABLE `sehat`.`visit`").unwrap();
    let gtid = log[..drop].rsplit("GTID ").next().unwrap().split_whitespace().next().unwrap();
    (gtid.to_owned(), calm)
}

fn list(lab: &Lab) -> Vec<Value> {
    let words = [GUEST, "guest", "vault", "list", "--config", "/etc/sehat/vault.json"];
    lab.exec("vault-1", &words).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn wait_for_full_copy(lab: &Lab) {
    let start = Instant::now();
    while !list(lab).iter().any(|copy| copy["kind"] == "full") {
        assert!(
            start.elapsed() < SAVED_LIMIT,
            "no full copy: {}",
            lab.exec("vault-1", &["ls", "-R", "/var/lib/vault"])
        );
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Every copy with its hash.
fn copies(lab: &Lab) -> Vec<String> {
    let script = "sleep 3; find /var/lib/vault -type f -path '*_*' -exec sha256sum {} + | sort -k2";
    let copies: Vec<String> = lab.exec("vault-1", &["sh", "-c", script]).lines().map(str::to_owned).collect();
    assert!(copies.len() >= 3, "{copies:?}");
    copies
}

/// Everything that root of a database machine can try with the keys that lie there.
fn attack(lab: &Lab, kept: &[String]) {
    let keys = lab.exec(
        "records-1",
        &[
            "sh",
            "-c",
            "grep -rlE 'PRIVATE KEY|AGE-SECRET' /etc /var /root /home /run /usr/local/etc 2>/dev/null",
        ],
    );
    assert!(keys.contains(OWN_KEY), "{keys}");
    for key in keys.lines() {
        for user in ["root", "vault", "backup", "vault-in"]
            .iter()
            .filter(|user| (key, **user) != (OWN_KEY, "vault-in"))
        {
            let said = ssh(lab, user, &["-i", key], &["id"], "");
            assert!(said.contains("Permission denied"), "{user}, {key}: {said}");
        }
    }
    let copy = kept[0].split_whitespace().last().unwrap();
    for command in [
        format!("rm -rf {copy} /var/lib/vault"),
        format!("truncate -s 0 {copy}"),
        format!("sh -c 'echo x > {copy}'"),
        "sehat guest vault list --config /etc/sehat/vault.json".to_owned(),
        "prune".to_owned(),
        "internal-sftp".to_owned(),
        format!("scp -t {copy}"),
    ] {
        let said = ssh(lab, "vault-in", OWN, &[&command], "");
        assert!(said.contains("additions and nothing else"), "{command}: {said}");
    }
    for line in
        ["delete full 1", "truncate log 1", "prune", "put full ../../x", "put other x", "get full 1", "list"]
    {
        let said = ssh(lab, "vault-in", OWN, &[], &format!("{line}\n"));
        assert!(said.contains("additions and nothing else"), "{line}: {said}");
    }
    // A way into the vault's network.
    let said = ssh(lab, "vault-in", &["-i", OWN_KEY, "-W", "127.0.0.1:22"], &[], "");
    assert!(said.contains("prohibited"), "{said}");
    overwrite(lab, copy);
}

/// The label of a copy that is there, with other bytes; and a log that claims to go on where the true one ends.
fn overwrite(lab: &Lab, copy: &str) {
    let label = copy.rsplit('_').next().unwrap();
    let config = "/etc/sehat/backup/backup.json";
    for kind in ["full", "log"] {
        let said = lab.exec("records-1", &["sh", "-c", &format!(
            "echo rubbish > /tmp/rubbish; {GUEST} guest backup add --config {config} {kind} {label} < /tmp/rubbish"
        )]);
        assert!(said.contains(label), "the vault takes it as one more: {said}");
    }
}

/// Speaks to the vault as root of the first database machine, with its key.
fn ssh(lab: &Lab, user: &str, options: &[&str], command: &[&str], input: &str) -> String {
    let fixed = [
        "-F",
        "none",
        "-o",
        "IdentitiesOnly=yes",
        "-o",
        "BatchMode=yes",
        "-o",
        "ConnectTimeout=5",
        "-o",
        "UserKnownHostsFile=/etc/sehat/backup/known_hosts",
    ];
    let target = format!("{user}@{VAULT_ADDRESS}");
    let words: Vec<&str> = ["ssh"]
        .iter()
        .chain(&fixed)
        .chain(options)
        .chain([&target.as_str()])
        .chain(command)
        .copied()
        .collect();
    let quoted: Vec<String> = words.iter().map(|word| format!("'{}'", word.replace('\'', "'\\''"))).collect();
    let script =
        format!("printf '{}' | timeout 10 {} 2>&1; true", input.replace('\n', "\\n"), quoted.join(" "));
    lab.exec("records-1", &["sh", "-c", &script])
}

fn restore(lab: &Lab, options: &[&str]) -> (Option<i32>, Value) {
    let output = lab.sehat(&["restore"], &[options, &["--format", "json"]].concat());
    let record = serde_json::from_slice(&output.stdout);
    let record =
        record.unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    (output.status.code(), record)
}

fn the_second_is_excluded(lab: &Lab, calm: &str) {
    let (code, record) = restore(lab, &["records", "--to-time", calm]);
    assert_eq!((code, record["errors"].as_array().unwrap().len()), (Some(0), 0), "{record}");
    assert_eq!(on_scratch(lab, "SELECT GROUP_CONCAT(id ORDER BY id) FROM sehat.visit"), "1,2,3,4,5");
    // One second later the rows of the second itself are in it.
    let later: jiff::Timestamp = calm.parse().unwrap();
    let later = (later + jiff::SignedDuration::from_secs(1)).to_string();
    let (_, record) = restore(lab, &["records", "--to-time", &later]);
    let count: u64 =
        on_scratch(lab, &format!("SELECT COUNT(*) FROM sehat.visit WHERE at < '{}'", &later[..19]))
            .parse()
            .unwrap();
    assert_eq!(on_scratch(lab, "SELECT COUNT(*) FROM sehat.visit"), count.to_string(), "{record}");
}

fn rubbish_is_passed_over_or_left_out(lab: &Lab, gtid: &str, trusted: &str) {
    let passed_over = |options: &[&str]| {
        let (code, record) = restore(lab, &[&["records", "--before-transaction", gtid], options].concat());
        assert_eq!((code, &record["rows"]), (Some(0), &10.into()), "{record}");
        record["passed_over"].as_array().map_or(0, Vec::len)
    };
    assert!(passed_over(&[]) > 0);
    assert_eq!(passed_over(&["--trusted-until", trusted]), 0);
}

fn the_state_before_a_transaction_comes_back(lab: &Lab, gtid: &str) {
    let (code, record) = restore(lab, &["records", "--before-transaction", gtid, "--switch-over"]);
    assert_eq!((code, &record["switched_over"]), (Some(0), &true.into()), "{record}");
    assert!(record["restore_ms"].as_u64() > Some(0) && record["rows"].as_u64() >= Some(10), "{record}");
    for machine in ["records-1", "records-2"] {
        assert_eq!(
            sql(lab, machine, "SELECT GROUP_CONCAT(id ORDER BY id) FROM sehat.visit"),
            "1,2,3,4,5,6,7,8,9,10"
        );
    }
    let (code, unknown) = failed(lab, &["records", "--before-transaction", "9-9-9"]);
    assert!(
        code == Some(3) && unknown.contains("the transaction 9-9-9 is not in the saved log"),
        "{unknown}"
    );
}

fn failed(lab: &Lab, options: &[&str]) -> (Option<i32>, String) {
    let output = lab.sehat(&["restore"], options);
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// Backups as people make them, of the database that was just restored.
fn files_of_the_users_own(lab: &Lab, folder: &Path) {
    let dump = "mariadb-dump --single-transaction sehat";
    let save = |name: &str, script: &str| -> PathBuf {
        let output = lab.sehat(&["exec"], &["records-2", "--", "sh", "-c", script]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let path = folder.join(name);
        std::fs::write(&path, output.stdout).unwrap();
        path
    };
    let copy = "mariadb-backup --no-defaults --backup --user=root --socket=/run/mysqld/mysqld.sock --datadir=/var/lib/mysql";
    let all = [
        save("clinic.sql", dump),
        save("all.sql.gz", "mariadb-dump --single-transaction --all-databases | gzip"),
        save("copy.xb.zst", &format!("{copy} --stream=xbstream --target-dir=/tmp 2>/tmp/said | zstd -q -c")),
        save(
            "copy.tar",
            &format!("{copy} --target-dir=/var/tmp/copy 2>/tmp/said && tar -C /var/tmp -c copy"),
        ),
    ];
    for path in &all {
        let (code, record) = from(lab, path, &["--rto", "10m", "--rpo", "1d", "--format", "json"]);
        let record: Value = serde_json::from_str(&record).unwrap_or_else(|error| panic!("{error}: {record}"));
        assert_eq!(
            (code, &record["schema"]),
            (Some(0), &"sehat-restore/1".into()),
            "{}: {record}",
            path.display()
        );
        assert!(record["rows"].as_u64() >= Some(10) && record["newest"].is_string(), "{record}");
    }
    let (code, record) = from(lab, &all[0], &["--rto", "1ms", "--format", "json"]);
    assert!(code == Some(1) && record.contains("\"broken\""), "{record}");

    let whole = std::fs::read(&all[0]).unwrap();
    for (name, bytes, says) in [
        ("cut.sql", &whole[..whole.len() / 2], "is a truncated dump"),
        ("cut.sql.gz", &std::fs::read(&all[1]).unwrap()[..4000], "is a truncated or damaged gzip"),
        ("empty.sql.gz", &empty_gzip(), "is an empty gzip"),
    ] {
        let path = folder.join(name);
        std::fs::write(&path, bytes).unwrap();
        let (code, said) = from(lab, &path, &[]);
        assert!(code == Some(2) && said.contains(name) && said.contains(says), "{name}: {said}");
    }
}

/// The head, an empty block, and the sums of nothing (RFC 1952).
fn empty_gzip() -> Vec<u8> {
    [&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0][..], &[0; 8]].concat()
}

fn from(lab: &Lab, path: &Path, options: &[&str]) -> (Option<i32>, String) {
    let mut sehat = program::command();
    sehat.args(["restore", "--from"]).arg(path).args(options);
    sehat.env("SEHAT_STATE_DIR", lab.path("files")).env("SEHAT_RUN_DIR", lab.path("files-run"));
    let ran = program::ran(sehat.output().unwrap());
    (ran.code, if ran.stdout.is_empty() { ran.stderr } else { ran.stdout })
}
