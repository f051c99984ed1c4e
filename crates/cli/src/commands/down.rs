//! `sehat down`: takes a lab down.

use crate::exit::{Code, Exit};
use crate::style::{print, tell};
use crate::target::Target;

/// Take the lab down; cache and evidence stay.
#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    target: Target,
    /// Remove the evidence of this environment as well.
    #[arg(long)]
    purge: bool,
}

pub fn run(arguments: &Arguments) -> Result<Code, Exit> {
    let lab = arguments.target.lab()?;
    lab.down().map_err(|error| Exit::of_lab(&error))?;
    print(&format!("{} is down\n", lab.name));
    if arguments.purge {
        let folder = crate::places::evidence(&lab.name);
        if folder.exists() {
            std::fs::remove_dir_all(&folder)
                .map_err(|error| Exit::lab_failed(format!("{}: {error}", folder.display())))?;
            tell(&format!("removed {}\n", folder.display()));
        }
    }
    Ok(Code::Kept)
}
