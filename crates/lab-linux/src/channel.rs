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
