//! A line of Health-InfraOps changed, added or taken away.

use sehat_document::Document;

use crate::support::{file_of, read_with};

const PLATFORM: &str = "health-infraops";

/// Read from the form of `diff`: the file, lines of context, and at most one `-` and one `+`.
pub struct Edit {
    /// In the platform's folder.
    pub file: String,
    /// Lines that stand in the file, one after the other, in one place only.
    old: Vec<String>,
    new: Vec<String>,
    /// Where the changed line stands among the new ones.
    at: usize,
}

impl Edit {
    pub fn read(diff: &str) -> Self {
        let (head, body) = diff.split_once('\n').expect("a diff names its file");
        let file = head.strip_prefix("+++ platforms/health-infraops/").expect("a file of Health-InfraOps");
        let lines = |other: char| -> Vec<String> {
            let stands = body.lines().filter(|line| line.starts_with([' ', other]));
            stands.map(|line| line[1..].to_owned()).collect()
        };
        let count = |mark: char| body.lines().filter(|line| line.starts_with(mark)).count();
        assert!(count('-') <= 1 && count('+') <= 1, "an edit is of one line");
        let at = body.lines().filter(|line| !line.starts_with('-')).position(|line| line.starts_with('+'));
        Self { file: file.to_owned(), old: lines('-'), new: lines('+'), at: at.unwrap_or(0) }
    }

    pub fn before() -> Document {
        read_with(PLATFORM, |_, text| text.to_owned())
    }

    /// Returns the changed document, and the number of the changed line.
    pub fn after(&self) -> (Document, usize) {
        (self.after_rewritten(&|_, text| text.to_owned()), self.position() + self.at + 1)
    }

    /// The same, with every file rewritten afterwards.
    pub fn after_rewritten(&self, rewrite: &dyn Fn(&str, &str) -> String) -> Document {
        let at = self.position();
        read_with(PLATFORM, |path, text| {
            let text = if path == self.file { self.apply(text, at) } else { text.to_owned() };
            rewrite(path, &text)
        })
    }

    /// The lines must stand there exactly once.
    fn position(&self) -> usize {
        let text = file_of(PLATFORM, &self.file).expect("the file lies in the repository");
        let lines: Vec<&str> = text.lines().collect();
        let mut found = lines.windows(self.old.len()).zip(0..).filter(|(lines, _)| *lines == self.old);
        let at = found.next().unwrap_or_else(|| panic!("{:#?} does not stand in {}", self.old, self.file)).1;
        assert!(found.next().is_none(), "{:#?} stands in {} more than once", self.old, self.file);
        at
    }

    fn apply(&self, text: &str, at: usize) -> String {
        let mut lines: Vec<&str> = text.lines().collect();
        lines.splice(at..at + self.old.len(), self.new.iter().map(String::as_str));
        lines.join("\n") + "\n"
    }
}
