//! Shell scripts: files, what containers run, and the steps of workflows.

mod containers;
mod lexer;
mod reader;
#[cfg(test)]
mod tests;

pub use containers::read_containers;
pub use reader::Reader;

use std::collections::BTreeMap;

use sehat_diagnostic::{Origin, Source};
use sehat_platform::inventory::delivery::{Command, Host, Script, Shell, Top};

use crate::Context;
use crate::located::Located;

const SHELLS: [&str; 7] = ["sh", "bash", "ash", "dash", "zsh", "ksh", "busybox"];

pub fn is_shell(program: &str) -> bool {
    let name = program.rsplit('/').next().unwrap_or(program);
    SHELLS.contains(&name)
}

/// Returns whether a file's first line says that a shell runs it.
pub fn has_shebang(text: &str) -> bool {
    let first = text.lines().next().unwrap_or_default();
    first.starts_with("#!") && first.split(['/', ' ']).any(is_shell)
}

/// What a document's block is called that has no name of its own.
const NAMELESS: &str = "block.sh";

/// Reads a file, or lines of a document that somebody types.
pub fn read_file(name: &str, source: &Source, cx: &mut Context) {
    let located = Located::of_file(source);
    let is_runbook = name == NAMELESS && name != &*source.path;
    let host = if is_runbook { Host::Runbook } else { Host::File };
    let mut script = read(&located, name, host);
    if let Some(first) = script.lines.first().filter(|_| is_runbook) {
        script.name = format!("the runbook at {}:{}", source.path, first.origin.line);
    }
    if !script.lines.is_empty() {
        cx.inventory.delivery.scripts.push(script);
    }
}

/// Reads one text that is a script.
pub fn read(located: &Located, name: &str, host: Host) -> Script {
    let (shell, started_with) = shebang(&located.text);
    let script = Script {
        name: name.to_owned(),
        origin: located.whole().clone(),
        shell,
        host,
        started_with,
        ..Script::default()
    };
    let mut reader = Reader::new(script, BTreeMap::new());
    reader.read(located);
    reader.finish()
}

fn shebang(text: &str) -> (Shell, Vec<String>) {
    let first = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    let Some(line) = first.strip_prefix("#!") else { return (Shell::Unstated, Vec::new()) };
    let words: Vec<&str> = line.split_whitespace().filter(|word| !word.ends_with("/env")).collect();
    let shell = words.iter().find(|word| is_shell(word)).map_or(Shell::Other, |word| shell_of(word));
    (shell, letters(words.iter().skip(1).copied()))
}

pub fn shell_of(program: &str) -> Shell {
    match program.rsplit('/').next().unwrap_or(program) {
        "bash" => Shell::Bash,
        "sh" | "ash" | "dash" | "busybox" => Shell::Sh,
        _ => Shell::Other,
    }
}

/// Options of a shell's command line: `-eu`, `-o pipefail`.
pub fn letters<'a>(words: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut found = Vec::new();
    let mut names_next = false;
    for word in words {
        if std::mem::take(&mut names_next) {
            found.push(match word {
                "errexit" => "e".to_owned(),
                other => other.to_owned(),
            });
        } else if let Some(letters) = word.strip_prefix('-').filter(|letters| !letters.starts_with('-')) {
            names_next = letters.contains('o');
            found.extend(letters.chars().filter(|letter| *letter != 'o').map(String::from));
        }
    }
    found
}

/// Options of the shell that a command is: `bash -ec '…'`.
fn started_with(command: &Command) -> Vec<String> {
    let texts: Vec<&str> = command.texts().collect();
    let from = texts.iter().rposition(|text| is_shell(text)).map_or(texts.len(), |at| at + 1);
    letters(texts[from..].iter().copied())
}

/// Where a first line can be put in: above the line that the first command stands in.
fn top(located: &Located, first: &Origin) -> Option<Top> {
    let (origin, margin) = located.top_above(first)?;
    Some(Top { origin, margin, is_one_line: !located.text.trim_end().contains('\n') })
}
