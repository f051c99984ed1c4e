//! What words mean in documents about infrastructure, in three languages.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::entry::cited;
use crate::table::parse;

/// What a word or a few words stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Meaning {
    /// An idea of the field: `high-availability`, `retention`.
    Term(&'static str),
    /// A product by its name in the catalog.
    Product(&'static str),
    /// A unit of time.
    Seconds(u64),
}

/// A meaning, and the bytes of the text that have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    pub meaning: Meaning,
    pub start: usize,
    pub end: usize,
}

/// The words of one meaning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Wording {
    pub term: &'static str,
    pub words: Vec<&'static str>,
    pub source: &'static str,
    pub date: Date,
}

cited!(Wording, |row| format!("word/{}", row.term), row.words.join(", "));

/// Returns what the words of a text mean, from left to right; of several readings the longest.
pub fn meanings(text: &str) -> Vec<Found> {
    let words = words(text);
    let mut found = Vec::new();
    let mut at = 0;
    while at < words.len() {
        match longest(&words[at..]) {
            Some((meaning, count)) => {
                let end = words[at + count - 1].end;
                found.push(Found { meaning, start: words[at].start, end });
                at += count;
            }
            None => at += 1,
        }
    }
    found
}

/// Returns the words of every term.
pub fn wordings() -> &'static [Wording] {
    &TABLE.wordings
}

/// Returns whether documents can say it.
pub fn is_term(name: &str) -> bool {
    TABLE.wordings.iter().any(|row| row.term == name)
}

struct Word<'t> {
    start: usize,
    end: usize,
    text: &'t str,
    plain: String,
}

fn words(text: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut start = None;
    for (at, letter) in text.char_indices().chain([(text.len(), ' ')]) {
        match (letter.is_alphanumeric(), start) {
            (true, None) => start = Some(at),
            (false, Some(from)) => {
                words.push(Word {
                    start: from,
                    end: at,
                    text: &text[from..at],
                    plain: plain(&text[from..at]),
                });
                start = None;
            }
            _ => {}
        }
    }
    words
}

/// Small letters without accents.
fn plain(word: &str) -> String {
    word.chars().flat_map(char::to_lowercase).map(unaccented).collect()
}

const fn unaccented(letter: char) -> char {
    match letter {
        'á' | 'à' | 'â' | 'ã' | 'ä' => 'a',
        'é' | 'è' | 'ê' | 'ë' => 'e',
        'í' | 'ì' | 'î' | 'ï' => 'i',
        'ó' | 'ò' | 'ô' | 'õ' | 'ö' => 'o',
        'ú' | 'ù' | 'û' | 'ü' => 'u',
        'ç' => 'c',
        'ñ' => 'n',
        other => other,
    }
}

fn longest(words: &[Word<'_>]) -> Option<(Meaning, usize)> {
    let first = words.first()?;
    let singular = first.plain.strip_suffix('s').unwrap_or(&first.plain);
    let named = [first.plain.as_str(), singular].into_iter().filter_map(|word| TABLE.phrases.get(word));
    let fitting = named.flatten().filter(|phrase| phrase.fits(words));
    fitting.max_by_key(|phrase| phrase.words.len()).map(|phrase| (phrase.meaning, phrase.words.len()))
}

struct Phrase {
    meaning: Meaning,
    words: Vec<String>,
    /// A name that is a word as well is told by its capital.
    exact: Option<&'static str>,
}

impl Phrase {
    fn fits(&self, words: &[Word<'_>]) -> bool {
        let Some(words) = words.get(..self.words.len()) else { return false };
        let last = self.words.len() - 1;
        let same = |at: usize, word: &Word<'_>| {
            word.plain == self.words[at] || (at == last && is_plural(&word.plain, &self.words[at]))
        };
        words.iter().enumerate().all(|(at, word)| same(at, word))
            && self.exact.is_none_or(|exact| words[0].text == exact || is_plural(words[0].text, exact))
    }
}

fn is_plural(word: &str, singular: &str) -> bool {
    word.strip_prefix(singular).is_some_and(|rest| matches!(rest, "s" | "es"))
}

#[derive(Deserialize)]
struct File {
    source: &'static str,
    date: Date,
    terms: BTreeMap<&'static str, Vec<&'static str>>,
    products: BTreeMap<&'static str, Vec<&'static str>>,
    seconds: BTreeMap<&'static str, Vec<&'static str>>,
}

struct Table {
    wordings: Vec<Wording>,
    phrases: HashMap<String, Vec<Phrase>>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let file: File = parse!("vocabulary");
    let mut phrases: HashMap<String, Vec<Phrase>> = HashMap::new();
    let mut add = |meaning: Meaning, all: &[&'static str]| {
        for phrase in all.iter().filter_map(|text| phrase(meaning, text)) {
            phrases.entry(phrase.words[0].clone()).or_default().push(phrase);
        }
    };
    file.terms.iter().for_each(|(term, all)| add(Meaning::Term(term), all));
    file.products.iter().for_each(|(name, all)| add(Meaning::Product(name), all));
    file.seconds.iter().for_each(|(count, all)| add(Meaning::Seconds(count.parse().unwrap_or(1)), all));
    let wordings = file.terms.into_iter().map(|(term, words)| Wording {
        term,
        words,
        source: file.source,
        date: file.date,
    });
    Table { wordings: wordings.collect(), phrases }
});

fn phrase(meaning: Meaning, text: &'static str) -> Option<Phrase> {
    let words: Vec<String> = words(text).into_iter().map(|word| word.plain).collect();
    let exact = (words.len() == 1 && text.contains(char::is_uppercase)).then_some(text);
    (!words.is_empty()).then_some(Phrase { meaning, words, exact })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<Meaning> {
        meanings(text).into_iter().map(|found| found.meaning).collect()
    }

    #[test]
    fn three_languages_say_the_same() {
        let daily = |text| read(text).contains(&Meaning::Term("daily"));
        assert!(daily("Daily snapshots") && daily("cadangan harian") && daily("Backups diários"));
        assert_eq!(read("Alta Disponibilidade"), [Meaning::Term("high-availability")]);
    }

    #[test]
    fn the_longest_reading_counts() {
        assert_eq!(read("MySQL RDS Instances"), [Meaning::Product("rds-mysql")]);
        assert_eq!(read("Node.js"), [Meaning::Product("nodejs")]);
    }

    #[test]
    fn a_name_that_is_a_word_has_its_capital() {
        assert_eq!(read("Vault"), [Meaning::Product("vault")]);
        assert_eq!(read("into the vault"), []);
    }

    #[test]
    fn every_product_is_one_of_the_catalog() {
        for phrase in TABLE.phrases.values().flatten() {
            let Meaning::Product(name) = phrase.meaning else { continue };
            assert!(crate::product(name).is_some_and(|known| known.name == name), "{name}");
        }
    }
}
