//! The client's side of a journey: requests at a fixed rate through the front door, whatever becomes of the answers.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::http::{Client, Outgoing, tls_config};
use crate::log::Lines;
use crate::{Failure, clock, log, signal};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Journeys {
    /// The address of the front door.
    pub front: SocketAddr,
    /// The authority that the front door's certificate comes from; without one the front door speaks plain HTTP.
    pub authority_path: Option<PathBuf>,
    pub journeys: Vec<Journey>,
    /// A request without an answer by then has failed.
    pub timeout_ms: u64,
    /// Requests of one journey that wait for an answer at the same time.
    pub in_flight_max: usize,
    pub duration_ms: Option<u64>,
    /// One `Sample` per line.
    pub log_path: PathBuf,
    /// A `Summary`, replaced every second.
    pub summary_path: Option<PathBuf>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Journey {
    pub name: String,
    /// The name that the certificate is for and that the edge routes by.
    pub host: String,
    /// `/journey/book-visit/web`.
    pub path: String,
    pub requests_per_second: f64,
    pub writes: bool,
    /// Writes are numbered from here on, so that a second run repeats none.
    pub first_number: u64,
}

/// One request as the client saw it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    pub journey: String,
    pub number: u64,
    pub write: bool,
    /// On the kernel's monotonic clock.
    pub start_ns: u64,
    pub end_ns: u64,
    pub status: Option<u16>,
    pub error: Option<String>,
}

/// How the journeys go, for a reader who does not want every sample.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    pub requests: u64,
    pub failed: u64,
    pub now_ns: u64,
    pub last_good_ns: u64,
    pub last_failed_ns: u64,
}

impl Sample {
    /// A status of 500 or more, a connection error, or no answer in time.
    pub fn failed(&self) -> bool {
        self.status.is_none_or(|status| status >= 500)
    }
}

/// Returns the intervals in which the journey was away, in nanoseconds: each from the start of a failed request to the
/// first good answer to a request that started after it. The last one has no end where none came.
///
/// Requests overlap, so the first good answer counts whichever request it belongs to.
pub fn outages(samples: &[Sample]) -> Vec<(u64, Option<u64>)> {
    let mut failed: Vec<u64> =
        samples.iter().filter(|sample| sample.failed()).map(|sample| sample.start_ns).collect();
    failed.sort_unstable();
    let mut outages: Vec<(u64, Option<u64>)> = Vec::new();
    for start_ns in failed {
        if outages.last().is_none_or(|last| last.1.is_some_and(|end_ns| start_ns > end_ns)) {
            outages.push((start_ns, first_good_after(samples, start_ns)));
        }
    }
    outages
}

fn first_good_after(samples: &[Sample], start_ns: u64) -> Option<u64> {
    let good = samples.iter().filter(|sample| !sample.failed() && sample.start_ns > start_ns);
    good.map(|sample| sample.end_ns).min()
}

/// Reads the whole lines of a log that may still be written to.
pub fn read_log(path: &std::path::Path) -> Result<Vec<Sample>, Failure> {
    log::read(path)
}

/// How often the summary is replaced.
const SUMMARY_EVERY: Duration = Duration::from_secs(1);
/// A sender only formats, encrypts and parses.
const STACK_BYTES: usize = 256 * 1024;

struct Runner {
    journey: Journey,
    client: Client,
    timeout: Duration,
    start: Instant,
    end: Option<Instant>,
    next: AtomicU64,
    lines: Arc<Lines>,
    tally: Arc<Tally>,
}

#[derive(Default)]
struct Tally {
    requests: AtomicU64,
    failed: AtomicU64,
    last_good_ns: AtomicU64,
    last_failed_ns: AtomicU64,
}

pub fn run(config: &Journeys) -> Result<(), Failure> {
    signal::watch()?;
    let lines = Arc::new(Lines::open(&config.log_path)?);
    let tally = Arc::new(Tally::default());
    let tls = config.authority_path.as_deref().map(tls_config).transpose()?;
    let start = Instant::now();
    let end = config.duration_ms.map(|ms| start + Duration::from_millis(ms));
    let mut threads = Vec::new();
    for journey in &config.journeys {
        let client = Client::new(config.front, &journey.host, tls.clone(), config.in_flight_max);
        let timeout = Duration::from_millis(config.timeout_ms);
        let (lines, tally) = (Arc::clone(&lines), Arc::clone(&tally));
        let next = AtomicU64::new(0);
        let runner =
            Arc::new(Runner { journey: journey.clone(), client, timeout, start, end, next, lines, tally });
        for _ in 0..config.in_flight_max {
            let runner = Arc::clone(&runner);
            threads.push(thread::Builder::new().stack_size(STACK_BYTES).spawn(move || runner.send_all())?);
        }
    }
    summarize(config, &tally, end)?;
    threads.into_iter().try_for_each(|thread| match thread.join() {
        Ok(outcome) => outcome,
        Err(_) => Err(Failure::new("a sender ended unexpectedly")),
    })
}

fn summarize(config: &Journeys, tally: &Tally, end: Option<Instant>) -> Result<(), Failure> {
    let going = || !signal::stopped() && end.is_none_or(|end| Instant::now() < end);
    while going() {
        signal::sleep_until(Instant::now() + SUMMARY_EVERY);
        if let Some(path) = &config.summary_path {
            log::replace(path, &tally.summary())?;
        }
    }
    Ok(())
}

impl Runner {
    /// Takes the next moment of the schedule until the end. A late answer delays no other request as long as a sender is
    /// free, so a slow platform is not asked more gently.
    fn send_all(&self) -> Result<(), Failure> {
        loop {
            let index = self.next.fetch_add(1, Ordering::Relaxed);
            let moment = self.start + self.offset(index);
            if self.end.is_some_and(|end| moment >= end) || !signal::sleep_until(moment) {
                return Ok(());
            }
            let sample = self.send(self.journey.first_number + index);
            self.tally.count(&sample);
            self.lines.write(&sample)?;
        }
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "an index below 2^52 lasts for a thousand years of requests"
    )]
    fn offset(&self, index: u64) -> Duration {
        Duration::try_from_secs_f64(index as f64 / self.journey.requests_per_second)
            .unwrap_or(Duration::MAX / 4)
    }

    fn send(&self, number: u64) -> Sample {
        let Journey { name, path, writes, .. } = &self.journey;
        let method = if *writes { "POST" } else { "GET" };
        let target = format!("{path}?id={number}&write={}", u8::from(*writes));
        let start_ns = clock::monotonic_ns();
        let answer = self.client.send(&Outgoing { method, target }, self.timeout);
        let end_ns = clock::monotonic_ns();
        let (status, error) = match answer {
            Ok(reply) => (Some(reply.status), None),
            Err(error) => (None, Some(error.to_string())),
        };
        Sample { journey: name.clone(), number, write: *writes, start_ns, end_ns, status, error }
    }
}

impl Tally {
    fn count(&self, sample: &Sample) {
        self.requests.fetch_add(1, Ordering::Relaxed);
        if sample.failed() {
            self.failed.fetch_add(1, Ordering::Relaxed);
            self.last_failed_ns.fetch_max(sample.end_ns, Ordering::Relaxed);
        } else {
            self.last_good_ns.fetch_max(sample.end_ns, Ordering::Relaxed);
        }
    }

    fn summary(&self) -> Summary {
        Summary {
            requests: self.requests.load(Ordering::Relaxed),
            failed: self.failed.load(Ordering::Relaxed),
            now_ns: clock::monotonic_ns(),
            last_good_ns: self.last_good_ns.load(Ordering::Relaxed),
            last_failed_ns: self.last_failed_ns.load(Ordering::Relaxed),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sample(start_ns: u64, end_ns: u64, status: Option<u16>) -> Sample {
        Sample { journey: "book".to_owned(), number: 1, write: false, start_ns, end_ns, status, error: None }
    }

    #[test]
    fn an_outage_ends_with_the_first_good_answer() {
        let samples = [
            sample(0, 5, Some(200)),
            sample(10, 1010, None),
            sample(20, 900, Some(503)),
            // Sent early and answered late, it ends nothing sooner than the next one.
            sample(30, 990, Some(200)),
            sample(700, 710, Some(200)),
            sample(720, 725, Some(500)),
        ];
        assert_eq!(outages(&samples), [(10, Some(710)), (720, None)]);
    }

    proptest! {
        #[test]
        fn outages_are_apart_and_in_order(requests in proptest::collection::vec((0..500u64, 1..200u64, any::<bool>()), 0..40)) {
            let samples: Vec<_> =
                requests.iter().map(|(start, took, good)| sample(*start, start + took, good.then_some(200))).collect();
            let outages = outages(&samples);
            prop_assert!(outages.windows(2).all(|pair| pair[0].1.is_some_and(|end| end < pair[1].0)));
            prop_assert_eq!(outages.is_empty(), samples.iter().all(|sample| !sample.failed()));
        }
    }
}
