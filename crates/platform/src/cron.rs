//! Schedules, and the longest time between their runs.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::Duration;

/// A schedule: five fields of cron, or `every 6h`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Cron {
    pub text: String,
    /// Longest time between two runs.
    pub period: Duration,
}

impl FromStr for Cron {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "a schedule such as `0 2 * * *`, `0 2 * * 1-6` or `every 6h`".to_owned();
        let text = text.trim();
        let period = match text.strip_prefix("every ") {
            Some(period) => period.parse()?,
            None => Fields::read(text).and_then(|fields| longest_gap_of(&[fields])).ok_or_else(wrong)?,
        };
        Ok(Self { text: text.to_owned(), period })
    }
}

impl fmt::Display for Cron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Cron {
    /// Returns the longest time without a run of any of the schedules; none where there is none.
    ///
    /// The start of `every 6h` is not known, so it fills no gap of another schedule.
    pub fn longest_gap<'a>(schedules: impl IntoIterator<Item = &'a Self>) -> Option<Duration> {
        let schedules: Vec<&Self> = schedules.into_iter().collect();
        let fields: Vec<Fields> =
            schedules.iter().filter_map(|schedule| Fields::read(&schedule.text)).collect();
        let shortest = schedules.iter().map(|schedule| schedule.period).min();
        let together = if fields.len() > 1 { longest_gap_of(&fields) } else { None };
        shortest.into_iter().chain(together).min()
    }
}

impl Cron {
    /// Returns whether a run begins in this minute since 1970, by the clock of UTC.
    ///
    /// `every 6h` begins at 00:00, 06:00 and so on.
    pub fn begins_in(&self, minute: u64) -> bool {
        let Some(fields) = Fields::read(&self.text) else {
            return self.period.ms() >= MINUTE_MS && minute.is_multiple_of(self.period.ms() / MINUTE_MS);
        };
        let second = i64::try_from(minute).unwrap_or(i64::MAX).saturating_mul(60);
        let Ok(moment) = jiff::Timestamp::from_second(second) else { return false };
        let moment = moment.to_zoned(jiff::tz::TimeZone::UTC);
        let of_day = i64::from(moment.hour()) * 60 + i64::from(moment.minute());
        fields.runs_on(moment.date()) && fields.times().any(|time| time == of_day)
    }
}

const MINUTE_MS: u64 = 60_000;

/// The five fields, each as what it admits.
struct Fields {
    minutes: Vec<u16>,
    hours: Vec<u16>,
    days: Vec<u16>,
    months: Vec<u16>,
    weekdays: Vec<u16>,
    /// Both day fields are restricted, which cron joins with "or".
    either_day: bool,
}

impl Fields {
    fn read(text: &str) -> Option<Self> {
        let fields: Vec<&str> = text.split_whitespace().collect();
        let [minute, hour, day, month, weekday] = fields[..] else { return None };
        let mut weekdays = values(weekday, 0, 7)?;
        if weekdays.contains(&7) && !weekdays.contains(&0) {
            weekdays.push(0);
        }
        Some(Self {
            minutes: values(minute, 0, 59)?,
            hours: values(hour, 0, 23)?,
            days: values(day, 1, 31)?,
            months: values(month, 1, 12)?,
            weekdays,
            either_day: !day.starts_with('*') && !weekday.starts_with('*'),
        })
    }

    /// Whether one week is like the other.
    fn is_weekly(&self) -> bool {
        self.days.len() == 31 && self.months.len() == 12
    }

    fn runs_on(&self, date: jiff::civil::Date) -> bool {
        let has = |values: &[u16], value: i8| u16::try_from(value).is_ok_and(|value| values.contains(&value));
        let on_day = has(&self.days, date.day());
        let on_weekday = has(&self.weekdays, date.weekday().to_sunday_zero_offset());
        let day = if self.either_day { on_day || on_weekday } else { on_day && on_weekday };
        day && has(&self.months, date.month())
    }

    /// Minutes of the day.
    fn times(&self) -> impl Iterator<Item = i64> {
        self.hours
            .iter()
            .flat_map(|hour| self.minutes.iter().map(move |minute| i64::from(*hour * 60 + *minute)))
    }
}

// Two runs of a weekly schedule lie in two weeks and a day; those of 29 February in nine years.
const DAYS_WEEKLY: i64 = 15;
const DAYS_YEARLY: i64 = 9 * 366;

fn longest_gap_of(schedules: &[Fields]) -> Option<Duration> {
    let days = if schedules.iter().all(Fields::is_weekly) { DAYS_WEEKLY } else { DAYS_YEARLY };
    let mut runs = BTreeSet::new();
    let mut date = jiff::civil::date(2024, 1, 1);
    for day in 0..days {
        for schedule in schedules.iter().filter(|schedule| schedule.runs_on(date)) {
            runs.extend(schedule.times().map(|minute| day * 1440 + minute));
        }
        date = date.tomorrow().ok()?;
    }
    let gap = runs.iter().zip(runs.iter().skip(1)).map(|(run, next)| next - run).max()?;
    u64::try_from(gap).ok().map(|minutes| Duration(minutes * 60_000))
}

fn values(text: &str, low: u16, high: u16) -> Option<Vec<u16>> {
    let mut values = BTreeSet::new();
    for part in text.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, step.parse::<u16>().ok().filter(|step| *step > 0)?),
            None => (part, 1),
        };
        let (first, last) = match range.split_once('-') {
            _ if range == "*" => (low, high),
            Some((first, last)) => (first.parse().ok()?, last.parse().ok()?),
            None if part.contains('/') => (range.parse().ok()?, high),
            None => (range.parse().ok()?, range.parse().ok()?),
        };
        if first < low || last > high || first > last {
            return None;
        }
        values.extend((first..=last).step_by(usize::from(step)));
    }
    Some(values.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gap(schedules: &[&str]) -> Option<String> {
        let schedules: Vec<Cron> = schedules.iter().map(|text| text.parse().unwrap()).collect();
        Cron::longest_gap(&schedules).map(|gap| gap.to_string())
    }

    #[test]
    fn schedules_fill_each_others_gaps() {
        assert_eq!(gap(&["0 2 * * 0", "0 2 * * 1-6"]).as_deref(), Some("1d"));
        assert_eq!(gap(&["0 2 * * 0", "0 14 * * *"]).as_deref(), Some("1d"));
        assert_eq!(gap(&["0 2 * * *", "every 30h"]).as_deref(), Some("1d"));
        assert_eq!(gap(&["0 2 1 * *"]).as_deref(), Some("31d"));
        assert_eq!(gap(&[]), None);
    }

    #[test]
    fn rare_days_are_found() {
        assert_eq!(gap(&["0 0 29 2 *"]).as_deref(), Some("4y"));
        assert_eq!(gap(&["0 0 1 * 7"]).as_deref(), Some("7d"));
    }

    #[test]
    fn a_schedule_begins_in_its_minute_alone() {
        let minute = |text: &str| text.parse::<jiff::Timestamp>().unwrap().as_second().unsigned_abs() / 60;
        let begins = |schedule: &str, at: &str| schedule.parse::<Cron>().unwrap().begins_in(minute(at));
        assert!(begins("0 1 * * *", "2026-11-21T01:00:59Z"));
        assert!(!begins("0 1 * * *", "2026-11-21T01:01:00Z"));
        assert!(begins("0 3 1 * *", "2026-12-01T03:00:00Z"));
        assert!(!begins("0 3 1 * *", "2026-12-02T03:00:00Z"));
        assert!(begins("every 6h", "2026-11-21T18:00:00Z"));
        assert!(!begins("every 6h", "2026-11-21T19:00:00Z"));
    }

    #[test]
    fn days_that_no_month_has_are_refused() {
        assert!("0 0 31 2 *".parse::<Cron>().is_err());
    }
}
