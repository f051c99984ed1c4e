//! Proves that the program that copies a database can log in to it and understands it.
//!
//! Two things are judged in the containers that run `pg_dump`, `psql`, `mysqldump` and the like against another host.
//! The client reads its password from variables of its own (`PGPASSWORD`, `MYSQL_PWD`), an option or a file: where the
//! container has a password under another name only, the client asks for it and fails. And `pg_dump` refuses a server
//! of a newer major version than its own: its image is held against the server of the same namespace.
//!
//! Unknown: a server whose version nothing states, where the client's version is old.
//!
//! Source: PostgreSQL manual, libpq environment variables, and `pg_dump`: "cannot dump from servers newer than its own
//! major version"; manual of `MySQL` 4.9.

use sehat_diagnostic::Origin;
use sehat_platform::inventory::Inventory;
use sehat_platform::inventory::delivery::{Command, Host, Script};
use sehat_platform::inventory::workload::{Container, Workload};
use sehat_verdict::{Finding, Severity};

use crate::scripts::{image, major, workload_of};
use crate::{Context, Outcome, Rule};

const NAME: &str = "backup-client-compatible";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "The client of a copy can log in to the server and is not older than it.",
    severity: Severity::High,
    hygiene: false,
    source: "PostgreSQL manual: libpq environment, pg_dump; MySQL manual 4.9",
    file: include_str!("backup_client_compatible.rs"),
    judge,
};

/// What a family of clients reads.
struct Family {
    clients: &'static [&'static str],
    variables: &'static [&'static str],
    options: &'static [&'static str],
    files: &'static [&'static str],
    images: &'static [&'static str],
}

const FAMILIES: [Family; 2] = [
    Family {
        clients: &["pg_dump", "pg_dumpall", "psql", "pg_basebackup", "pg_restore"],
        variables: &["PGPASSWORD", "PGPASSFILE", "PGSERVICEFILE", "PGSERVICE", "PGSSLCERT"],
        options: &["postgres://", "postgresql://", "passfile=", "password="],
        files: &["pgpass", "pg_service"],
        images: &["postgres", "postgresql"],
    },
    Family {
        clients: &["mysqldump", "mariadb-dump", "mysql", "mariadb"],
        variables: &["MYSQL_PWD"],
        options: &["-p", "--password", "--defaults-", "--login-path"],
        files: &[".cnf", "mylogin"],
        images: &["mysql", "mariadb"],
    },
];

fn judge(context: &Context<'_>) -> Outcome {
    let scripts = context.inventory.delivery.scripts.iter();
    scripts.flat_map(|script| judge_script(context.inventory, script)).collect::<Vec<_>>().into()
}

fn judge_script(inventory: &Inventory, script: &Script) -> Vec<Finding> {
    let Some(workload) = workload_of(inventory, script) else { return Vec::new() };
    let Host::Container { container, .. } = &script.host else { return Vec::new() };
    let Some(container) = workload.pod.all_containers().find(|known| known.name == *container) else {
        return Vec::new();
    };
    let used = script.commands().find_map(|command| {
        let family = FAMILIES.iter().find(|family| family.clients.contains(&command.name()))?;
        let remote = command.option(&["-h", "--host"])?;
        (!matches!(remote, "localhost" | "127.0.0.1")).then(|| (family, command.clone()))
    });
    let Some((family, command)) = used else { return Vec::new() };
    let password = without_password(script, workload, container, family, &command);
    let version = too_old(inventory, workload, container, family, &command);
    password.into_iter().chain(version).collect()
}

fn without_password(
    script: &Script,
    workload: &Workload,
    container: &Container,
    family: &Family,
    command: &Command,
) -> Option<Finding> {
    let given = |name: &&'static str| script.given.contains_key(*name) || sets(script, name);
    let mentions = |words: &[&str]| {
        script.commands().any(|command| {
            let targets = command.redirects.iter().map(|redirect| redirect.target.text.as_str());
            command.texts().chain(targets).any(|text| words.iter().any(|word| text.contains(word)))
        })
    };
    let mounted = workload.pod.all_containers().flat_map(|container| &container.mounts);
    let has_file = mounted.into_iter().any(|mount| family.files.iter().any(|file| mount.path.contains(file)));
    let by_option = command.texts().any(|text| family.options.iter().any(|option| text.starts_with(option)));
    let may_have = !container.env_from.is_empty() || has_file || by_option || mentions(family.files);
    if family.variables.iter().any(given) || may_have {
        return None;
    }
    let other = script.given.iter().find(|(name, _)| name.to_ascii_uppercase().contains("PASSW"))?;
    Some(of_password(script, family, command, other))
}

fn sets(script: &Script, name: &str) -> bool {
    script.commands().any(|command| {
        let exported =
            command.texts().any(|text| text.strip_prefix(name).is_some_and(|rest| rest.starts_with('=')));
        exported || command.sets.iter().any(|set| set == name)
    })
}

fn of_password(script: &Script, family: &Family, command: &Command, other: (&String, &Origin)) -> Finding {
    let (program, wanted) = (command.name(), family.variables[0]);
    Finding::broken(NAME, Severity::High, &script.name)
        .says(format!(
            "`{program}` of {} reads `{wanted}`, and the password is given as `{}`",
            script.name, other.0
        ))
        .witness(format!(
            "without `{wanted}` `{program}` asks for a password, nobody answers, and nothing is copied"
        ))
        .repair(format!("name the variable `{wanted}`"))
        .at(other.1, "not what the client reads")
        .at(&command.origin, "the client")
}

/// The one server of the same family in the namespace.
fn too_old(
    inventory: &Inventory,
    workload: &Workload,
    container: &Container,
    family: &Family,
    command: &Command,
) -> Option<Finding> {
    let own = container.image.as_ref()?;
    let client = version(own, family)?;
    let servers: Vec<(&Workload, u32, &Origin)> = inventory
        .workloads
        .iter()
        .filter(|other| other.object.id.namespace == workload.object.id.namespace && !other.kind.ends())
        .filter_map(|other| server(other, family))
        .collect();
    let [(server, newer, origin)] = servers.as_slice() else { return None };
    // From version 10 on the first number is the major version of PostgreSQL; MySQL and MariaDB only warn.
    let refuses = family.images[0] == "postgres" && client < *newer;
    refuses.then(|| {
        let (program, subject) = (command.name(), &workload.object.id);
        Finding::broken(NAME, Severity::High, subject.to_string())
            .says(format!("`{program}` {client} of {subject} is older than its server, {newer}"))
            .witness(format!(
                "{program} {client} refuses a server of version {newer}: \"server version mismatch\""
            ))
            .repair(format!("use an image of version {newer} for the copy"))
            .at(&own.origin, "the client")
            .at(*origin, format!("{} runs the server", server.object.id))
    })
}

fn server<'a>(workload: &'a Workload, family: &Family) -> Option<(&'a Workload, u32, &'a Origin)> {
    let images = workload.pod.containers.iter().filter_map(|container| container.image.as_ref());
    images.into_iter().find_map(|image| Some((workload, version(image, family)?, &image.origin)))
}

fn version(text: &str, family: &Family) -> Option<u32> {
    let (name, tag) = image(text);
    family.images.contains(&name).then(|| major(tag?)).flatten()
}
