//! What the command line writes into the evidence of a lab.

use std::time::Duration;

use jiff::Timestamp;
use sehat_check::{Report, rules};
use sehat_evidence::{EvidenceError, Location, Owner, Store, kind, records};
use sehat_lab_linux::Lab;
use sehat_platform::Platform;
use sehat_report::{
    DeploymentBody, Difference, FindingRow, Host, NotRun, ProductVersion, RawRecord, VerdictsBody,
};
use serde::Serialize;

use crate::compose::{Composed, Role, environment};
use crate::exit::{Code, Exit};

/// Another command that appends ends within this time.
const WAIT: Duration = Duration::from_secs(30);

pub fn failed(error: &EvidenceError) -> Exit {
    let exit = Exit::of_lab(error);
    // A hash that is none was given by the user.
    if matches!(error, EvidenceError::BadHash { .. }) { Exit { code: Code::BadInput, ..exit } } else { exit }
}

pub fn location(platform: &Platform) -> Location {
    location_of(&platform.name, &environment(platform))
}

pub fn location_of(platform: &str, environment: &str) -> Location {
    let lab = Lab::open(platform, environment);
    Location {
        dir: crate::places::evidence(&lab.name),
        platform: platform.to_owned(),
        environment: environment.to_owned(),
        owner: Owner::of_sudo(),
    }
}

/// Appends a record and returns its number.
pub fn append(platform: &Platform, kind: &str, body: &impl Serialize) -> Result<u64, Exit> {
    append_at(&location(platform), kind, body)
}

pub fn append_at(location: &Location, kind: &str, body: &impl Serialize) -> Result<u64, Exit> {
    let now = Timestamp::now();
    let mut store = Store::open(location, now, WAIT).map_err(|error| failed(&error))?;
    Ok(store.append(now, kind, body).map_err(|error| failed(&error))?.number)
}

/// Appends a record unless the newest one of its kind says the same.
pub fn append_new(platform: &Platform, kind: &str, body: &impl Serialize) -> Result<u64, Exit> {
    let value = serde_json::to_value(body).map_err(|error| Exit::lab_failed(error.to_string()))?;
    let known = records(&location(platform).dir).unwrap_or_default();
    let newest = known.iter().rev().find(|record| record.kind == kind);
    match newest.filter(|record| record.body == value) {
        Some(record) => Ok(record.number),
        None => append(platform, kind, &value),
    }
}

pub fn raw(platform: &Platform) -> Result<Vec<RawRecord>, Exit> {
    let all = records(&location(platform).dir).map_err(|error| failed(&error))?;
    let raw = all.into_iter().map(|record| RawRecord {
        number: record.number,
        time: record.time.to_string(),
        kind: record.kind,
        hash: record.hash,
        body: record.body,
    });
    Ok(raw.collect())
}

/// Records what `check` says at present.
pub fn append_verdicts(platform: &Platform, report: &Report, as_of: jiff::civil::Date) -> Result<u64, Exit> {
    let body = VerdictsBody {
        as_of: as_of.to_string(),
        rules: rules::ALL.iter().map(|rule| rule.name.to_owned()).collect(),
        verdicts: report.verdicts.clone(),
        findings: report.findings.iter().map(FindingRow::from).collect(),
    };
    append_new(platform, kind::VERDICTS, &body)
}

/// Records on what the drills run.
pub fn append_deployment(platform: &Platform, composed: &Composed, lab: &Lab) -> Result<u64, Exit> {
    let differences = composed.blueprint.differs.iter().map(|differs| Difference {
        item: differs.subject.clone(),
        production: differs.platform.clone(),
        lab: differs.lab.clone(),
        why: differs.reason.clone(),
    });
    let not_run = composed.roles.iter().filter_map(|(name, role)| match role {
        Role::NotRun { reason } => Some(NotRun { component: name.clone(), why: reason.clone() }),
        _ => None,
    });
    let body = DeploymentBody {
        host: host(composed, lab),
        differences: differences.filter(|differs| differs.lab != "not run").collect(),
        not_run: not_run.collect(),
        versions: versions(platform, composed, lab),
    };
    append_new(platform, kind::DEPLOYMENT, &body)
}

fn host(composed: &Composed, lab: &Lab) -> Host {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let memory = read("/proc/meminfo");
    let kib = memory
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:")?.split_whitespace().next()?.parse::<u64>().ok());
    let started =
        std::fs::metadata(lab.folder().join("blueprint.json")).and_then(|metadata| metadata.modified());
    let started = started.ok().and_then(|time| Timestamp::try_from(time).ok());
    Host {
        kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
        cores: std::thread::available_parallelism().map_or(1, |count| count.get() as u64),
        memory_bytes: kib.unwrap_or(0) * 1024,
        machines: composed.blueprint.machines.len() as u64,
        facts: started.map(|time| ("Lab started".to_owned(), format!("{time:.0}"))).into_iter().collect(),
    }
}

/// Asks the lab's own package database which versions run.
fn versions(platform: &Platform, composed: &Composed, lab: &Lab) -> Vec<ProductVersion> {
    let words = ["dpkg-query", "--show", "--showformat", "${Package} ${Version}\\n"];
    let installed = lab.run(crate::compose::OBSERVER, &words).map(|output| output.stdout).unwrap_or_default();
    let version = |package: &str| {
        installed.lines().find_map(|line| line.strip_prefix(package)?.strip_prefix(' ').map(str::to_owned))
    };
    let mut versions: Vec<ProductVersion> = Vec::new();
    for (name, role) in &composed.roles {
        let Some(component) = platform.components.get(name).filter(|_| matches!(role, Role::Server(_)))
        else {
            continue;
        };
        let Some(product) = component.product.get() else { continue };
        let lab = [product.clone(), format!("{product}-server"), format!("prometheus-{product}")]
            .iter()
            .find_map(|package| version(package));
        let production = component.version.get().cloned();
        let found = ProductVersion {
            product: product.clone(),
            production,
            lab: lab.unwrap_or_else(|| "unknown".to_owned()),
        };
        if !versions.contains(&found) {
            versions.push(found);
        }
    }
    versions
}
