//! `sehat schema`: the JSON Schema and the reference page of the document.

use clap::ValueEnum;

use crate::exit::{Code, Exit};
use crate::style::print;

/// Print the JSON Schema of the platform document.
#[derive(clap::Args)]
pub struct Arguments {
    #[arg(long, value_enum, default_value_t = Format::Json)]
    format: Format,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// JSON Schema, for editors.
    Json,
    /// The reference page.
    Markdown,
}

#[expect(clippy::unnecessary_wraps, reason = "every command has this form")]
pub fn run(arguments: &Arguments) -> Result<Code, Exit> {
    match arguments.format {
        Format::Json => print(&format!("{:#}\n", sehat_document::schema())),
        Format::Markdown => print(&sehat_document::reference()),
    }
    Ok(Code::Kept)
}
