//! Reads MariaDB's binary log: which transaction lies where, and when it was written.
//!
//! Only heads of events are looked at, and the text of statements. The format is that of the MariaDB documentation,
//! "Binlog Event Header" and "Event Types".

use std::fmt;
use std::io::{self, Read, Seek, SeekFrom};
use std::str::FromStr;

/// The identity of a transaction: domain, server, number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gtid {
    pub domain: u32,
    pub server: u32,
    pub number: u64,
}

impl fmt::Display for Gtid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}-{}-{}", self.domain, self.server, self.number)
    }
}

impl FromStr for Gtid {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("`{text}` is no transaction; they look like `0-1-4711`: domain, server, number");
        let mut parts = text.trim().splitn(3, '-');
        let (domain, server, number) = (parts.next(), parts.next(), parts.next());
        let gtid = (|| {
            Some(Self {
                domain: domain?.parse().ok()?,
                server: server?.parse().ok()?,
                number: number?.parse().ok()?,
            })
        })();
        gtid.ok_or_else(wrong)
    }
}

/// One transaction of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    pub gtid: Gtid,
    /// Seconds since 1970, by the clock of the server that wrote it first.
    pub time: u32,
    /// Where it begins and ends in its file.
    pub start: u64,
    pub end: u64,
    /// The first words of its statement, where it is one (a change of tables).
    pub statement: Option<String>,
}

/// What a file of the log holds, as far as it goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scan {
    pub transactions: Vec<Transaction>,
    /// The last transaction of each domain before the file, as its beginning says.
    pub before: Vec<Gtid>,
    /// Where the last whole event ends.
    pub end: u64,
    /// Why the reading ended before the end of the file.
    pub torn: Option<Torn>,
}

/// Why a file cannot be read to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Torn {
    /// Its last event is not whole, as when it is still written.
    Cut,
    /// What follows is no event at all.
    NoEvent,
}

const MAGIC: [u8; 4] = [0xfe, b'b', b'i', b'n'];
const HEAD_BYTES: usize = 19;
const QUERY: u8 = 2;
const GTID: u8 = 162;
const GTID_LIST: u8 = 163;
/// Events that stand between transactions: start, stop, rotation, format, checkpoint.
const BETWEEN: [u8; 5] = [3, 4, 15, 161, 164];
/// Events that end a transaction: a commit, a prepared XA transaction.
const ENDS: [u8; 2] = [16, 38];
/// Flag of a `GTID` event: a single statement, without a commit.
const STANDS_ALONE: u8 = 1;
/// The upper bits of the count are flags.
const GTID_COUNT_BITS: u32 = 0x0fff_ffff;
const CHECKSUM_BYTES: usize = 4;
/// A statement's beginning says which tables it changes.
const STATEMENT_BYTES_MAX: usize = 2048;
/// `max_allowed_packet` has this limit, and no event is larger.
const EVENT_BYTES_MAX: usize = 1 << 30;

/// Returns what tells one log file from another of the same name: when it was begun.
pub fn epoch(source: &mut impl Read) -> io::Result<Option<u32>> {
    let mut head = [0; 8];
    match source.read_exact(&mut head) {
        Ok(()) if head[..4] == MAGIC => Ok(Some(u32_at(&head, 4))),
        Ok(()) => Ok(None),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}

/// Scans a file from `from` on, which must be where an event begins.
pub fn scan(source: &mut (impl Read + Seek), from: u64) -> io::Result<Scan> {
    let mut scan = Scan { end: from.max(MAGIC.len() as u64), ..Scan::default() };
    source.seek(SeekFrom::Start(scan.end))?;
    let mut open: Option<Open> = None;
    loop {
        let event = match read_event(source)? {
            Step::Event(event) => event,
            Step::End => break,
            Step::Torn(reason) => {
                scan.torn = Some(reason);
                break;
            }
        };
        let end = scan.end + event.bytes();
        match event.kind {
            GTID => open = event.begins(scan.end),
            GTID_LIST => scan.before = event.gtid_list(),
            kind if BETWEEN.contains(&kind) => open = None,
            _ => {
                if let Some(begun) = &mut open {
                    begun.take(&event, end);
                }
            }
        }
        if open.as_ref().is_some_and(|begun| begun.is_whole) {
            scan.transactions.extend(open.take().map(|begun| begun.transaction));
        }
        scan.end = end;
    }
    Ok(scan)
}

/// A transaction whose end has not been read yet.
struct Open {
    transaction: Transaction,
    /// It is a single statement, without a commit.
    stands_alone: bool,
    is_whole: bool,
}

impl Open {
    fn take(&mut self, event: &Event, end: u64) {
        self.transaction.end = end;
        let statement = if event.kind == QUERY { statement(&event.body) } else { None };
        let commits = matches!(statement.as_deref(), Some("COMMIT" | "ROLLBACK"));
        self.is_whole = ENDS.contains(&event.kind) || commits || (self.stands_alone && event.kind == QUERY);
        if self.transaction.statement.is_none() && !commits {
            self.transaction.statement = statement;
        }
    }
}

struct Event {
    time: u32,
    kind: u8,
    server: u32,
    body: Vec<u8>,
}

enum Step {
    Event(Event),
    End,
    Torn(Torn),
}

fn read_event(source: &mut impl Read) -> io::Result<Step> {
    let torn = || Ok(Step::Torn(Torn::Cut));
    let mut head = [0; HEAD_BYTES];
    match read_up_to(source, &mut head)? {
        0 => return Ok(Step::End),
        HEAD_BYTES => {}
        _ => return torn(),
    }
    let length = usize::try_from(u32_at(&head, 9)).unwrap_or(0);
    if !(HEAD_BYTES..=EVENT_BYTES_MAX).contains(&length) {
        return Ok(Step::Torn(Torn::NoEvent));
    }
    let mut body = vec![0; length - HEAD_BYTES];
    if read_up_to(source, &mut body)? < body.len() {
        return torn();
    }
    Ok(Step::Event(Event { time: u32_at(&head, 0), kind: head[4], server: u32_at(&head, 5), body }))
}

impl Event {
    fn bytes(&self) -> u64 {
        (HEAD_BYTES + self.body.len()) as u64
    }

    fn gtid_list(&self) -> Vec<Gtid> {
        let count = usize::try_from(u32_at(&self.body, 0) & GTID_COUNT_BITS).unwrap_or(0);
        let entries = self.body.get(4..).unwrap_or_default().chunks_exact(16).take(count);
        let gtid = |entry: &[u8]| Gtid {
            domain: u32_at(entry, 0),
            server: u32_at(entry, 4),
            number: u64::from(u32_at(entry, 8)) | u64::from(u32_at(entry, 12)) << 32,
        };
        entries.map(gtid).collect()
    }

    fn begins(&self, start: u64) -> Option<Open> {
        let number = u64::from_le_bytes(self.body.get(..8)?.try_into().ok()?);
        let domain = u32::from_le_bytes(self.body.get(8..12)?.try_into().ok()?);
        let gtid = Gtid { domain, server: self.server, number };
        let transaction =
            Transaction { gtid, time: self.time, start, end: start + self.bytes(), statement: None };
        let stands_alone = self.body.get(12)? & STANDS_ALONE != 0;
        Some(Open { transaction, stands_alone, is_whole: false })
    }
}

/// The text of a statement follows the variables of its session and the name of its database.
fn statement(body: &[u8]) -> Option<String> {
    const FIXED: usize = 13;
    let database = usize::from(*body.get(8)?);
    let variables = usize::from(u16::from_le_bytes(body.get(11..13)?.try_into().ok()?));
    let text = body.get(FIXED + variables + database + 1..)?;
    // A checksum ends the event; statements are told apart by how they begin.
    let text = text.get(..text.len().saturating_sub(CHECKSUM_BYTES))?;
    let text = &text[..text.len().min(STATEMENT_BYTES_MAX)];
    Some(String::from_utf8_lossy(text).into_owned())
}

fn read_up_to(source: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match source.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).map_or(0, |four| u32::from_le_bytes([four[0], four[1], four[2], four[3]]))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use proptest::prelude::*;

    use super::*;

    fn event(time: u32, kind: u8, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(HEAD_BYTES + body.len()).unwrap();
        let mut bytes = time.to_le_bytes().to_vec();
        bytes.push(kind);
        bytes.extend(1_u32.to_le_bytes());
        bytes.extend(length.to_le_bytes());
        bytes.extend([0; 6]);
        bytes.extend(body);
        bytes
    }

    fn gtid(time: u32, number: u64, flags: u8) -> Vec<u8> {
        let mut body = number.to_le_bytes().to_vec();
        body.extend(1_u32.to_le_bytes());
        body.push(flags);
        body.extend([0; 10]);
        event(time, GTID, &body)
    }

    fn query(time: u32, text: &str) -> Vec<u8> {
        let mut body = vec![0; 13];
        body[8] = 5;
        body.extend(b"sehat\0");
        body.extend(text.as_bytes());
        body.extend([0; 4]);
        event(time, QUERY, &body)
    }

    /// A log of one row change and one dropped table.
    fn log() -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend(event(1_763_740_000, 15, &[0; 14]));
        bytes.extend(event(
            1_763_740_000,
            GTID_LIST,
            &[1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 9, 9, 9, 9],
        ));
        bytes.extend(gtid(1_763_740_001, 7, 0));
        bytes.extend(event(1_763_740_001, 30, &[1; 40]));
        bytes.extend(event(1_763_740_001, 16, &[0; 12]));
        bytes.extend(gtid(1_763_740_005, 8, STANDS_ALONE));
        bytes.extend(query(1_763_740_005, "DROP TABLE sehat.ledger"));
        bytes
    }

    #[test]
    fn transactions_with_their_places_and_statements() {
        let scan = scan(&mut Cursor::new(log()), 0).unwrap();
        let shown = scan
            .transactions
            .iter()
            .map(|one| format!("{} {} {}..{} {:?}\n", one.gtid, one.time, one.start, one.end, one.statement));
        insta::assert_snapshot!(shown.collect::<String>(), @r#"
        1-1-7 1763740001 80..212 None
        1-1-8 1763740005 212..319 Some("DROP TABLE sehat.ledger")
        "#);
        assert_eq!(scan.before, ["1-1-5".parse().unwrap()]);
        assert_eq!((scan.end, scan.torn), (log().len() as u64, None));
        assert_eq!(epoch(&mut Cursor::new(log())).unwrap(), Some(1_763_740_000));
    }

    proptest! {
        /// A piece that is missing at the end takes whole transactions with it, and never leaves half of one.
        #[test]
        fn a_cut_log_has_fewer_transactions(cut in 0_usize..319) {
            let bytes = log();
            let scan = scan(&mut Cursor::new(&bytes[..cut.max(4)]), 0).unwrap();
            prop_assert!(scan.transactions.iter().all(|one| one.end <= cut as u64));
            prop_assert!(scan.end <= cut.max(4) as u64);
        }

        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300), from in 0_u64..400) {
            let _ = scan(&mut Cursor::new(bytes), from);
        }
    }

    #[test]
    fn a_transaction_is_named_as_the_server_names_it() {
        assert_eq!("1-1-8".parse::<Gtid>().unwrap().to_string(), "1-1-8");
        insta::assert_snapshot!(
            "binlog.000001".parse::<Gtid>().unwrap_err(),
            @"`binlog.000001` is no transaction; they look like `0-1-4711`: domain, server, number"
        );
    }
}
