//! `sehat reach`: who can reach whom, on which port, and because of which rule.

mod answer;
mod read;

use std::path::PathBuf;

use clap::ValueEnum;

use crate::exit::{Code, Exit};

/// Show who can reach whom, on which port, and because of which rule.
#[derive(clap::Args)]
pub struct Arguments {
    /// A folder with a platform.yaml or with manifests, or files that are read together.
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Table,
    /// One list of allowed connections, as scorers of network policy tools read it.
    NetpolAnswer,
}

pub fn run(arguments: &Arguments) -> Result<Code, Exit> {
    match arguments.format {
        Format::NetpolAnswer => answer::run(&arguments.paths),
        Format::Table => Err(Exit::bad_input("")),
    }
}
