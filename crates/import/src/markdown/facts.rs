//! Components and segments that statements describe.

use sehat_catalog::{self as catalog, Meaning, meanings};
use sehat_platform::Cidr;
use sehat_platform::inventory::Stated;
use sehat_platform::inventory::prose::{Component, Form, Mention, Prose, Segment, Statement, Unit};

use super::{filters, schedules};

/// Members of a product are counted by these words.
const MEMBERS: [&str; 8] =
    ["node", "instance", "server", "replica", "machine", "primary", "master", "worker"];

/// Reads what the statements from `first` on describe.
pub fn read(first: usize, prose: &mut Prose) {
    for index in first..prose.statements.len() {
        let components = components(prose, index);
        prose.components.extend(components);
        let segment = segment(index, &prose.statements[index]);
        prose.segments.extend(segment);
    }
    schedules::read(first, prose);
    filters::read(first, prose);
}

fn components(prose: &Prose, index: usize) -> Vec<Component> {
    let statement = &prose.statements[index];
    // A long sentence tells a story; what there is stands in headings, lists and tables.
    let is_story = statement.form == Form::Line
        && statement.key.is_none()
        && statement.text.split_whitespace().count() > 14;
    if is_story {
        return Vec::new();
    }
    let mut named: Vec<&Mention> = Vec::new();
    for mention in statement.products.iter().filter(|mention| !mention.denied) {
        if !named.iter().any(|known| known.name == mention.name) {
            named.push(mention);
        }
    }
    let mut found: Vec<Component> =
        named.iter().filter_map(|mention| component(prose, index, mention)).collect();
    if found.is_empty() && is_version(statement) {
        found.extend(of_version(prose, index));
    }
    found
}

fn component(prose: &Prose, index: usize, mention: &Mention) -> Option<Component> {
    let statement = &prose.statements[index];
    let product = engine(prose, index, mention.name);
    let kind = catalog::product(product)?.kind;
    Some(Component {
        product,
        kind,
        origin: statement.place(mention.start..mention.end),
        statement: index,
        version: version_after(statement, mention.end).or_else(|| version_under(prose, index)),
        count: count(prose, index),
        environment: statement.environment,
    })
}

/// `mysql` below a heading on `rds-mysql` means the managed one.
fn engine(prose: &Prose, index: usize, name: &'static str) -> &'static str {
    let above = prose.above(index).filter_map(|at| prose.statements.get(at));
    let mut products = above.flat_map(|above| &above.products);
    let managed = products.find(|product| product.name.ends_with(name) && product.name.len() > name.len());
    managed.map_or(name, |product| product.name)
}

fn is_version(statement: &Statement) -> bool {
    let key_end = statement.value_start;
    statement.key.is_some()
        && statement.terms.iter().any(|term| term.name == "version" && term.start < key_end)
}

/// A line `Version: 1.24` belongs to the product that its heading names.
fn of_version(prose: &Prose, index: usize) -> Option<Component> {
    let statement = &prose.statements[index];
    let version = version_after(statement, statement.value_start)?;
    let owner = prose.above(index).find(|at| !prose.statements[*at].products.is_empty())?;
    // A heading that is about one product only.
    let product = prose.statements[owner].products.iter().max_by_key(|mention| {
        let is_managed = catalog::product(mention.name).is_some_and(|known| known.managed_by.is_some());
        (is_managed, std::cmp::Reverse(mention.start))
    })?;
    let kind = catalog::product(product.name)?.kind;
    Some(Component {
        product: product.name,
        kind,
        origin: version.origin.clone(),
        statement: index,
        version: Some(version),
        count: None,
        environment: statement.environment,
    })
}

fn version_under(prose: &Prose, index: usize) -> Option<Stated<String>> {
    let children = prose.block(index).iter().skip(1).filter(|child| child.under == Some(index));
    let mut versions = children.filter(|child| is_version(child) && child.products.is_empty());
    versions.next().and_then(|child| version_after(child, child.value_start))
}

/// The version that stands directly behind a name.
fn version_after(statement: &Statement, end: usize) -> Option<Stated<String>> {
    let rest = statement.text.get(end..)?;
    let plain = rest.trim_start_matches([' ', '*', '`', '(', ':', '_']);
    let plain = plain.strip_prefix("LTS ").unwrap_or(plain);
    let number = plain.strip_prefix(['v', 'V']).unwrap_or(plain);
    let length =
        number.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(number.len());
    let version = number[..length].trim_end_matches('.');
    let behind = &number[version.len()..];
    let is_word =
        behind.starts_with(|letter: char| letter.is_alphabetic() || matches!(letter, '-' | '/' | '%'));
    let next = behind.split_whitespace().next().unwrap_or_default();
    let is_count = meanings(next)
        .iter()
        .any(|found| matches!(found.meaning, Meaning::Term(name) if MEMBERS.contains(&name)));
    if version.is_empty() || is_word || is_count {
        return None;
    }
    let start = end + (rest.len() - number.len());
    Some(Stated::new(version.to_owned(), statement.place(start..start + version.len())))
}

fn is_members(of: Option<&str>) -> bool {
    of.is_some_and(|of| MEMBERS.contains(&of))
}

/// Members that the statement counts itself, else those that stand under it.
fn count(prose: &Prose, index: usize) -> Option<Stated<u32>> {
    let statement = &prose.statements[index];
    let own = statement.figures.iter().find(|figure| figure.unit == Unit::Count && is_members(figure.of));
    if let Some(own) = own {
        return Some(Stated::new(whole(own.low)?, statement.place_of(own)));
    }
    let beside = statement.under.filter(|_| statement.form == Form::Item);
    let of_neighbours = |child: &&Statement| {
        child.under == Some(index) || (child.under == beside && child.origin.line > statement.origin.line)
    };
    let end = beside.map_or(statement.end, |beside| prose.statements[beside].end);
    let near = prose.statements.get(index + 1..end).unwrap_or_default().iter().filter(of_neighbours).take(4);
    let roles: Vec<_> = near
        .filter(|child| child.products.is_empty() && child.says_any(&["primary", "replica", "master"]))
        .flat_map(|child| child.figures.iter().map(move |figure| (child, figure)))
        .filter(|(_, figure)| figure.unit == Unit::Count && (is_members(figure.of)))
        .collect();
    let (child, first) = roles.first()?;
    let sum: f64 = roles.iter().map(|(_, figure)| figure.low).sum();
    Some(Stated::new(whole(sum)?, child.place_of(first)))
}

fn whole(value: f64) -> Option<u32> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the bounds were looked at")]
    let whole = (0.0..1e6).contains(&value).then_some(value as u32);
    whole
}

fn segment(index: usize, statement: &Statement) -> Option<Segment> {
    let text = &statement.text;
    let slash = text.find('/').into_iter().chain(text.match_indices('/').map(|(at, _)| at)).find_map(|at| {
        let is_part = |letter: char| letter.is_ascii_digit() || letter == '.';
        let start = text[..at]
            .rfind(|letter: char| !is_part(letter))
            .map_or(0, |before| before + text[before..].chars().next().map_or(1, char::len_utf8));
        let end = text[at + 1..]
            .find(|letter: char| !letter.is_ascii_digit())
            .map_or(text.len(), |length| at + 1 + length);
        let cidr: Cidr = text.get(start..end)?.parse().ok()?;
        Some((start, end, cidr))
    });
    let (start, end, cidr) = slash?;
    let before = text[..start].trim_end_matches(['(', ' ', ':', '*', '`', '-']);
    let name = statement.key.clone().filter(|_| statement.value_start <= start);
    let name = name.unwrap_or_else(|| before.trim_matches(['*', '`', '|', ' ']).to_owned());
    Some(Segment { name, cidr, origin: statement.place(start..end), statement: index })
}
