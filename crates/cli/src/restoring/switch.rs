//! Serves a restored state in place of the present one.
//!
//! The restored tables are loaded beside the present ones and compared with the scratch machine's; then one statement
//! renames both. A client sees the old state or the new one, never a part, and the old one stays beside it.

use std::collections::BTreeMap;
use std::thread;

use sehat_drill::Failure;
use sehat_lab_linux::Lab;
use sehat_platform::Platform;

use super::scratch::{fed, into_pipe};
use crate::compose::SCRATCH;
use crate::running::{leaders, work};

const SCRATCH_SOCKET: &str = "--socket=/run/restore/mysqld.sock";
const OWN: &str = "'mysql','sys','information_schema','performance_schema'";

pub fn over(lab: &Lab, platform: &Platform, component: &str) -> Result<(), Failure> {
    let live = Server { lab, machine: machine(lab, platform, component)?, options: &[] };
    let scratch = Server { lab, machine: SCRATCH.to_owned(), options: &["--no-defaults", SCRATCH_SOCKET] };
    for database in scratch.lines(&format!(
        "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME NOT IN ({OWN})"
    ))? {
        if !is_beside(&database) {
            one(&live, &scratch, &database)?;
        }
    }
    Ok(())
}

/// The member that clients write to, or else any that is up.
fn machine(lab: &Lab, platform: &Platform, component: &str) -> Result<String, Failure> {
    let machine_of = |name: &str| platform.instances.get(name).map(|instance| instance.machine.clone());
    if let Some(machine) = leaders::leader(lab, platform, component).ok().as_deref().and_then(machine_of) {
        return Ok(machine);
    }
    let machines = platform.instances_of(component).map(|(_, instance)| instance.machine.clone());
    let answers = |machine: &String| work::run(lab, machine, &["mariadb", "--execute", "SELECT 1"]).is_ok();
    let found = machines.into_iter().find(answers);
    found.ok_or_else(|| Failure::new(format!("switch `{component}` over"), "none of its servers answers"))
}

/// The names of the state that waits and of the one that was replaced.
fn beside(database: &str) -> [String; 2] {
    [format!("{database}__restored"), format!("{database}__before")]
}

fn is_beside(database: &str) -> bool {
    ["__restored", "__before"].iter().any(|ending| database.ends_with(ending))
}

fn one(live: &Server<'_>, scratch: &Server<'_>, database: &str) -> Result<(), Failure> {
    let triggers = live.lines(&format!(
        "SELECT TRIGGER_NAME FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = '{}'",
        escaped(database)
    ))?;
    if let Some(trigger) = triggers.first() {
        let why = format!(
            "its trigger `{trigger}` cannot move with its table; drop it first and make it anew afterwards"
        );
        return Err(Failure::new(format!("switch `{database}` over"), why));
    }
    let [waiting, before] = beside(database);
    live.run(&format!(
        "DROP DATABASE IF EXISTS {0}; CREATE DATABASE {0}; DROP DATABASE IF EXISTS {1}; CREATE DATABASE {1}; CREATE DATABASE IF NOT EXISTS {2}",
        quoted(&waiting), quoted(&before), quoted(database)
    ))?;
    load(live, scratch, database, &waiting)?;
    let restored = scratch.checksums(database)?;
    if live.checksums(&waiting)? != restored {
        return Err(Failure::new(
            format!("switch `{database}` over"),
            "what was loaded differs from what was restored",
        ));
    }
    let present = live.checksums(database)?;
    let moves = |tables: &BTreeMap<String, String>, from: &str, to: &str| {
        let one = |table: &String| {
            format!("{}.{} TO {}.{}", quoted(from), quoted(table), quoted(to), quoted(table))
        };
        tables.keys().map(one).collect::<Vec<_>>()
    };
    let all = [moves(&present, database, &before), moves(&restored, &waiting, database)].concat();
    if !all.is_empty() {
        live.run(&format!("RENAME TABLE {}", all.join(", ")))?;
    }
    live.run(&format!("DROP DATABASE {}", quoted(&waiting)))
}

fn load(live: &Server<'_>, scratch: &Server<'_>, database: &str, waiting: &str) -> Result<(), Failure> {
    let doing = |error: std::io::Error| Failure::new(format!("load `{database}`"), error.to_string());
    let (reader, writer) = std::io::pipe().map_err(doing)?;
    let dump = [
        "mariadb-dump",
        "--no-defaults",
        SCRATCH_SOCKET,
        "--single-transaction",
        "--skip-triggers",
        "--quick",
        database,
    ];
    thread::scope(|scope| {
        let dumped = scope.spawn(move || into_pipe(scratch.lab, SCRATCH, &dump, "", writer));
        let loaded = fed(live.lab, &live.machine, &["mariadb", "--binary-mode", waiting], reader);
        dumped.join().unwrap_or_else(|_| Err(Failure::new("dump the restored state", "it broke off")))?;
        loaded.map(|_| ())
    })
}

/// A server, asked on its own machine.
struct Server<'a> {
    lab: &'a Lab,
    machine: String,
    options: &'a [&'a str],
}

impl Server<'_> {
    fn lines(&self, statement: &str) -> Result<Vec<String>, Failure> {
        let rest = ["--batch", "--skip-column-names", "--execute", statement];
        let words: Vec<&str> = ["mariadb"].iter().chain(self.options).chain(&rest).copied().collect();
        Ok(work::run(self.lab, &self.machine, &words)?.lines().map(str::to_owned).collect())
    }

    fn run(&self, statement: &str) -> Result<(), Failure> {
        self.lines(statement).map(|_| ())
    }

    /// Returns the checksum of every table.
    fn checksums(&self, database: &str) -> Result<BTreeMap<String, String>, Failure> {
        let tables = self.lines(&format!(
            "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_TYPE = 'BASE TABLE' AND TABLE_SCHEMA = '{}'",
            escaped(database)
        ))?;
        let mut checksums = BTreeMap::new();
        for table in tables {
            let line = self.lines(&format!("CHECKSUM TABLE {}.{}", quoted(database), quoted(&table)))?;
            let sum = line.first().and_then(|line| line.split('\t').next_back()).unwrap_or_default();
            checksums.insert(table, sum.to_owned());
        }
        Ok(checksums)
    }
}

fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\'', "''")
}
