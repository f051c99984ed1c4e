//! Proves that a restore finds out whether it worked.
//!
//! `psql` goes on after an error in its input and ends with 0, unless `ON_ERROR_STOP` is set. A list of tables, or of
//! Kubernetes objects, looks the same for an empty database and for a full one: what shows a restore are counts of rows,
//! checksums, or a query for the newest record.
//!
//! Source: PostgreSQL manual, psql, `ON_ERROR_STOP` and exit status; NIST SP 800-34 Rev. 1, 3.5.

mod prose;

use sehat_diagnostic::Origin;
use sehat_platform::inventory::delivery::{Command, Line, Script};
use sehat_verdict::{Finding, Fix, Severity};

use crate::scripts::{Load, load_of, restores};
use crate::{Context, Outcome, Rule};

const NAME: &str = "restore-verified";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "A restore stops at an error, and its verification looks at the restored data.",
    severity: Severity::High,
    hygiene: false,
    source: "PostgreSQL manual: psql, ON_ERROR_STOP; NIST SP 800-34 Rev. 1, 3.5",
    file: include_str!("restore_verified.rs"),
    judge: |context| crate::prose::and(judge(context), prose::judge(context)),
};

fn judge(context: &Context<'_>) -> Outcome {
    let scripts = context.inventory.delivery.all_scripts().filter(|script| restores(script));
    scripts.filter_map(judge_script).collect::<Vec<_>>().into()
}

fn judge_script(script: &Script) -> Option<Finding> {
    let seen = script.seen();
    let lines: Vec<&Line> = seen.iter().map(|seen| seen.line).collect();
    let (at, load) = lines.iter().enumerate().find_map(|(at, line)| Some((at, load_of(line)?)))?;
    let unstopped = ignores_errors(script, &load);
    let looks: Vec<(Command, Look)> = lines[at + 1..]
        .iter()
        .flat_map(|line| &line.commands)
        .filter_map(|command| Some((command.innermost(), look(&command.innermost())?)))
        .collect();
    let counted = looks.iter().any(|(_, look)| *look == Look::Counts);
    // A look into the database says more than one at the cluster.
    let mut lists = looks.iter().filter(|(_, look)| *look == Look::Lists && !counted);
    let listed = lists.clone().find(|(command, _)| command.name() != "kubectl").or_else(|| lists.next());
    match (unstopped, listed) {
        (false, None) => None,
        (true, listed) => Some(of_errors(script, &load, listed.map(|(command, _)| command))),
        (false, Some((command, _))) => Some(of_list(script, command)),
    }
}

fn ignores_errors(script: &Script, load: &Load) -> bool {
    let stops = |command: &Command| command.texts().any(|text| text.contains("ON_ERROR_STOP"));
    load.program == "psql" && !script.commands().any(stops)
}

#[derive(Clone, Copy, PartialEq)]
enum Look {
    Lists,
    Counts,
}

/// What a command shows of the restored data.
fn look(command: &Command) -> Option<Look> {
    let query = command.option(&["-c", "--command", "-e", "--execute", "--eval"]);
    match command.name() {
        "psql" | "mysql" | "mariadb" | "mongosh" | "mongo" => {
            let query = query?.to_ascii_lowercase();
            let lists = query.trim_start().starts_with("\\d")
                || query.trim_start().starts_with("\\l")
                || query.contains("show tables")
                || query.contains("show databases");
            Some(if lists { Look::Lists } else { Look::Counts })
        }
        "kubectl" if command.words.get(1).is_some_and(|word| word.text == "get") => Some(Look::Lists),
        "sha256sum" | "md5sum" | "pg_checksums" | "pg_amcheck" => Some(Look::Counts),
        _ => None,
    }
}

fn of_errors(script: &Script, load: &Load, list: Option<&Command>) -> Finding {
    let also = if list.is_some() { ", and its verification only lists names" } else { "" };
    let psql = load.command.words.first().map_or(&load.command.origin, |word| &word.origin);
    Finding::broken(NAME, Severity::High, &script.name)
        .says(format!("{}: `psql` goes on after errors and ends with 0{also}", script.name))
        .witness("a copy of which half the statements fail is loaded with status 0")
        .repair("add `-v ON_ERROR_STOP=1`, and compare counts of rows with those of the copy's day")
        .at(psql, "`ON_ERROR_STOP` is not set")
        .at(list.map(|command| &command.origin), "an empty database passes this look")
        .fix(Fix::Replace { origin: behind(psql), with: " -v ON_ERROR_STOP=1".to_owned() })
}

fn behind(word: &Origin) -> Origin {
    let length = word.end.saturating_sub(word.start);
    Origin { start: word.end, column: word.column + length, ..word.clone() }
}

fn of_list(script: &Script, command: &Command) -> Finding {
    Finding::broken(NAME, Severity::Medium, &script.name)
        .says(format!("the verification of {} only lists names", script.name))
        .witness("tables without rows are listed like full ones")
        .repair("compare counts of rows, or the newest record, with those of the copy's day")
        .at(&command.origin, "an empty database passes this look")
}
