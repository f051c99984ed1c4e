//! Until when a release of a product is supported.

use std::sync::LazyLock;

use jiff::{ToSpan, civil::Date};
use serde::{Deserialize, Serialize};

use crate::entry::cited;
use crate::products;
use crate::table::{is_of_release, parse};

/// How long a release is supported by those who publish it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Lifetime {
    pub product: &'static str,
    pub release: &'static str,
    /// The last day of standard support, where it is announced.
    pub until: Option<Date>,
    /// A day on which standard support was over, where the last day itself is not known.
    pub ended_by: Option<Date>,
    /// The last day of the support that follows, and who gets it.
    pub extended_until: Option<Date>,
    pub extension: Option<Extension>,
    pub source: &'static str,
    pub date: Date,
}

/// Who gets the support that follows standard support.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Extension {
    /// Everyone, without payment: Debian LTS.
    Free,
    /// Whoever pays, by contract or by a surcharge per hour.
    Paid,
}

/// The state of a release on one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    Standard,
    Extended(Extension),
    Ended,
    Unknown,
}

// A statement that a release is supported, made without an end date, is believed for half a year.
const OPEN_SUPPORT_DAYS_MAX: i32 = 183;

impl Lifetime {
    /// Returns the state of this release on the day `as_of`.
    pub fn phase(&self, as_of: Date) -> Phase {
        match (self.until, self.ended_by) {
            (Some(until), _) if as_of <= until => Phase::Standard,
            (None, Some(ended)) if as_of < ended => Phase::Unknown,
            (None, None) => self.phase_without_end(as_of),
            (Some(_), _) | (None, Some(_)) => self.phase_after_standard(as_of),
        }
    }

    /// Returns the last day on which anyone gets fixes, where it is announced.
    pub fn last_day(&self) -> Option<Date> {
        self.extended_until.or(self.until)
    }

    fn phase_after_standard(&self, as_of: Date) -> Phase {
        match (self.extended_until, self.extension) {
            (Some(until), Some(extension)) if as_of <= until => Phase::Extended(extension),
            _ => Phase::Ended,
        }
    }

    fn phase_without_end(&self, as_of: Date) -> Phase {
        let believed_until = self.date.saturating_add(OPEN_SUPPORT_DAYS_MAX.days());
        if as_of <= believed_until { Phase::Standard } else { Phase::Unknown }
    }

    fn in_words(&self) -> String {
        let standard = match (self.until, self.ended_by) {
            (Some(until), _) => format!("until {until}"),
            (None, Some(ended)) => format!("ended by {ended}"),
            (None, None) => "supported, no end announced".to_owned(),
        };
        match self.extended_until {
            Some(extended) => format!("{standard}, extended until {extended}"),
            None => standard,
        }
    }
}

cited!(Lifetime, |row| format!("lifetime/{}/{}", row.product, row.release), row.in_words());

/// Returns the lifetime of the release that `version` belongs to: the longest release that is a
/// prefix of it (`10.11.6` is of `10.11`).
pub fn lifetime(product: &str, version: &str) -> Option<&'static Lifetime> {
    products::find_version(product, |name| {
        lifetimes()
            .iter()
            .filter(|row| row.product == name && is_of_release(version, row.release))
            .max_by_key(|row| row.release.len())
    })
}

/// Returns every lifetime.
pub fn lifetimes() -> &'static [Lifetime] {
    &TABLE
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
struct File {
    product: Vec<Group>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    name: &'static str,
    source: &'static str,
    date: Date,
    extension: Option<Extension>,
    releases: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Row {
    release: &'static str,
    until: Option<Date>,
    ended_by: Option<Date>,
    extended: Option<Date>,
}

static TABLE: LazyLock<Vec<Lifetime>> = LazyLock::new(|| {
    let file: File = parse!("lifetimes");
    file.product.into_iter().flat_map(Group::into_rows).collect()
});

impl Group {
    fn into_rows(self) -> impl Iterator<Item = Lifetime> {
        self.releases.into_iter().map(move |row| Lifetime {
            product: self.name,
            release: row.release,
            until: row.until,
            ended_by: row.ended_by,
            extended_until: row.extended,
            extension: row.extended.and(self.extension),
            source: self.source,
            date: self.date,
        })
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn longest_release_matches() {
        assert_eq!(lifetime("mariadb", "10.11.6").map(|row| row.release), Some("10.11"));
        assert_eq!(lifetime("mariadb", "10").map(|row| row.release), None);
    }

    #[test]
    fn a_framework_does_not_have_the_versions_of_its_runtime() {
        assert_eq!(lifetime("next", "16"), None);
        assert_eq!(lifetime("redis-cluster", "7.0.15"), lifetime("redis", "7.0"));
        assert_eq!(lifetime("postgres", "15.4"), lifetime("postgresql", "15"));
    }

    #[test]
    fn what_is_supported_without_an_end_becomes_unknown() {
        let row = lifetime("proxmox-ve", "9").unwrap();
        assert_eq!(row.phase(date(2026, 11, 21)), Phase::Standard);
        assert_eq!(row.phase(date(2027, 11, 21)), Phase::Unknown);
    }

    #[test]
    fn eks_1_24_is_past_both_supports() {
        let row = lifetime("eks", "1.24").unwrap();
        assert_eq!(row.phase(date(2024, 1, 1)), Phase::Standard);
        assert_eq!(row.phase(date(2024, 6, 1)), Phase::Extended(Extension::Paid));
        assert_eq!(row.phase(date(2026, 11, 21)), Phase::Ended);
    }

    #[test]
    fn debian_12_is_in_long_term_support() {
        let row = lifetime("debian", "12").unwrap();
        assert_eq!(row.phase(date(2026, 11, 21)), Phase::Extended(Extension::Free));
    }

    #[test]
    fn phases_never_go_back() {
        for row in lifetimes().iter().filter(|row| row.until.is_some()) {
            let days = date(2018, 1, 1).series(1.month()).take(240);
            let phases: Vec<_> = days.map(|day| row.phase(day)).collect();
            assert!(phases.is_sorted(), "{row:?}");
        }
    }

    #[test]
    fn ends_are_ordered() {
        for row in lifetimes() {
            assert!(
                row.extended_until.is_none() || row.extension.is_some(),
                "{} {}",
                row.product,
                row.release
            );
            assert!(
                row.extended_until.zip(row.until).is_none_or(|(extended, until)| until <= extended),
                "{row:?}"
            );
            assert!(row.until.is_none() || row.ended_by.is_none(), "{row:?}");
        }
    }
}
