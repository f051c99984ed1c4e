//! Cuts a shell script into words and operators. It never fails: what is left open ends with the text.

/// A piece of a script with its range.
#[derive(Clone, Debug, PartialEq)]
pub struct Token {
    pub start: usize,
    pub end: usize,
    pub kind: TokenKind,
}

#[derive(Clone, Debug, PartialEq)]
pub enum TokenKind {
    Word(Vec<Piece>),
    /// `|`, `||`, `&&`, `;`, `;;`, `&`, `(`, `)`.
    Operator(&'static str),
    /// `>`, `2>&`, `<<`: what is redirected, without its target.
    Redirect(String),
    Newline,
    /// A comment of its own line.
    Comment(String),
}

#[derive(Clone, Debug, PartialEq)]
pub enum Piece {
    Text(String),
    /// Text in quotes, with the range of what they hold.
    Quoted(String, usize, usize),
    Variable(String),
    /// `$(…)`: the range of what runs.
    Run(usize, usize),
    /// `$((…))`, `${{ … }}`, and whatever else is not followed, as written.
    Opaque(String),
}

const OPERATORS: [&str; 10] = [";;", "&&", "||", "|&", "|", "&", ";", "(", ")", "\n"];
const REDIRECTS: [&str; 9] = ["<<<", "<<-", "<<", "<&", ">>", ">&", ">|", "<", ">"];

pub struct Lexer<'t> {
    text: &'t str,
    at: usize,
    end: usize,
    /// Words that end the bodies of here-documents which start at the next line.
    documents: Vec<String>,
    is_line_start: bool,
}

impl<'t> Lexer<'t> {
    pub fn new(text: &'t str, start: usize, end: usize) -> Self {
        Self { text, at: start, end: end.min(text.len()), documents: Vec::new(), is_line_start: true }
    }

    pub fn tokens(mut self) -> Vec<Token> {
        let mut found: Vec<Token> = Vec::new();
        while let Some(token) = self.next() {
            let wants_name = found.last().is_some_and(
                |last| matches!(&last.kind, TokenKind::Redirect(sign) if sign == "<<" || sign == "<<-"),
            );
            if let (true, TokenKind::Word(pieces)) = (wants_name, &token.kind) {
                self.documents.push(plain(pieces));
            }
            found.push(token);
        }
        found
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..self.end).unwrap_or_default()
    }

    fn next(&mut self) -> Option<Token> {
        self.skip_blanks();
        let rest = self.rest();
        let start = self.at;
        let first = rest.chars().next()?;
        let at_line_start = std::mem::take(&mut self.is_line_start);
        if first == '#' {
            let line = rest.lines().next().unwrap_or_default();
            self.at += line.len();
            let text = line.trim_start_matches(['#', ' ']).trim_end().to_owned();
            if at_line_start && !line.starts_with("#!") {
                return Some(self.token(start, TokenKind::Comment(text)));
            }
            return self.next();
        }
        if let Some(sign) = redirect(rest) {
            self.at += sign.len();
            return Some(self.token(start, TokenKind::Redirect(sign.to_owned())));
        }
        if let Some(operator) = OPERATORS.into_iter().find(|operator| rest.starts_with(operator)) {
            self.at += operator.len();
            if operator == "\n" {
                self.is_line_start = true;
                self.skip_documents();
                return Some(self.token(start, TokenKind::Newline));
            }
            return Some(self.token(start, TokenKind::Operator(operator)));
        }
        let pieces = self.word();
        Some(self.token(start, TokenKind::Word(pieces)))
    }

    const fn token(&self, start: usize, kind: TokenKind) -> Token {
        Token { start, end: self.at, kind }
    }

    fn skip_blanks(&mut self) {
        loop {
            let rest = self.rest();
            let blank = rest.len() - rest.trim_start_matches([' ', '\t', '\r']).len();
            self.at += blank;
            let joined = ["\\\n", "\\\r\n"].into_iter().find(|joined| self.rest().starts_with(joined));
            match joined {
                Some(joined) => self.at += joined.len(),
                None => return,
            }
        }
    }

    fn skip_documents(&mut self) {
        for name in std::mem::take(&mut self.documents) {
            let mut length = 0;
            for line in self.rest().split_inclusive('\n') {
                length += line.len();
                if line.trim() == name {
                    break;
                }
            }
            self.at += length;
        }
    }

    fn word(&mut self) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let mut text = String::new();
        while let Some(first) = self.rest().chars().next() {
            match first {
                '(' if text.ends_with('=') => text.push_str(self.take_balanced('(', ')')),
                ' ' | '\t' | '\r' | '\n' | ';' | '|' | '&' | '(' | ')' | '<' | '>' => break,
                '\\' => self.escaped(&mut text),
                '\'' => {
                    flush(&mut text, &mut pieces);
                    pieces.push(self.single_quoted());
                }
                '"' => {
                    flush(&mut text, &mut pieces);
                    self.double_quoted(&mut pieces);
                }
                '$' | '`' => {
                    flush(&mut text, &mut pieces);
                    pieces.push(self.expansion());
                }
                other => {
                    text.push(other);
                    self.at += other.len_utf8();
                }
            }
        }
        flush(&mut text, &mut pieces);
        // An empty word is still a word, and no step is without progress.
        if pieces.is_empty() {
            self.at += self.rest().chars().next().map_or(0, char::len_utf8);
            pieces.push(Piece::Text(String::new()));
        }
        pieces
    }

    fn escaped(&mut self, text: &mut String) {
        self.at += 1;
        if let Some(next) = self.rest().chars().next() {
            self.at += next.len_utf8();
            if next != '\n' {
                text.push(next);
            }
        }
    }

    /// Source: POSIX.1-2024, XCU 2.2.3: in double quotes a backslash stays, except before these.
    fn escaped_in_quotes(&mut self, text: &mut String) {
        let next = self.rest()[1..].chars().next();
        if next.is_some_and(|next| matches!(next, '$' | '`' | '"' | '\\' | '\n')) {
            self.escaped(text);
        } else {
            text.push('\\');
            self.at += 1;
        }
    }

    fn single_quoted(&mut self) -> Piece {
        let start = self.at + 1;
        let end = self.text.get(start..self.end).and_then(|rest| rest.find('\''));
        let end = end.map_or(self.end, |length| start + length);
        self.at = (end + 1).min(self.end);
        Piece::Quoted(self.text.get(start..end).unwrap_or_default().to_owned(), start, end)
    }

    fn double_quoted(&mut self, pieces: &mut Vec<Piece>) {
        self.at += 1;
        let (first, start) = (pieces.len(), self.at);
        let mut text = String::new();
        let mut end = self.at;
        while let Some(next) = self.rest().chars().next() {
            end = self.at;
            match next {
                '"' => {
                    self.at += 1;
                    break;
                }
                '\\' => self.escaped_in_quotes(&mut text),
                '$' | '`' => {
                    flush(&mut text, pieces);
                    pieces.push(self.expansion());
                }
                other => {
                    text.push(other);
                    self.at += other.len_utf8();
                }
            }
        }
        if pieces.len() == first {
            pieces.push(Piece::Quoted(text, start, end));
        } else if !text.is_empty() {
            pieces.push(Piece::Quoted(text, end, end));
        }
    }

    fn expansion(&mut self) -> Piece {
        let rest = self.rest();
        if let Some(inside) = rest.strip_prefix('`') {
            let start = self.at + 1;
            let length = inside.find('`').unwrap_or(inside.len());
            self.at = (start + length + 1).min(self.end);
            return Piece::Run(start, start + length);
        }
        if rest.starts_with("${{") {
            let length = rest.find("}}").map_or(rest.len(), |end| end + 2);
            return self.opaque(length);
        }
        if rest.starts_with("$((") {
            let length = rest.find("))").map_or(rest.len(), |end| end + 2);
            return self.opaque(length);
        }
        if rest.starts_with("$(") {
            let start = self.at + 2;
            self.at += 1;
            let inside = self.take_balanced('(', ')');
            let close = usize::from(inside.ends_with(')'));
            return Piece::Run(start, self.at - close);
        }
        if let Some(inside) = rest.strip_prefix("${") {
            let length = inside.find('}').unwrap_or(inside.len());
            let name = inside[..length].trim_start_matches(['#', '!']);
            let name: String = name.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
            self.at = (self.at + length + 3).min(self.end);
            return Piece::Variable(name);
        }
        let name = &rest[1..];
        let length = match name.chars().next() {
            Some(first) if first.is_ascii_alphabetic() || first == '_' => {
                name.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(name.len())
            }
            Some('0'..='9' | '@' | '*' | '#' | '?' | '$' | '!' | '-') => 1,
            _ => {
                self.at += 1;
                return Piece::Text("$".to_owned());
            }
        };
        self.at += 1 + length;
        Piece::Variable(name[..length].to_owned())
    }

    fn opaque(&mut self, length: usize) -> Piece {
        let text = self.rest()[..length].to_owned();
        self.at += length;
        Piece::Opaque(text)
    }

    /// Takes from an opening sign to the one that closes it, quotes aside.
    fn take_balanced(&mut self, open: char, close: char) -> &'t str {
        let rest = self.rest();
        let (mut depth, mut quote, mut escaped) = (0_usize, None, false);
        for (at, c) in rest.char_indices() {
            if std::mem::take(&mut escaped) {
                continue;
            }
            match (quote, c) {
                (Some('\''), '\'') | (Some('"'), '"') => quote = None,
                (_, '\\') if quote != Some('\'') => escaped = true,
                (None, '\'' | '"') => quote = Some(c),
                (None, _) if c == open => depth += 1,
                (None, _) if c == close => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        self.at += at + 1;
                        return &rest[..=at];
                    }
                }
                _ => {}
            }
        }
        self.at = self.end;
        rest
    }
}

/// `2>`, `&>`, `>`: an optional number, and the sign.
fn redirect(rest: &str) -> Option<&str> {
    if rest.starts_with("<(") || rest.starts_with(">(") {
        return Some(&rest[..1]);
    }
    if rest.starts_with("&>") {
        return Some(&rest[..if rest.starts_with("&>>") { 3 } else { 2 }]);
    }
    let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    if digits > 1 {
        return None;
    }
    let sign = REDIRECTS.into_iter().find(|sign| rest[digits..].starts_with(sign))?;
    Some(&rest[..digits + sign.len()])
}

fn flush(text: &mut String, pieces: &mut Vec<Piece>) {
    if !text.is_empty() {
        pieces.push(Piece::Text(std::mem::take(text)));
    }
}

pub fn plain(pieces: &[Piece]) -> String {
    let text = |piece: &Piece| match piece {
        Piece::Text(text) | Piece::Quoted(text, ..) => text.clone(),
        _ => String::new(),
    };
    pieces.iter().map(text).collect()
}
