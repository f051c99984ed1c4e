//! The fields of an object, parsed from a line of a data file.

use std::sync::OnceLock;

#[cfg(test)]
use jiff::civil::Date;

/// The fields of a map.
#[derive(Debug, PartialEq)]
pub struct Shape {
    /// Sorted by name.
    pub fields: Box<[Field]>,
    /// It may have other fields, too.
    pub is_open: bool,
}

#[derive(Debug, PartialEq)]
pub struct Field {
    pub name: &'static str,
    pub required: bool,
    pub value: Type,
}

#[derive(Debug, PartialEq)]
pub enum Type {
    Any,
    Text,
    /// One of these words, separated by `|`.
    Word(&'static str),
    Int,
    Number,
    Bool,
    Quantity,
    IntOrText,
    List(Box<Type>),
    Map(Box<Type>),
    Fields(Reference),
    /// What every object has at its head.
    Metadata,
}

/// A shape that is parsed when it is first asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reference {
    pub(super) file: u8,
    pub(super) number: u16,
}

impl Shape {
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.binary_search_by(|field| field.name.cmp(name)).ok().map(|at| &self.fields[at])
    }

    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.fields.iter().map(|field| field.name)
    }
}

/// A data file: its head at once, its shapes one by one.
pub(super) struct ShapeFile {
    text: &'static str,
    shapes: OnceLock<Box<[LazyShape]>>,
}

struct LazyShape {
    line: &'static str,
    shape: OnceLock<Option<Shape>>,
}

impl ShapeFile {
    pub(super) const fn new(text: &'static str) -> Self {
        Self { text, shapes: OnceLock::new() }
    }

    pub(super) fn title(&self) -> &'static str {
        self.text.lines().next().unwrap_or_default().trim_start_matches("# ")
    }

    #[cfg(test)]
    pub(super) fn date(&self) -> Option<Date> {
        self.text.lines().nth(1)?.strip_prefix("date ")?.parse().ok()
    }

    /// The lines that name kinds.
    pub(super) fn head(&self) -> impl Iterator<Item = &'static str> {
        self.text.lines().skip(2).take_while(|line| !line.is_empty())
    }

    pub(super) fn shape(&'static self, file: u8, number: u16) -> Option<&'static Shape> {
        let lazy = self.shapes().get(usize::from(number))?;
        lazy.shape.get_or_init(|| parse(lazy.line, file)).as_ref()
    }

    #[cfg(test)]
    pub(super) fn unreadable(&'static self, file: u8) -> Vec<&'static str> {
        let lines = self.shapes().iter().map(|lazy| lazy.line);
        lines.filter(|line| parse(line, file).is_none_or(|shape| !self.is_sound(&shape))).collect()
    }

    fn shapes(&self) -> &[LazyShape] {
        self.shapes.get_or_init(|| {
            let body = self.text.split_once("\n\n").map_or("", |(_, body)| body);
            body.lines().map(|line| LazyShape { line, shape: OnceLock::new() }).collect()
        })
    }

    #[cfg(test)]
    fn is_sound(&self, shape: &Shape) -> bool {
        let is_known = |field: &Field| match &field.value {
            Type::Fields(reference) => usize::from(reference.number) < self.shapes().len(),
            _ => true,
        };
        shape.fields.is_sorted_by_key(|field| field.name) && shape.fields.iter().all(is_known)
    }
}

fn parse(line: &'static str, file: u8) -> Option<Shape> {
    let (is_open, rest) = match line.strip_prefix('+') {
        Some(rest) => (true, rest),
        None => (false, line),
    };
    let fields: Option<Box<[Field]>> =
        rest.split(' ').filter(|word| !word.is_empty()).map(|word| field(word, file)).collect();
    Some(Shape { fields: fields?, is_open })
}

fn field(word: &'static str, file: u8) -> Option<Field> {
    let (name, value) = word.split_once(':')?;
    let (name, required) = name.strip_suffix('!').map_or((name, false), |name| (name, true));
    Some(Field { name, required, value: value_type(value, file)? })
}

fn value_type(text: &'static str, file: u8) -> Option<Type> {
    let inner = |rest| value_type(rest, file).map(Box::new);
    Some(match text.as_bytes().first()? {
        b'[' => Type::List(inner(&text[1..])?),
        b'{' => Type::Map(inner(&text[1..])?),
        b'(' => Type::Word(&text[1..]),
        b'0'..=b'9' => Type::Fields(Reference { file, number: text.parse().ok()? }),
        b'*' => Type::Any,
        b's' => Type::Text,
        b'i' => Type::Int,
        b'n' => Type::Number,
        b'b' => Type::Bool,
        b'q' => Type::Quantity,
        b'x' => Type::IntOrText,
        b'M' => Type::Metadata,
        _ => return None,
    })
}
