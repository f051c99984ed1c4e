//! `sehat graph`: the platform as a picture.

use std::path::PathBuf;

use crate::exit::{Code, Exit};
use crate::style::{print, tell};
use crate::target::Target;

/// Draw sites, zones, segments, components and what they need, as SVG.
#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    target: Target,
    /// Write to this file; to standard output where none is named.
    #[arg(long)]
    out: Option<PathBuf>,
}

pub fn run(arguments: &Arguments) -> Result<Code, Exit> {
    let document = arguments.target.document()?;
    let svg = picture(arguments.target.platform(&document)?);
    match &arguments.out {
        None => print(&svg),
        Some(path) => {
            std::fs::write(path, svg)
                .map_err(|error| Exit::bad_input(format!("{} cannot be written: {error}", path.display())))?;
            tell(&format!("{}\n", path.display()));
        }
    }
    Ok(Code::Kept)
}

/// Returns the picture of a platform.
pub fn picture(platform: &sehat_platform::Platform) -> String {
    without_secrets(&sehat_report::topology_svg(platform))
}

/// Hides what looks like a secret in the texts between the tags.
fn without_secrets(svg: &str) -> String {
    let parts = svg.split_inclusive('>').map(|part| match part.split_once('<') {
        Some((text, tag)) if !text.trim().is_empty() => format!("{}<{tag}", sehat_diagnostic::redact(text)),
        _ => part.to_owned(),
    });
    parts.collect()
}
