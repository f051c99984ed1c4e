//! `sehat restore`: brings a state back on a scratch machine, verified and timed.

use std::path::PathBuf;

use clap::{ArgGroup, ValueEnum};
use sehat_evidence::kind;
use sehat_guest::binlog::Gtid;
use sehat_guest::restore::Point;
use sehat_lab_linux::Lab;
use sehat_platform::{Duration, Platform};
use sehat_verdict::Verdict;
use sehat_verdict::drill::{Amount, DrillVerdict, RestoreRecord};
use serde::Serialize;

use crate::compose::environment;
use crate::exit::{Code, Exit};
use crate::restoring::{Restore, file};
use crate::style::{bold, dim, print, tell};
use crate::target::Target;

/// Restore a database of a running lab to a moment, or a backup file of your own; verified, timed and recorded.
///
/// `sehat restore DIR records --to-time 2026-11-21T10:15:00Z`, `sehat restore --from clinic.sql.gz --rto 4h`.
#[derive(clap::Args)]
#[command(group = ArgGroup::new("point").args(["to_time", "before_transaction"]))]
pub struct Arguments {
    /// A folder with a platform.yaml.
    #[arg(required_unless_present = "from", conflicts_with = "from")]
    path: Option<PathBuf>,
    /// The database; may be left out where only one is saved.
    component: Option<String>,
    /// The environment; needed where the document has several.
    #[arg(long)]
    env: Option<String>,
    /// To the last transaction whose log time (whole seconds, UTC) is before this time.
    #[arg(long, value_name = "TIME", value_parser = time)]
    to_time: Option<u64>,
    /// To the transaction directly before this one, such as `1-1-4711`.
    #[arg(long, value_name = "GTID")]
    before_transaction: Option<Gtid>,
    /// Leave out copies that reached the vault after this time, because an attacker may have added them.
    #[arg(long, value_name = "TIME", value_parser = time)]
    trusted_until: Option<u64>,
    /// Serve the restored state in place of the present one, which stays beside it.
    #[arg(long)]
    switch_over: bool,
    /// Restore this file: a stream or tar of mariadb-backup, a tar of a data folder, or a dump; also .gz and .zst.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["env", "point", "switch_over", "trusted_until"])]
    from: Option<PathBuf>,
    /// How old the newest data in the file may be.
    #[arg(long, value_name = "TIME", requires = "from")]
    rpo: Option<Duration>,
    /// How long the restore of the file may take.
    #[arg(long, value_name = "TIME", requires = "from")]
    rto: Option<Duration>,
    #[arg(long, value_enum, default_value_t = Format::Terminal)]
    format: Format,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Terminal,
    Json,
}

/// The value of `schema` in the JSON.
const SCHEMA: &str = "sehat-restore/1";

/// What `--format json` prints.
#[derive(Serialize)]
struct Shown<'a> {
    schema: &'static str,
    platform: Option<&'a str>,
    environment: Option<String>,
    /// Number of the evidence's record.
    record: u64,
    #[serde(flatten)]
    restore: &'a RestoreRecord,
}

pub fn run(arguments: &Arguments) -> Result<Code, Exit> {
    match (&arguments.from, &arguments.path) {
        (Some(from), _) => of_file(arguments, from),
        (None, Some(path)) => of_lab(arguments, &Target { path: path.clone(), env: arguments.env.clone() }),
        (None, None) => Err(Exit::bad_input("name a platform's folder, or a file with `--from`")),
    }
}

fn of_file(arguments: &Arguments, from: &std::path::Path) -> Result<Code, Exit> {
    let promise =
        file::Promise { rpo_ms: arguments.rpo.map(Duration::ms), rto_ms: arguments.rto.map(Duration::ms) };
    let record = file::restore(from, promise, &|text| tell(&format!("{}\n", dim(text))))?;
    let number = crate::records::append_at(
        &crate::records::location_of(file::PLATFORM, "files"),
        kind::RESTORE,
        &record,
    )?;
    show(arguments, None, &record, number)
}

fn of_lab(arguments: &Arguments, target: &Target) -> Result<Code, Exit> {
    let document = target.document()?;
    let platform = target.platform(&document)?;
    let component = component(platform, arguments.component.as_deref())?;
    let lab = Lab::open(&platform.name, &environment(platform));
    if !lab.is_running() {
        return Err(Exit::lab_failed(format!(
            "the lab `{}` does not run\n  = help: start it with `sehat up`",
            lab.name
        )));
    }
    let restore = Restore {
        lab: &lab,
        platform,
        component: &component,
        point: point(arguments),
        switch_over: arguments.switch_over,
        trusted_until_ms: arguments.trusted_until.map(|seconds| seconds * 1000),
        tell: &|text| tell(&format!("{}\n", dim(text))),
    };
    let record = restore.perform().map_err(|failure| Exit::of_lab(&failure))?;
    let number = crate::records::append(platform, kind::RESTORE, &record)?;
    show(arguments, Some(platform), &record, number)
}

fn component(platform: &Platform, named: Option<&str>) -> Result<String, Exit> {
    let saved = || {
        platform.components.iter().filter(|(name, _)| crate::compose::vault_machine(platform, name).is_some())
    };
    let known: Vec<&str> = saved().map(|(name, _)| name.as_str()).collect();
    match (named, known.as_slice()) {
        (Some(name), known) if known.contains(&name) => Ok(name.to_owned()),
        (Some(name), known) => Err(Exit::bad_input(format!(
            "`{name}` cannot be restored here\n  = help: saved to a vault of the lab: {}",
            if known.is_empty() { "nothing".to_owned() } else { known.join(", ") }
        ))),
        (None, [only]) => Ok((*only).to_owned()),
        (None, []) => Err(Exit::bad_input("nothing of this platform is saved to a vault that the lab runs")),
        (None, several) => Err(Exit::bad_input(format!(
            "several databases are saved\n  = help: name one of: {}",
            several.join(", ")
        ))),
    }
}

fn point(arguments: &Arguments) -> Point {
    match (arguments.to_time, arguments.before_transaction) {
        (Some(unix_seconds), _) => Point::ToTime { unix_seconds },
        (None, Some(gtid)) => Point::BeforeTransaction { gtid: gtid.to_string() },
        (None, None) => Point::Newest,
    }
}

/// Reads `2026-11-21T10:15:00Z`, with any offset, or without one as UTC. Parts of a second are cut off, as the log does.
fn time(text: &str) -> Result<u64, String> {
    let wrong = || format!("`{text}` is no time; write it as 2026-11-21T10:15:00Z");
    let stamp = text.parse::<jiff::Timestamp>().or_else(|_| {
        let civil: jiff::civil::DateTime = text.parse()?;
        civil.to_zoned(jiff::tz::TimeZone::UTC).map(|zoned| zoned.timestamp())
    });
    stamp.ok().and_then(|stamp| u64::try_from(stamp.as_second()).ok()).ok_or_else(wrong)
}

fn show(
    arguments: &Arguments,
    platform: Option<&Platform>,
    record: &RestoreRecord,
    number: u64,
) -> Result<Code, Exit> {
    if arguments.format == Format::Json {
        let shown = Shown {
            schema: SCHEMA,
            platform: platform.map(|platform| platform.name.as_str()),
            environment: platform.map(environment),
            record: number,
            restore: record,
        };
        let text =
            serde_json::to_string_pretty(&shown).map_err(|error| Exit::lab_failed(error.to_string()))?;
        print(&format!("{text}\n"));
    } else {
        print(&table(record, number));
    }
    Ok(code(record))
}

fn table(record: &RestoreRecord, number: u64) -> String {
    let mut lines =
        vec![format!("{} restored {} on `{}`", bold(&record.source), record.point, record.machine)];
    let mut line = |name: &str, text: String| lines.push(format!("  {name:14}{text}"));
    line("format", record.format.clone());
    line("time", record.restore_ms.map_or_else(|| "unknown".to_owned(), seconds));
    for step in &record.steps {
        line("", dim(&format!("{:>9}  {}", seconds(step.ms), step.step)));
    }
    if let (Some(last), transactions) = (&record.last_transaction, record.transactions.unwrap_or(0)) {
        let at = record.last_transaction_time.as_deref().unwrap_or("the full copy's time");
        line("up to", format!("transaction {last} of {at}, {transactions} replayed"));
    }
    let count =
        |number: Option<u64>| number.map_or_else(|| "unknown".to_owned(), |number| number.to_string());
    line(
        "holds",
        format!(
            "{} databases, {} tables, {} rows",
            count(record.databases),
            count(record.tables),
            count(record.rows)
        ),
    );
    line("read", format!("{} bytes", count(record.bytes)));
    line("newest", record.newest.clone().unwrap_or_else(|| "no column of a date or time".to_owned()));
    if let (Some(acknowledged), Some(lost)) = (record.acknowledged, record.lost) {
        line("ledger", format!("{acknowledged} writes were acknowledged before, {lost} of them are missing"));
    }
    if record.switched_over {
        line(
            "serves",
            "the restored state; the one before it stays in the databases that end in `__before`".to_owned(),
        );
    }
    for copy in &record.passed_over {
        line("passed over", dim(copy));
    }
    for error in &record.errors {
        line("error", crate::style::bad(error));
    }
    for verdict in &record.verdicts {
        line(&verdict.objective, words(verdict));
    }
    line("record", number.to_string());
    lines.join("\n") + "\n"
}

fn words(verdict: &DrillVerdict) -> String {
    let ms = |amount: Option<Amount>| match amount {
        Some(Amount::Whole(ms)) => Some(ms),
        _ => None,
    };
    let promised = ms(verdict.promised).map(|ms| Duration(ms).to_string()).unwrap_or_default();
    let measured = ms(verdict.measured).map_or_else(|| "unknown".to_owned(), seconds);
    let word = match verdict.verdict {
        Verdict::Kept => "kept",
        Verdict::Broken => "broken",
        Verdict::Unknown => "unknown",
    };
    let word = crate::style::verdict(verdict.verdict, word);
    format!("{word}: promised {promised}, measured {measured}  {}", dim(&verdict.because.join("; ")))
}

fn seconds(ms: u64) -> String {
    format!("{}.{:03} s", ms / 1000, ms % 1000)
}

/// A restore with errors has failed, whatever it kept.
fn code(record: &RestoreRecord) -> Code {
    let any = |wanted: Verdict| record.verdicts.iter().any(|entry| entry.verdict == wanted);
    if !record.errors.is_empty() || record.lost.unwrap_or(0) > 0 || any(Verdict::Broken) {
        Code::Broken
    } else if any(Verdict::Unknown) {
        Code::Unknown
    } else {
        Code::Kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::restoring::entry;

    #[test]
    fn times_are_utc_unless_they_say_otherwise() {
        assert_eq!(time("2026-11-21T10:15:00Z"), time("2026-11-21 10:15:00"));
        assert_eq!(time("2026-11-21T17:15:00+07:00"), time("2026-11-21T10:15:00.9Z"));
        assert!(time("yesterday").unwrap_err().contains("write it as"));
    }

    #[test]
    fn what_a_restore_shows() {
        let record = RestoreRecord {
            source: "records".into(),
            format: "mariadb-backup and binary log".into(),
            point: "before transaction 1-1-4711".into(),
            machine: "scratch".into(),
            restore_ms: Some(4_210),
            bytes: Some(4_096),
            databases: Some(1),
            tables: Some(1),
            rows: Some(17),
            newest: Some("2026-11-21T10:14:59Z".into()),
            acknowledged: Some(17),
            lost: Some(0),
            transactions: Some(9),
            last_transaction: Some("1-1-4710".into()),
            last_transaction_time: Some("2026-11-21T10:14:59Z".into()),
            verdicts: vec![entry("rto", 14_400_000, Some(4_210), Verdict::Kept, "measured".into())],
            ..RestoreRecord::default()
        };
        let shown = anstream::adapter::strip_str(&table(&record, 18)).to_string();
        insta::assert_snapshot!(shown);
        assert_eq!(code(&record), Code::Kept);
        assert_eq!(code(&RestoreRecord { lost: Some(1), ..record }), Code::Broken);
    }
}
