//! `sehat evidence`: whether the records of a lab hold together, and the hash to keep elsewhere.

use clap::Subcommand;
use sehat_evidence::{head, verify};

use crate::exit::{Code, Exit};
use crate::records::{failed, location};
use crate::style::{bad, dim, good, print};
use crate::target::Target;

/// Verify the evidence of a platform, or print the hash to keep elsewhere.
#[derive(clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Find changed, removed and reordered records; with --head also truncation and rollback.
    Verify {
        #[command(flatten)]
        target: Target,
        /// A hash that `sehat evidence head` printed, kept elsewhere.
        #[arg(long)]
        head: Option<String>,
    },
    /// Print the hash of the newest record.
    Head {
        #[command(flatten)]
        target: Target,
    },
}

pub fn run(arguments: &Arguments) -> Result<Code, Exit> {
    match &arguments.command {
        Command::Verify { target, head } => verified(target, head.as_deref()),
        Command::Head { target } => print_head(target),
    }
}

fn print_head(target: &Target) -> Result<Code, Exit> {
    let document = target.document()?;
    let head = head(&location(target.platform(&document)?).dir).map_err(|error| failed(&error))?;
    print(&format!("{}\n", head.hash));
    Ok(Code::Kept)
}

fn verified(target: &Target, expected: Option<&str>) -> Result<Code, Exit> {
    let document = target.document()?;
    let dir = location(target.platform(&document)?).dir;
    let found = verify(&dir, expected).map_err(|error| failed(&error))?;
    for fault in &found.faults {
        print(&format!("{}  {fault}\n", bad("broken")));
    }
    let word = if found.is_whole() { good("whole") } else { bad("not whole") };
    print(&format!("{word}: {} records in {}, the last one {}\n", found.count, dir.display(), found.hash));
    print(&format!("{}\n", dim(&found.anchor.to_string())));
    Ok(if found.is_whole() { Code::Kept } else { Code::Broken })
}
