//! One question: may this client reach that server on this port, and what decides?

use std::net::{IpAddr, Ipv4Addr};
use std::str::FromStr;

use sehat_diagnostic::{Origin, nearest};
use sehat_platform::{Platform, Ports, Protocol};
use sehat_reach::cluster::{Cluster, End, Passage, Reason, State, Way};
use sehat_reach::{Outcome, Party, Reach};

use crate::exit::Exit;

/// `clinic/web -> clinic/records:5432/tcp`; a name may stand for several parties.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    pub client: String,
    pub server: String,
    pub protocol: Protocol,
    pub port: u16,
}

/// What is so for one pair.
#[derive(Clone, Debug)]
pub struct Answer {
    pub client: String,
    pub server: String,
    pub state: State,
    /// What decides, in the order of the way.
    pub decisions: Vec<(String, Option<Origin>)>,
}

impl Question {
    /// Reads a client and `SERVER:PORT`, `SERVER:PORT/udp`.
    pub fn new(client: &str, server: &str) -> Result<Self, String> {
        let wrong = || format!("`{server}` is not written as `SERVER:PORT` or `SERVER:PORT/udp`");
        let (name, ports) = server.trim().rsplit_once(':').ok_or_else(wrong)?;
        let ports = Ports::from_str(ports).map_err(|_| wrong())?;
        if ports.first != ports.last || name.is_empty() {
            return Err(wrong());
        }
        let (client, server) = (client.trim().to_owned(), name.to_owned());
        Ok(Self { client, server, protocol: ports.protocol, port: ports.first })
    }
}

/// Returns the name of each workload: `clinic/patients`, with its kind where two would be called alike.
pub fn names(cluster: &Cluster<'_>) -> Vec<String> {
    let workloads = cluster.workloads();
    let mut seen = std::collections::BTreeMap::<(&str, &str), usize>::new();
    for workload in workloads {
        *seen.entry((&workload.object.id.namespace, &workload.object.id.name)).or_default() += 1;
    }
    let name = |workload: &sehat_platform::inventory::workload::Workload| {
        let id = workload.owner.as_ref().unwrap_or(&workload.object.id);
        let own = (workload.object.id.namespace.as_str(), workload.object.id.name.as_str());
        match seen.get(&own) {
            Some(1) | None => format!("{}/{}", id.namespace, id.name),
            Some(_) => format!("{}/{}[{}]", id.namespace, id.name, id.kind),
        }
    };
    workloads.iter().map(name).collect()
}

/// Every address is called what it is: outside.
pub fn range(first: Ipv4Addr, last: Ipv4Addr) -> String {
    match (u32::from(first), u32::from(last)) {
        (0, u32::MAX) => "outside".to_owned(),
        (from, to) if from == to => first.to_string(),
        _ => format!("{first}-{last}"),
    }
}

pub fn files(cluster: &Cluster<'_>, question: &Question) -> Result<Vec<Answer>, Exit> {
    let names = names(cluster);
    let clients = ends(&names, &question.client)?;
    let servers = ends(&names, &question.server)?;
    let mut answers = Vec::new();
    for (client, from) in &clients {
        for (server, to) in servers.iter().filter(|(_, to)| to != from) {
            if let Some(passage) = cluster.at_port(*client, *server, question.protocol, question.port) {
                answers.push(answer(cluster, question, (*client, from), (*server, to), &passage));
            }
        }
    }
    if answers.is_empty() {
        return Err(Exit::bad_input(format!(
            "nothing can pass from `{}` to `{}`: name two parties, and a port of TCP, UDP or SCTP",
            question.client, question.server
        )));
    }
    Ok(answers)
}

/// Returns what a name stands for: a workload, those of a namespace (`clinic/*`), all of them (`*`), an address.
fn ends(names: &[String], wanted: &str) -> Result<Vec<(End<'static>, String)>, Exit> {
    if wanted == "outside" || wanted == "internet" {
        // An address of TEST-NET-3 (RFC 5737), which stands for any that no rule names.
        return Ok(vec![(End::Address(Ipv4Addr::new(203, 0, 113, 1).into()), wanted.to_owned())]);
    }
    if let Ok(address) = wanted.parse::<IpAddr>() {
        return Ok(vec![(End::Address(address), wanted.to_owned())]);
    }
    let bare = |name: &str| name.split('[').next().unwrap_or(name).to_owned();
    let is_meant = |name: &String| {
        let plain = bare(name);
        wanted == "*"
            || *name == wanted
            || plain == wanted
            || plain.rsplit('/').next() == Some(wanted)
            || wanted.strip_suffix("/*").is_some_and(|namespace| plain.split('/').next() == Some(namespace))
    };
    let found: Vec<_> = names.iter().enumerate().filter(|(_, name)| is_meant(name)).collect();
    if found.is_empty() {
        return Err(unknown(wanted, names.iter().map(String::as_str)));
    }
    Ok(found.into_iter().map(|(at, name)| (End::Workload(at), name.clone())).collect())
}

fn unknown<'n>(wanted: &str, names: impl Iterator<Item = &'n str> + Clone) -> Exit {
    let help = match nearest(wanted, names) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "`sehat reach PATH` lists them".to_owned(),
    };
    Exit::bad_input(format!("nobody is called `{wanted}`\n  = help: {help}"))
}

fn answer(
    cluster: &Cluster<'_>,
    question: &Question,
    (client, from): (End<'_>, &str),
    (server, to): (End<'_>, &str),
    passage: &Passage<'_>,
) -> Answer {
    let mut decisions = Vec::new();
    for (way, reason, name) in [(Way::Out, passage.out, from), (Way::In, passage.into, to)] {
        let allowing = cluster.allowing((client, server), way, question.protocol, question.port);
        let is_rule = matches!(reason, Reason::Rule { .. });
        let reasons = if is_rule && allowing.len() > 1 { allowing } else { vec![reason] };
        let end = if way == Way::Out { "out of" } else { "into" };
        decisions.extend(
            reasons
                .iter()
                .map(|reason| (format!("{end} {name}: {}", text(reason)), reason.origin().cloned())),
        );
    }
    Answer { client: from.to_owned(), server: to.to_owned(), state: passage.state, decisions }
}

fn text(reason: &Reason<'_>) -> String {
    match reason {
        Reason::Open => "no policy governs it".to_owned(),
        Reason::Rule { policy, rule } => {
            let name = rule.name.as_ref().map(|name| format!(" `{name}`")).unwrap_or_default();
            let verb = match rule.action {
                sehat_platform::inventory::network::RuleAction::Allow => "allowed",
                sehat_platform::inventory::network::RuleAction::Deny => "denied",
                sehat_platform::inventory::network::RuleAction::Pass => "passed on",
            };
            format!("{verb} by a rule{name} of {}", policy.id)
        }
        Reason::NoRule(policy) => format!("{} governs it, and no policy has a rule for this", policy.id),
        Reason::Apart(Some(network)) => format!("{} sets it apart", network.id),
        Reason::Apart(None) => "it lies in another network".to_owned(),
        Reason::Foreign(policy) => format!("{} may govern it, and what it says is not understood", policy.id),
    }
}

pub fn document(platform: &Platform, question: &Question) -> Result<Vec<Answer>, Exit> {
    let reach = Reach::new(platform);
    let clients = parties(&reach, &question.client)?;
    let servers = parties(&reach, &question.server)?;
    let mut answers = Vec::new();
    for client in &clients {
        for server in servers.iter().filter(|server| *server != client) {
            let decisions = reach.explain(client, server, question.protocol, question.port);
            answers.push(Answer {
                client: client.to_string(),
                server: server.to_string(),
                state: match Reach::outcome(&decisions) {
                    Outcome::Allowed => State::Allowed,
                    Outcome::Denied => State::Denied,
                    Outcome::Unknown => State::Unsure,
                },
                decisions: decisions
                    .iter()
                    .map(|decision| (of_filter(decision), decision.origin.clone()))
                    .collect(),
            });
        }
    }
    Ok(answers)
}

fn parties(reach: &Reach<'_>, wanted: &str) -> Result<Vec<Party>, Exit> {
    let named = reach.parties().filter(|party| wanted == "*" || party.to_string() == wanted);
    let mut found: Vec<Party> = named.chain(reach.parties_of(wanted)).cloned().collect();
    found.sort();
    found.dedup();
    if found.is_empty() {
        let known: Vec<String> = reach.parties().map(ToString::to_string).collect();
        return Err(unknown(wanted, known.iter().map(String::as_str)));
    }
    Ok(found)
}

fn of_filter(decision: &sehat_reach::Decision) -> String {
    let verb = match decision.outcome {
        Outcome::Allowed => "allowed",
        Outcome::Denied => "denied",
        Outcome::Unknown => "not sure",
    };
    let by = match decision.filters.as_slice() {
        [] => "by what is needed".to_owned(),
        filters => format!("by {}", filters.join(", ")),
    };
    let way = match decision.direction {
        sehat_platform::filter::Direction::Ingress => "into",
        sehat_platform::filter::Direction::Egress => "out of",
    };
    let answer = if decision.is_answer { " (the answer)" } else { "" };
    format!("{way} {}{answer}: {verb} {by}", decision.at)
}
