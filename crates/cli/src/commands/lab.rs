//! `sehat lab` and `sehat doctor`: what the lab needs of this machine.

use std::path::PathBuf;

use clap::Subcommand;
use sehat_lab::Blueprint;
use sehat_lab_linux::root::{self, Sources};
use sehat_lab_linux::{CheckState, Layers};

use crate::compose::compose;
use crate::exit::{Code, Exit};
use crate::style::{bad, bold, dim, doubtful, good, print, tell};
use crate::target::Target;

/// Prepare, pack and unpack what the lab's machines are made from.
#[derive(clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build the root file system and the seeds that a platform's machines share.
    Prepare(Prepare),
    /// Write a prepared root to a file (.tar.zst, .tar.gz), for a machine without internet.
    Pack {
        #[command(flatten)]
        target: Target,
        file: PathBuf,
    },
    /// Take a packed root into the cache.
    Unpack {
        file: PathBuf,
        /// Refuse a file with another SHA-256; that of FILE.sha256 by default.
        #[arg(long)]
        sha256: Option<String>,
    },
    /// Remove every prepared root and seed.
    Purge,
}

#[derive(clap::Args)]
struct Prepare {
    #[command(flatten)]
    target: Target,
    /// A mirror of Debian; the one that apt of this machine uses by default.
    #[arg(long)]
    mirror: Option<String>,
    /// Only list what would be downloaded, with sizes.
    #[arg(long)]
    list: bool,
    /// Packages of Debian that the root holds beside those of the platform.
    #[arg(long, value_name = "PACKAGE", value_delimiter = ',')]
    with: Vec<String>,
}

pub fn run(arguments: &Arguments) -> Result<Code, Exit> {
    match &arguments.command {
        Command::Prepare(prepare) => prepare_root(prepare)?,
        Command::Pack { target, file } => pack(target, file)?,
        Command::Unpack { file, sha256 } => {
            let root = root::unpack(file, sha256.as_deref()).map_err(|error| Exit::of_lab(&error))?;
            print(&format!("root {} is in the cache\n", root.key));
        }
        Command::Purge => root::purge().map_err(|error| Exit::of_lab(&error))?,
    }
    Ok(Code::Kept)
}

fn blueprint(target: &Target) -> Result<Blueprint, Exit> {
    let document = target.document()?;
    let platform = target.platform(&document)?;
    // Secrets do not change what is prepared.
    Ok(compose(platform, &|name| name.to_owned()).map_err(Exit::bad_input)?.blueprint)
}

fn prepare_root(arguments: &Prepare) -> Result<(), Exit> {
    let blueprint = blueprint(&arguments.target)?;
    let sources = match &arguments.mirror {
        Some(mirror) => Sources::at(mirror),
        None => Sources::of_machine().map_err(|error| Exit::of_lab(&error))?,
    };
    if arguments.list {
        return list(&blueprint, &sources);
    }
    let mut line = |line: &str| tell(&format!("{line}\n"));
    let packages = blueprint.packages().into_iter().chain(arguments.with.iter().cloned()).collect();
    let root = root::prepare(&packages, &sources, &mut line).map_err(|error| Exit::of_lab(&error))?;
    root::prepare_all(&blueprint, &sources, &mut line).map_err(|error| Exit::of_lab(&error))?;
    print(&format!("prepared {}\n", root.file_system().display()));
    Ok(())
}

fn list(blueprint: &Blueprint, sources: &Sources) -> Result<(), Exit> {
    let packages = blueprint.packages();
    if root::find(&packages).is_some() {
        print("nothing: the root is in the cache\n");
        return Ok(());
    }
    let downloads = root::downloads(&packages, sources).map_err(|error| Exit::of_lab(&error))?;
    let (download, installed) = downloads.iter().fold((0, 0), |(download, installed), one| {
        (download + one.download_bytes, installed + one.installed_bytes)
    });
    print(&format!(
        "{} packages: {} MB to download, {} MB to write below {}\n",
        downloads.len(),
        download / 1_000_000,
        installed / 1_000_000,
        sehat_lab_linux::paths::cache().display()
    ));
    Ok(())
}

fn pack(target: &Target, file: &std::path::Path) -> Result<(), Exit> {
    let packages = blueprint(target)?.packages();
    let root = root::find(&packages).ok_or_else(|| {
        Exit::lab_failed("the root is not prepared yet\n  = help: run `sehat lab prepare` first")
    })?;
    let hash = root::pack(&root, file).map_err(|error| Exit::of_lab(&error))?;
    print(&format!("{hash}  {}\n", file.display()));
    Ok(())
}

/// Returns the prepared layers of a blueprint.
pub fn layers(blueprint: &Blueprint) -> Result<Layers, Exit> {
    root::layers(blueprint).map_err(|error| Exit::of_lab(&error))
}

/// Say what this machine lacks for the lab.
#[derive(clap::Args)]
pub struct DoctorArguments {}

#[expect(clippy::unnecessary_wraps, reason = "every command has this form")]
pub fn doctor(_: &DoctorArguments) -> Result<Code, Exit> {
    let checks = sehat_lab_linux::doctor();
    for check in &checks {
        let word = match check.state {
            CheckState::Good => good("good   "),
            CheckState::Limited => doubtful("limited"),
            CheckState::Lacking => bad("lacking"),
        };
        print(&format!("{word}  {}  {}\n", bold(&format!("{:12}", check.name)), dim(&check.says)));
    }
    Ok(if checks.iter().any(|check| check.state == CheckState::Lacking) {
        Code::LabFailed
    } else {
        Code::Kept
    })
}
