//! Writers that number their writes and remember which were acknowledged.

use std::thread;
use std::time::Duration;

use sehat_drill::{Entry, Failure, LedgerEnd, LedgerPlace};
use sehat_guest::ledger::{Ledger, Verification};
use sehat_guest::store::{Patience, Store};
use sehat_lab_linux::Lab;
use sehat_platform::{Name, Platform};

use super::work::{self, Background};
use crate::compose::OBSERVER;

/// A writer at work.
pub struct Writer {
    component: Name,
    machine: String,
    config: Ledger,
    /// How the store is asked afterwards, from the observer's machine.
    verify: Ledger,
    process: Background,
}

/// As patient as a client whose user waits.
const PATIENCE: Patience = Patience { connect_ms: 500, answer_ms: 1_000 };
const WRITES_PER_SECOND: f64 = 20.0;
/// A store that has just come back may refuse the first connections.
const VERIFY_TRIES: u32 = 5;
const VERIFY_PAUSE: Duration = Duration::from_secs(1);

impl Writer {
    pub fn start(
        lab: &Lab,
        platform: &Platform,
        component: &str,
        store: Store,
        place: &LedgerPlace,
    ) -> Result<Self, Failure> {
        let (machine, used) = match place {
            LedgerPlace::Client => (OBSERVER.to_owned(), store.clone()),
            LedgerPlace::Beside { instance } => beside(platform, component, instance, &store)?,
        };
        let name = format!("ledger-{component}");
        let config = Ledger {
            writer: name.clone(),
            store: used,
            patience: PATIENCE,
            writes_per_second: WRITES_PER_SECOND,
            first_number: super::first_number(),
            duration_ms: None,
            log_path: format!("{}/{name}.jsonl", work::FOLDER).into(),
        };
        let verify = Ledger { store, ..config.clone() };
        work::run(lab, &machine, &["rm", "-f", &config.log_path.to_string_lossy()])?;
        let path = work::write_json(lab, &machine, &format!("{name}.json"), &config)?;
        let process = Background::start(lab, &machine, &name, &["ledger", "run", "--config", &path], None)?;
        Ok(Self { component: component.to_owned(), machine, config, verify, process })
    }

    /// Ends the writer and asks the store, as its clients do, for every number that was acknowledged.
    pub fn stop(mut self, lab: &Lab) -> Result<LedgerEnd, Failure> {
        self.process.stop();
        let path = self.config.log_path.to_string_lossy().into_owned();
        let log = work::read(lab, &self.machine, &path)?;
        let entries = entries(&log)?;
        if self.machine != OBSERVER {
            work::write(lab, OBSERVER, &format!("ledger-{}.jsonl", self.component), &log)?;
        }
        let name = format!("verify-{}.json", self.component);
        let config = work::write_json(lab, OBSERVER, &name, &self.verify)?;
        let lost = ask(lab, &config)?;
        Ok(LedgerEnd { component: self.component, entries, lost })
    }
}

/// A store that does not answer leaves it unknown which writes it lost.
fn ask(lab: &Lab, config: &str) -> Result<Option<Vec<u64>>, Failure> {
    for _ in 0..VERIFY_TRIES {
        let words = [crate::compose::GUEST_PROGRAM, "guest", "ledger", "verify", "--config", config];
        let output = lab.run(OBSERVER, &words).map_err(work::failed("verify the ledger"))?;
        if let Ok(verification) = serde_json::from_str::<Verification>(&output.stdout) {
            return Ok(Some(verification.lost));
        }
        thread::sleep(VERIFY_PAUSE);
    }
    Ok(None)
}

fn entries(log: &str) -> Result<Vec<Entry>, Failure> {
    let whole = log.rfind('\n').map_or("", |end| &log[..end]);
    let parse = |line: &str| {
        let entry: sehat_guest::ledger::Entry = serde_json::from_str(line)
            .map_err(|error| Failure::new("understand the ledger", error.to_string()))?;
        Ok(Entry {
            number: entry.number,
            start_ns: entry.start_ns,
            end_ns: entry.end_ns,
            acknowledged: entry.error.is_none(),
        })
    };
    whole.lines().map(parse).collect()
}

/// A writer beside a primary writes to that one server, whatever the sentinels say.
fn beside(
    platform: &Platform,
    component: &str,
    instance: &str,
    store: &Store,
) -> Result<(String, Store), Failure> {
    let doing = || format!("write beside `{instance}`");
    let stated = platform.instances.get(instance).ok_or_else(|| Failure::new(doing(), "it is not known"))?;
    let address = platform.machine_of(instance).and_then(|machine| machine.address);
    let port = platform.components.get(component).and_then(|component| {
        let listener = component.listens.get("redis").or_else(|| component.listens.values().next())?;
        Some(listener.port.get()?.first)
    });
    match (store, address, port) {
        (Store::RedisSentinel { password, .. } | Store::Redis { password, .. }, Some(address), port) => {
            let address = (address, port.unwrap_or(6379)).into();
            Ok((stated.machine.clone(), Store::Redis { address, password: password.clone() }))
        }
        _ => Err(Failure::new(doing(), "only a Redis primary can be written to alone")),
    }
}
