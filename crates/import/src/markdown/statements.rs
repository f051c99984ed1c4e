//! From lines to statements: what stands under what, what the words mean, and for which environment.

use std::ops::Range;

use sehat_catalog::{Meaning, meanings};
use sehat_diagnostic::{Origin, Source};
use sehat_platform::inventory::prose::{Environment, Form, Mention, Prose, Statement};

use super::{facts, figures, lines};

/// Statements of all documents together: what describes a platform is shorter, and rules compare statements.
const STATEMENTS_MAX: usize = 5000;

/// A longer line is data, not a statement.
const BYTES_MAX: usize = 4000;

/// Items within items.
const DEPTH_MAX: usize = 24;

/// Adds the statements of a document, and returns the place of the first that is too many.
pub fn read(source: &Source, without: &[Range<usize>], prose: &mut Prose) -> Option<Origin> {
    let first = prose.statements.len();
    let mut outline = Outline::default();
    let mut left = None;
    for line in lines::read(&source.text, without) {
        if line.range.len() > BYTES_MAX {
            continue;
        }
        let index = prose.statements.len();
        let under = outline.place(line.form, line.indent, index);
        let origin = Origin {
            path: source.path.clone(),
            start: line.range.start,
            end: line.range.end,
            line: line.number,
            column: line.column,
        };
        if index >= STATEMENTS_MAX {
            left = Some(origin);
            break;
        }
        let statement = statement(line.form, &source.text[line.range], origin, under, &prose.statements);
        prose.statements.push(statement);
    }
    close(first, prose);
    facts::read(first, prose);
    left
}

/// Makes one statement out of its text.
pub fn statement(
    form: Form,
    text: &str,
    origin: Origin,
    under: Option<usize>,
    before: &[Statement],
) -> Statement {
    let (key, value_start) = key(form, text);
    let mut made = Statement {
        origin,
        text: text.to_owned(),
        form,
        under,
        end: before.len() + 1,
        key,
        value_start,
        figures: figures::read(text),
        ..Statement::default()
    };
    mention(&mut made);
    made.environment = environment(&made).or_else(|| before.get(under?)?.environment);
    made
}

fn mention(statement: &mut Statement) {
    let text = std::mem::take(&mut statement.text);
    for found in meanings(&text) {
        let denied = is_denied(&text[..found.start]);
        let of = |name| Mention { name, start: found.start, end: found.end, denied };
        match found.meaning {
            Meaning::Term(name) => statement.terms.push(of(name)),
            Meaning::Product(name) => statement.products.push(of(name)),
            Meaning::Seconds(_) => {}
        }
    }
    statement.text = text;
}

/// Returns whether one of the three words before says no.
fn is_denied(before: &str) -> bool {
    let clause = before.rsplit([',', ';', '.', '(', ':']).next().unwrap_or_default();
    clause.split_whitespace().rev().take(3).any(|word| {
        let word = word.trim_matches(|letter: char| !letter.is_alphanumeric()).to_lowercase();
        matches!(
            word.as_str(),
            "no" | "not"
                | "without"
                | "never"
                | "tanpa"
                | "tidak"
                | "bukan"
                | "belum"
                | "sem"
                | "não"
                | "nenhum"
                | "nunca"
        )
    })
}

/// The one environment that the words name.
fn environment(statement: &Statement) -> Option<Environment> {
    let mut named = statement.terms.iter().filter_map(|mention| match mention.name {
        "production" => Some(Environment::Production),
        "staging" => Some(Environment::Staging),
        "development" => Some(Environment::Development),
        _ => None,
    });
    let first = named.next()?;
    // A title may speak of development and mean the work, not the place.
    let is_label = statement.text.split_whitespace().count() <= 6;
    (is_label && named.all(|other| other == first)).then_some(first)
}

/// The name before a colon, or a row's first cell.
fn key(form: Form, text: &str) -> (Option<String>, usize) {
    let (end, after) = match form {
        Form::Row => match text.trim_start_matches('|').find('|') {
            Some(end) => (end + 1, end + 2),
            None => return (None, 0),
        },
        Form::Heading(_) => return (None, 0),
        _ => match text.find(':').or_else(|| text.find('=')) {
            Some(end) if is_key_end(text, end) => (end, end + 1),
            _ => return (None, 0),
        },
    };
    let name = text[..end]
        .trim_matches(|letter: char| matches!(letter, '*' | '_' | '`' | '|' | ' ' | '"'))
        .to_owned();
    if name.is_empty() || name.split_whitespace().count() > 8 {
        return (None, 0);
    }
    let marks = text[after..].len() - text[after..].trim_start_matches(['*', '_', ' ']).len();
    (Some(name), after + marks)
}

fn is_key_end(text: &str, end: usize) -> bool {
    let rest = &text[end + 1..];
    let is_setting = text.as_bytes().get(end) == Some(&b'=') && !text[..end].trim().contains(' ');
    is_setting || rest.is_empty() || rest.starts_with([' ', '*', '\t'])
}

/// Open headings and items.
#[derive(Default)]
struct Outline {
    headings: Vec<(u8, usize)>,
    items: Vec<(usize, usize)>,
}

impl Outline {
    fn place(&mut self, form: Form, indent: usize, index: usize) -> Option<usize> {
        if let Form::Heading(level) = form {
            self.items.clear();
            self.headings.retain(|(above, _)| *above < level);
            let under = self.headings.last().map(|(_, index)| *index);
            self.headings.push((level, index));
            return under;
        }
        self.items.retain(|(above, _)| *above < indent);
        let under = self.items.last().or(None).map(|(_, index)| *index);
        if self.items.len() < DEPTH_MAX {
            self.items.push((indent, index));
        }
        under.or_else(|| self.headings.last().map(|(_, index)| *index))
    }
}

/// Says where each statement's block ends.
fn close(first: usize, prose: &mut Prose) {
    for index in (first..prose.statements.len()).rev() {
        let end = prose.statements[index].end;
        if let Some(under) = prose.statements[index].under {
            let above = &mut prose.statements[under].end;
            *above = (*above).max(end);
        }
    }
}
