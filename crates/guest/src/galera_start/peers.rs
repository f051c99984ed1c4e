//! What the other members say of themselves, over their health servers.

use std::cmp::Reverse;
use std::net::{IpAddr, SocketAddr};
use std::thread;
use std::time::Duration;

use super::{ASK_EVERY, GaleraStart, Start};
use crate::http::{Client, Outgoing};

/// A machine that was just started answers within a second.
const ATTEMPTS: usize = 4;

/// What one other member says.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Answer {
    /// It does not answer in time, or does not know.
    Nothing,
    /// Its server does not run, and its start has not got far.
    Stopped,
    /// Its server runs, outside a cluster.
    Running,
    InCluster,
    /// It waits too, and got as far as this.
    Waiting {
        seqno: i64,
    },
}

/// Tells whether another member is in a cluster. A member that is slow to answer is asked again, because a second cluster
/// is worse than a late start.
pub fn any_in_cluster(config: &GaleraStart) -> bool {
    for attempt in 0..ATTEMPTS {
        let answers = ask_all(config);
        if answers.iter().any(|(_, answer)| *answer == Answer::InCluster) {
            return true;
        }
        if answers.iter().all(|(_, answer)| *answer != Answer::Nothing) {
            return false;
        }
        if attempt + 1 < ATTEMPTS {
            thread::sleep(ASK_EVERY);
        }
    }
    false
}

/// Returns how to start, once what the others say decides it.
pub fn vote(config: &GaleraStart, position: &str) -> Option<Start> {
    decide((seqno(position)?, config.address), &ask_all(config))
}

/// Of all members that wait the one that got furthest begins, of several the one with the lowest address; the others go
/// on waiting until it is in a cluster.
fn decide(own: (i64, IpAddr), answers: &[(SocketAddr, Answer)]) -> Option<Start> {
    let joins = |(_, answer): &(SocketAddr, Answer)| matches!(answer, Answer::InCluster | Answer::Running);
    if answers.iter().any(joins) {
        return Some(Start::Join);
    }
    let first = answers.iter().try_fold(true, |first, (peer, answer)| match answer {
        Answer::Waiting { seqno } => Some(first && (Reverse(own.0), own.1) < (Reverse(*seqno), peer.ip())),
        _ => None,
    });
    first?.then_some(Start::Begin)
}

/// Asks all other members at once, because some may be away.
fn ask_all(config: &GaleraStart) -> Vec<(SocketAddr, Answer)> {
    let limit = Duration::from_millis(config.peer_ms_max);
    thread::scope(|scope| {
        let asked: Vec<_> =
            config.peers.iter().map(|peer| (*peer, scope.spawn(move || ask(*peer, limit)))).collect();
        let answers =
            asked.into_iter().map(|(peer, thread)| (peer, thread.join().unwrap_or(Answer::Nothing)));
        answers.collect()
    })
}

fn ask(peer: SocketAddr, limit: Duration) -> Answer {
    let client = Client::new(peer, "peer", None, 1);
    let get = |target: &str| client.send(&Outgoing { method: "GET", target: target.to_owned() }, limit);
    match get("/member") {
        Ok(reply) if reply.status == 200 => member(&String::from_utf8_lossy(&reply.body)),
        _ => Answer::Nothing,
    }
}

fn member(text: &str) -> Answer {
    match text.trim().split_once(' ') {
        None if text.trim() == "in-cluster" => Answer::InCluster,
        None if text.trim() == "running" => Answer::Running,
        None if text.trim() == "stopped" => Answer::Stopped,
        Some(("waiting", position)) => {
            seqno(position).map_or(Answer::Nothing, |seqno| Answer::Waiting { seqno })
        }
        _ => Answer::Nothing,
    }
}

/// Returns the number of the last write set in `UUID:SEQNO,GTID`.
fn seqno(position: &str) -> Option<i64> {
    position.split(',').next()?.rsplit_once(':')?.1.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(own: i64, others: &[&str]) -> Option<Start> {
        let peer = |index: usize| SocketAddr::from(([10, 0, 0, 2 + u8::try_from(index).unwrap()], 9200));
        let answers: Vec<_> =
            others.iter().enumerate().map(|(index, text)| (peer(index), member(text))).collect();
        decide((own, [10, 0, 0, 1].into()), &answers)
    }

    #[test]
    fn the_furthest_begins_once_all_have_spoken() {
        assert_eq!(start(7, &["waiting c8:6,1-1-4", "waiting c8:5"]), Some(Start::Begin));
        assert_eq!(start(7, &["waiting c8:6", ""]), None);
        assert_eq!(start(7, &["waiting c8:6", "stopped"]), None);
        assert_eq!(start(6, &["waiting c8:6", "waiting c8:6"]), Some(Start::Begin));
        assert_eq!(start(5, &["waiting c8:6", "waiting c8:5"]), None);
        assert_eq!(start(7, &["waiting c8:6", "running"]), Some(Start::Join));
        assert_eq!(start(5, &["waiting c8:6", "in-cluster"]), Some(Start::Join));
    }
}
