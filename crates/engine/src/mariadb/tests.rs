use std::net::Ipv4Addr;

use super::*;

fn member(index: u8) -> Ipv4Addr {
    Ipv4Addr::new(192, 168, 30, 10 + index)
}

fn galera(state_transfer: StateTransfer) -> Galera {
    Galera {
        cluster: "records".to_owned(),
        members: vec![member(1), member(2), member(3)],
        evs: Evs {
            keepalive_ms: 300,
            suspect_ms: 1500,
            inactive_ms: 4000,
            inactive_check_ms: 200,
            install_ms: 3000,
            join_retransmit_ms: 300,
        },
        state_transfer,
        gtid_domain: 1,
        accept_donor: false,
        applier_threads: 2,
    }
}

fn input(galera: Option<Galera>) -> Input {
    Input {
        name: "records-1".to_owned(),
        address: member(1),
        port: 3306,
        health_port: 9200,
        health_ms_max: 50,
        ready_ms_max: 60_000,
        server_id: 1,
        sizes: Sizes { buffer_pool_bytes: 64 << 20, log_file_bytes: 24 << 20, galera_cache_bytes: 32 << 20 },
        connections_max: 120,
        binlog_keep_ms: 86_400_000,
        durable: true,
        accounts: vec![Account {
            user: "app".to_owned(),
            host: "%".to_owned(),
            password: "canary".to_owned(),
            rights: Rights::Application { database: "app".to_owned() },
        }],
        galera,
    }
}

#[test]
fn a_member_of_a_cluster() {
    let contents = contents(&input(Some(galera(StateTransfer::Rsync))));
    let text: Vec<_> =
        contents.files.iter().map(|file| format!("# {}\n{}", file.path.display(), file.text)).collect();
    insta::assert_snapshot!(text.join("\n"));
}

#[test]
fn no_file_that_others_read_holds_a_password() {
    let transfer = StateTransfer::Mariabackup { user: "backup".to_owned(), password: "canary".to_owned() };
    for file in contents(&input(Some(galera(transfer)))).files {
        assert!(file.secret || !file.text.contains("canary"), "{}", file.path.display());
        assert_eq!(file.secret, file.mode == 0o600);
    }
}

#[test]
fn mariadb_takes_it() {
    let Some(root) = crate::real::root("mariadbd") else { return };
    let command = ["mariadbd", "--defaults-file=/etc/mysql/sehat.cnf", "--help", "--verbose"];
    root.accepts(&contents(&input(None)), &command, "innodb-buffer-pool-size");
    let transfer = StateTransfer::Mariabackup { user: "backup".to_owned(), password: "a b#\"".to_owned() };
    root.accepts(&contents(&input(Some(galera(transfer)))), &command, "backup:a b#\"");
}

#[test]
fn the_seeds_are_made() {
    let Some(root) = crate::real::root("mariadbd") else { return };
    let tables = vec!["CREATE TABLE visits (number INT PRIMARY KEY)".to_owned()];
    for galera in [true, false] {
        let seed = seed(galera, 24 << 20, &[("clinic".to_owned(), tables.clone())]);
        let mut command = seed.commands[0].clone();
        command[2].push_str("cd \"$data\"; ls grastate.seed clinic/visits.ibd 2>/dev/null | xargs echo\n");
        let command: Vec<&str> = command.iter().map(String::as_str).collect();
        let expected = if galera { "clinic/visits.ibd grastate.seed" } else { "clinic/visits.ibd" };
        root.accepts(&Contents::default(), &command, expected);
    }
}
