//! One component that the stand-in uses: a store behind a pool of connections, or another service.

use std::time::{Duration, Instant};

use super::Use;
use crate::Failure;
use crate::http::{Client, Outgoing};
use crate::pool::{Lease, Pool};
use crate::store::{Patience, Session, Store};

pub enum Dependency {
    Store { store: Store, pool: Pool<Box<dyn Session>>, patience: Patience },
    Http { client: Client },
}

/// What is wanted of a dependency.
pub struct Work {
    /// Without a journey the dependency is only asked whether it is there.
    pub journey: Option<String>,
    pub number: u64,
    pub write: bool,
    pub deadline: Instant,
}

impl Work {
    pub fn ping(deadline: Instant) -> Self {
        Self { journey: None, number: 0, write: false, deadline }
    }

    fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }
}

impl Dependency {
    pub fn new(used: &Use, pool_max: usize, patience: Patience) -> Self {
        match used {
            Use::Store { store } => Self::Store { store: store.clone(), pool: Pool::new(pool_max), patience },
            Use::Http { address, host } => Self::Http { client: Client::new(*address, host, None, pool_max) },
        }
    }

    pub fn call(&self, step: Option<&str>, work: &Work) -> Result<(), Failure> {
        match self {
            Self::Store { store, pool, patience } => call_store(store, pool, *patience, work),
            Self::Http { client } => call_service(client, step, work),
        }
    }
}

/// Uses a store over a pooled connection. One that had been idle may have died with its server, so it gets a second try
/// on a new one; a write is the same write again.
fn call_store(
    store: &Store,
    pool: &Pool<Box<dyn Session>>,
    patience: Patience,
    work: &Work,
) -> Result<(), Failure> {
    let lease = pool.take(work.left(), || store.open(patience))?;
    let reused = lease.reused;
    match use_session(lease, work) {
        Err(_) if reused && !work.left().is_zero() => {
            pool.close_idle();
            use_session(pool.take(work.left(), || store.open(patience))?, work)
        }
        outcome => outcome,
    }
}

fn use_session(mut lease: Lease<'_, Box<dyn Session>>, work: &Work) -> Result<(), Failure> {
    let outcome = match &work.journey {
        None => lease.ping(),
        Some(journey) if work.write => lease.write(journey, work.number),
        Some(journey) => lease.newest(journey).map(|_| ()),
    };
    if outcome.is_err() {
        lease.discard();
    }
    outcome
}

fn call_service(client: &Client, step: Option<&str>, work: &Work) -> Result<(), Failure> {
    let request = Outgoing { method: if work.write { "POST" } else { "GET" }, target: target(step, work) };
    let reply = client.send(&request, work.left()).map_err(|error| Failure::new(error.to_string()))?;
    if reply.status == 200 {
        return Ok(());
    }
    let body = String::from_utf8_lossy(&reply.body);
    Err(Failure::new(format!("it answered {}: {}", reply.status, body.chars().take(300).collect::<String>())))
}

fn target(step: Option<&str>, work: &Work) -> String {
    match (&work.journey, step) {
        (Some(journey), Some(step)) => {
            format!("/journey/{journey}/{step}?id={}&write={}", work.number, u8::from(work.write))
        }
        _ => "/health".to_owned(),
    }
}
