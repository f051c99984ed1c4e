//! Restores a user's own backup in a lab of one machine, which needs no document.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::net::Ipv4Addr;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use ipnet::Ipv4Net;
use sehat_drill::Failure;
use sehat_guest::restore::{FOLDER, Load, Loaded};
use sehat_lab::Blueprint;
use sehat_lab::blueprint::{Limits, Router, Segment};
use sehat_lab_linux::root::{self, Sources};
use sehat_lab_linux::{Lab, paths};
use sehat_verdict::Verdict;
use sehat_verdict::drill::{RestoreRecord, RestoreStep};

use super::judge::{entry, rto};
use super::scratch::fed;
use crate::compose::{GUEST_PROGRAM, SCRATCH, SCRATCH_LIMITS, scratch_machine};
use crate::exit::{Code, Exit};
use crate::running::{signals, work};

/// The lab's name, and that of its evidence.
pub const PLATFORM: &str = "restore";
const SEGMENT: &str = "scratch";
const RANGE: Ipv4Net = Ipv4Net::new_assert(Ipv4Addr::new(192, 0, 2, 0), 24);
const GATEWAY: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
const ADDRESS: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 10);
const LOOK_EVERY: Duration = Duration::from_millis(50);
const ROUTER: Limits = Limits { memory_bytes_max: 64 << 20, upper_bytes_max: 16 << 20, pid_count_max: 50 };
/// Text of rows shrinks to a tenth where it is compressed, and grows by indexes where it is loaded.
const GROWTH: u64 = 4;
const GROWTH_COMPRESSED: u64 = 20;

/// What is promised of such a restore, in milliseconds.
#[derive(Clone, Copy, Debug, Default)]
pub struct Promise {
    pub rpo_ms: Option<u64>,
    pub rto_ms: Option<u64>,
}

/// Restores the file. The lab is gone again when this returns.
pub fn restore(path: &Path, promise: Promise, tell: &dyn Fn(&str)) -> Result<RestoreRecord, Exit> {
    let file = File::open(path).map_err(|error| Exit::bad_input(format!("{}: {error}", path.display())))?;
    let metadata =
        file.metadata().map_err(|error| Exit::bad_input(format!("{}: {error}", path.display())))?;
    if !metadata.is_file() {
        return Err(Exit::bad_input(format!(
            "{} is no file\n  = help: name a dump, a stream or a tar",
            path.display()
        )));
    }
    clear_rests();
    // Several restores run side by side.
    let environment = std::process::id().to_string();
    let lab = Running { lab: Lab::open(PLATFORM, &environment) };
    end_when_asked(&lab.lab);
    let blueprint = blueprint(&environment, limits(path, metadata.len()));
    let of_lab = |error: sehat_lab_linux::Error| Exit::of_lab(&error);
    let layers = if let Ok(layers) = root::layers(&blueprint) {
        layers
    } else {
        let sources = Sources::of_machine().map_err(of_lab)?;
        root::prepare_all(&blueprint, &sources, &mut |line| tell(line)).map_err(of_lab)?
    };
    tell("start a machine");
    lab.lab.up(&blueprint, &layers, &mut |_| {}).map_err(of_lab)?;
    tell("restore");
    let begin = Instant::now();
    let loaded = load(&lab.lab, path, &file).map_err(|failure| Exit::of_lab(&failure))?;
    let restore_ms = u64::try_from(begin.elapsed().as_millis()).unwrap_or(u64::MAX);
    match loaded {
        Loaded::Refused { reason } => Err(Exit::bad_input(reason)),
        Loaded::Restored { format, bytes, steps, facts } => {
            let mut record = RestoreRecord {
                source: path.display().to_string(),
                format,
                point: "the file's own".to_owned(),
                machine: SCRATCH.to_owned(),
                restore_ms: Some(restore_ms),
                bytes: Some(bytes),
                databases: Some(facts.databases),
                tables: Some(facts.tables),
                rows: Some(facts.rows),
                newest: facts.newest.as_deref().map(super::moment),
                errors: facts.errors,
                steps: steps.into_iter().map(|step| RestoreStep { step: step.name, ms: step.ms }).collect(),
                ..RestoreRecord::default()
            };
            record.verdicts = promise.rto_ms.map(|limit_ms| rto(limit_ms, &record)).into_iter().collect();
            record.verdicts.extend(promise.rpo_ms.map(|limit_ms| age(limit_ms, &record)));
            Ok(record)
        }
    }
}

/// Whatever happens, nothing of the lab stays.
struct Running {
    lab: Lab,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.lab.down();
    }
}

fn end_when_asked(lab: &Lab) {
    signals::watch();
    let lab = lab.clone();
    thread::spawn(move || {
        while !signals::asked_to_end() {
            thread::sleep(LOOK_EVERY);
        }
        let _ = lab.down();
        std::process::exit(Code::LabFailed as i32);
    });
}

/// Takes down what a restore that was killed has left. The name of its lab has the number of its process.
fn clear_rests() {
    let labs = std::fs::read_dir(paths::labs()).into_iter().flatten().flatten();
    let names = labs.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let process = |name: &str| name.strip_prefix(PLATFORM)?.strip_prefix('-')?.parse::<u32>().ok();
    for number in names.filter_map(|name| process(&name)) {
        if !Path::new("/proc").join(number.to_string()).exists() {
            let _ = Lab::open(PLATFORM, &number.to_string()).down();
        }
    }
}

fn load(lab: &Lab, path: &Path, file: &File) -> Result<Loaded, Failure> {
    let config = Load { folder: Path::new(FOLDER).join("load"), name: path.display().to_string() };
    let config = work::write_json(lab, SCRATCH, "load.json", &config)?;
    let text = fed(lab, SCRATCH, &[GUEST_PROGRAM, "guest", "restore", "load", "--config", &config], file)?;
    serde_json::from_str(&text).map_err(|error| Failure::new("understand `restore load`", error.to_string()))
}

fn limits(path: &Path, bytes: u64) -> Limits {
    let compressed = path.extension().is_some_and(|ending| ending == "gz" || ending == "zst");
    let grown = bytes.saturating_mul(if compressed { GROWTH_COMPRESSED } else { GROWTH });
    Limits {
        memory_bytes_max: SCRATCH_LIMITS.memory_bytes_max.saturating_add(grown),
        upper_bytes_max: SCRATCH_LIMITS.upper_bytes_max.saturating_add(grown),
        ..SCRATCH_LIMITS
    }
}

fn blueprint(environment: &str, limits: Limits) -> Blueprint {
    let segment = Segment { name: SEGMENT.to_owned(), cidr: RANGE, gateway: GATEWAY, faces_internet: false };
    Blueprint {
        platform: PLATFORM.to_owned(),
        environment: environment.to_owned(),
        router: Router { name: "router".to_owned(), limits: ROUTER },
        segments: vec![segment],
        machines: vec![scratch_machine(SEGMENT.to_owned(), ADDRESS, limits)],
        names: BTreeMap::from([(SCRATCH.to_owned(), BTreeSet::from([ADDRESS]))]),
        front_doors: Vec::new(),
        allowed: Vec::new(),
        seeds: Vec::new(),
        differs: Vec::new(),
    }
}

/// What would be lost if this backup had to be used now: everything since the newest moment that it speaks of.
fn age(limit_ms: u64, record: &RestoreRecord) -> sehat_verdict::drill::DrillVerdict {
    let newest = record.newest.as_deref().and_then(|text| text.parse::<jiff::Timestamp>().ok());
    let now = jiff::Timestamp::now();
    let age_ms =
        newest.map(|newest| u64::try_from(now.as_millisecond() - newest.as_millisecond()).unwrap_or(0));
    let verdict = match age_ms {
        Some(ms) if ms <= limit_ms => Verdict::Kept,
        Some(_) => Verdict::Broken,
        None => Verdict::Unknown,
    };
    let because = match &record.newest {
        Some(newest) => format!(
            "the newest moment in any table is {newest}, taken as UTC; all after it would be lost now"
        ),
        None => "no table has a column of a date or time".to_owned(),
    };
    entry("rpo", limit_ms, age_ms, verdict, because)
}
