//! What is wrong with an input, where, and what to do next.

use std::fmt::Write;

use serde::Serialize;

use crate::{Origin, Place, Sources};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    Error,
    Warning,
}

/// One thing that is wrong with an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    pub level: Level,
    /// Kebab-case, the same in every format.
    pub code: &'static str,
    pub message: String,
    pub origin: Option<Origin>,
    /// What the marked range is; printed behind the marks.
    pub label: String,
    /// Other places that matter, each with what it is.
    pub also: Vec<(Origin, String)>,
    /// What to do next.
    pub help: Option<String>,
}

impl Diagnostic {
    pub fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            level: Level::Error,
            code,
            message: message.into(),
            origin: None,
            label: String::new(),
            also: Vec::new(),
            help: None,
        }
    }

    #[must_use]
    pub fn at(mut self, origin: &Origin, label: impl Into<String>) -> Self {
        if self.origin.is_none() {
            self.origin = Some(origin.clone());
            self.label = label.into();
        } else {
            self.also.push((origin.clone(), label.into()));
        }
        self
    }

    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl Serialize for Diagnostic {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Form<'a> {
            level: Level,
            code: &'a str,
            message: String,
            place: Option<Place>,
            help: Option<String>,
        }
        Form {
            level: self.level,
            code: self.code,
            message: crate::redact(&self.message),
            place: self.origin.as_ref().map(Place::from),
            help: self.help.as_deref().map(crate::redact),
        }
        .serialize(serializer)
    }
}

/// Returns the diagnostic as a terminal shows it, each place with its line.
pub fn render_terminal(diagnostic: &Diagnostic, sources: &Sources) -> String {
    let mut text = format!(
        "{}[{}]: {}\n",
        match diagnostic.level {
            Level::Error => "error",
            Level::Warning => "warning",
        },
        diagnostic.code,
        crate::redact(&diagnostic.message)
    );
    if let Some(origin) = &diagnostic.origin {
        show_place(&mut text, sources, origin, &diagnostic.label);
    }
    for (origin, label) in &diagnostic.also {
        show_place(&mut text, sources, origin, label);
    }
    if let Some(help) = &diagnostic.help {
        let _ = writeln!(text, "  = help: {}", crate::redact(help));
    }
    text
}

/// Longer lines are cut, because a document may be one line of a megabyte.
const LINE_CHARS_MAX: usize = 160;

fn show_place(text: &mut String, sources: &Sources, origin: &Origin, label: &str) {
    let _ = writeln!(text, "  --> {origin}");
    let Some(line) = sources.line(origin) else { return };
    let shown: String =
        line.chars().take(LINE_CHARS_MAX).map(|c| if c.is_control() { ' ' } else { c }).collect();
    let number = origin.line.to_string();
    let _ = writeln!(text, "{number} | {}", shown.trim_end());
    if origin.column > LINE_CHARS_MAX {
        return;
    }
    let width = origin.end.saturating_sub(origin.start).max(1);
    let rest = shown.trim_end().chars().count().saturating_sub(origin.column - 1).max(1);
    let marks = "^".repeat(width.min(rest));
    let indent = " ".repeat(number.len() + 3 + origin.column - 1);
    let _ = writeln!(text, "{}", format!("{indent}{marks} {label}").trim_end());
}
