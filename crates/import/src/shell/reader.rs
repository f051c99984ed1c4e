//! From words to pipelines: what runs, joined how, inside which loops.
//!
//! A reader of its own, because scripts in workflows hold `${{ … }}` and scripts in runbooks hold placeholders, at
//! which a parser of the full grammar stops. What rules ask are pipelines, words and loops, and those are told apart
//! here without the rest of the grammar.

use std::collections::{BTreeMap, BTreeSet};

use sehat_diagnostic::{PLACEHOLDER, is_secret_name, redact};
use sehat_platform::inventory::delivery::{Command, Line, Loop, Note, Redirect, Script, Word};

use super::lexer::{Lexer, Piece, Token, TokenKind, plain};
use crate::located::Located;

/// No script runs shells in shells more deeply.
const DEPTH_MAX: usize = 6;

/// Reads texts one after the other into one script.
pub struct Reader {
    pub script: Script,
    values: BTreeMap<String, String>,
    /// Assigned more than once, in a branch, or by a loop.
    unsure: BTreeSet<String>,
}

#[derive(Clone, Debug)]
enum Block {
    Branch,
    Loop(Loop),
    Case,
}

impl Reader {
    /// `known` are values that the environment gives.
    pub fn new(script: Script, known: BTreeMap<String, String>) -> Self {
        Self { script, values: known, unsure: BTreeSet::new() }
    }

    pub fn read(&mut self, located: &Located) {
        let lines = self.lines(located, 0, located.text.len(), 0);
        let first = lines.first().map(|line| line.origin.clone());
        self.script.lines.extend(lines);
        if self.script.top.is_none()
            && let Some(first) = first
        {
            self.script.top = super::top(located, &first);
        }
    }

    pub fn finish(mut self) -> Script {
        self.script.values = self.values;
        self.script
    }

    fn lines(&mut self, located: &Located, start: usize, end: usize, depth: usize) -> Vec<Line> {
        let tokens = Lexer::new(&located.text, start, end).tokens();
        let mut state = State { located, depth, ..State::new(located) };
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            at += self.step(&mut state, token, &tokens[at..]);
        }
        state.end_line(None);
        if depth == 0 {
            self.script.notes.append(&mut state.notes);
        }
        state.lines
    }

    /// Takes one token, or several that belong together; returns how many.
    fn step(&mut self, state: &mut State<'_>, token: &Token, rest: &[Token]) -> usize {
        match &token.kind {
            TokenKind::Newline => state.end_line(None),
            TokenKind::Comment(text) => state.note(text, token),
            TokenKind::Operator(operator) => return state.operator(operator, rest),
            TokenKind::Redirect(sign) => {
                let target = rest.get(1).filter(|next| matches!(next.kind, TokenKind::Word(_)));
                let word = target.map(|next| self.word(state, next));
                state.redirect(sign, word.unwrap_or_default(), token);
                return 1 + usize::from(target.is_some());
            }
            TokenKind::Word(pieces) => {
                if state.in_pattern && plain_only(pieces) != "esac" {
                    return 1;
                }
                state.in_pattern = false;
                if state.at_command()
                    && let Some(taken) = self.keyword(state, &plain_only(pieces), rest)
                {
                    return taken;
                }
                let word = self.word(state, token);
                self.argument(state, word);
            }
        }
        1
    }

    fn keyword(&mut self, state: &mut State<'_>, word: &str, rest: &[Token]) -> Option<usize> {
        match word {
            "if" => {
                state.blocks.push(Block::Branch);
                state.is_condition = true;
            }
            "elif" => state.is_condition = true,
            "while" | "until" => {
                state.blocks.push(Block::Loop(Loop::default()));
                state.is_condition = true;
            }
            "then" | "else" | "do" => state.is_condition = false,
            "fi" | "done" | "esac" | "}" => {
                state.blocks.pop();
                state.is_condition = false;
            }
            "{" => state.blocks.push(Block::Branch),
            "!" => state.is_negated = true,
            "for" | "select" => return Some(self.for_loop(state, rest)),
            "case" => {
                let head = rest.iter().position(|token| is_word(token, "in"));
                state.blocks.push(Block::Case);
                state.in_pattern = true;
                return Some(head.map_or(1, |at| at + 1));
            }
            "function" => return Some(2.min(rest.len())),
            _ => return None,
        }
        Some(1)
    }

    fn for_loop(&mut self, state: &mut State<'_>, rest: &[Token]) -> usize {
        let name = rest.get(1).and_then(|token| match &token.kind {
            TokenKind::Word(pieces) => Some(plain(pieces)),
            _ => None,
        });
        let mut at = 2;
        let mut over = Vec::new();
        while let Some(token) = rest.get(at) {
            match &token.kind {
                TokenKind::Newline | TokenKind::Operator(";") => break,
                TokenKind::Word(_) if is_word(token, "do") => break,
                TokenKind::Word(_) if at == 2 && is_word(token, "in") => {}
                TokenKind::Word(_) => over.push(self.word(state, token)),
                _ => {}
            }
            at += 1;
        }
        state.lines.extend(over.iter().flat_map(|word| word.runs.clone()));
        let variable = name.unwrap_or_default();
        self.script.assigns.push(variable.clone());
        self.forget(&variable);
        state.blocks.push(Block::Loop(Loop { variable, over }));
        at.min(rest.len()).max(1)
    }

    fn word(&mut self, state: &State<'_>, token: &Token) -> Word {
        let TokenKind::Word(pieces) = &token.kind else { return Word::default() };
        let mut word = Word { origin: state.located.origin(token.start, token.end), ..Word::default() };
        for piece in pieces {
            match piece {
                Piece::Text(text) | Piece::Quoted(text, ..) | Piece::Opaque(text) => word.text.push_str(text),
                Piece::Variable(name) => {
                    let unknown = || format!("${{{name}}}");
                    word.text.push_str(&self.values.get(name).cloned().unwrap_or_else(unknown));
                }
                Piece::Run(start, end) => {
                    word.text.push_str("$(…)");
                    if state.depth < DEPTH_MAX {
                        word.runs.extend(self.lines(state.located, *start, *end, state.depth + 1));
                    }
                }
            }
        }
        word.text = shown(word.text);
        if let ([Piece::Quoted(_, start, end)], true) = (pieces.as_slice(), state.takes_script()) {
            word.shell = state.command.as_ref().map(super::started_with);
            if state.depth < DEPTH_MAX {
                word.runs = self.lines(state.located, *start, *end, state.depth + 1);
            }
        }
        word
    }

    fn argument(&mut self, state: &mut State<'_>, word: Word) {
        let declares = state.command.as_ref().is_some_and(|command| {
            matches!(command.name(), "export" | "local" | "readonly" | "declare" | "typeset")
        });
        let assigned = assignment(&word.text).map(|(name, value)| (name.to_owned(), value.to_owned()));
        if let Some((name, value)) = assigned.filter(|_| declares || state.at_command()) {
            self.assign(state, &name, &value);
            if !declares {
                state.sets(name, word);
                return;
            }
        }
        state.push(word);
    }

    fn assign(&mut self, state: &State<'_>, name: &str, value: &str) {
        let known = !value.contains("${") && !value.contains("$(") && !is_secret_name(name);
        self.script.assigns.push(name.to_owned());
        if known {
            self.script.assigned.push(value.to_owned());
        }
        let again = self.values.get(name).is_some_and(|before| before != value);
        let sure = state.blocks.is_empty() && state.depth == 0 && !self.unsure.contains(name);
        if known && sure && !again && value != PLACEHOLDER {
            self.values.insert(name.to_owned(), value.to_owned());
        } else {
            self.forget(name);
        }
    }

    fn forget(&mut self, name: &str) {
        self.values.remove(name);
        self.unsure.insert(name.to_owned());
    }
}

/// What is being put together.
struct State<'l> {
    located: &'l Located,
    depth: usize,
    blocks: Vec<Block>,
    lines: Vec<Line>,
    line: Option<Line>,
    command: Option<Command>,
    is_condition: bool,
    is_negated: bool,
    /// Between `case … in` or `;;` and the `)` of a pattern.
    in_pattern: bool,
    notes: Vec<Note>,
}

impl<'l> State<'l> {
    const fn new(located: &'l Located) -> Self {
        Self {
            located,
            depth: 0,
            blocks: Vec::new(),
            lines: Vec::new(),
            line: None,
            command: None,
            is_condition: false,
            is_negated: false,
            in_pattern: false,
            notes: Vec::new(),
        }
    }

    /// Returns whether the next word names a command.
    fn at_command(&self) -> bool {
        self.command.as_ref().is_none_or(|command| command.words.is_empty())
    }

    /// Returns whether the next word is a script: `sh -c '…'`.
    fn takes_script(&self) -> bool {
        let Some(words) = self.command.as_ref().map(|command| &command.words) else { return false };
        let is_c = words.last().is_some_and(|last| {
            last.text.starts_with('-') && !last.text.starts_with("--") && last.text.ends_with('c')
        });
        is_c && words.iter().any(|word| super::is_shell(&word.text))
    }

    fn note(&mut self, text: &str, token: &Token) {
        let origin = self.located.origin(token.start, token.end);
        self.notes.push(Note { text: redact(text), origin, is_followed: false });
    }

    fn begin(&mut self, word: &Word) -> &mut Command {
        if let Some(note) = self.notes.last_mut() {
            note.is_followed = true;
        }
        let origin = word.origin.clone();
        self.command.get_or_insert_with(|| Command { origin, ..Command::default() })
    }

    fn push(&mut self, word: Word) {
        self.begin(&word).words.push(word);
    }

    fn sets(&mut self, name: String, word: Word) {
        let command = self.begin(&word);
        command.sets.push(name);
        if !word.runs.is_empty() {
            // What an assignment runs is run, whatever follows.
            self.lines.extend(word.runs);
        }
    }

    fn redirect(&mut self, sign: &str, target: Word, token: &Token) {
        let place = Word { origin: self.located.origin(token.start, token.end), ..Word::default() };
        self.begin(&place).redirects.push(Redirect { operator: sign.to_owned(), target });
    }

    fn operator(&mut self, operator: &'static str, rest: &[Token]) -> usize {
        match operator {
            ")" if self.in_pattern => self.in_pattern = false,
            _ if self.in_pattern => {}
            "|" | "|&" => self.end_command(),
            "(" => {
                let is_function = rest.get(1).is_some_and(|next| next.kind == TokenKind::Operator(")"));
                if is_function && self.command.as_ref().is_some_and(|command| command.words.len() == 1) {
                    self.command = None;
                    return 2;
                }
                self.blocks.push(Block::Branch);
            }
            ")" => {
                self.end_line(None);
                self.blocks.pop();
            }
            ";;" => {
                self.end_line(None);
                self.in_pattern = matches!(self.blocks.last(), Some(Block::Case));
            }
            other => self.end_line(Some(other)),
        }
        1
    }

    fn end_command(&mut self) {
        let Some(command) = self.command.take() else { return };
        if command.words.is_empty() && command.redirects.is_empty() {
            return;
        }
        let origin = command.origin.clone();
        let depth = self.blocks.len() + self.depth;
        let loops = self.blocks.iter().filter_map(|block| match block {
            Block::Loop(found) if !found.variable.is_empty() => Some(found.clone()),
            _ => None,
        });
        let loops = loops.collect();
        let line = self.line.get_or_insert_with(|| Line { origin, depth, loops, ..Line::default() });
        line.commands.push(command);
    }

    fn end_line(&mut self, operator: Option<&str>) {
        self.end_command();
        let is_negated = std::mem::take(&mut self.is_negated);
        let Some(mut line) = self.line.take() else { return };
        line.is_checked = self.is_condition || is_negated || matches!(operator, Some("&&" | "||"));
        line.has_fallback = operator == Some("||");
        if let Some(last) = line.commands.last() {
            let words = last.words.iter().chain(last.redirects.iter().map(|redirect| &redirect.target));
            line.origin.end = words.map(|word| word.origin.end).max().unwrap_or(line.origin.end);
        }
        self.lines.push(line);
    }
}

fn is_word(token: &Token, text: &str) -> bool {
    matches!(&token.kind, TokenKind::Word(pieces) if plain_only(pieces) == text)
}

/// Returns the text of a word without quotes and expansions; a keyword has none.
fn plain_only(pieces: &[Piece]) -> String {
    match pieces {
        [Piece::Text(text)] => text.clone(),
        _ => String::new(),
    }
}

/// `NAME=value`.
fn assignment(text: &str) -> Option<(&str, &str)> {
    let (name, value) = text.split_once('=')?;
    let name = name.strip_suffix('+').unwrap_or(name);
    let first = name.chars().next()?;
    let good = first.is_ascii_alphabetic() || first == '_';
    (good && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')).then_some((name, value))
}

/// A password on the command line is not kept.
fn shown(text: String) -> String {
    let suspicious = text.contains("://") || text.contains('=') || text.contains("PRIVATE KEY");
    if suspicious && !text.contains('\n') { redact(&text) } else { text }
}
