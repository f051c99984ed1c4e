//! The platform and environment that a command of the lab works on.

use std::path::{Path, PathBuf};

use sehat_document::Document;
use sehat_lab_linux::Lab;
use sehat_platform::Platform;

use crate::compose::environment;
use crate::exit::Exit;

/// A document's folder, and one of its environments.
#[derive(clap::Args, Clone)]
pub struct Target {
    /// A folder with a platform.yaml.
    pub path: PathBuf,
    /// The environment; needed where the document has several.
    #[arg(long)]
    pub env: Option<String>,
}

impl Target {
    /// Reads the document, which must be good.
    pub fn document(&self) -> Result<Document, Exit> {
        good_document(&self.path)
    }

    /// Returns the platform of the environment that is meant.
    pub fn platform<'d>(&self, document: &'d Document) -> Result<&'d Platform, Exit> {
        document.environment(self.env.as_deref()).ok_or_else(|| self.which(document))
    }

    fn which(&self, document: &Document) -> Exit {
        let known: Vec<&str> =
            document.environments.iter().filter_map(|platform| platform.environment.as_deref()).collect();
        let known = known.join(", ");
        match &self.env {
            Some(_) if known.is_empty() => {
                Exit::bad_input("the document has no environments\n  = help: leave out `--env`")
            }
            Some(name) => {
                Exit::bad_input(format!("there is no environment `{name}`\n  = help: known here: {known}"))
            }
            None => Exit::bad_input(format!(
                "the document has several environments\n  = help: add `--env` with one of: {known}"
            )),
        }
    }

    /// Returns the lab of the environment. Where only one of the document's environments runs, `--env` may be left out.
    pub fn lab(&self) -> Result<Lab, Exit> {
        let document = self.document()?;
        if self.env.is_none() && document.environments.len() > 1 {
            let labs = document
                .environments
                .iter()
                .map(|platform| Lab::open(&platform.name, &environment(platform)));
            let running: Vec<Lab> = labs.filter(|lab| lab.is_running() || lab.folder().exists()).collect();
            if let [only] = running.as_slice() {
                return Ok(only.clone());
            }
        }
        let platform = self.platform(&document)?;
        Ok(Lab::open(&platform.name, &environment(platform)))
    }
}

pub fn good_document(path: &Path) -> Result<Document, Exit> {
    let document = crate::folder::document(path)?;
    if document.is_good() {
        return Ok(document);
    }
    for diagnostic in &document.diagnostics {
        crate::style::tell(&format!(
            "{}\n",
            sehat_diagnostic::render_terminal(diagnostic, &document.sources)
        ));
    }
    Err(Exit::bad_input(format!(
        "{} has {} errors; nothing was done",
        path.display(),
        document.diagnostics.len()
    )))
}
