//! What the vault holds of a database, read on the vault itself; no client of it can.

use std::collections::BTreeMap;
use std::thread;

use sehat_drill::Failure;
use sehat_engine::mariadb::backup;
use sehat_engine::vault::CONFIG;
use sehat_guest::backup::NOW;
use sehat_guest::ledger::Entry;
use sehat_guest::restore::{FullCopy, Point, Written};
use sehat_guest::vault::Copy;
use sehat_lab_linux::Lab;
use sehat_platform::Platform;

use crate::compose::{GUEST_PROGRAM, OBSERVER, vault_machine};
use crate::running::work;

/// A member that is well has saved its log within this time.
const SAVE_TENTHS_MAX: u32 = 50;

/// Asks every member to save what it has written until now. One that is away is passed over: what it had not saved is
/// on another member, or lost.
pub fn save_now(lab: &Lab, platform: &Platform, component: &str) {
    let script = "test -d \"$1\" || exit 0; : > \"$1/$2\"; \
                  tries=0; while test -e \"$1/$2\" && test $tries -lt \"$3\"; do sleep 0.1; tries=$((tries + 1)); done";
    let machines = platform.instances_of(component).map(|(_, instance)| instance.machine.clone());
    let machines: Vec<String> = machines.collect();
    thread::scope(|scope| {
        for machine in &machines {
            let words = ["sh", "-c", script, "save", backup::STATE, NOW, &SAVE_TENTHS_MAX.to_string()]
                .map(str::to_owned);
            scope.spawn(move || lab.run(machine, &words.each_ref().map(String::as_str)));
        }
    });
}

/// Copies of one database.
pub struct Copies {
    pub vault: String,
    all: Vec<Copy>,
}

impl Copies {
    /// Asks the vault what it has of a database, or what it had until a moment.
    pub fn of(
        lab: &Lab,
        platform: &Platform,
        component: &str,
        until_ms: Option<u64>,
    ) -> Result<Self, Failure> {
        let why = "the document saves it to no vault that the lab runs";
        let vault = vault_machine(platform, component)
            .ok_or_else(|| Failure::new(format!("restore `{component}`"), why))?;
        let members: Vec<String> = platform.instances_of(component).map(|(name, _)| name.clone()).collect();
        Self::list(lab, &vault, &members, until_ms)
    }

    fn list(lab: &Lab, vault: &str, members: &[String], until_ms: Option<u64>) -> Result<Self, Failure> {
        let text = super::scratch::printed(
            lab,
            vault,
            &[GUEST_PROGRAM, "guest", "vault", "list", "--config", CONFIG],
        )?;
        let wrong =
            |error: serde_json::Error| Failure::new("understand the list of the vault", error.to_string());
        let all = text
            .lines()
            .map(|line| serde_json::from_str(line).map_err(wrong))
            .collect::<Result<Vec<Copy>, _>>()?;
        let trusted = |copy: &Copy| until_ms.is_none_or(|until_ms| copy.received_ms <= until_ms);
        let all = all.into_iter().filter(|copy| members.contains(&copy.from) && trusted(copy)).collect();
        Ok(Self { vault: vault.to_owned(), all })
    }

    /// Returns full copies that were whole before the point, the newest first.
    pub fn fulls(&self, point: &Point) -> Vec<&Copy> {
        let before = |copy: &&Copy| match point {
            Point::ToTime { unix_seconds } => copy.received_ms / 1000 < *unix_seconds,
            _ => true,
        };
        let mut fulls: Vec<&Copy> =
            self.all.iter().filter(|copy| copy.kind != "log").filter(before).collect();
        fulls.sort_by_key(|copy| std::cmp::Reverse(copy.received_ms));
        fulls
    }

    /// Returns the log of each member, in the order of arrival: first of the member that made the full copy where its
    /// log is as new as any other's, because its place in the log is exact. Of that member, files that were begun before
    /// the one in which the copy stands are left out.
    pub fn logs(&self, full: &Copy, stands: &FullCopy) -> Vec<(String, Vec<String>)> {
        let full_from = full.from.as_str();
        let begin = stands.position.as_ref().and_then(|position| self.begin(full, &position.file));
        let is_needed = |copy: &&Copy| {
            copy.from != full.from || begin.is_none() || place(copy).map(|(key, _)| key) >= begin
        };
        let mut logs: BTreeMap<&str, Vec<&Copy>> = BTreeMap::new();
        for copy in self.all.iter().filter(|copy| copy.kind == "log").filter(is_needed) {
            logs.entry(&copy.from).or_default().push(copy);
        }
        let newest = |copies: &[&Copy]| copies.iter().map(|copy| copy.received_ms).max().unwrap_or(0);
        let mut logs: Vec<(&str, Vec<&Copy>)> = logs.into_iter().collect();
        // Members save within the same seconds; only one that fell silent stands behind.
        logs.sort_by_key(|(from, copies)| std::cmp::Reverse((newest(copies) / SAME_MS, *from == full_from)));
        let paths = |copies: Vec<&Copy>| copies.into_iter().map(|copy| copy.path.clone()).collect();
        logs.into_iter().map(|(from, copies)| (from.to_owned(), paths(copies))).collect()
    }
}

impl Copies {
    /// Names of files begin anew with a new server; the newest one that was begun before the copy arrived is meant. Where
    /// clocks differ so far that none was, nothing is left out.
    fn begin(&self, full: &Copy, file: &str) -> Option<(u64, &str)> {
        let of_member = self.all.iter().filter(|copy| copy.kind == "log" && copy.from == full.from);
        let files = of_member.filter_map(place).map(|(key, _)| key);
        files.filter(|(epoch, name)| *name == file && epoch * 1000 <= full.received_ms).max()
    }

    /// Returns how many bytes of log lie behind the newest full copy, as far as the vault has them.
    pub fn log_bytes_since_full(&self) -> Option<u64> {
        let full = self.fulls(&Point::Newest).into_iter().next()?;
        let mut files: BTreeMap<(u64, &str), (u64, u64)> = BTreeMap::new();
        let logs = self.all.iter().filter(|copy| copy.kind == "log" && copy.from == full.from);
        for (key, offset) in logs.filter(|copy| copy.received_ms > full.received_ms).filter_map(place) {
            let (first, last) = files.entry(key).or_insert((offset, offset));
            (*first, *last) = ((*first).min(offset), (*last).max(offset));
        }
        Some(files.values().map(|(first, last)| last - first).sum())
    }
}

/// When the file of a piece was begun and its name, and where in it the piece begins: `binlog.000001@1763740000.4711`.
fn place(copy: &Copy) -> Option<((u64, &str), u64)> {
    let (file, offset) = copy.label.rsplit_once('.')?;
    let (name, epoch) = file.split_once('@')?;
    Some(((epoch.parse().ok()?, name), offset.parse().ok()?))
}

const SAME_MS: u64 = 60_000;

/// Returns the writes of ledgers that were acknowledged before a moment.
pub fn written(lab: &Lab, component: &str, before_ms: u64) -> Result<Vec<Written>, Failure> {
    let writer = format!("ledger-{component}");
    let path = format!("{}/{writer}.jsonl", work::FOLDER);
    let entries = work::read_lines::<Entry>(lab, OBSERVER, &path)?;
    let numbers = entries
        .iter()
        .filter(|entry| entry.error.is_none() && entry.end_unix_ms < before_ms)
        .map(|entry| entry.number);
    let numbers: Vec<u64> = numbers.collect();
    Ok(if numbers.is_empty() { Vec::new() } else { vec![Written { writer, numbers }] })
}

#[cfg(test)]
mod tests {
    use sehat_guest::restore::Position;

    use super::*;

    fn copy(from: &str, kind: &str, received_s: u64) -> Copy {
        Copy {
            from: from.into(),
            kind: kind.into(),
            number: 1,
            received_ms: received_s * 1000,
            label: String::new(),
            bytes: 1,
            path: format!("{from}/{kind}/{received_s}"),
        }
    }

    fn copies(all: &[Copy]) -> Copies {
        Copies { vault: "vault-1".into(), all: all.to_vec() }
    }

    #[test]
    fn a_full_copy_must_have_been_whole_before_the_time() {
        let copies = copies(&[copy("a", "full", 100), copy("b", "archive", 200), copy("a", "full", 300)]);
        let paths = |point| copies.fulls(&point).iter().map(|copy| copy.path.clone()).collect::<Vec<_>>();
        assert_eq!(paths(Point::ToTime { unix_seconds: 300 }), ["b/archive/200", "a/full/100"]);
        assert_eq!(paths(Point::Newest), ["a/full/300", "b/archive/200", "a/full/100"]);
    }

    #[test]
    fn a_member_that_fell_silent_is_asked_last() {
        let all = [
            copy("a", "log", 100),
            copy("b", "log", 6_000),
            copy("c", "log", 6_001),
            copy("b", "log", 6_005),
        ];
        let copies = copies(&all);
        let logs = copies.logs(&copy("b", "full", 5_000), &FullCopy::default());
        let order: Vec<&str> = logs.iter().map(|(from, _)| from.as_str()).collect();
        assert_eq!(order, ["b", "c", "a"]);
        assert_eq!(logs[0].1, ["b/log/6000", "b/log/6005"]);
    }

    fn piece(received_s: u64, label: &str) -> Copy {
        Copy { label: label.into(), ..copy("a", "log", received_s) }
    }

    #[test]
    fn files_before_the_full_copy_are_left_out() {
        let all = [
            piece(10, "binlog.000001@1.0"),
            piece(20, "binlog.000002@15.0"),
            piece(30, "binlog.000002@15.700"),
            piece(40, "binlog.000003@35.0"),
            piece(50, "binlog.000003@35.900"),
        ];
        let (copies, full) = (copies(&[&all[..], &[copy("a", "full", 25)]].concat()), copy("a", "full", 25));
        let stands = |file: &str| FullCopy {
            position: Some(Position { file: file.into(), offset: 650 }),
            ..FullCopy::default()
        };
        let count = |file: &str| copies.logs(&full, &stands(file))[0].1.len();
        assert_eq!([count("binlog.000001"), count("binlog.000002")], [5, 4]);
        // By its clock the server began that file after the copy arrived, so the clocks cannot be compared.
        assert_eq!(count("binlog.000003"), 5);
        assert_eq!(copies.log_bytes_since_full(), Some(900));
    }
}
