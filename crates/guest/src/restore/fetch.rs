//! Takes copies of the vault from standard input, opens them, and puts them in place.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde::{Deserialize, Serialize};

use super::log_path;
use super::opening::Key;
use crate::Failure;
use crate::pipeline::{Pipeline, words};
use crate::vault::frames;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Fetch {
    pub folder: PathBuf,
    /// The private key that opens the copies.
    pub identity_path: PathBuf,
}

/// What came.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Fetched {
    pub bytes: u64,
    pub full: Option<FullCopy>,
    /// Pieces of the log by file, as far as they join on to each other.
    pub pieces: Vec<Piece>,
    /// Pieces that could not be opened or leave a gap before them.
    pub errors: Vec<String>,
}

/// Where in the log a full copy stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FullCopy {
    pub position: Option<Position>,
    /// The last transaction of each domain that it holds, `1-1-4711,100-1-3`.
    pub gtid: String,
}

/// A place in the log of one server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    pub file: String,
    pub offset: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Piece {
    /// `binlog.000001@1763740000`
    pub file: String,
    pub offset: u64,
    pub end: u64,
    /// By the vault's clock.
    pub received_ms: u64,
}

pub fn fetch(config: &Fetch) -> Result<Fetched, Failure> {
    let _ = fs::remove_dir_all(config.folder.join("logs"));
    fs::create_dir_all(config.folder.join("logs"))?;
    let mut fetched = Fetched::default();
    let mut ends = BTreeMap::new();
    let key = Key::read(&config.identity_path)?;
    let mut source = BufReader::new(io::stdin().lock());
    while let Some(line) = frames::read_line(&mut source, 400)? {
        let path = line.strip_prefix("copy ").ok_or_else(|| Failure::new("this is no export of a vault"))?;
        let copy = Name::read(path).ok_or_else(|| Failure::new(format!("`{path}` is no copy")))?;
        if copy.kind == "log" {
            let mut sealed = Vec::new();
            fetched.bytes += frames::receive(&mut source, &mut |frame| sealed.write_all(frame))?;
            if let Err(failure) = add_piece(config, (&copy, &sealed), &key, &mut ends, &mut fetched) {
                fetched.errors.push(format!("{path}: {failure}"));
            }
        } else {
            fetched.bytes += unpack(config, &mut source)?;
            fetched.full = Some(read_position(&full_folder(&config.folder))?);
        }
    }
    Ok(fetched)
}

pub fn full_folder(folder: &Path) -> PathBuf {
    folder.join("full")
}

/// The parts of a copy's name.
struct Name<'p> {
    kind: &'p str,
    received_ms: u64,
    label: &'p str,
}

impl<'p> Name<'p> {
    fn read(path: &'p str) -> Option<Self> {
        let mut parts = path.split('/').skip(1);
        let (kind, name) = (parts.next()?, parts.next()?);
        let mut parts = name.splitn(3, '_').skip(1);
        Some(Self { kind, received_ms: parts.next()?.parse().ok()?, label: parts.next()? })
    }
}

fn open(config: &Fetch) -> [Vec<String>; 2] {
    let identity = config.identity_path.to_string_lossy();
    [words(&["age", "-d", "-i", &identity]), words(&["zstd", "-q", "-d", "-c"])]
}

/// Of pieces that overlap the one that came first counts, so that a later one cannot change it.
fn add_piece(
    config: &Fetch,
    (copy, sealed): (&Name<'_>, &[u8]),
    key: &Key,
    ends: &mut BTreeMap<String, u64>,
    fetched: &mut Fetched,
) -> Result<(), Failure> {
    let place = || {
        let (file, offset) = copy.label.rsplit_once('.')?;
        file.contains('@').then_some((file, offset.parse::<u64>().ok()?))
    };
    let (file, offset) = place().ok_or_else(|| Failure::new("its label names no place in a log"))?;
    let end = ends.get(file).copied().unwrap_or(0);
    if offset > end {
        return Err(Failure::new(format!("it begins at {offset}, and {file} is known up to {end}")));
    }
    let bytes = key.open(sealed)?;
    let skip = usize::try_from(end - offset).unwrap_or(usize::MAX);
    let Some(new) = bytes.get(skip..).filter(|new| !new.is_empty()) else { return Ok(()) };
    let mut target =
        OpenOptions::new().write(true).create(true).truncate(false).open(log_path(&config.folder, file))?;
    target.seek(SeekFrom::Start(end))?;
    target.write_all(new)?;
    let piece = Piece {
        file: file.to_owned(),
        offset: end,
        end: end + new.len() as u64,
        received_ms: copy.received_ms,
    };
    ends.insert(file.to_owned(), piece.end);
    fetched.pieces.push(piece);
    Ok(())
}

fn unpack(config: &Fetch, source: &mut impl Read) -> Result<u64, Failure> {
    let folder = full_folder(&config.folder);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder)?;
    let mut programs = open(config).to_vec();
    programs.push(words(&["mbstream", "-x", "-C", &folder.to_string_lossy()]));
    let mut pipeline = Pipeline::start(&programs, Stdio::piped())?;
    let mut input = pipeline.input().ok_or_else(|| Failure::new("`age` takes no input"))?;
    let received = frames::receive(source, &mut |frame| input.write_all(frame));
    drop(input);
    pipeline.finish()?;
    Ok(received?)
}

/// mariadb-backup names its files after xtrabackup before 11.1, after itself since.
const POSITION_FILES: [&str; 2] = ["xtrabackup_binlog_info", "mariadb_backup_binlog_info"];

fn read_position(folder: &Path) -> Result<FullCopy, Failure> {
    let file = POSITION_FILES.iter().find_map(|name| File::open(folder.join(name)).ok());
    // A server without a log has no position.
    let Some(file) = file else { return Ok(FullCopy::default()) };
    let mut line = String::new();
    BufReader::new(file).read_line(&mut line)?;
    let mut parts = line.trim_end().split('\t');
    let (name, offset) = (parts.next().unwrap_or_default(), parts.next().and_then(|text| text.parse().ok()));
    let position = offset.map(|offset| Position { file: name.to_owned(), offset });
    Ok(FullCopy { position, gtid: parts.next().unwrap_or_default().to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_copy_says_where_in_the_log_it_stands() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(POSITION_FILES[0]), "binlog.000001\t4711\t1-1-56\n").unwrap();
        let full = read_position(folder.path()).unwrap();
        assert_eq!(full.position, Some(Position { file: "binlog.000001".into(), offset: 4711 }));
        assert_eq!(full.gtid, "1-1-56");
    }

    #[test]
    fn the_name_of_a_copy_has_its_kind_arrival_and_label() {
        let name =
            Name::read("records-1/log/0000000002_1763740000123_binlog.000001@1763739990.4711").unwrap();
        assert_eq!(
            (name.kind, name.received_ms, name.label),
            ("log", 1_763_740_000_123, "binlog.000001@1763739990.4711")
        );
        assert!(Name::read("records-1/log").is_none());
    }
}
