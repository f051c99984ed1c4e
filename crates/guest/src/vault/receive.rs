//! The receiver: takes copies from relays at a local socket, and prunes by its own clock.

use std::io::{BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::keep::Keeper;
use super::relay::Hello;
use super::{Answer, Vault, frames};
use crate::Failure;

/// Members of some clusters, each with its log and a full copy.
const CONNECTION_COUNT_MAX: usize = 64;
const LINE_BYTES_MAX: usize = 300;
const LABEL_BYTES_MAX: usize = 100;
/// A client that says nothing for so long has gone; logs of idle servers are silent for long.
const SILENCE: Duration = Duration::from_hours(24);

pub fn run(config: &Vault) -> Result<(), Failure> {
    let keeper = Arc::new(Keeper::open(config)?);
    let _ = std::fs::remove_file(&config.socket);
    let listener = UnixListener::bind(&config.socket)
        .map_err(|error| Failure::new(crate::told(&config.socket, "listening at", &error)))?;
    // The folder around it lets only relays in.
    std::fs::set_permissions(&config.socket, std::fs::Permissions::from_mode(0o666))?;
    let pruner = Arc::clone(&keeper);
    let every = Duration::from_millis(config.prune_every_ms);
    std::thread::spawn(move || prune(&pruner, every));
    serve(&listener, &keeper)
}

fn prune(keeper: &Keeper, every: Duration) -> ! {
    loop {
        match keeper.prune() {
            Ok(removed) => {
                for path in removed {
                    say(&format!("removed by age: {}", path.display()));
                }
            }
            Err(failure) => say(&format!("pruning: {failure}")),
        }
        std::thread::sleep(every);
    }
}

fn say(text: &str) {
    // Standard error is the log.
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

fn serve(listener: &UnixListener, keeper: &Arc<Keeper>) -> Result<(), Failure> {
    let open = Arc::new(AtomicUsize::new(0));
    loop {
        let (stream, _) = listener.accept()?;
        if open.fetch_add(1, Ordering::Relaxed) >= CONNECTION_COUNT_MAX {
            open.fetch_sub(1, Ordering::Relaxed);
            continue;
        }
        let (keeper, open) = (Arc::clone(keeper), Arc::clone(&open));
        std::thread::spawn(move || {
            if let Err(failure) = session(&stream, &keeper) {
                say(&failure.to_string());
            }
            open.fetch_sub(1, Ordering::Relaxed);
        });
    }
}

fn session(stream: &UnixStream, keeper: &Keeper) -> Result<(), Failure> {
    stream.set_read_timeout(Some(SILENCE))?;
    let mut source = BufReader::new(stream);
    let mut target = stream;
    let Some(line) = frames::read_line(&mut source, LINE_BYTES_MAX)? else { return Ok(()) };
    let hello: Hello =
        serde_json::from_str(&line).map_err(|_| Failure::new("a relay did not say for whom"))?;
    if let Some(words) = hello.asked.filter(|words| !words.is_empty()) {
        say(&format!("{} asked for `{}`", hello.from, words.escape_default()));
        return answer(&mut target, &refused("the vault takes additions and nothing else"));
    }
    while let Some(line) = frames::read_line(&mut source, LINE_BYTES_MAX)? {
        let Some((kind, label)) = put(&line, keeper) else {
            say(&format!("{} asked for `{}`", hello.from, line.escape_default()));
            return answer(&mut target, &refused("the vault takes additions and nothing else"));
        };
        let mut incoming = keeper.begin()?;
        match frames::receive(&mut source, &mut |frame| incoming.add(frame)) {
            Ok(bytes) => {
                let name = incoming.keep(&hello.from, kind, label)?;
                answer(&mut target, &Answer::Kept { name, bytes })?;
            }
            // The rest of the copy is in the way of what comes next, so the session ends.
            Err(error) => {
                say(&format!("{}: {kind} {label}: {error} after {} bytes", hello.from, incoming.bytes()));
                return answer(&mut target, &refused(&error.to_string()));
            }
        }
    }
    Ok(())
}

/// Reads `put KIND LABEL`, where the label is a plain word.
fn put<'l>(line: &'l str, keeper: &Keeper) -> Option<(&'l str, &'l str)> {
    let (kind, label) = line.strip_prefix("put ")?.split_once(' ')?;
    let plain = |word: &str| {
        let sign = |sign: char| sign.is_ascii_alphanumeric() || ".-@".contains(sign);
        !word.is_empty() && word.len() <= LABEL_BYTES_MAX && !word.starts_with('.') && word.chars().all(sign)
    };
    (keeper.admits(kind) && plain(label)).then_some((kind, label))
}

fn refused(reason: &str) -> Answer {
    Answer::Refused { reason: reason.to_owned() }
}

fn answer(target: &mut impl Write, answer: &Answer) -> Result<(), Failure> {
    let text = serde_json::to_string(answer).map_err(|error| Failure::new(error.to_string()))?;
    writeln!(target, "{text}")?;
    Ok(target.flush()?)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    fn said(from_client: &[u8]) -> String {
        let folder = tempfile::tempdir().unwrap();
        let config = Vault {
            root: folder.path().join("copies"),
            socket: folder.path().join("in.sock"),
            keep_ms: [("log".to_owned(), 1_000_000)].into(),
            kept_count_min: 1,
            copy_bytes_max: 100,
            total_bytes_max: 1000,
            prune_every_ms: 1000,
        };
        let keeper = Keeper::open(&config).unwrap();
        let (client, server) = UnixStream::pair().unwrap();
        (&client).write_all(b"{\"from\":\"records-1\"}\n").unwrap();
        (&client).write_all(from_client).unwrap();
        client.shutdown(std::net::Shutdown::Write).unwrap();
        let _ = session(&server, &keeper);
        drop(server);
        let mut text = String::new();
        (&client).read_to_string(&mut text).unwrap();
        let received = text.find('_').map(|at| text[at + 1..].split('_').next().unwrap().to_owned());
        received.map_or(text.clone(), |received| text.replace(&received, "NOW"))
    }

    fn copy(line: &str, text: &str) -> Vec<u8> {
        let mut bytes = format!("{line}\n").into_bytes();
        frames::send(&mut text.as_bytes(), &mut bytes).unwrap();
        bytes
    }

    #[test]
    fn additions_are_kept() {
        insta::assert_snapshot!(
            said(&copy("put log binlog.000001@5.0", "some events")),
            @r#"{"kept":{"name":"records-1/log/0000000001_NOW_binlog.000001@5.0","bytes":11}}"#
        );
    }

    #[test]
    fn everything_else_is_refused() {
        for line in [
            "get log 1",
            "delete log/1",
            "prune",
            "put secrets x",
            "put log ../x",
            "put log .x",
            "put log a/b",
            "list",
            "",
        ] {
            insta::allow_duplicates! {
                insta::assert_snapshot!(
                    said(&copy(line, "text")),
                    @r#"{"refused":{"reason":"the vault takes additions and nothing else"}}"#
                );
            }
        }
    }

    #[test]
    fn a_copy_that_is_too_large_is_refused() {
        insta::assert_snapshot!(
            said(&copy("put log big", &"x".repeat(101))),
            @r#"{"refused":{"reason":"the copy is larger than the vault takes"}}"#
        );
    }
}
