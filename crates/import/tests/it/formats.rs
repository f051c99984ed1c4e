//! Text of every shape under the names of plans, meshes, Compose files and `/etc/pve` gives an inventory, never a panic.

use proptest::prelude::{Strategy, prop_assert, proptest};
use proptest::sample::select;
use sehat_diagnostic::Sources;

const FILES: [(&str, &str); 9] = [
    (
        "plan.json",
        r#"{"format_version":"1.2","terraform_version":"1.9","planned_values":{"root_module":{"resources":[{"address":"module.a[0].aws_security_group.db","mode":"managed","type":"aws_security_group","name":"db","values":{"ingress":[{"from_port":3306,"to_port":-1,"protocol":"tcp","cidr_blocks":["10.0.0.0/8"]}]}}]}},"configuration":{"root_module":{"module_calls":{"a":{"source":"x","module":{"resources":[{"address":"aws_security_group.db","expressions":{"ingress":[{"security_groups":{"references":["var.b","module.c.d[0]"]}}]}}]}}}}}}"#,
    ),
    (
        "mesh.yaml",
        "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: a}\nspec: {hosts: [a], http: [{timeout: 1h30m, retries: {attempts: 4294967295, perTryTimeout: 8759h}, route: [{destination: {host: a, subset: v}, weight: 4294967295}, {destination: {host: a, subset: w}, weight: 1}]}]}\n",
    ),
    (
        "compose.yaml",
        "services:\n  db:\n    image: postgres:17\n    ports: ['5432', '127.0.0.1:1-9:80/udp']\n    volumes: ['a:/b', './c']\n    depends_on: [x]\n",
    ),
    (
        "pve/corosync.conf",
        "nodelist {\n node {\n name: a\n quorum_votes: 4294967295\n ring0_addr: 10.0.0.1\n }\n}\n",
    ),
    ("pve/storage.cfg", "nfs: nas\n\tserver 10.0.0.9\n\tcontent backup\n"),
    ("pve/jobs.cfg", "vzdump: a\n\tall 1\n\texclude 1,2\n\tstorage nas\n"),
    ("pve/vzdump.cron", "0 2 * * 6 root vzdump 100 101 --storage nas --exclude 7\n"),
    (
        "pve/nodes/n/qemu-server/7.conf",
        "name: a-01\nmemory: 18446744073709551615\nscsi0: nas:x,backup=0\nnet0: virtio=A,bridge=b\n",
    ),
    ("pve/firewall/7.fw", "[OPTIONS]\nenable: 1\n[RULES]\nIN ACCEPT\n"),
];

/// A file with a piece cut out, and another put in.
fn damaged() -> impl Strategy<Value = (&'static str, String)> {
    let pieces = select(vec![
        "",
        "\"",
        "{",
        "}",
        "[",
        "\u{e9}",
        "\n",
        ":",
        "-",
        "99999999999999999999",
        "null",
        " ",
        "\t#",
    ]);
    (select(FILES.to_vec()), 0_usize..900, 0_usize..40, pieces).prop_map(
        |((path, text), at, length, piece)| {
            let letters: Vec<char> = text.chars().collect();
            let at = at.min(letters.len());
            let end = (at + length).min(letters.len());
            let kept = letters[..at]
                .iter()
                .chain(&piece.chars().collect::<Vec<_>>())
                .chain(&letters[end..])
                .collect();
            (path, kept)
        },
    )
}

#[test]
fn each_of_the_files_is_understood() {
    for (path, text) in FILES {
        let mut sources = Sources::default();
        sources.add(path, text);
        let read = sehat_import::import(&sources);
        assert!(read.diagnostics.is_empty() && read.inventory.not_judged.is_empty(), "{path}: {read:?}");
        assert!(!read.inventory.is_empty(), "{path}");
    }
}

proptest! {
    #[test]
    fn damaged_files_never_panic((path, text) in damaged()) {
        let mut sources = Sources::default();
        sources.add(path, &text);
        let read = sehat_import::import(&sources);
        prop_assert!(read.diagnostics.len() < 10_000);
    }
}
