//! Filters in words: `Inbound: 443 from ALB`, `Public subnets: HTTP/HTTPS inbound, all outbound`.

use sehat_platform::inventory::Stated;
use sehat_platform::inventory::prose::{Filter, Opening, Prose, Statement, Unit};

/// Whom a filter guards, the most telling word first.
const TIERS: [&str; 7] = ["database", "cache", "application", "frontend", "management", "public", "private"];

/// Reads the filters that the statements from `first` on describe.
pub fn read(first: usize, prose: &mut Prose) {
    for index in first..prose.statements.len() {
        let found = group(prose, index).or_else(|| list(prose, index));
        prose.filters.extend(found);
    }
}

/// A heading or item with lines for the directions under it.
fn group(prose: &Prose, index: usize) -> Option<Filter> {
    let statement = &prose.statements[index];
    let children = || prose.block(index).iter().skip(1).filter(|child| child.under == Some(index));
    let direction = |term: &'static str| children().find(|child| is_direction(child, term));
    let is_filter = prose.is_about(index, &["security-group", "network-acl", "firewall"]);
    let (inbound, outbound) = (direction("inbound"), direction("outbound"));
    if !is_filter || (inbound.is_none() && outbound.is_none()) {
        return None;
    }
    let health = children().filter(|child| child.says("health-check")).find_map(port_of);
    Some(Filter {
        name: plain(&statement.text),
        origin: statement.origin.clone(),
        stateless: prose.is_about(index, &["network-acl"]),
        tier: tier(statement),
        inbound: inbound.map(|child| opening(child, child.value_start, child.text.len())),
        outbound: outbound.map(|child| opening(child, child.value_start, child.text.len())),
        health_port: health,
    })
}

fn is_direction(statement: &Statement, term: &str) -> bool {
    let end = statement.value_start;
    end > 0 && statement.terms.iter().any(|mention| mention.name == term && mention.start < end)
}

/// One line with both directions, under a heading on access lists.
fn list(prose: &Prose, index: usize) -> Option<Filter> {
    let statement = &prose.statements[index];
    let is_list = prose.above(index).any(|at| prose.statements[at].says("network-acl"));
    let key = statement.key.clone()?;
    if !is_list || is_direction(statement, "inbound") || is_direction(statement, "outbound") {
        return None;
    }
    let mut filter = Filter {
        name: key,
        origin: statement.origin.clone(),
        stateless: true,
        tier: tier(statement),
        ..Filter::default()
    };
    for (start, end) in clauses(statement) {
        let says = |term: &str| {
            statement
                .terms
                .iter()
                .any(|mention| mention.name == term && (start..end).contains(&mention.start))
        };
        let opening = opening(statement, start, end);
        if says("inbound") {
            filter.inbound = Some(opening);
        } else if says("outbound") {
            filter.outbound = Some(opening);
        }
    }
    Some(filter)
}

/// The parts of the value between commas.
fn clauses(statement: &Statement) -> Vec<(usize, usize)> {
    let mut start = statement.value_start;
    let mut found = Vec::new();
    for part in statement.text[start..].split([',', ';']) {
        found.push((start, start + part.len()));
        start += part.len() + 1;
    }
    found
}

fn opening(statement: &Statement, start: usize, end: usize) -> Opening {
    let inside = |at: usize| (start..end).contains(&at);
    let mut ports: Vec<u16> = statement
        .figures
        .iter()
        .filter(|figure| inside(figure.start) && figure.unit == Unit::Count)
        .filter_map(|figure| number(figure.low))
        .collect();
    let text = statement.text.get(start..end).unwrap_or_default().to_uppercase();
    let named =
        [("HTTPS", 443), ("SSH", 22), ("DNS", 53), ("MYSQL", 3306), ("POSTGRES", 5432), ("REDIS", 6379)];
    ports.extend(named.iter().filter(|(word, _)| text.contains(word)).map(|(_, port)| *port));
    if text.replace("HTTPS", "").contains("HTTP") {
        ports.push(80);
    }
    ports.sort_unstable();
    ports.dedup();
    let terms = || statement.terms.iter().filter(|mention| inside(mention.start));
    let everything = terms().any(|mention| mention.name == "everything");
    let nothing = terms().any(|mention| mention.name == "nothing");
    let peers = terms()
        .map(|mention| mention.name)
        .filter(|name| matches!(*name, "internet" | "database" | "cache" | "application" | "management"))
        .chain(statement.products.iter().filter(|mention| inside(mention.start)).map(|mention| mention.name));
    Opening {
        origin: statement.place(start..end.min(statement.text.len())),
        vague: ports.is_empty() && !everything && !nothing,
        peers: peers.collect(),
        ports,
        everything,
        nothing,
    }
}

fn number(value: f64) -> Option<u16> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the bounds were looked at")]
    let port = (1.0..=65_535.0).contains(&value).then_some(value as u16);
    port
}

fn port_of(statement: &Statement) -> Option<Stated<u16>> {
    let figure = statement.figures.iter().find(|figure| figure.unit == Unit::Count && figure.low > 20.0)?;
    Some(Stated::new(number(figure.low)?, statement.place_of(figure)))
}

fn tier(statement: &Statement) -> Option<&'static str> {
    TIERS.into_iter().find(|tier| statement.says(tier))
}

fn plain(text: &str) -> String {
    text.trim_matches(|letter: char| matches!(letter, '*' | '_' | '`' | ':' | ' ')).to_owned()
}
