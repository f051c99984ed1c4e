//! A copy on its way: frames with their length before them, an empty one at the end, then a hash of it all. So a copy
//! that was cut off on its way is never taken for a whole one.

use std::io::{self, Read, Write};

use sha2::{Digest, Sha256};

const FRAME_BYTES_MAX: usize = 1 << 18;
const HASH_BYTES: usize = 32;

/// Sends everything that `source` gives.
pub fn send(source: &mut impl Read, target: &mut impl Write) -> io::Result<u64> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; FRAME_BYTES_MAX];
    let mut sent = 0;
    loop {
        let count = fill(source, &mut buffer)?;
        target.write_all(&u32::try_from(count).unwrap_or(0).to_be_bytes())?;
        if count == 0 {
            break;
        }
        target.write_all(&buffer[..count])?;
        hash.update(&buffer[..count]);
        sent += count as u64;
    }
    target.write_all(&hash.finalize())?;
    target.flush()?;
    Ok(sent)
}

/// A stream that says no more must not end as if it were whole.
pub fn give_up(target: &mut impl Write) {
    let _ = target.write_all(&u32::MAX.to_be_bytes()).and_then(|()| target.flush());
}

/// Hands every frame to `keep`, and returns how many bytes came. An error says why the copy is not whole.
pub fn receive(source: &mut impl Read, keep: &mut dyn FnMut(&[u8]) -> io::Result<()>) -> io::Result<u64> {
    let mut hash = Sha256::new();
    let mut received = 0;
    loop {
        let frame = read_frame(source)?;
        if frame.is_empty() {
            break;
        }
        hash.update(&frame);
        keep(&frame)?;
        received += frame.len() as u64;
    }
    let mut sent = [0; HASH_BYTES];
    source.read_exact(&mut sent)?;
    if hash.finalize()[..] == sent {
        Ok(received)
    } else {
        Err(wrong("the copy has another hash than was sent"))
    }
}

fn read_frame(source: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut length = [0; 4];
    source.read_exact(&mut length)?;
    let length = u32::from_be_bytes(length);
    if length == u32::MAX {
        return Err(wrong("the sender gave up"));
    }
    let length = usize::try_from(length).ok().filter(|length| *length <= FRAME_BYTES_MAX);
    let mut frame = vec![0; length.ok_or_else(|| wrong("a frame is too long"))?];
    source.read_exact(&mut frame)?;
    Ok(frame)
}

fn wrong(reason: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason)
}

fn fill(source: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
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

/// Reads a line of at most this many bytes, without its end; nothing where the stream has ended.
pub fn read_line(source: &mut impl Read, bytes_max: usize) -> io::Result<Option<String>> {
    let mut line = Vec::new();
    let mut byte = [0];
    loop {
        match source.read(&mut byte) {
            Ok(0) if line.is_empty() => return Ok(None),
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(_) if byte[0] == b'\n' => break,
            Ok(_) if line.len() < bytes_max => line.push(byte[0]),
            Ok(_) => return Err(wrong("a line is too long")),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    String::from_utf8(line).map(Some).map_err(|_| wrong("a line is no text"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn received(bytes: &[u8]) -> io::Result<Vec<u8>> {
        let mut kept = Vec::new();
        receive(&mut &bytes[..], &mut |frame| {
            kept.extend_from_slice(frame);
            Ok(())
        })?;
        Ok(kept)
    }

    fn sent(copy: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        send(&mut &copy[..], &mut bytes).unwrap();
        bytes
    }

    proptest! {
        #[test]
        fn a_copy_arrives_whole(copy in proptest::collection::vec(any::<u8>(), 0..2000)) {
            prop_assert_eq!(received(&sent(&copy)).unwrap(), copy);
        }

        #[test]
        fn a_cut_copy_is_never_whole(copy in proptest::collection::vec(any::<u8>(), 0..2000), cut in 1_usize..2000) {
            let bytes = sent(&copy);
            let left = bytes.len().saturating_sub(cut);
            prop_assert!(received(&bytes[..left]).is_err());
        }
    }

    #[test]
    fn a_sender_that_gives_up_leaves_no_copy() {
        let mut bytes = Vec::new();
        give_up(&mut bytes);
        assert_eq!(received(&bytes).unwrap_err().to_string(), "the sender gave up");
    }
}
