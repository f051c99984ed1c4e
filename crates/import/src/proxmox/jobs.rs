//! Copies by schedule.

use sehat_diagnostic::Source;
use sehat_platform::inventory::Stated;
use sehat_platform::inventory::hypervisor::{BackupJob, Hypervisor, Replication};

use super::lines::{Line, Section, is_on, lines, numbers, sections};

pub fn jobs(source: &Source, hypervisor: &mut Hypervisor) {
    for section in sections(source).into_iter().filter(|section| section.kind == "vzdump") {
        hypervisor.jobs.push(job(section));
    }
}

fn job(section: Section<'_>) -> BackupJob {
    let excluded = section.text("exclude").map_or_else(Vec::new, |stated| each(&stated));
    let node = section.word("node");
    BackupJob {
        schedule: section.text("schedule").or_else(|| section.text("starttime")),
        storage: section.text("storage"),
        // A job is on unless it says otherwise.
        is_on: !matches!(section.word("enabled"), "0"),
        all: section.is_on("all"),
        guests: numbers(section.word("vmid")),
        excluded,
        pool: section.text("pool"),
        node: (!node.is_empty()).then(|| node.to_owned()),
        origin: section.name.origin.clone(),
        name: section.name.value,
    }
}

fn each(stated: &Stated<String>) -> Vec<Stated<u32>> {
    numbers(&stated.value).into_iter().map(|number| Stated::new(number, stated.origin.clone())).collect()
}

/// `0 2 * * 6 root vzdump --all 1 --storage nas --exclude 101`
pub fn cron(source: &Source, hypervisor: &mut Hypervisor) {
    for line in lines(source) {
        let Some((schedule, command)) = line.text.split_once("vzdump") else { continue };
        let fields: Vec<&str> = schedule.split_whitespace().collect();
        if fields.len() < 5 {
            continue;
        }
        let end =
            schedule.rfind(fields[fields.len() - 1]).filter(|_| fields.len() > 5).unwrap_or(schedule.len());
        let schedule = line.stated(schedule[..end].trim());
        hypervisor.jobs.push(of_command(&line, schedule, command));
    }
}

fn of_command(line: &Line<'_>, schedule: Stated<String>, command: &str) -> BackupJob {
    let words: Vec<&str> = command.split_whitespace().collect();
    let option = |name: &str| {
        let at =
            words.iter().position(|word| word.trim_start_matches('-') == name && word.starts_with('-'))?;
        words.get(at + 1).copied()
    };
    let named = words.iter().take_while(|word| !word.starts_with('-'));
    let excluded = option("exclude").map_or_else(Vec::new, |text| each(&line.stated(text)));
    BackupJob {
        origin: line.origin(),
        name: schedule.value.clone(),
        schedule: Some(schedule),
        storage: option("storage").map(|storage| line.stated(storage)),
        is_on: true,
        all: option("all").is_some_and(is_on),
        guests: named.flat_map(|word| numbers(word)).collect(),
        excluded,
        pool: option("pool").map(|pool| line.stated(pool)),
        node: option("node").map(str::to_owned),
    }
}

/// `local: 100-0` with `target pve-02`.
pub fn replication(source: &Source, hypervisor: &mut Hypervisor) {
    for section in sections(source) {
        let guest = section.name.value.split('-').next().and_then(|id| id.parse().ok());
        let is_off = section.fields.iter().any(|(key, ..)| *key == "disable");
        if let Some(guest) = guest.filter(|_| !is_off) {
            let target = section.word("target").to_owned();
            hypervisor.replications.push(Replication { origin: section.name.origin, guest, target });
        }
    }
}
