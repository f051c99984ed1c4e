//! Where the blocks of other languages lie: between fences, or told by what they begin with where an export lost them.

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};

/// A text in another language inside a document.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Block {
    /// With its fences.
    pub whole: Range<usize>,
    pub content: Range<usize>,
    /// The first word behind the fence, in small letters; empty where there is none.
    pub language: String,
    /// The file that it stands for; none where it is for the eye only.
    pub name: Option<String>,
    /// The document itself gives the file's name.
    pub is_file: bool,
}

impl Block {
    /// Returns whether its lines say something to a reader of prose.
    pub fn is_prose(&self) -> bool {
        matches!(self.language.as_str(), "" | "text" | "txt" | "plain" | "plaintext" | "tree" | "ascii")
            || self.is_data()
    }

    /// Returns whether it is a tree of keys and values.
    pub fn is_data(&self) -> bool {
        !self.is_file
            && matches!(
                self.language.as_str(),
                "yaml" | "yml" | "ini" | "toml" | "conf" | "properties" | "cnf"
            )
    }
}

/// Finds all blocks in the order of the text.
pub fn find(text: &str) -> Vec<Block> {
    let mut found = fenced(text);
    found.extend(unfenced(text, &found));
    found.sort_by_key(|block| block.whole.start);
    for block in &mut found {
        (block.name, block.is_file) = name(text, block);
    }
    found
}

fn fenced(text: &str) -> Vec<Block> {
    let mut found = Vec::new();
    let mut open: Option<(Block, String)> = None;
    for (event, range) in Parser::new(text).into_offset_iter() {
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                let language = info.split([' ', ',', '{']).next().unwrap_or_default().to_lowercase();
                open = Some((
                    Block {
                        whole: range.clone(),
                        content: range.end..range.end,
                        language,
                        ..Block::default()
                    },
                    info.to_string(),
                ));
            }
            Event::Text(_) => {
                if let Some((block, _)) = &mut open {
                    let start = block.content.start.min(range.start);
                    block.content = start..range.end.max(start);
                }
            }
            Event::End(TagEnd::CodeBlock) => {
                if let Some((mut block, info)) = open.take() {
                    block.content.start = line_start(text, block.content.start).max(block.whole.start);
                    block.name = info.split_once(' ').and_then(|(_, rest)| path_in(rest));
                    found.push(block);
                }
            }
            _ => {}
        }
    }
    found
}

fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |end| end + 1)
}

/// Blocks that lost their fences, told by their first line.
fn unfenced(text: &str, known: &[Block]) -> Vec<Block> {
    let mut found: Vec<Block> = Vec::new();
    let lines = lines(text);
    let mut fences = known.iter().peekable();
    let mut at = 0;
    while at < lines.len() {
        let start = lines[at].start;
        while fences.next_if(|block| block.whole.end <= start).is_some() {}
        let limit = fences.peek().map_or(text.len(), |block| block.whole.start);
        if limit <= start {
            at += 1;
            continue;
        }
        let Some(language) = language_of_start(text, &lines[at..]) else {
            at += 1;
            continue;
        };
        let rest = lines[at..].iter().take_while(|line| line.start < limit);
        let count = length(text, language, &rest.cloned().collect::<Vec<_>>()).max(1);
        let content = start..lines[at + count - 1].end;
        found.push(Block {
            whole: content.clone(),
            content,
            language: language.to_owned(),
            ..Block::default()
        });
        at += count;
    }
    found
}

/// Lines with their ends.
fn lines(text: &str) -> Vec<Range<usize>> {
    let mut at = 0;
    text.split_inclusive('\n')
        .map(|line| {
            let start = at;
            at += line.len();
            start..at
        })
        .collect()
}

fn language_of_start(text: &str, lines: &[Range<usize>]) -> Option<&'static str> {
    let line = |at: usize| lines.get(at).map_or("", |range| text[range.clone()].trim_end());
    let first = line(0);
    let near = |key: &str| (1..4).any(|at| line(at).starts_with(key));
    let is_yaml = first.starts_with("apiVersion:")
        || (first.starts_with("kind:") && near("apiVersion:"))
        || (first.starts_with("name:") && near("on:"));
    let is_hcl = ["resource \"", "module \"", "provider \"", "variable \"", "data \"", "terraform {"]
        .iter()
        .any(|start| first.starts_with(start) && first.ends_with('{'));
    if is_yaml {
        Some("yaml")
    } else if is_hcl {
        Some("hcl")
    } else if first.starts_with("#!/") {
        Some("bash")
    } else if is_dockerfile(first) {
        Some("dockerfile")
    } else if first == "{" && line(1).trim_start().starts_with('"') {
        Some("json")
    } else {
        None
    }
}

fn is_dockerfile(line: &str) -> bool {
    let mut words = line.split_whitespace();
    words.next() == Some("FROM")
        && words.next().is_some_and(|image| image.contains([':', '/', '@']) || image == "scratch")
        && words.next().is_none_or(|word| word.eq_ignore_ascii_case("as"))
}

/// Returns how many lines belong to the block.
fn length(text: &str, language: &str, lines: &[Range<usize>]) -> usize {
    let line = |at: usize| text[lines[at].clone()].trim_end();
    match language {
        "hcl" | "json" => braces(lines.len(), line),
        "dockerfile" => while_fits(lines.len(), line, is_dockerfile_line),
        "bash" => while_fits(lines.len(), line, |line| !line.starts_with("##") && !line.starts_with("```")),
        _ => while_fits(lines.len(), line, is_yaml_line),
    }
}

fn braces<'t>(count: usize, line: impl Fn(usize) -> &'t str) -> usize {
    let mut depth = 0_i64;
    for at in 0..count {
        for letter in line(at).bytes() {
            depth += i64::from(letter == b'{') - i64::from(letter == b'}');
        }
        if depth <= 0 {
            return at + 1;
        }
    }
    count
}

/// Lines up to the first that does not fit, without blank ones at the end.
fn while_fits<'t>(count: usize, line: impl Fn(usize) -> &'t str, fits: impl Fn(&str) -> bool) -> usize {
    let end = (0..count).find(|at| !line(*at).is_empty() && !fits(line(*at))).unwrap_or(count);
    (0..end).rev().find(|at| !line(*at).is_empty()).map_or(0, |last| last + 1)
}

fn is_dockerfile_line(line: &str) -> bool {
    let word = line.split_whitespace().next().unwrap_or_default();
    line.starts_with([' ', '\t', '#']) && !line.starts_with("##")
        || (word.len() > 2 && word.bytes().all(|byte| byte.is_ascii_uppercase()))
}

fn is_yaml_line(line: &str) -> bool {
    if line.starts_with([' ', '\t']) || line.starts_with("- ") || line == "---" {
        return true;
    }
    if line.starts_with('#') {
        return !line.starts_with("##") && line.starts_with("# ") && path_in(line).is_some();
    }
    line.split_once(':').is_some_and(|(key, rest)| {
        !key.contains(' ') && !key.is_empty() && (rest.is_empty() || rest.starts_with(' '))
    })
}

/// The path that the block itself or the line before it gives; else one by its language.
fn name(text: &str, block: &Block) -> (Option<String>, bool) {
    if block.name.is_some() {
        return (block.name.clone(), true);
    }
    let content = &text[block.content.clone()];
    let own = content.lines().filter(|line| !line.trim().is_empty()).take(2).find_map(comment_path);
    let before = || {
        let line = text[..block.whole.start].lines().rev().find(|line| !line.trim().is_empty())?;
        let is_label = line.trim_end().ends_with(':') || line.starts_with('#') || line.contains('`');
        path_in(line).filter(|_| is_label)
    };
    let by_language = default_name(&block.language, content);
    match (own.or_else(before), by_language) {
        (Some(path), _) => (Some(path), true),
        (None, name) => (name.map(str::to_owned), false),
    }
}

fn extension(path: &str) -> Option<&str> {
    let name = path.rsplit('/').next().unwrap_or(path);
    if name == "Dockerfile" || name.starts_with("Dockerfile.") {
        return Some("dockerfile");
    }
    name.rsplit_once('.').map(|(_, extension)| extension).filter(|extension| !extension.is_empty())
}

fn default_name(language: &str, content: &str) -> Option<&'static str> {
    match language {
        "yaml" | "yml" => Some("block.yaml"),
        "json" | "jsonc" => Some("block.json"),
        "bash" | "sh" | "shell" | "zsh" => Some("block.sh"),
        "dockerfile" | "docker" => Some("Dockerfile"),
        "hcl" | "terraform" | "tf" => Some("block.tf"),
        "toml" => Some("block.toml"),
        "ini" => Some("block.ini"),
        "" => {
            let lines = lines(content);
            language_of_start(content, &lines).and_then(|found| default_name(found, content))
        }
        _ => None,
    }
}

/// The path in a comment that is nothing else.
fn comment_path(line: &str) -> Option<String> {
    let line = line.trim();
    let is_comment = ["#", "//", "--", "<!--", ";", "/*"].iter().any(|mark| line.starts_with(mark));
    if is_comment && !line.starts_with("#!") { path_in(line) } else { None }
}

/// The one word of a line that looks like a path, where little else stands there.
fn path_in(line: &str) -> Option<String> {
    let plain = |word: &str| {
        word.trim_matches(|letter: char| {
            matches!(letter, '`' | '*' | '"' | '\'' | '(' | ')' | ':' | ',' | '#' | '<' | '>' | '!' | '_')
        })
        .to_owned()
    };
    let words: Vec<String> = line
        .split_whitespace()
        .map(plain)
        .filter(|word| !word.is_empty() && !matches!(word.as_str(), "//" | "--" | ";" | "/*" | "*/"))
        .collect();
    let mut paths = words.iter().filter(|word| is_path(word));
    let path = paths.next().filter(|_| paths.next().is_none() && words.len() <= 6)?;
    Some(path.clone())
}

fn is_path(word: &str) -> bool {
    let fits = |letter: char| {
        letter.is_ascii_alphanumeric() || matches!(letter, '/' | '.' | '-' | '_' | '{' | '}' | '$')
    };
    let known =
        ["yaml", "yml", "json", "sh", "tf", "toml", "ini", "conf", "cnf", "cfg", "env", "sql", "dockerfile"];
    word.chars().all(fits)
        && !word.contains("//")
        && extension(word).is_some_and(|found| known.contains(&found))
}
