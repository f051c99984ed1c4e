//! Restores a user's own backup, which comes at standard input: a stream or a folder of mariadb-backup, a data folder, or
//! a dump of statements; each as it is or compressed.

use std::fs::{self, File};
use std::io::{self, Read, Seek};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde::{Deserialize, Serialize};

use super::{Facts, Step, server, timed, verify};
use crate::Failure;
use crate::pipeline::{Output, Pipeline, words};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Load {
    pub folder: PathBuf,
    /// The file's name, for what is said of it.
    pub name: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Loaded {
    /// The file is no whole backup; nothing was restored.
    Refused {
        reason: String,
    },
    Restored {
        format: String,
        bytes: u64,
        steps: Vec<Step>,
        facts: Facts,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Compression {
    None,
    Gzip,
    Zstd,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Format {
    Stream,
    Archive,
    /// Statements, and the database that they are for where they do not say it themselves.
    Dump {
        database: Option<String>,
    },
}

pub fn load(config: &Load) -> Result<Loaded, Failure> {
    let mut file = File::from(io::stdin().as_fd().try_clone_to_owned()?);
    let bytes = file.metadata()?.len();
    let mut steps = Vec::new();
    let surveyed = timed(&mut steps, "read the file", || survey(&mut file, &config.name))?;
    let (compression, format) = match surveyed {
        Ok(surveyed) => surveyed,
        Err(reason) => return Ok(Loaded::Refused { reason }),
    };
    let _ = fs::remove_dir_all(&config.folder);
    fs::create_dir_all(&config.folder)?;
    let source = Source { file, compression };
    let outcome = match &format {
        Format::Stream => physical(config, source, &mut steps, &["mbstream", "-x", "-C"]),
        Format::Archive => physical(config, source, &mut steps, &["tar", "-x", "-f", "-", "-C"]),
        Format::Dump { database } => dump(config, source, &mut steps, database.as_deref()),
    };
    let mut facts = Facts::default();
    match outcome {
        Ok(()) => facts = timed(&mut steps, "look at every table", || look(config))?,
        Err(failure) => facts.errors.push(failure.to_string()),
    }
    Ok(Loaded::Restored { format: name_of(&format, compression), bytes, steps, facts })
}

fn name_of(format: &Format, compression: Compression) -> String {
    let format = match format {
        Format::Stream => "mariadb-backup",
        Format::Archive => "tar of a data folder",
        Format::Dump { .. } => "mysqldump",
    };
    match compression {
        Compression::None => format.to_owned(),
        Compression::Gzip => format!("{format}, gzip"),
        Compression::Zstd => format!("{format}, zstd"),
    }
}

/// The file, which can be read from its beginning more than once.
struct Source {
    file: File,
    compression: Compression,
}

impl Source {
    /// Starts programs that read what the file holds.
    fn through(&mut self, programs: &[Vec<String>]) -> Result<Pipeline, Failure> {
        self.file.rewind()?;
        let opening = match self.compression {
            Compression::None => words(&["cat"]),
            Compression::Gzip => words(&["gzip", "-d", "-c"]),
            Compression::Zstd => words(&["zstd", "-q", "-d", "-c"]),
        };
        let all: Vec<Vec<String>> = [opening].into_iter().chain(programs.iter().cloned()).collect();
        Pipeline::start(&all, Stdio::from(self.file.try_clone()?))
    }
}

/// What is known of the contents after one reading.
#[derive(Default)]
struct Contents {
    head: Vec<u8>,
    tail: Vec<u8>,
    bytes: u64,
    /// The statements choose their databases themselves.
    chooses_database: bool,
}

const HEAD_BYTES: usize = 4096;
const TAIL_BYTES: usize = 1024;

/// Reads the whole file once before anything is restored, so that a broken one costs seconds; the inner error is why it
/// is refused.
fn survey(file: &mut File, name: &str) -> Result<Result<(Compression, Format), String>, Failure> {
    let mut magic = [0; 4];
    file.rewind()?;
    let count = read_up_to(file, &mut magic)?;
    if count == 0 {
        return Ok(Err(format!("`{name}` is empty")));
    }
    let compression = match magic[..count] {
        [0x1f, 0x8b, ..] => Compression::Gzip,
        [0x28, 0xb5, 0x2f, 0xfd] => Compression::Zstd,
        _ => Compression::None,
    };
    let word = if compression == Compression::Gzip { "gzip" } else { "zstd" };
    let mut source = Source { file: file.try_clone()?, compression };
    let pipeline = source.through(&[])?;
    let contents = match read(&mut Output::of(pipeline)) {
        Ok(contents) => contents,
        Err(error) => return Ok(Err(format!("`{name}` is a truncated or damaged {word}: {error}"))),
    };
    if contents.bytes == 0 {
        return Ok(Err(format!("`{name}` is an empty {word}: nothing is in it")));
    }
    Ok(contents.format(name).map(|format| (compression, format)))
}

fn read(source: &mut impl Read) -> io::Result<Contents> {
    let mut contents = Contents::default();
    let mut part = vec![0; 1 << 16];
    loop {
        let count = read_up_to(source, &mut part)?;
        if count == 0 {
            return Ok(contents);
        }
        contents.add(&part[..count]);
    }
}

impl Contents {
    fn add(&mut self, part: &[u8]) {
        self.bytes += part.len() as u64;
        let room = HEAD_BYTES.saturating_sub(self.head.len());
        self.head.extend_from_slice(&part[..part.len().min(room)]);
        // What is searched for may lie across two parts.
        self.tail.extend_from_slice(part);
        self.chooses_database = self.chooses_database || finds(&self.tail, b"\nUSE `");
        let old = self.tail.len().saturating_sub(TAIL_BYTES);
        self.tail.drain(..old);
    }

    fn format(&self, name: &str) -> Result<Format, String> {
        if self.head.starts_with(b"XBSTCK01") {
            return Ok(Format::Stream);
        }
        if self.head.get(257..262) == Some(b"ustar") {
            return Ok(Format::Archive);
        }
        let text = String::from_utf8_lossy(&self.head);
        let known = [
            "-- MariaDB dump",
            "-- MySQL dump",
            "-- mysqldump",
            "/*M!999999",
            "/*!40",
            "CREATE TABLE",
            "INSERT INTO",
            "CREATE DATABASE",
        ];
        if !known.iter().any(|known| text.contains(known)) {
            return Err(format!(
                "`{name}` is no backup that can be restored: known are a stream or folder of mariadb-backup, a tar of a \
                 data folder and a dump of statements"
            ));
        }
        if !finds(&self.tail, b"-- Dump completed") {
            return Err(format!("`{name}` is a truncated dump: its last line is not `-- Dump completed`"));
        }
        let database =
            (!self.chooses_database).then(|| database(&text).unwrap_or_else(|| "restored".to_owned()));
        Ok(Format::Dump { database })
    }
}

/// `-- Host: localhost    Database: clinic`
fn database(head: &str) -> Option<String> {
    let line = head.lines().find(|line| line.starts_with("-- Host:"))?;
    let name = line.split_once("Database:")?.1.trim();
    (!name.is_empty()).then(|| name.to_owned())
}

fn finds(text: &[u8], wanted: &[u8]) -> bool {
    text.windows(wanted.len()).any(|window| window == wanted)
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

/// Files of a server: made consistent where they are a backup's, recovered by the server where they are a data folder's.
fn physical(
    config: &Load,
    mut source: Source,
    steps: &mut Vec<Step>,
    unpack: &[&str],
) -> Result<(), Failure> {
    let folder = config.folder.join("files");
    fs::create_dir_all(&folder)?;
    timed(steps, "unpack", || {
        let mut unpack = words(unpack);
        unpack.push(folder.to_string_lossy().into_owned());
        drain(source.through(&[unpack])?)
    })?;
    let data = data_folder(&folder, 3).ok_or_else(|| {
        Failure::new(format!("`{}` holds no data folder: there is no `ibdata1` in it", config.name))
    })?;
    if CHECKPOINTS.iter().any(|name| data.join(name).exists()) {
        let target = format!("--target-dir={}", data.display());
        timed(steps, "prepare", || server::run(&["mariadb-backup", "--no-defaults", "--prepare", &target]))?;
    }
    // The accounts are the user's own and their passwords are not known here.
    timed(steps, "start the server", || server::start(&data, true).map(|_| ()))
}

/// A backup of mariadb-backup has one of these, a data folder has none.
const CHECKPOINTS: [&str; 2] = ["xtrabackup_checkpoints", "mariadb_backup_checkpoints"];

fn data_folder(folder: &Path, depth: u32) -> Option<PathBuf> {
    if folder.join("ibdata1").exists() {
        return Some(folder.to_owned());
    }
    let entries = fs::read_dir(folder).ok().filter(|_| depth > 0)?;
    let mut folders: Vec<PathBuf> =
        entries.flatten().map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    folders.iter().find_map(|folder| data_folder(folder, depth - 1))
}

fn dump(
    config: &Load,
    mut source: Source,
    steps: &mut Vec<Step>,
    database: Option<&str>,
) -> Result<(), Failure> {
    let data = fresh_folder(config);
    timed(steps, "make an empty server", || {
        let folder = format!("--datadir={}", data.display());
        let method = "--auth-root-authentication-method=socket";
        server::run(&[
            "mariadb-install-db",
            "--no-defaults",
            "--force",
            "--user=mysql",
            "--skip-test-db",
            method,
            &folder,
        ])?;
        let mut connection = server::start(&data, false)?;
        let statement =
            database.map(|name| format!("CREATE DATABASE IF NOT EXISTS `{}`", name.replace('`', "``")));
        statement.map_or(Ok(()), |statement| {
            Ok(mysql::prelude::Queryable::query_drop(&mut connection, statement)?)
        })
    })?;
    let socket = format!("--socket={}", server::SOCKET);
    let mut client = words(&["mariadb", "--no-defaults", "--binary-mode", "--user=root", &socket]);
    client.extend(database.map(|name| format!("--database={name}")));
    timed(steps, "run the statements", || drain(source.through(&[client])?))
}

fn fresh_folder(config: &Load) -> PathBuf {
    config.folder.join("server")
}

fn drain(mut pipeline: Pipeline) -> Result<(), Failure> {
    if let Some(mut output) = pipeline.output() {
        io::copy(&mut output, &mut io::sink())?;
    }
    pipeline.finish().map(|_| ())
}

/// A dump may have brought its own accounts, behind which this machine's user is not known any more.
fn look(config: &Load) -> Result<Facts, Failure> {
    if let Ok(mut connection) = server::connect() {
        return verify::look(&mut connection);
    }
    let mut connection = server::start(&fresh_folder(config), true)?;
    verify::look(&mut connection)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    const DUMP: &str = "-- MariaDB dump 10.19\n--\n-- Host: localhost    Database: clinic\nCREATE TABLE `visit` (id INT);\n-- Dump completed on 2026-11-21 10:15:00\n";

    fn surveyed(bytes: &[u8]) -> Result<(Compression, Format), String> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        survey(&mut file, "clinic.sql").unwrap()
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        crate::pipeline::through(&[words(&["gzip", "-c"])], bytes.to_vec()).unwrap()
    }

    #[test]
    fn a_whole_dump_is_known_with_its_database() {
        let expected = Format::Dump { database: Some("clinic".into()) };
        assert_eq!(surveyed(DUMP.as_bytes()), Ok((Compression::None, expected.clone())));
        assert_eq!(surveyed(&gzip(DUMP.as_bytes())), Ok((Compression::Gzip, expected)));
        let several = DUMP.replace("CREATE TABLE", "USE `clinic`;\nCREATE TABLE");
        assert_eq!(surveyed(several.as_bytes()), Ok((Compression::None, Format::Dump { database: None })));
    }

    #[test]
    fn what_is_no_whole_backup_is_refused_by_name() {
        let refused = |bytes: &[u8]| surveyed(bytes).unwrap_err();
        insta::assert_snapshot!(refused(b""), @"`clinic.sql` is empty");
        insta::assert_snapshot!(refused(&gzip(b"")), @"`clinic.sql` is an empty gzip: nothing is in it");
        insta::assert_snapshot!(
            refused(&DUMP.as_bytes()[..90]),
            @"`clinic.sql` is a truncated dump: its last line is not `-- Dump completed`"
        );
        let cut = gzip(&DUMP.as_bytes().repeat(100));
        assert!(refused(&cut[..cut.len() - 20]).starts_with("`clinic.sql` is a truncated or damaged gzip: "));
        assert!(refused(b"hello").starts_with("`clinic.sql` is no backup that can be restored"));
    }
}
