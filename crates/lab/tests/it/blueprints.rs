//! A blueprint that cannot be built says why.

use sehat_engine::contents::Contents;
use sehat_lab::blueprint::{Blueprint, Instance};
use sehat_lab::mistakes::mistakes;

use crate::filters::clinic;
use crate::supervision::process;

fn with(machine: usize, processes: &[(&str, &[&str])], blueprint: &mut Blueprint) {
    let processes = processes.iter().map(|(name, after)| process(name, after)).collect();
    let contents = Contents { processes, ..Contents::default() };
    blueprint.machines[machine].instances.push(Instance { name: "one".into(), contents });
}

#[test]
fn a_good_blueprint_has_no_mistakes() {
    let mut blueprint = clinic(Vec::new());
    with(0, &[("nginx", &["db-1/mariadb"])], &mut blueprint);
    with(2, &[("mariadb", &[]), ("exporter", &["mariadb"])], &mut blueprint);
    assert_eq!(mistakes(&blueprint), Vec::<String>::new());
}

#[test]
fn every_mistake_is_named() {
    let mut blueprint = clinic(Vec::new());
    with(0, &[("nginx", &["db-1/mariadb", "db-9/mariadb"]), ("nginx", &[])], &mut blueprint);
    with(2, &[("mariadb", &["edge-2/check"])], &mut blueprint);
    with(1, &[("check", &["db-1/mariadb"])], &mut blueprint);
    blueprint.machines[1].name = "edge-1".into();
    blueprint.machines[1].address = [10, 0, 0, 1].into();
    blueprint.machines[2].seeds = vec!["galera".into()];
    insta::assert_snapshot!(mistakes(&blueprint).join("\n"), @"
    the machine `edge-1` cannot have the address 10.0.0.1 in `dmz`
    the machine `db-1` starts from the data `galera`, which is not described
    the machine `edge-1` has two processes `nginx`
    two machines have the name `edge-1`
    `db-1/mariadb` waits for `edge-2/check`, which is not there
    ");
}

#[test]
fn processes_that_wait_for_each_other_are_named() {
    let mut blueprint = clinic(Vec::new());
    with(0, &[("nginx", &["db-1/mariadb"])], &mut blueprint);
    with(2, &[("mariadb", &["edge-1/nginx"]), ("exporter", &[])], &mut blueprint);
    insta::assert_snapshot!(mistakes(&blueprint).join("\n"), @"`db-1/mariadb`, `edge-1/nginx` wait for each other");
}
