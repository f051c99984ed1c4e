//! Proves that a copy that fails makes its job fail.
//!
//! Judged are scripts of files, containers and workflows that copy data: `pg_dump`, `mysqldump`, `tar` and the like. A
//! pipeline has the status of its last command, so `pg_dump | gzip` succeeds when `pg_dump` fails, unless `pipefail` is
//! on or the script looks at `PIPESTATUS`, at the size of what was written, or at its last line. Without `set -e` a
//! script goes on after a copy that failed, and its status is that of its last line.
//!
//! Lines that a person types in a runbook are not judged: the person sees what fails.
//!
//! Source: POSIX.1-2024, XCU 2.9.2 (status of a pipeline) and `set -o pipefail`.

use sehat_platform::inventory::delivery::{Command, Host, Line, Script, Seen, Shell};
use sehat_verdict::{Finding, Fix, Severity};

use crate::scripts::{Dump, dump_of, runs_by_itself};
use crate::{Context, Outcome, Rule};

const NAME: &str = "backup-failure-visible";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "A copy that fails makes its job fail.",
    severity: Severity::Critical,
    hygiene: false,
    source: "POSIX.1-2024, XCU 2.9.2 Pipelines; ISO/IEC 27002:2022, 8.13",
    file: include_str!("backup_failure_visible.rs"),
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let scripts = context.inventory.delivery.all_scripts().filter(|script| runs_by_itself(script));
    scripts.filter_map(judge_script).collect::<Vec<_>>().into()
}

/// How the failure of a copy stays unseen.
struct Hidden<'a> {
    line: &'a Line,
    dump: Dump,
    /// The command whose status counts instead; none where the script only goes on.
    behind: Option<String>,
}

fn judge_script(script: &Script) -> Option<Finding> {
    if script.shell == Shell::Other {
        return None;
    }
    let seen = script.seen();
    let looks_at_status = looks_at_status(script);
    let last = script.lines.last().map(|line| line.origin.start);
    let hidden: Vec<Hidden<'_>> = seen
        .iter()
        .filter_map(|seen| hidden(seen, last, looks_at_status))
        .filter(|hidden| !looks_at_result(script, hidden))
        .collect();
    let first = hidden.iter().find(|hidden| hidden.behind.is_some()).or_else(|| hidden.first())?;
    let finding = finding(script, first).counts(hidden.len());
    let finding = hidden
        .iter()
        .filter(|other| !std::ptr::eq(other.line, first.line))
        .take(3)
        .fold(finding, |finding, other| finding.at(&other.line.origin, "and here"));
    Some(match fix(script, &hidden) {
        Some(fix) => finding.fix(fix),
        None => finding,
    })
}

fn hidden<'a>(seen: &Seen<'a>, last: Option<usize>, looks_at_status: bool) -> Option<Hidden<'a>> {
    let (at, dump) = dump_of(seen.line)?;
    let behind = seen.line.commands.last().filter(|_| at + 1 < seen.line.commands.len());
    if let Some(behind) = behind {
        let behind = behind.innermost().name().to_owned();
        return (!seen.pipefail && !looks_at_status).then_some(Hidden {
            line: seen.line,
            dump,
            behind: Some(behind),
        });
    }
    let goes_on = !seen.errexit && !seen.line.is_checked && !looks_at_status;
    (goes_on && last.is_some_and(|last| seen.line.origin.start < last)).then_some(Hidden {
        line: seen.line,
        dump,
        behind: None,
    })
}

fn looks_at_status(script: &Script) -> bool {
    script
        .commands()
        .flat_map(Command::texts)
        .any(|text| text.contains("${PIPESTATUS") || text.contains("${?}") || text.contains("PIPESTATUS"))
}

/// The size of the file, its last line or its table of contents is looked at. An empty archive of gzip is twenty bytes
/// long and sound, so `-s` and `gzip -t` show nothing there.
fn looks_at_result(script: &Script, hidden: &Hidden<'_>) -> bool {
    let packed = hidden.behind.as_deref().is_some_and(|name| name != "tee" && name != "cat");
    script.commands().any(|command| match command.name() {
        "stat" | "wc" | "du" | "pg_restore" | "pg_verifybackup" => true,
        "find" => command.has("-size"),
        "grep" => command.texts().any(|text| text.to_ascii_lowercase().contains("complete")),
        "[" | "[[" | "test" => command.has("-s") && !packed,
        _ => false,
    })
}

fn finding(script: &Script, hidden: &Hidden<'_>) -> Finding {
    let program = &hidden.dump.program;
    let name = &script.name;
    let (severity, says, witness) = match &hidden.behind {
        Some(behind) => (
            Severity::Critical,
            format!("{name} succeeds when `{program}` fails: only the status of `{behind}` counts"),
            format!(
                "`{program}` cannot log in, `{behind}` packs nothing and ends with 0, and {}",
                counts_as(&script.host)
            ),
        ),
        None => (
            Severity::High,
            format!("{name} goes on when `{program}` fails"),
            format!("`{program}` fails, the lines below it run, and {}", counts_as(&script.host)),
        ),
    };
    Finding::broken(NAME, severity, name)
        .says(says)
        .witness(witness)
        .repair(repair(script.shell))
        .at(&hidden.line.origin, "a failure here is not seen")
}

fn counts_as(host: &Host) -> &'static str {
    match host {
        Host::Container { .. } => "the Job counts as completed: nothing is retried and nobody is told",
        Host::Step { .. } => "the step is green",
        _ => "whoever runs the script reads success",
    }
}

const fn repair(shell: Shell) -> &'static str {
    match shell {
        Shell::Sh => {
            "begin with `set -eo pipefail` where this `sh` has it (BusyBox does, dash before 0.5.13 does not: run \
             `bash` there), write to a temporary name, and rename it after a look at its size"
        }
        _ => {
            "begin the script with `set -eo pipefail`, write to a temporary name, and rename it after a look at its \
             size"
        }
    }
}

/// Only Bash is sure to know `pipefail`, and only the outermost shell is reached from the top.
fn fix(script: &Script, hidden: &[Hidden<'_>]) -> Option<Fix> {
    let top = script.top.as_ref().filter(|_| script.shell == Shell::Bash)?;
    let reached = hidden.iter().all(|hidden| script.lines.iter().any(|line| std::ptr::eq(line, hidden.line)));
    let end = if top.is_one_line { "; ".to_owned() } else { format!("\n{}", " ".repeat(top.margin)) };
    reached.then(|| Fix::Replace { origin: top.origin.clone(), with: format!("set -eo pipefail{end}") })
}
