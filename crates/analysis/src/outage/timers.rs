//! A timer as the document states it, else as the catalog knows the product's default.

use sehat_catalog as catalog;
use sehat_platform::Fact;
use sehat_platform::component::{Component, HealthCheck};

use super::bound::Bound;

/// A component with the product whose timers are asked for.
#[derive(Clone, Copy)]
pub struct Timers<'a> {
    pub name: &'a str,
    pub component: &'a Component,
    pub product: &'a str,
}

/// A value with the words that give its source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    pub number: u64,
    pub reason: String,
}

impl Timers<'_> {
    /// Returns a time; unknown where neither document nor catalog has it.
    pub fn ms(&self, key: &str) -> Bound {
        match self.value(key) {
            Some(value) => Bound::because(value.number, value.reason),
            None => Bound::unknown(format!("`timers.{key}` of `{}`", self.name)),
        }
    }

    pub fn value(&self, key: &str) -> Option<Value> {
        self.stated(key).or_else(|| self.default(key))
    }

    pub fn count(&self, key: &str) -> u64 {
        self.default(key).map_or(1, |value| value.number)
    }

    pub fn is_stated(&self, key: &str) -> bool {
        self.stated(key).is_some()
    }

    fn stated(&self, key: &str) -> Option<Value> {
        let setting = catalog::timer(self.product, key).and_then(|timer| timer.setting);
        let failover = self.component.failover.as_ref().map(|failover| &failover.timers);
        let lists = std::iter::once(&self.component.timers).chain(failover);
        let mut facts = lists
            .flat_map(|list| [Some(key), setting].into_iter().flatten().filter_map(|name| list.get(name)));
        let ms = facts.find_map(Fact::get)?.ms();
        Some(Value { number: ms, reason: format!("`{}` {key} {ms} ms (stated)", self.name) })
    }

    fn default(&self, key: &str) -> Option<Value> {
        let timer = catalog::timer(self.product, key)?;
        let unit = if timer.unit == catalog::Unit::Ms { " ms" } else { "" };
        let reason =
            format!("`{}` {key} {}{unit} (default of {}, assumed)", self.name, timer.default, timer.product);
        Some(Value { number: timer.default, reason })
    }
}

/// A health check's numbers, the document's own before the product's defaults.
pub struct Check {
    pub every_ms: u64,
    pub timeout_ms: u64,
    pub fall: u64,
    pub rise: u64,
    pub reason: String,
}

/// Names under which products keep the numbers of a check.
const EVERY: [&str; 3] = ["inter", "check-interval", "probe-period"];
const FALL: [&str; 5] = ["fall", "unhealthy-threshold", "check-fails", "probe-failures", "check-retries"];
const RISE: [&str; 3] = ["rise", "healthy-threshold", "check-passes"];

impl Timers<'_> {
    /// Returns the numbers of an active check; none where its interval is not known.
    pub fn check(&self, check: &HealthCheck) -> Option<Check> {
        let first = |keys: &[&str]| keys.iter().find_map(|key| self.value(key));
        let every =
            check.every.get().map(|every| every.ms()).or_else(|| first(&EVERY).map(|value| value.number))?;
        let count = |stated: &Fact<sehat_platform::Range>, keys: &[&str]| {
            stated
                .get()
                .and_then(|range| range.max)
                .or_else(|| first(keys).map(|value| value.number))
                .unwrap_or(1)
        };
        let (fall, rise) = (count(&check.fall, &FALL), count(&check.rise, &RISE));
        let timeout = check.timeout.get().map_or(every, |timeout| timeout.ms());
        let basis = if check.every.get().is_some() { "stated" } else { "default, assumed" };
        let reason = format!(
            "`{}` checks every {every} ms ({basis}), down after {fall}, up after {rise}, each within {timeout} ms",
            self.name
        );
        Some(Check { every_ms: every, timeout_ms: timeout, fall, rise, reason })
    }
}

impl Check {
    /// A loss right after a good check is seen after `fall` further ones. A dead process refuses
    /// them at once; a silent machine lets each of them wait for its timeout.
    pub fn down(&self, refused: bool) -> Bound {
        let silent = self.fall * self.every_ms.max(self.timeout_ms) + self.timeout_ms;
        Bound::because(if refused { self.fall * self.every_ms } else { silent }, self.reason.clone())
    }

    pub fn up(&self) -> Bound {
        Bound::because(self.rise * self.every_ms + self.timeout_ms, self.reason.clone())
    }
}
