//! What a client's key reaches: bytes to the receiver and its answers back. It runs as a user that owns nothing.

use std::io::{self, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;

use serde::{Deserialize, Serialize};

use crate::Failure;

/// What the relay says before the client speaks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// The machine whose key signed in, by the vault's own list of keys.
    pub from: String,
    /// The command that the client asked SSH for, if any; it is answered, and never run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<String>,
}

pub fn run(args: &[String]) -> Result<(), Failure> {
    let option = |name: &str| {
        let value = args.windows(2).find(|pair| pair[0] == name).map(|pair| pair[1].clone());
        value.ok_or_else(|| Failure::new(format!("`{name}` is missing")))
    };
    let stream = UnixStream::connect(option("--socket")?)?;
    let hello = Hello { from: option("--from")?, asked: std::env::var("SSH_ORIGINAL_COMMAND").ok() };
    let text = serde_json::to_string(&hello).map_err(|error| Failure::new(error.to_string()))?;
    writeln!(&stream, "{text}")?;
    let to_vault = stream.try_clone()?;
    std::thread::spawn(move || {
        let _ = io::copy(&mut io::stdin().lock(), &mut &to_vault);
        let _ = to_vault.shutdown(Shutdown::Write);
    });
    // Ends with the receiver's answers, whether or not the client has more to say.
    let mut output = io::stdout().lock();
    copy_lines(&stream, &mut output)?;
    Ok(())
}

/// Each answer leaves at once.
fn copy_lines(mut source: &UnixStream, target: &mut impl Write) -> io::Result<()> {
    let mut part = [0; 4096];
    loop {
        match io::Read::read(&mut source, &mut part) {
            Ok(0) => return Ok(()),
            Ok(count) => {
                target.write_all(&part[..count])?;
                target.flush()?;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
