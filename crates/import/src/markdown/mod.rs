//! Markdown and its plain-text exports: blocks go to the importers of their languages, all else is prose.
//!
//! An importer gets a text of the document's length in which all but the block is blank, so that offsets, lines and
//! columns are those of the document.

mod blocks;
mod claims;
mod diagram;
mod facts;
mod figures;
mod filters;
mod lines;
mod schedules;
mod statements;

use std::ops::Range;

use sehat_diagnostic::{Origin, Source};

use crate::{Context, Format, read_as};
use blocks::Block;

/// Blank text that is made for the blocks of one document at most.
const BLANK_BYTES_MAX: usize = 16 << 20;

/// Reads the blocks and the prose of a document.
pub fn read(source: &Source, cx: &mut Context) {
    let found = blocks::find(&source.text);
    let mut spent = 0;
    let mut code: Vec<Range<usize>> = Vec::new();
    for block in &found {
        spent += block.content.end;
        let is_read = spent <= BLANK_BYTES_MAX && read_block(source, block, cx);
        if is_read || !block.is_prose() {
            code.push(block.whole.clone());
        }
    }
    let first = cx.inventory.prose.statements.len();
    if let Some(left) = statements::read(source, &code, &mut cx.inventory.prose) {
        cx.inventory.skip("rest of a long document", &left);
    }
    for block in found.iter().filter(|block| block.language == "mermaid") {
        diagram::read(source, block.content.clone(), &mut cx.inventory.prose);
    }
    claims::link(first, &mut cx.inventory.prose);
}

/// Returns whether a plain text has the shape of a Markdown document.
pub fn is_export(text: &str) -> bool {
    let mut headings = 0;
    let mut others = 0;
    for line in text.lines().take(400) {
        if lines::heading(line).is_some() {
            headings += 1;
        } else if line.trim_start().starts_with(['-', '*', '|']) {
            others += 1;
        }
    }
    headings >= 2 || (headings == 1 && others >= 2)
}

/// Returns whether an importer took the block.
fn read_block(source: &Source, block: &Block, cx: &mut Context) -> bool {
    let Some(name) = &block.name else {
        if !block.is_prose() && block.language != "mermaid" {
            cx.inventory.skip(format!("block in {}", block.language), &origin(source, block));
        }
        return false;
    };
    let format = Format::of(name, &source.text[block.content.clone()]);
    if matches!(format, Format::Unknown | Format::Markdown) {
        let language = if block.language.is_empty() { name } else { &block.language };
        cx.inventory.skip(format!("block in {language}"), &origin(source, block));
        return false;
    }
    let not_judged = format!("file {}", source.path);
    let count = |cx: &Context| cx.inventory.not_judged.get(&not_judged).map_or(0, |found| found.count);
    let before = count(cx);
    let diagnostics = cx.diagnostics.len();
    read_as(name, &blanked(source, &block.content), cx);
    let is_understood = count(cx) == before && cx.diagnostics.len() == diagnostics;
    // What no importer knows is still read as lines of `key: value`.
    if !is_understood && block.is_data() {
        cx.diagnostics.truncate(diagnostics);
        forget(&not_judged, before, cx);
        return false;
    }
    true
}

fn forget(kind: &str, count: usize, cx: &mut Context) {
    if count == 0 {
        cx.inventory.not_judged.remove(kind);
    } else if let Some(found) = cx.inventory.not_judged.get_mut(kind) {
        found.count = count;
    }
}

fn blanked(source: &Source, content: &Range<usize>) -> Source {
    let blank = |byte: u8| if byte == b'\n' { '\n' } else { ' ' };
    let mut text: String = source.text.as_bytes()[..content.start].iter().map(|byte| blank(*byte)).collect();
    text.push_str(&source.text[content.clone()]);
    Source { path: source.path.clone(), text: text.into() }
}

fn origin(source: &Source, block: &Block) -> Origin {
    place(source, block.content.clone())
}

/// Returns the place of a range of the document.
fn place(source: &Source, range: Range<usize>) -> Origin {
    let before = &source.text[..range.start];
    let line_start = before.rfind('\n').map_or(0, |end| end + 1);
    Origin {
        path: source.path.clone(),
        start: range.start,
        end: range.end,
        line: before.bytes().filter(|byte| *byte == b'\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
    }
}
