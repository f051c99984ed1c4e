//! Who is there and what may pass, alike for a platform document and for existing files.

use std::collections::BTreeMap;
use std::path::PathBuf;

use sehat_diagnostic::{Level, Origin, Sources};
use sehat_platform::inventory::Inventory;
use sehat_platform::{Platform, Ports};
use sehat_reach::cluster::{Cluster, End, State, Way};

use super::ask::{self, Answer, Question};
use super::read;
use crate::exit::Exit;
use crate::style::tell;

/// What was read.
pub enum World {
    Document(Box<Platform>),
    Files(Box<Inventory>),
}

/// Ports that may pass from one party to another, and why.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Row {
    pub client: String,
    pub server: String,
    pub ports: Ports,
    /// Nothing that is not known could close it.
    pub sure: bool,
    /// What decides; nothing where no filter and no policy stands on the way.
    pub because: Vec<Origin>,
}

impl World {
    /// Reads a platform document, or everything else together. What is wrong is told, and ends the run.
    pub fn read(paths: &[PathBuf], env: Option<&str>) -> Result<Self, Exit> {
        if let [path] = paths
            && read::is_document(path)
        {
            let document = crate::target::good_document(path)?;
            let target = crate::target::Target { path: path.clone(), env: env.map(str::to_owned) };
            return Ok(Self::Document(Box::new(target.platform(&document)?.clone())));
        }
        let read = read::evaluated(paths)?;
        let mut errors = 0;
        for diagnostic in &read.imported.diagnostics {
            errors += usize::from(diagnostic.level == Level::Error);
            tell(&format!("{}\n", sehat_diagnostic::render_terminal(diagnostic, &read.sources)));
        }
        tell(&refusals(&read.imported.inventory, &read.sources));
        if errors > 0 {
            return Err(Exit::bad_input(format!(
                "{errors} errors in the files; what they allow was not asked"
            )));
        }
        Ok(Self::Files(Box::new(read.imported.inventory)))
    }

    /// Returns everything that may pass, sorted.
    pub fn rows(&self) -> Vec<Row> {
        let mut rows = match self {
            Self::Document(platform) => of_document(platform),
            Self::Files(inventory) => of_files(&Cluster::new(inventory)),
        };
        rows.sort();
        rows
    }

    /// Answers a question for every pair that it means.
    pub fn ask(&self, question: &Question) -> Result<Vec<Answer>, Exit> {
        match self {
            Self::Document(platform) => ask::document(platform, question),
            Self::Files(inventory) => ask::files(&Cluster::new(inventory), question),
        }
    }
}

/// What the API server would refuse decides nothing in a cluster, so it is told before anything else.
fn refusals(inventory: &Inventory, sources: &Sources) -> String {
    let refused = sehat_reach::cluster::refused(inventory);
    let lines = refused.iter().map(|(origin, message)| {
        let line = sources.line(origin).map(|line| format!("\n    {}", line.trim())).unwrap_or_default();
        format!("{origin}: {}{line}\n", sehat_diagnostic::redact(message))
    });
    lines.collect()
}

fn of_document(platform: &Platform) -> Vec<Row> {
    let allowed = sehat_reach::allowed(platform);
    let rows = |permits: BTreeMap<_, Vec<sehat_reach::Permit>>, sure: bool| {
        permits.into_iter().flat_map(
            move |((client, server), permits): ((sehat_reach::Party, sehat_reach::Party), _)| {
                permits.into_iter().map(move |permit| Row {
                    client: client.to_string(),
                    server: server.to_string(),
                    ports: permit.ports,
                    sure,
                    because: permit.because,
                })
            },
        )
    };
    rows(allowed.permits, true).chain(rows(allowed.unsure, false)).collect()
}

fn of_files(cluster: &Cluster<'_>) -> Vec<Row> {
    let names = ask::names(cluster);
    let mut rows = Vec::new();
    for (client, from) in names.iter().enumerate() {
        for (server, to) in names.iter().enumerate().filter(|(server, _)| *server != client) {
            let passages = cluster.between(End::Workload(client), End::Workload(server));
            rows.extend(passages.iter().filter(|passage| passage.state != State::Denied).map(|passage| {
                Row {
                    client: from.clone(),
                    server: to.clone(),
                    ports: passage.ports,
                    sure: passage.state == State::Allowed,
                    because: passage.origins(),
                }
            }));
        }
        rows.extend(outside(cluster, client, from));
    }
    rows
}

fn outside(cluster: &Cluster<'_>, workload: usize, name: &str) -> Vec<Row> {
    let mut rows = Vec::new();
    for way in [Way::Out, Way::In] {
        for interval in cluster.outside(workload, way) {
            let there = ask::range(interval.first, interval.last);
            let (client, server) = match way {
                Way::Out => (name.to_owned(), there),
                Way::In => (there, name.to_owned()),
            };
            let address = End::Address(interval.first.into());
            let ends = if way == Way::Out {
                (End::Workload(workload), address)
            } else {
                (address, End::Workload(workload))
            };
            rows.extend(interval.ports.into_iter().map(|ports| {
                Row {
                    client: client.clone(),
                    server: server.clone(),
                    ports,
                    sure: true,
                    because: cluster
                        .at_port(ends.0, ends.1, ports.protocol, ports.first)
                        .map(|passage| passage.origins())
                        .unwrap_or_default(),
                }
            }));
        }
    }
    rows
}
