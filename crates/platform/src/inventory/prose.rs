//! What sentences, tables, lists and diagrams say: statements with their figures, and the components, networks,
//! schedules and filters that they describe.

use std::ops::Range;

use sehat_diagnostic::Origin;

use super::Stated;
use crate::{Cidr, Cron};

/// Documents, statement by statement, in the order of the files.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Prose {
    pub statements: Vec<Statement>,
    pub components: Vec<Component>,
    pub segments: Vec<Segment>,
    pub schedules: Vec<Schedule>,
    pub filters: Vec<Filter>,
    pub links: Vec<Link>,
}

/// A heading, an item, a row or a line, with what its words mean.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Statement {
    pub origin: Origin,
    pub text: String,
    pub form: Form,
    /// What it stands under: the item around it, else the heading.
    pub under: Option<usize>,
    /// One past the last statement that stands under it.
    pub end: usize,
    /// The name before a colon, or the first cell of a row.
    pub key: Option<String>,
    /// Where the value begins in the text; zero without a key.
    pub value_start: usize,
    pub terms: Vec<Mention>,
    pub products: Vec<Mention>,
    pub figures: Vec<Figure>,
    pub environment: Option<Environment>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    Heading(u8),
    Item,
    Row,
    /// A name in a tree or in a diagram.
    Node,
    #[default]
    Line,
}

/// A word that means something, and where it stands in the statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mention {
    pub name: &'static str,
    pub start: usize,
    pub end: usize,
    /// A word before it says that it is not so.
    pub denied: bool,
}

/// A number with its unit, in the unit's base: seconds, bytes, bits per second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figure {
    pub unit: Unit,
    pub low: f64,
    pub high: f64,
    /// `3+`, `> 100`: there is no upper end.
    pub open: bool,
    pub start: usize,
    pub end: usize,
    /// The term that follows and is counted: `node`, `replica`.
    pub of: Option<&'static str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unit {
    Count,
    Percent,
    Seconds,
    Bytes,
    BytesPerSecond,
    BitsPerSecond,
    PerSecond,
    Money,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Environment {
    Development,
    Staging,
    Production,
}

/// A product that a document says to be there.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Component {
    /// The catalog's name.
    pub product: &'static str,
    /// What it is called there: `database`, `cache`.
    pub kind: &'static str,
    pub origin: Origin,
    /// Index of the statement that names it.
    pub statement: usize,
    pub version: Option<Stated<String>>,
    /// Members together: `3 nodes`, or one primary and two replicas.
    pub count: Option<Stated<u32>>,
    pub environment: Option<Environment>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Segment {
    pub name: String,
    pub cidr: Cidr,
    pub origin: Origin,
    pub statement: usize,
}

/// Something that is copied again and again.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Schedule {
    pub kind: CopyKind,
    pub origin: Origin,
    pub statement: usize,
    /// Longest time between two copies.
    pub period_s: Option<Stated<f64>>,
    pub cron: Option<Stated<Cron>>,
    pub keep_s: Option<Stated<f64>>,
    /// Products, or kinds such as `database`, whose data it copies.
    pub about: Vec<&'static str>,
    pub environment: Option<Environment>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum CopyKind {
    Full,
    Incremental,
    Log,
    Snapshot,
    /// A backup of which nothing says which kind.
    #[default]
    Backup,
}

/// A filter in words: a security group, an access list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    pub name: String,
    pub origin: Origin,
    /// An access list that does not remember connections.
    pub stateless: bool,
    /// `application`, `database`, `public`, `private`: whom it guards.
    pub tier: Option<&'static str>,
    pub inbound: Option<Opening>,
    pub outbound: Option<Opening>,
    /// A health check's port that is written beside it.
    pub health_port: Option<Stated<u16>>,
}

/// What one direction lets through.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Opening {
    pub origin: Origin,
    pub ports: Vec<u16>,
    pub everything: bool,
    pub nothing: bool,
    /// Terms and products on the other end: `internet`, `application`.
    pub peers: Vec<&'static str>,
    /// It names traffic in words of which the ports are not known.
    pub vague: bool,
}

/// An arrow of a diagram.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    pub from: String,
    pub to: String,
    /// The statements that name the ends.
    pub ends: (usize, usize),
    pub origin: Origin,
}

impl Statement {
    /// Returns whether its own words say it, and not that it is not so.
    pub fn says(&self, term: &str) -> bool {
        self.terms.iter().any(|mention| mention.name == term && !mention.denied)
    }

    pub fn says_any(&self, terms: &[&str]) -> bool {
        terms.iter().any(|term| self.says(term))
    }

    pub fn names(&self, product: &str) -> bool {
        self.products.iter().any(|mention| mention.name == product && !mention.denied)
    }

    /// Returns the first figure of a unit.
    pub fn figure(&self, unit: Unit) -> Option<&Figure> {
        self.figures.iter().find(|figure| figure.unit == unit)
    }

    pub const fn is_heading(&self) -> bool {
        matches!(self.form, Form::Heading(_))
    }

    /// Returns the text behind the key.
    pub fn value(&self) -> &str {
        self.text.get(self.value_start..).unwrap_or_default().trim()
    }

    /// Returns the place of some bytes of the text.
    pub fn place(&self, range: Range<usize>) -> Origin {
        let before = self.text.get(..range.start).unwrap_or_default();
        Origin {
            path: self.origin.path.clone(),
            start: self.origin.start + range.start,
            end: self.origin.start + range.end,
            line: self.origin.line,
            column: self.origin.column + before.chars().count(),
        }
    }

    pub fn place_of(&self, figure: &Figure) -> Origin {
        self.place(figure.start..figure.end)
    }
}

impl Prose {
    pub fn is_empty(&self) -> bool {
        self.statements.is_empty()
    }

    /// Returns a statement and all that stands under it.
    pub fn block(&self, statement: usize) -> &[Statement] {
        let end = self.statements.get(statement).map_or(statement, |found| found.end);
        self.statements.get(statement..end).unwrap_or_default()
    }

    /// Returns what a statement stands under, the nearest first.
    pub fn above(&self, statement: usize) -> impl Iterator<Item = usize> {
        let next = |at: &usize| self.statements.get(*at).and_then(|found| found.under).filter(|up| up < at);
        std::iter::successors(next(&statement), next)
    }

    /// Returns whether a statement or what it stands under says it.
    pub fn is_about(&self, statement: usize, terms: &[&str]) -> bool {
        let all = std::iter::once(statement).chain(self.above(statement));
        all.filter_map(|at| self.statements.get(at)).any(|found| found.says_any(terms))
    }

    /// Returns the statements whose own words say one of the terms.
    pub fn saying<'a>(&'a self, terms: &'a [&'a str]) -> impl Iterator<Item = (usize, &'a Statement)> {
        self.statements.iter().enumerate().filter(move |(_, statement)| statement.says_any(terms))
    }

    pub fn says(&self, terms: &[&str]) -> bool {
        self.statements.iter().any(|statement| statement.says_any(terms))
    }

    /// Returns whether any of the products is named anywhere.
    pub fn names(&self, products: &[&str]) -> bool {
        self.statements.iter().any(|statement| products.iter().any(|product| statement.names(product)))
    }

    pub fn statement(&self, component: &Component) -> Option<&Statement> {
        self.statements.get(component.statement)
    }
}
