//! Brings a database back on the scratch machine, from what the vault holds.

pub mod file;
mod judge;
mod scratch;
mod switch;
mod vault;

use std::time::Instant;

use sehat_drill::Failure;
use sehat_guest::restore::{Facts, Found, FullCopy, Point, Step};
use sehat_guest::vault::Copy;
use sehat_lab_linux::Lab;
use sehat_platform::Platform;
use sehat_verdict::drill::{RestoreRecord, RestoreStep};

use crate::compose::{SCRATCH, copies_key};
use scratch::Scratch;
pub use vault::Copies;

#[cfg(test)]
pub use judge::entry;
pub use judge::judge;

/// One restore of one database of a running lab.
pub struct Restore<'a> {
    pub lab: &'a Lab,
    pub platform: &'a Platform,
    pub component: &'a str,
    pub point: Point,
    /// Serve the restored state in place of the present one.
    pub switch_over: bool,
    /// Copies that reached the vault later are left out, because they may be an attacker's.
    pub trusted_until_ms: Option<u64>,
    /// Hears what is done next.
    pub tell: &'a dyn Fn(&str),
}

impl Restore<'_> {
    pub fn perform(&self) -> Result<RestoreRecord, Failure> {
        let begin = Instant::now();
        let mut steps = Vec::new();
        self.step(&mut steps, "save the rest of the log", || {
            vault::save_now(self.lab, self.platform, self.component);
            Ok(())
        })?;
        let copies = Copies::of(self.lab, self.platform, self.component, self.trusted_until_ms)?;
        let secret = |name: &str| self.lab.secret(name).unwrap_or_default();
        let scratch = Scratch::open(self.lab, &copies_key(&secret, self.component).private())?;
        let mut passed_over = Vec::new();
        let fetch = || self.fetch(&scratch, &copies, &mut passed_over);
        let (found, bytes) = self.step(&mut steps, "fetch copies and find the point", fetch)?;
        steps.extend(scratch.apply(&found)?);
        let written = vault::written(self.lab, self.component, limit_ms(&self.point, &found))?;
        let facts = self.step(&mut steps, "look at every table", || scratch.verify(&written))?;
        if self.switch_over {
            self.step(&mut steps, "switch over", || switch::over(self.lab, self.platform, self.component))?;
            // The state serves already; what is left here does no harm.
            let _ = scratch.clear();
        }
        let restore_ms = u64::try_from(begin.elapsed().as_millis()).unwrap_or(u64::MAX);
        let mut record = self.record(&found, facts, restore_ms);
        record.bytes = Some(bytes);
        record.passed_over = passed_over;
        record.steps = steps.into_iter().map(|step| RestoreStep { step: step.name, ms: step.ms }).collect();
        record.verdicts = judge(self.platform, self.component, &record);
        Ok(record)
    }

    fn step<T>(
        &self,
        steps: &mut Vec<Step>,
        name: &str,
        part: impl FnOnce() -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        (self.tell)(name);
        let begin = Instant::now();
        let outcome = part()?;
        let ms = u64::try_from(begin.elapsed().as_millis()).unwrap_or(u64::MAX);
        steps.push(Step { name: name.to_owned(), ms });
        Ok(outcome)
    }

    /// Takes the newest full copy that is old enough, and a log that reaches the point. Copies that cannot be opened are
    /// passed over: an attacker may have added them.
    fn fetch(
        &self,
        scratch: &Scratch<'_>,
        copies: &Copies,
        passed_over: &mut Vec<String>,
    ) -> Result<(Found, u64), Failure> {
        let missing =
            format!("the vault has no full copy of `{}` that was whole before that point", self.component);
        let mut why = Failure::new("restore", missing);
        for full in copies.fulls(&self.point) {
            let fetched = match scratch.fetch(&copies.vault, std::slice::from_ref(&full.path)) {
                Ok(fetched) => fetched,
                Err(failure) => {
                    passed_over.push(format!("{}: {failure}", full.path));
                    why = failure;
                    continue;
                }
            };
            let Some(position) = fetched.full else { continue };
            match self.find(scratch, copies, (full, &position), passed_over) {
                Ok((found, bytes)) => return Ok((found, bytes + fetched.bytes)),
                Err(failure) => why = failure,
            }
        }
        Err(why)
    }

    /// One log is enough where all of it is sound; else the one that goes furthest is taken.
    fn find(
        &self,
        scratch: &Scratch<'_>,
        copies: &Copies,
        (copy, full): (&Copy, &FullCopy),
        passed_over: &mut Vec<String>,
    ) -> Result<(Found, u64), Failure> {
        let mut why = Failure::new("restore", "the vault has no log");
        let mut best: Option<(u64, usize)> = None;
        let logs = copies.logs(copy, full);
        let read = |index: usize| {
            let (member, paths) = &logs[index];
            let fetched = scratch.fetch(&copies.vault, paths)?;
            let found = scratch.find(full, *member == copy.from, fetched.pieces, &self.point);
            Ok::<_, Failure>((found, fetched.bytes, fetched.errors))
        };
        for index in 0..logs.len() {
            let (found, bytes, errors) = read(index)?;
            let is_sound = errors.is_empty();
            passed_over.extend(errors);
            match found {
                Ok(found) if is_sound && found.is_sound => return Ok((found, bytes)),
                Ok(found) => best = best.max(Some((found.transactions, logs.len() - index))),
                Err(failure) => why = failure,
            }
        }
        let Some((_, place)) = best else { return Err(why) };
        let (found, bytes, _) = read(logs.len() - place)?;
        Ok((found?, bytes))
    }

    fn record(&self, found: &Found, facts: Facts, restore_ms: u64) -> RestoreRecord {
        RestoreRecord {
            source: self.component.to_owned(),
            format: "mariadb-backup and binary log".to_owned(),
            point: words(&self.point, found),
            machine: SCRATCH.to_owned(),
            restore_ms: Some(restore_ms),
            databases: Some(facts.databases),
            tables: Some(facts.tables),
            rows: Some(facts.rows),
            newest: facts.newest.as_deref().map(moment),
            acknowledged: facts.acknowledged,
            lost: facts.lost,
            errors: facts.errors,
            last_transaction: found.last.clone(),
            last_transaction_time: found.last_seconds.and_then(time),
            transactions: Some(found.transactions),
            exposed_ms_max: found.exposed_ms_max,
            switched_over: self.switch_over,
            ..RestoreRecord::default()
        }
    }
}

/// Writes that were acknowledged before this moment are in the state. Log times are whole seconds, so the second of the
/// point itself is left out.
fn limit_ms(point: &Point, found: &Found) -> u64 {
    let seconds = match point {
        Point::ToTime { unix_seconds } => Some(*unix_seconds),
        Point::Newest => found.last_seconds,
        Point::BeforeTransaction { .. } | Point::BeforeStatement { .. } => found.next_seconds,
    };
    seconds.unwrap_or(0) * 1000
}

fn words(point: &Point, found: &Found) -> String {
    match point {
        Point::ToTime { unix_seconds } => format!("to {}", time(*unix_seconds).unwrap_or_default()),
        Point::BeforeTransaction { gtid } => format!("before transaction {gtid}"),
        Point::BeforeStatement { .. } => {
            format!("before transaction {}", found.next.as_deref().unwrap_or("unknown"))
        }
        Point::Newest => "newest".to_owned(),
    }
}

fn time(unix_seconds: u64) -> Option<String> {
    let seconds = i64::try_from(unix_seconds).ok()?;
    jiff::Timestamp::from_second(seconds).ok().map(|time| time.to_string())
}

/// A moment of a table, as the server prints it, in the form of all moments.
fn moment(text: &str) -> String {
    format!("{}Z", text.replace(' ', "T"))
}
