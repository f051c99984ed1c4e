//! Brings a database back on the scratch machine, from what the vault holds.

pub mod file;
mod judge;
mod scratch;
mod switch;
mod vault;

use std::time::Instant;

use sehat_drill::Failure;
use sehat_guest::restore::{Facts, Found, FullCopy, Point, Step};
use sehat_lab_linux::Lab;
use sehat_platform::Platform;
use sehat_verdict::drill::{RestoreRecord, RestoreStep};

use crate::compose::{SCRATCH, copies_key, vault_machine};
use scratch::Scratch;
use vault::Copies;

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
        let vault = self.vault()?;
        self.step(&mut steps, "save the rest of the log", || {
            vault::save_now(self.lab, self.platform, self.component)
        })?;
        let copies = Copies::list(self.lab, &vault, &self.members(), self.trusted_until_ms)?;
        let secret = |name: &str| self.lab.secret(name).unwrap_or_default();
        let scratch = Scratch::open(self.lab, &copies_key(&secret, self.component).private())?;
        let mut errors = Vec::new();
        let fetch = || self.fetch(&scratch, &copies, &mut errors);
        let (found, bytes) = self.step(&mut steps, "fetch copies and find the point", fetch)?;
        steps.extend(scratch.apply(&found)?);
        let written = vault::written(self.lab, self.component, limit_ms(&self.point, &found))?;
        let facts = self.step(&mut steps, "look at every table", || scratch.verify(&written))?;
        if self.switch_over {
            self.step(&mut steps, "switch over", || switch::over(self.lab, self.platform, self.component))?;
        }
        let restore_ms = u64::try_from(begin.elapsed().as_millis()).unwrap_or(u64::MAX);
        let mut record = self.record(&found, facts, errors, restore_ms);
        record.bytes = Some(bytes);
        record.steps = steps.into_iter().map(|step| RestoreStep { step: step.name, ms: step.ms }).collect();
        record.verdicts = judge(self.platform, self.component, &record);
        Ok(record)
    }

    fn vault(&self) -> Result<String, Failure> {
        let why = "the document saves it to no vault that the lab runs";
        vault_machine(self.platform, self.component)
            .ok_or_else(|| Failure::new(format!("restore `{}`", self.component), why))
    }

    fn members(&self) -> Vec<String> {
        self.platform.instances_of(self.component).map(|(name, _)| name.clone()).collect()
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

    /// Takes the newest full copy that is old enough, and the log of the member whose log reaches the point.
    fn fetch(
        &self,
        scratch: &Scratch<'_>,
        copies: &Copies,
        errors: &mut Vec<String>,
    ) -> Result<(Found, u64), Failure> {
        let mut why = Failure::new(
            "restore",
            format!("the vault has no full copy of `{}` from before that point", self.component),
        );
        for full in copies.fulls(&self.point) {
            let fetched = match scratch.fetch(&copies.vault, std::slice::from_ref(&full.path)) {
                Ok(fetched) => fetched,
                Err(failure) => {
                    errors.push(format!("{}: {failure}", full.path));
                    why = failure;
                    continue;
                }
            };
            let Some(position) = fetched.full else { continue };
            match self.find(scratch, copies, &full.from, &position, errors) {
                Ok((found, bytes)) => return Ok((found, bytes + fetched.bytes)),
                Err(failure) => why = failure,
            }
        }
        Err(why)
    }

    fn find(
        &self,
        scratch: &Scratch<'_>,
        copies: &Copies,
        full_from: &str,
        full: &FullCopy,
        errors: &mut Vec<String>,
    ) -> Result<(Found, u64), Failure> {
        let mut why = Failure::new("restore", "the vault has no log");
        for (member, paths) in copies.logs(full_from) {
            let fetched = scratch.fetch(&copies.vault, &paths)?;
            errors.extend(fetched.errors);
            match scratch.find(full, member == full_from, fetched.pieces, &self.point) {
                Ok(found) => return Ok((found, fetched.bytes)),
                Err(failure) => why = failure,
            }
        }
        Err(why)
    }

    fn record(&self, found: &Found, facts: Facts, errors: Vec<String>, restore_ms: u64) -> RestoreRecord {
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
            errors: facts.errors.into_iter().chain(errors).collect(),
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
