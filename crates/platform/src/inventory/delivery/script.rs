//! Shell scripts as far as delivery, backup and restore need: pipelines, commands, words.

use std::collections::BTreeMap;

use sehat_diagnostic::Origin;

use crate::inventory::{ObjectId, Stated};

/// A script, its lines in the order in which they stand.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Script {
    /// A path, or whose it is: `CronJob clinic/backup`.
    pub name: String,
    pub origin: Origin,
    pub shell: Shell,
    pub host: Host,
    pub lines: Vec<Line>,
    /// What is assigned once and is plain text.
    pub values: BTreeMap<String, String>,
    /// Plain texts that are assigned anywhere, also in branches.
    pub assigned: Vec<String>,
    /// Names that are assigned, in their order.
    pub assigns: Vec<String>,
    /// Variables that come from outside, as the environment of a container.
    pub given: BTreeMap<String, Origin>,
    pub notes: Vec<Note>,
    /// The options that the shell is started with: `-e`, `pipefail`.
    pub started_with: Vec<String>,
    pub top: Option<Top>,
    /// Where reading stopped.
    pub unread: Option<Origin>,
}

/// Where something can be put in above the first command: an empty range.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Top {
    pub origin: Origin,
    /// Of the lines there.
    pub margin: usize,
    /// The script has one line, and what is put in ends with `;`.
    pub is_one_line: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shell {
    Bash,
    /// `/bin/sh`: whichever shell the system has.
    Sh,
    /// Zsh, ksh and others.
    Other,
    /// A file without a first line that says it.
    #[default]
    Unstated,
}

/// Who runs it.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Host {
    /// Somebody, or something that the files do not show.
    #[default]
    File,
    /// Lines of a runbook, which a person types.
    Runbook,
    Container {
        workload: ObjectId,
        container: String,
        image: Option<Stated<String>>,
    },
    /// A value of a ConfigMap.
    Mounted(ObjectId),
    /// A step of a workflow.
    Step {
        workflow: String,
        job: String,
    },
}

/// Commands joined by `|`; mostly one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Line {
    pub origin: Origin,
    pub commands: Vec<Command>,
    /// Something looks at its status: `if`, `while`, `!`, `&&`, `||`.
    pub is_checked: bool,
    /// `||` follows.
    pub has_fallback: bool,
    /// It stands in a branch, a loop or a function, so many deep.
    pub depth: usize,
    pub loops: Vec<Loop>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Loop {
    pub variable: String,
    pub over: Vec<Word>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Command {
    pub origin: Origin,
    /// `PGPASSWORD=… pg_dump`: names only.
    pub sets: Vec<String>,
    pub words: Vec<Word>,
    pub redirects: Vec<Redirect>,
}

/// One argument.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Word {
    /// Without quotes; variables of known value are replaced, others stand as `${name}`.
    pub text: String,
    pub origin: Origin,
    /// What `$(…)` in it runs, or what `sh -c` runs where the word is a script.
    pub runs: Vec<Line>,
    /// A shell of its own runs it, started with these options.
    pub shell: Option<Vec<String>>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Redirect {
    /// `>`, `>>`, `<`, `<<`, `<<<`, `2>`, `&>`.
    pub operator: String,
    pub target: Word,
}

/// A comment of its own line.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Note {
    pub text: String,
    pub origin: Origin,
    /// A command comes between it and the next comment, or the end.
    pub is_followed: bool,
}

/// A line, and what the shell does when it fails.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    pub line: &'a Line,
    /// `set -e`: the script ends with the first command that fails.
    pub errexit: bool,
    /// A pipeline fails when any of its commands does.
    pub pipefail: bool,
}

#[derive(Clone, Copy, Debug, Default)]
struct Options {
    errexit: bool,
    pipefail: bool,
}

impl Script {
    /// Returns every line in its order, those of substitutions and inner scripts behind the line that runs them.
    pub fn seen(&self) -> Vec<Seen<'_>> {
        let mut found = Vec::new();
        walk(&self.lines, Options::of(&self.started_with), &mut found);
        found
    }

    pub fn commands(&self) -> impl Iterator<Item = &Command> {
        self.seen().into_iter().flat_map(|seen| &seen.line.commands)
    }
}

impl Options {
    fn of(letters: &[String]) -> Self {
        let has = |option: &str| letters.iter().any(|known| known == option);
        Self { errexit: has("e"), pipefail: has("pipefail") }
    }
}

fn walk<'a>(lines: &'a [Line], mut options: Options, found: &mut Vec<Seen<'a>>) {
    for line in lines {
        for command in line.commands.iter().filter(|command| command.name() == "set") {
            options.errexit = command.sets_option("e").unwrap_or(options.errexit);
            options.pipefail = command.sets_option("pipefail").unwrap_or(options.pipefail);
        }
        found.push(Seen { line, errexit: options.errexit, pipefail: options.pipefail });
        for word in line.commands.iter().flat_map(|command| &command.words) {
            let inner = word.shell.as_ref().map_or(options, |letters| Options::of(letters));
            walk(&word.runs, inner, found);
        }
    }
}

impl Command {
    /// Returns the program's name without its folder.
    pub fn name(&self) -> &str {
        self.words.first().map_or("", |word| word.text.rsplit('/').next().unwrap_or_default())
    }

    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.words.iter().map(|word| word.text.as_str())
    }

    pub fn has(&self, text: &str) -> bool {
        self.texts().any(|known| known == text)
    }

    /// Returns the value of an option: `-n x`, `--namespace x`, `--namespace=x`, `-nx`.
    pub fn option(&self, names: &[&str]) -> Option<&str> {
        let mut texts = self.texts().skip(1);
        while let Some(text) = texts.next() {
            for name in names {
                if text == *name {
                    return texts.next();
                }
                let rest = text.strip_prefix(name);
                let short = !name.starts_with("--");
                match rest {
                    Some(rest) if rest.starts_with('=') => return rest.get(1..),
                    Some(rest) if short && !rest.is_empty() && !text.starts_with("--") => return Some(rest),
                    _ => {}
                }
            }
        }
        None
    }

    /// Returns the words that are no options: `get`, `pods`. Options of `valued` take the next word.
    pub fn plain<'a>(&'a self, valued: &[&str]) -> Vec<&'a Word> {
        let mut found = Vec::new();
        let mut words = self.words.iter().skip(1);
        while let Some(word) = words.next() {
            if word.text == "--" {
                break;
            }
            if valued.contains(&word.text.as_str()) {
                words.next();
            } else if !word.text.starts_with('-') || word.text == "-" {
                found.push(word);
            }
        }
        found
    }

    /// Returns the command that it starts, as `kubectl exec pod -- COMMAND` and `sudo COMMAND` do.
    #[must_use]
    pub fn inner(&self) -> Option<Self> {
        let from = match self.name() {
            "kubectl" | "oc" if self.has("exec") || self.has("run") => {
                self.words.iter().position(|word| word.text == "--")? + 1
            }
            "docker" | "podman" if self.has("exec") => 1 + self.image_position()?,
            "sudo" | "nice" | "ionice" | "time" | "env" | "nohup" | "exec" | "xargs" | "command"
            | "timeout" | "chronic" | "flock" => self.after_wrapper()?,
            _ => return None,
        };
        let words = self.words.get(from..).filter(|words| !words.is_empty())?.to_vec();
        let mut command = Self { words, ..self.clone() };
        if let Some(first) = command.words.first() {
            command.origin = first.origin.clone();
        }
        Some(command)
    }

    /// Returns the command that is run in the end.
    #[must_use]
    pub fn innermost(&self) -> Self {
        let mut command = self.clone();
        // No script wraps a command in more.
        for _ in 0..4 {
            match command.inner() {
                Some(inner) => command = inner,
                None => break,
            }
        }
        command
    }

    /// The container's name is the first word that is no option.
    fn image_position(&self) -> Option<usize> {
        let exec = self.words.iter().position(|word| word.text == "exec")?;
        let valued = ["-e", "-u", "-w", "--env", "--user", "--workdir"];
        let mut at = exec + 1;
        while let Some(word) = self.words.get(at) {
            if !word.text.starts_with('-') {
                return Some(at);
            }
            at += if valued.contains(&word.text.as_str()) { 2 } else { 1 };
        }
        None
    }

    fn after_wrapper(&self) -> Option<usize> {
        let takes_one = matches!(self.name(), "timeout" | "flock");
        let valued = ["-n", "-u", "-c", "-L", "-I", "-P", "-g", "-k", "-s"];
        let mut at = 1;
        let mut skipped = !takes_one;
        loop {
            let word = &self.words.get(at)?.text;
            if word.starts_with('-') {
                at += if valued.contains(&word.as_str()) { 2 } else { 1 };
            } else if word.contains('=') && self.name() == "env" {
                at += 1;
            } else if skipped {
                return Some(at);
            } else {
                skipped = true;
                at += 1;
            }
        }
    }

    /// Returns what `set` does with an option.
    fn sets_option(&self, option: &str) -> Option<bool> {
        let mut found = None;
        let texts: Vec<&str> = self.texts().skip(1).collect();
        for (at, text) in texts.iter().enumerate() {
            let Some(sign) = text.chars().next().filter(|sign| matches!(sign, '-' | '+')) else { continue };
            let letters = &text[1..];
            let long = if option == "e" { "errexit" } else { option };
            let named = letters.ends_with('o') && texts.get(at + 1) == Some(&long);
            if named || option.len() == 1 && letters.contains(option) {
                found = Some(sign == '-');
            }
        }
        found
    }
}

impl Word {
    /// Returns whether a variable of unknown value stands in it.
    pub fn uses(&self, variable: &str) -> bool {
        self.text.contains(&format!("${{{variable}}}"))
    }

    pub fn is_known(&self) -> bool {
        !self.text.contains("${") && !self.text.contains("$(")
    }
}
