//! How wide text is, and how it is written into SVG.

/// A size and weight that the picture uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Font {
    Title,
    Name,
    Detail,
    Small,
}

impl Font {
    pub const fn size(self) -> f64 {
        match self {
            Self::Title => 13.0,
            Self::Name => 12.5,
            Self::Detail => 10.5,
            Self::Small => 9.5,
        }
    }

    const fn is_bold(self) -> bool {
        matches!(self, Self::Title | Self::Name)
    }

    pub const fn class(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Name => "name",
            Self::Detail => "detail",
            Self::Small => "small",
        }
    }
}

/// Returns at least the width of the text in any of the picture's fonts, of which `DejaVu Sans` is the widest.
pub fn width(text: &str, font: Font) -> f64 {
    let units: f64 = text.chars().map(units).sum();
    units * font.size() * if font.is_bold() { 1.1 } else { 1.0 }
}

/// Advances of `DejaVu Sans` in parts of the size, rounded up.
fn units(c: char) -> f64 {
    match c {
        'i' | 'j' | 'l' | '\'' | '|' => 0.29,
        ' ' | '.' | ',' | ':' | ';' | '!' => 0.33,
        'f' | 't' | 'r' | '(' | ')' | '[' | ']' | '/' | '-' | 'I' | 'J' => 0.42,
        's' | 'c' | 'z' | 'k' | 'x' | 'v' | 'y' => 0.6,
        'm' | 'M' | 'w' | 'W' | '%' | '@' | '\u{2014}' | '\u{2026}' | '\u{2192}' | '\u{d7}' => 1.0,
        c if c.is_ascii_lowercase() || c.is_ascii_digit() => 0.64,
        c if c.is_ascii() => 0.8,
        _ => 1.05,
    }
}

/// Cuts the text so that it is not wider than `limit`.
pub fn fitted(text: &str, font: Font, limit: f64) -> String {
    if width(text, font) <= limit {
        return text.to_owned();
    }
    let mut kept = String::new();
    for c in text.chars() {
        if width(&kept, font) + width(&c.to_string(), font) + width("…", font) > limit {
            break;
        }
        kept.push(c);
    }
    format!("{}…", kept.trim_end())
}

/// Makes the text safe inside SVG; characters that XML cannot hold are left out.
pub fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            c => safe.push(c),
        }
    }
    safe
}
