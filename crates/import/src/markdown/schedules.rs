//! What is copied, how often, and how long a copy is kept.

use sehat_catalog as catalog;
use sehat_platform::Cron;
use sehat_platform::inventory::Stated;
use sehat_platform::inventory::prose::{CopyKind, Form, Prose, Schedule, Statement, Unit};

const DAY: f64 = 86_400.0;

/// Reads the copies that the statements from `first` on describe.
pub fn read(first: usize, prose: &mut Prose) {
    let mut index = first;
    while index < prose.statements.len() {
        match schedule(prose, index) {
            Some(found) => {
                index = prose.statements[index].end.max(index + 1);
                prose.schedules.push(found);
            }
            None => index += 1,
        }
    }
}

/// A statement about copies that has a time of its own, or in the lines under it.
fn schedule(prose: &Prose, index: usize) -> Option<Schedule> {
    let statement = &prose.statements[index];
    if statement.is_heading() || !is_copy(prose, index) {
        return None;
    }
    let block = prose.block(index);
    let period_s = block.iter().find_map(period);
    let cron = block.iter().find_map(cron);
    let keep_s = block.iter().find_map(keep);
    (period_s.is_some() || cron.is_some() || keep_s.is_some()).then(|| Schedule {
        kind: kind(statement),
        origin: statement.origin.clone(),
        statement: index,
        period_s: cron.as_ref().map(of_cron).or(period_s),
        cron,
        keep_s,
        about: about(prose, index),
        environment: statement.environment,
    })
}

/// Its own words speak of copies; or they speak of a retention under a heading on copies.
fn is_copy(prose: &Prose, index: usize) -> bool {
    let statement = &prose.statements[index];
    let own = statement.says_any(&["backup", "snapshot", "full-backup", "incremental-backup", "log-archive"]);
    let is_short = statement.form != Form::Line
        || statement.key.is_some()
        || statement.text.split_whitespace().count() < 16;
    let in_chapter = statement.says_any(&["retention"]) && !statement.says_any(&["log", "audit"]);
    let names_kind = statement.says_any(&["backup", "snapshot"]);
    let chapter = || prose.above(index).any(|at| prose.statements[at].says_any(&["backup", "snapshot"]));
    is_short && ((own && (names_kind || chapter())) || (in_chapter && chapter()))
}

fn kind(statement: &Statement) -> CopyKind {
    let says = |term| statement.says(term);
    if says("incremental-backup") {
        CopyKind::Incremental
    } else if says("log-archive") {
        CopyKind::Log
    } else if says("full-backup") {
        CopyKind::Full
    } else if says("snapshot") {
        CopyKind::Snapshot
    } else {
        CopyKind::Backup
    }
}

fn of_cron(cron: &Stated<Cron>) -> Stated<f64> {
    cron.clone().map(|cron| cron.period.seconds())
}

/// `daily`, `every 6 hours`, `a cada hora`
fn period(statement: &Statement) -> Option<Stated<f64>> {
    let every = statement.terms.iter().find(|term| term.name == "every");
    let figure = every.and_then(|every| {
        let near = |start: usize| start >= every.end && start < every.end + 4;
        statement.figures.iter().find(|figure| figure.unit == Unit::Seconds && near(figure.start))
    });
    if let Some(figure) = figure {
        return Some(Stated::new(figure.high, statement.place_of(figure)));
    }
    let word = |mention: &sehat_platform::inventory::prose::Mention| {
        let seconds = match mention.name {
            "hourly" => 3600.0,
            "daily" => DAY,
            "weekly" => 7.0 * DAY,
            "monthly" => 30.0 * DAY,
            _ => return None,
        };
        (!mention.denied).then(|| Stated::new(seconds, statement.place(mention.start..mention.end)))
    };
    statement.terms.iter().find_map(word)
}

/// Five fields, in quotes or alone.
fn cron(statement: &Statement) -> Option<Stated<Cron>> {
    let value = statement.value();
    let plain = value.split('#').next().unwrap_or_default().trim().trim_matches(['"', '\'', '`']);
    let fits = plain.split_whitespace().count() == 5 && plain.contains(['*', '/']);
    let cron: Cron = fits.then(|| plain.parse().ok()).flatten()?;
    let start = statement.text.find(plain)?;
    Some(Stated::new(cron, statement.place(start..start + plain.len())))
}

/// The time that stands next to the word for retention.
fn keep(line: &Statement) -> Option<Stated<f64>> {
    if !line.says("retention") {
        return None;
    }
    let word = line.terms.iter().find(|term| term.name == "retention");
    let every = line.terms.iter().find(|term| term.name == "every").map(|term| term.end);
    let is_period = |start: usize| every.is_some_and(|end| (end..end + 4).contains(&start));
    let times = line.figures.iter().filter(|figure| figure.unit == Unit::Seconds && !is_period(figure.start));
    let figure = times.min_by_key(|figure| {
        word.map_or(0, |word| word.start.saturating_sub(figure.end) + figure.start.saturating_sub(word.end))
    })?;
    Some(Stated::new(figure.low, line.place_of(figure)))
}

/// Products and kinds of stores in its own words; else those of the nearest heading that names some.
fn about(prose: &Prose, index: usize) -> Vec<&'static str> {
    let own = subjects(&prose.statements[index]);
    if !own.is_empty() {
        return own;
    }
    let above = prose.above(index).map(|at| subjects(&prose.statements[at]));
    above.into_iter().find(|found| !found.is_empty()).unwrap_or_default()
}

fn subjects(statement: &Statement) -> Vec<&'static str> {
    let products = statement.products.iter().map(|mention| mention.name).filter(|name| holds_data(name));
    let kinds = ["database", "object-storage", "file-storage", "cache", "queue"];
    let kinds = kinds.into_iter().filter(|kind| statement.says(kind));
    products.chain(kinds).collect()
}

fn holds_data(product: &str) -> bool {
    let stores = ["database", "cache", "queue", "object-store", "file-share", "block-store", "search"];
    catalog::product(product).is_some_and(|known| stores.contains(&known.kind))
}
