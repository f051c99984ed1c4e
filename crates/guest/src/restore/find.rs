//! Finds the point in the fetched log: from where a full copy has to be brought forward, and up to which transaction.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::fetch::Piece;
use super::{FullCopy, Position, log_path};
use crate::Failure;
use crate::binlog::{self, Gtid, Torn, Transaction};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Find {
    pub folder: PathBuf,
    pub full: FullCopy,
    /// The log is that of the server which made the full copy, so its place in the log is exact.
    pub same_server: bool,
    pub pieces: Vec<Piece>,
    pub point: Point,
}

/// Which state is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Point {
    /// The last transaction whose log time is before this second.
    ToTime {
        unix_seconds: u64,
    },
    /// The one directly before this transaction.
    BeforeTransaction {
        gtid: String,
    },
    /// The one directly before the last statement with these words in it.
    BeforeStatement {
        words: Vec<String>,
    },
    Newest,
}

/// What has to be replayed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Found {
    /// In their order; the first is read from `start`, the last up to `stop`.
    pub files: Vec<String>,
    pub start: u64,
    pub stop: u64,
    pub transactions: u64,
    /// The last transaction of the restored state, and its log time.
    pub last: Option<String>,
    pub last_seconds: Option<u64>,
    /// The first one that is left out, its log time, and its statement where it is one.
    pub next: Option<String>,
    pub next_seconds: Option<u64>,
    pub next_statement: Option<String>,
    /// Longest time from a transaction's log time until the vault had it.
    pub exposed_ms_max: Option<u64>,
    /// Log time of the newest transaction that the vault has.
    pub newest_seconds: Option<u64>,
    /// Nothing but the end of the newest file is cut off.
    pub is_sound: bool,
}

/// A transaction and its file.
struct Placed {
    file: usize,
    transaction: Transaction,
}

/// One server's log, as far as it is sound.
struct Log {
    all: Vec<Placed>,
    /// What the server had before the log begins.
    before: Vec<Gtid>,
    is_sound: bool,
}

pub fn find(config: &Find) -> Result<Found, Failure> {
    let files = files(&config.pieces);
    let log = placed(&config.folder, &files)?;
    let first = first_after(config, &files, &log)?;
    let all = log.all;
    let end = end(&config.point, &all)?;
    if end < first {
        return Err(Failure::new("the full copy is newer than the point that is asked for"));
    }
    let replayed = &all[first..end];
    let place = |index: usize| all.get(index).map(|placed| (placed.file, placed.transaction.start));
    let after = |index: usize| all.get(index).map(|placed| (placed.file, placed.transaction.end));
    let last = end.checked_sub(1).and_then(|index| all.get(index)).map(|placed| &placed.transaction);
    let next = all.get(end).map(|placed| &placed.transaction);
    let (begin, stop) = if replayed.is_empty() { (None, None) } else { (place(first), after(end - 1)) };
    let names = begin.zip(stop).map_or(&[][..], |((from, _), (to, _))| &files[from..=to]);
    Ok(Found {
        files: names.to_vec(),
        start: begin.map_or(0, |(_, offset)| offset),
        stop: stop.map_or(0, |(_, offset)| offset),
        transactions: replayed.len() as u64,
        last: last
            .map(|one| one.gtid.to_string())
            .or_else(|| Some(config.full.gtid.clone()).filter(|gtid| !gtid.is_empty())),
        last_seconds: last.map(|one| u64::from(one.time)),
        next: next.map(|one| one.gtid.to_string()),
        next_seconds: next.map(|one| u64::from(one.time)),
        next_statement: next.and_then(|one| one.statement.clone()),
        exposed_ms_max: exposed(&config.pieces, &files, &all),
        newest_seconds: all.iter().map(|placed| u64::from(placed.transaction.time)).max(),
        is_sound: log.is_sound,
    })
}

/// The log's files in the order in which they were begun.
fn files(pieces: &[Piece]) -> Vec<String> {
    let key = |file: &str| {
        let (name, epoch) = file.split_once('@').unwrap_or((file, "0"));
        (epoch.parse::<u64>().unwrap_or(0), name.to_owned())
    };
    let mut files: Vec<String> = pieces.iter().map(|piece| piece.file.clone()).collect();
    files.sort_by_key(|file| key(file));
    files.dedup();
    files
}

/// Reads the files in order, up to the first place where one is not sound: what follows it cannot be replayed. The
/// newest file ends wherever its last piece was cut off.
fn placed(folder: &Path, files: &[String]) -> Result<Log, Failure> {
    let mut log = Log { all: Vec::new(), before: Vec::new(), is_sound: true };
    for (index, file) in files.iter().enumerate() {
        let path = log_path(folder, file);
        let source =
            File::open(&path).map_err(|error| Failure::new(crate::told(&path, "reading", &error)))?;
        let scan = binlog::scan(&mut BufReader::new(source), 0)?;
        if index == 0 {
            log.before = scan.before;
        }
        log.all.extend(scan.transactions.into_iter().map(|transaction| Placed { file: index, transaction }));
        let is_newest = index + 1 == files.len();
        if scan.torn == Some(Torn::NoEvent) || (scan.torn == Some(Torn::Cut) && !is_newest) {
            log.is_sound = false;
            break;
        }
    }
    Ok(log)
}

/// Returns the index of the first transaction that the full copy lacks.
fn first_after(config: &Find, files: &[String], log: &Log) -> Result<usize, Failure> {
    if let (true, Some(position)) = (config.same_server, &config.full.position) {
        return at_position(config, position, files, &log.all);
    }
    let held = held(&config.full.gtid)?;
    // A log that begins after the copy lacks what lies between them.
    let joins =
        log.before.iter().all(|gtid| held.get(&gtid.domain).is_some_and(|number| gtid.number <= *number));
    if !joins {
        return Err(Failure::new("the log begins after the full copy; something between them is missing"));
    }
    let lacks = |placed: &Placed| {
        let gtid = placed.transaction.gtid;
        held.get(&gtid.domain).is_none_or(|number| gtid.number > *number)
    };
    Ok(log.all.iter().position(lacks).unwrap_or(log.all.len()))
}

fn at_position(
    config: &Find,
    position: &Position,
    files: &[String],
    all: &[Placed],
) -> Result<usize, Failure> {
    // Names begin anew with a new server; of files with the same name the newest one that reaches so far is meant.
    let holds = |index: &usize| {
        let file = &files[*index];
        let named = file.split('@').next() == Some(position.file.as_str());
        named && config.pieces.iter().any(|piece| piece.file == *file && piece.end >= position.offset)
    };
    let file = (0..files.len()).rev().find(holds);
    let file = file.ok_or_else(|| {
        Failure::new(format!("the log lacks {}, where the full copy stands", position.file))
    })?;
    let before = |placed: &&Placed| {
        placed.file < file || (placed.file == file && placed.transaction.start < position.offset)
    };
    Ok(all.iter().take_while(before).count())
}

fn held(gtid: &str) -> Result<BTreeMap<u32, u64>, Failure> {
    let parts = gtid.split(',').map(str::trim).filter(|part| !part.is_empty());
    parts
        .map(|part| part.parse::<Gtid>().map(|gtid| (gtid.domain, gtid.number)).map_err(Failure::new))
        .collect()
}

/// Returns how many transactions of the log the state has.
fn end(point: &Point, all: &[Placed]) -> Result<usize, Failure> {
    let missing = |what: String| Failure::new(format!("{what} is not in the saved log"));
    match point {
        Point::Newest => Ok(all.len()),
        Point::ToTime { unix_seconds } => {
            let before = |placed: &Placed| u64::from(placed.transaction.time) < *unix_seconds;
            Ok(all.iter().rposition(before).map_or(0, |index| index + 1))
        }
        Point::BeforeTransaction { gtid } => {
            let gtid: Gtid = gtid.parse().map_err(Failure::new)?;
            let at = all.iter().position(|placed| placed.transaction.gtid == gtid);
            at.ok_or_else(|| missing(format!("the transaction {gtid}")))
        }
        Point::BeforeStatement { words } => {
            let has =
                |placed: &Placed| placed.transaction.statement.as_ref().is_some_and(|text| says(text, words));
            all.iter().rposition(has).ok_or_else(|| missing(format!("`{}`", words.join(" "))))
        }
    }
}

fn says(statement: &str, words: &[String]) -> bool {
    let sign = |sign: char| !(sign.is_alphanumeric() || sign == '_');
    let found: Vec<String> =
        statement.split(sign).map(str::to_lowercase).filter(|word| !word.is_empty()).collect();
    words.iter().all(|word| found.contains(&word.to_lowercase()))
}

/// How long transactions lay on the database machines alone. Log times are whole seconds, so it may be a second less.
fn exposed(pieces: &[Piece], files: &[String], all: &[Placed]) -> Option<u64> {
    let of = |placed: &Placed| {
        let file = &files[placed.file];
        let holds = |piece: &&Piece| piece.file == *file && placed.transaction.end <= piece.end;
        let piece = pieces.iter().find(holds)?;
        Some(piece.received_ms.saturating_sub(u64::from(placed.transaction.time) * 1000))
    };
    all.iter().filter_map(of).max()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(transactions: &[(u64, u32, Option<&str>)]) -> Vec<Placed> {
        let one = |(index, (number, time, statement)): (usize, &(u64, u32, Option<&str>))| {
            let start = 100 * (index as u64 + 1);
            let transaction = Transaction {
                gtid: Gtid { domain: 1, server: 1, number: *number },
                time: *time,
                start,
                end: start + 100,
                statement: statement.map(str::to_owned),
            };
            Placed { file: 0, transaction }
        };
        transactions.iter().enumerate().map(one).collect()
    }

    #[test]
    fn a_time_means_the_last_transaction_before_that_second() {
        // A slow statement is written after a quick one and carries the earlier second.
        let log = log(&[(1, 10, None), (2, 12, None), (3, 11, None), (4, 13, None)]);
        let end = |unix_seconds| end(&Point::ToTime { unix_seconds }, &log).unwrap();
        assert_eq!([end(10), end(11), end(12), end(13), end(14)], [0, 1, 3, 3, 4]);
    }

    #[test]
    fn a_transaction_means_everything_before_it() {
        let log = log(&[(1, 10, None), (2, 12, Some("DROP TABLE `sehat`.`ledger`")), (3, 13, None)]);
        let before = |gtid: &str| end(&Point::BeforeTransaction { gtid: gtid.into() }, &log);
        assert_eq!(before("1-1-2").unwrap(), 1);
        assert_eq!(before("1-1-9").unwrap_err().to_string(), "the transaction 1-1-9 is not in the saved log");
        let words = ["drop", "table", "ledger"].map(str::to_owned).to_vec();
        assert_eq!(end(&Point::BeforeStatement { words }, &log).unwrap(), 1);
    }

    #[test]
    fn a_log_that_begins_after_the_copy_is_refused() {
        let before = Gtid { domain: 1, server: 1, number: 5 };
        // Numbers are left out where a statement changed nothing.
        let log = Log { all: log(&[(7, 10, None), (8, 11, None)]), before: vec![before], is_sound: true };
        let config = |gtid: &str| Find {
            folder: PathBuf::new(),
            full: FullCopy { position: None, gtid: gtid.into() },
            same_server: false,
            pieces: Vec::new(),
            point: Point::Newest,
        };
        let first = |gtid: &str| first_after(&config(gtid), &["binlog.000001@1".into()], &log);
        assert_eq!(first("1-1-7").unwrap(), 1);
        assert_eq!(first("1-1-5").unwrap(), 0);
        assert!(first("1-1-4").is_err());
    }
}
