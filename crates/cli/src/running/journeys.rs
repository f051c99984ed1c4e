//! Users' requests, from the client machine through the front doors.

use std::collections::BTreeMap;

use sehat_drill::{Failure, JourneyState, Sample};
use sehat_guest::journey::{Journey, Journeys, Summary};
use sehat_lab::blueprint::FrontDoor;
use sehat_lab_linux::Lab;
use sehat_platform::{Name, Platform};

use super::work::{self, Background};
use crate::compose::{CLIENT, Composed, Role};

/// One process per front door.
pub struct Traffic {
    doors: Vec<(String, Background)>,
}

/// Requests of one journey that may wait at the same time; with a limit of one second and twenty a second, no request
/// waits for another.
const IN_FLIGHT_MAX: usize = 24;

impl Traffic {
    pub fn start(
        lab: &Lab,
        platform: &Platform,
        composed: &Composed,
        spacing_ms: u64,
        limit_ms: u64,
    ) -> Result<Self, Failure> {
        let authority = lab.authority().map_err(work::failed("read the lab's authority"))?;
        let authority_path = work::write(lab, CLIENT, "authority.pem", &authority)?;
        let mut doors = Vec::new();
        for door in &composed.blueprint.front_doors {
            let name = format!("journeys-{}", door.name);
            let config = config(platform, composed, door, &name, spacing_ms, limit_ms, &authority_path);
            if config.journeys.is_empty() {
                continue;
            }
            let path = work::write_json(lab, CLIENT, &format!("{name}.json"), &config)?;
            work::run(lab, CLIENT, &["rm", "-f", &log_path(&name), &summary_path(&name)])?;
            let process = Background::start(lab, CLIENT, &name, &["journey", "--config", &path], None)?;
            doors.push((name, process));
        }
        if doors.is_empty() {
            return Err(Failure::new(
                "start the journeys",
                "no journey of the document begins at a component that runs in the lab",
            ));
        }
        Ok(Self { doors })
    }

    pub fn state(&self, lab: &Lab) -> Result<JourneyState, Failure> {
        let mut all = JourneyState { last_good_ns: u64::MAX, ..JourneyState::default() };
        for (name, process) in &self.doors {
            if process.has_ended() {
                return Err(Failure::new("run the journeys", process.complaint()));
            }
            let text = work::read(lab, CLIENT, &summary_path(name))?;
            let summary: Summary = serde_json::from_str(&text).unwrap_or_default();
            all.requests += summary.requests;
            all.failed += summary.failed;
            all.last_good_ns = all.last_good_ns.min(summary.last_good_ns);
            all.last_failed_ns = all.last_failed_ns.max(summary.last_failed_ns);
        }
        Ok(all)
    }

    pub fn stop(self, lab: &Lab, limit_ms: u64) -> Result<Vec<(Name, Vec<Sample>)>, Failure> {
        let mut journeys: BTreeMap<Name, Vec<Sample>> = BTreeMap::new();
        for (name, mut process) in self.doors {
            process.stop();
            for sample in work::read_lines::<sehat_guest::journey::Sample>(lab, CLIENT, &log_path(&name))? {
                let good =
                    !sample.failed() && sample.end_ns.saturating_sub(sample.start_ns) <= limit_ms * 1_000_000;
                let noted = Sample { start_ns: sample.start_ns, end_ns: sample.end_ns, good };
                journeys.entry(sample.journey).or_default().push(noted);
            }
        }
        Ok(journeys.into_iter().collect())
    }
}

fn log_path(name: &str) -> String {
    format!("{}/{name}.jsonl", work::FOLDER)
}

fn summary_path(name: &str) -> String {
    format!("{}/{name}.summary", work::FOLDER)
}

#[expect(clippy::cast_precision_loss, reason = "a spacing is far below 2^52 ms")]
fn config(
    platform: &Platform,
    composed: &Composed,
    door: &FrontDoor,
    name: &str,
    spacing_ms: u64,
    limit_ms: u64,
    authority_path: &str,
) -> Journeys {
    let component = platform.components.get(&door.name);
    let listens_at = |port: u16| {
        move |listener: &&sehat_platform::component::Listener| {
            listener.port.get().is_some_and(|ports| ports.first == port)
        }
    };
    let listener =
        component.and_then(|component| component.listens.values().find(listens_at(door.target.port())));
    let is_encrypted = listener.is_some_and(|listener| listener.tls.is_some());
    let host = component
        .and_then(|component| component.host.get().cloned())
        .unwrap_or_else(|| format!("{}.lab", door.name));
    let begins_here = platform
        .journeys
        .iter()
        .filter(|(_, journey)| journey.through.first().and_then(|part| part.get()) == Some(&door.name));
    let journeys = begins_here.filter_map(|(journey, stated)| {
        Some(Journey {
            name: journey.clone(),
            host: host.clone(),
            path: format!("/journey/{journey}/{}", first_service(composed, stated)?),
            requests_per_second: 1_000.0 / spacing_ms as f64,
            writes: stated.writes.get() == Some(&true),
            first_number: super::first_number(),
        })
    });
    Journeys {
        front: door.target.into(),
        authority_path: is_encrypted.then(|| authority_path.into()),
        journeys: journeys.collect(),
        timeout_ms: limit_ms,
        in_flight_max: IN_FLIGHT_MAX,
        duration_ms: None,
        log_path: log_path(name).into(),
        summary_path: Some(summary_path(name).into()),
    }
}

/// The service that carries the journey on behind the balancers.
fn first_service<'a>(composed: &Composed, journey: &'a sehat_platform::journey::Journey) -> Option<&'a Name> {
    let through = journey.through.iter().filter_map(|part| part.get());
    through.into_iter().find(|part| composed.roles.get(*part) == Some(&Role::StandIn))
}
