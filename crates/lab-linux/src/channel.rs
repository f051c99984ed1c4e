//! Messages as JSON lines over a Unix socket, with open files beside them.

use std::collections::VecDeque;
use std::io::{ErrorKind, IoSlice, IoSliceMut};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::socket::{ControlMessage, ControlMessageOwned, MsgFlags, recvmsg, sendmsg};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Doing, Error, Result};

/// At most this many open files travel with one message: the three of a command, or the box's.
const FILE_COUNT_MAX: usize = 64;
/// A message is refused above this length, so that no peer fills our memory.
const LENGTH_MAX: usize = 64 << 20;

pub struct Channel {
    stream: UnixStream,
    bytes: Vec<u8>,
    files: VecDeque<OwnedFd>,
    ended: bool,
}

impl Channel {
    pub fn new(stream: UnixStream) -> Self {
        Self { stream, bytes: Vec::new(), files: VecDeque::new(), ended: false }
    }

    pub fn pair() -> Result<(Self, Self)> {
        let (one, other) = UnixStream::pair().doing(|| "make a pair of sockets".into())?;
        Ok((Self::new(one), Self::new(other)))
    }

    /// A peer that does not read for this long is given up.
    pub fn limit_sending(&self, limit: Duration) -> Result<()> {
        self.stream.set_write_timeout(Some(limit)).doing(|| "limit the time of sending".into())
    }

    pub fn limit_receiving(&self, limit: Option<Duration>) -> Result<()> {
        self.stream.set_read_timeout(limit).doing(|| "limit the time of receiving".into())
    }

    pub fn into_file(self) -> OwnedFd {
        self.stream.into()
    }

    pub fn send(&self, message: &impl Serialize) -> Result<()> {
        self.send_with(message, &[])
    }

    pub fn send_with(&self, message: &impl Serialize, files: &[BorrowedFd<'_>]) -> Result<()> {
        let mut bytes = serde_json::to_vec(message).doing(|| "write a message".into())?;
        bytes.push(b'\n');
        let raw: Vec<RawFd> = files.iter().map(AsRawFd::as_raw_fd).collect();
        let mut sent = 0;
        while sent < bytes.len() {
            let rights = [ControlMessage::ScmRights(&raw)];
            let control = if sent == 0 && !raw.is_empty() { &rights[..] } else { &[] };
            let part = [IoSlice::new(&bytes[sent..])];
            match sendmsg::<()>(self.stream.as_raw_fd(), &part, control, MsgFlags::MSG_NOSIGNAL, None) {
                Ok(count) => sent += count,
                Err(Errno::EINTR) => {}
                Err(error) => return Err(error).doing(|| "send a message".into()),
            }
        }
        Ok(())
    }

    /// Waits for the next message; `None` when the peer has gone.
    pub fn receive<T: DeserializeOwned>(&mut self) -> Result<Option<T>> {
        loop {
            if let Some(message) = self.next()? {
                return Ok(Some(message));
            }
            if self.ended {
                return Ok(None);
            }
            self.read(MsgFlags::empty())?;
        }
    }

    /// Takes in what has arrived without waiting; false when the peer has gone.
    pub fn fill(&mut self) -> Result<bool> {
        while !self.ended && self.read(MsgFlags::MSG_DONTWAIT)? {}
        Ok(!self.ended)
    }

    /// The next whole message that has been taken in.
    pub fn next<T: DeserializeOwned>(&mut self) -> Result<Option<T>> {
        let Some(end) = self.bytes.iter().position(|byte| *byte == b'\n') else { return Ok(None) };
        let line: Vec<u8> = self.bytes.drain(..=end).collect();
        serde_json::from_slice(&line).doing(|| "read a message".into()).map(Some)
    }

    /// Open files in the order of arrival.
    pub fn take_files(&mut self, count: usize) -> Vec<OwnedFd> {
        self.files.drain(..count.min(self.files.len())).collect()
    }

    /// Reads once; true when something arrived.
    fn read(&mut self, flags: MsgFlags) -> Result<bool> {
        let mut part = vec![0; 64 << 10];
        let mut space = nix::cmsg_space!([RawFd; FILE_COUNT_MAX]);
        let (count, files) = {
            let mut parts = [IoSliceMut::new(&mut part)];
            let flags = flags | MsgFlags::MSG_CMSG_CLOEXEC;
            let received = recvmsg::<()>(self.stream.as_raw_fd(), &mut parts, Some(&mut space), flags);
            match received {
                Ok(message) => (message.bytes, received_files(message.cmsgs().ok())),
                Err(Errno::EINTR) => return Ok(true),
                Err(Errno::EAGAIN) if flags.contains(MsgFlags::MSG_DONTWAIT) => return Ok(false),
                Err(Errno::EAGAIN) => return Err(Errno::ETIMEDOUT).doing(|| "wait for a message".into()),
                Err(Errno::ECONNRESET) => (0, Vec::new()),
                Err(error) => return Err(error).doing(|| "receive a message".into()),
            }
        };
        self.ended = count == 0;
        self.files.extend(files);
        self.bytes.extend_from_slice(&part[..count]);
        if self.bytes.len() > LENGTH_MAX {
            return Err(Error::Refused("a message is too long".into()));
        }
        Ok(count > 0)
    }
}

fn received_files(messages: Option<nix::sys::socket::CmsgIterator<'_>>) -> Vec<OwnedFd> {
    let rights = messages.into_iter().flatten().filter_map(|message| match message {
        ControlMessageOwned::ScmRights(files) => Some(files),
        _ => None,
    });
    // SAFETY: the kernel has just made these descriptors for us, and nothing else knows them.
    rights.flatten().map(|file| unsafe { OwnedFd::from_raw_fd(file) }).collect()
}

impl AsFd for Channel {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}

/// Whether an error of a socket means that its peer has gone.
pub fn is_gone(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::ConnectionRefused | ErrorKind::NotFound | ErrorKind::BrokenPipe)
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::{Read, Seek, Write};

    use super::*;

    #[test]
    fn messages_and_files_arrive_in_order() {
        let (one, mut other) = Channel::pair().unwrap();
        let files: Vec<File> = (0..4).map(numbered).collect();
        one.send(&"no files").unwrap();
        one.send_with(&"two files", &[files[0].as_fd(), files[1].as_fd()]).unwrap();
        one.send_with(&"x".repeat(100_000), &[files[2].as_fd()]).unwrap();
        one.send_with(&"the last", &[files[3].as_fd()]).unwrap();
        drop(one);
        for (start, numbers) in [("no", vec![]), ("two", vec![0, 1]), ("x", vec![2]), ("the", vec![3])] {
            assert!(other.receive::<String>().unwrap().unwrap().starts_with(start));
            let files = other.take_files(numbers.len());
            assert_eq!(files.into_iter().map(number_of).collect::<Vec<_>>(), numbers);
        }
        assert_eq!(other.receive::<String>().unwrap(), None);
    }

    #[test]
    fn what_has_not_arrived_is_not_waited_for() {
        let (one, mut other) = Channel::pair().unwrap();
        assert!(other.fill().unwrap());
        assert_eq!(other.next::<String>().unwrap(), None);
        drop(one);
        assert!(!other.fill().unwrap());
    }

    #[test]
    fn a_line_that_is_no_message_is_an_error_once() {
        let (mut one, mut other) = UnixStream::pair().map(|(one, other)| (one, Channel::new(other))).unwrap();
        one.write_all(b"{]\n\"good\"\n").unwrap();
        other.fill().unwrap();
        assert!(other.next::<String>().is_err());
        assert_eq!(other.next::<String>().unwrap().unwrap(), "good");
    }

    fn numbered(number: u8) -> File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&[number]).unwrap();
        file
    }

    fn number_of(file: OwnedFd) -> u8 {
        let (mut file, mut byte) = (File::from(file), [0]);
        file.rewind().unwrap();
        file.read_exact(&mut byte).unwrap();
        byte[0]
    }
}
