//! The health of the MariaDB server beside it, over HTTP, so that a balancer checks by meaning: a Galera member that was
//! cut off still accepts connections, and answers every statement with an error.

use std::net::SocketAddr;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use mysql::prelude::Queryable;
use mysql::{Conn, OptsBuilder};
use serde::{Deserialize, Serialize};

use crate::Failure;
use crate::http::{self, Request, Response};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct WsrepHealth {
    pub listens: SocketAddr,
    /// The server's socket; the account is the one of the operating system's user, so no password is needed.
    pub socket: PathBuf,
    pub user: String,
    /// Without Galera a server is healthy when it answers.
    pub galera: bool,
    /// A member that is just giving another one its state counts as healthy.
    pub accept_donor: bool,
    pub answer_ms_max: u64,
    /// Where the start of a member says how far it got, while it waits for the others.
    pub position_path: PathBuf,
}

/// What the server says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct State {
    primary: bool,
    ready: bool,
    number: u8,
    cluster_size: usize,
}

/// Galera's numbers for a member's state: <https://galeracluster.com/library/documentation/node-states.html>
const DONOR: u8 = 2;
const SYNCED: u8 = 4;
/// Two balancers, a start probe, an exporter, and as many again for connections that were cut off.
const CONNECTIONS_MAX: usize = 16;

struct Health {
    config: WsrepHealth,
    connection: Mutex<Option<Conn>>,
}

pub fn run(config: &WsrepHealth) -> Result<(), Failure> {
    let health = Health { config: config.clone(), connection: Mutex::new(None) };
    let handler: http::Handler = Arc::new(move |request| health.answer(request));
    http::serve(&[config.listens], CONNECTIONS_MAX, &handler)
}

impl Health {
    /// `/` for balancers, `/ready/N` where the cluster must also have that many members, `/member` for other members that
    /// are about to start.
    fn answer(&self, request: &Request) -> Response {
        if request.path == "/member" {
            return Response::text(200, self.member());
        }
        let state = match self.state() {
            Ok(state) => state,
            Err(failure) => return Response::text(503, format!("{failure}\n")),
        };
        let parts: Vec<&str> = request.path.trim_matches('/').split('/').collect();
        let well = match parts.as_slice() {
            [""] => self.healthy(state),
            ["ready", size] => {
                self.healthy(state) && size.parse().is_ok_and(|size: usize| state.cluster_size >= size)
            }
            _ => return Response::text(404, "there are /, /ready/SIZE and /member\n"),
        };
        Response::text(if well { 200 } else { 503 }, format!("{state:?}\n"))
    }

    fn member(&self) -> String {
        match (self.state(), std::fs::read_to_string(&self.config.position_path)) {
            (Ok(state), _) if state.primary => "in-cluster".to_owned(),
            (Ok(_), _) => "running".to_owned(),
            (Err(_), Ok(position)) => format!("waiting {position}"),
            (Err(_), Err(_)) if UnixStream::connect(&self.config.socket).is_err() => "stopped".to_owned(),
            (Err(_), Err(_)) => "unknown".to_owned(),
        }
    }

    fn healthy(&self, state: State) -> bool {
        let donor = self.config.accept_donor && state.number == DONOR;
        state.primary && state.ready && (state.number == SYNCED || donor)
    }

    fn state(&self) -> Result<State, Failure> {
        let mut held = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let mut connection = match held.take() {
            Some(connection) => connection,
            None => self.connect()?,
        };
        let state =
            if self.config.galera { galera_state(&mut connection)? } else { single_state(&mut connection)? };
        *held = Some(connection);
        Ok(state)
    }

    fn connect(&self) -> Result<Conn, Failure> {
        let limit = Some(Duration::from_millis(self.config.answer_ms_max));
        let options = OptsBuilder::new()
            .socket(Some(self.config.socket.display().to_string()))
            .user(Some(self.config.user.clone()))
            .read_timeout(limit)
            .write_timeout(limit);
        Ok(Conn::new(options)?)
    }
}

fn single_state(connection: &mut Conn) -> Result<State, Failure> {
    connection.query_drop("SELECT 1")?;
    Ok(State { primary: true, ready: true, number: SYNCED, cluster_size: 1 })
}

fn galera_state(connection: &mut Conn) -> Result<State, Failure> {
    let rows: Vec<(String, String)> = connection.query(
        "SHOW GLOBAL STATUS WHERE Variable_name IN \
         ('wsrep_cluster_status', 'wsrep_ready', 'wsrep_local_state', 'wsrep_cluster_size')",
    )?;
    Ok(state_of(&rows))
}

fn state_of(rows: &[(String, String)]) -> State {
    let value = |name: &str| rows.iter().find(|row| row.0 == name).map_or("", |row| row.1.as_str());
    State {
        primary: value("wsrep_cluster_status") == "Primary",
        ready: value("wsrep_ready") == "ON",
        number: value("wsrep_local_state").parse().unwrap_or(0),
        cluster_size: value("wsrep_cluster_size").parse().unwrap_or(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn health(accept_donor: bool) -> Health {
        let config = WsrepHealth {
            listens: "127.0.0.1:9200".parse().unwrap(),
            socket: "/nowhere/mysqld.sock".into(),
            user: "mysql".to_owned(),
            galera: true,
            accept_donor,
            answer_ms_max: 50,
            position_path: "/nowhere/position".into(),
        };
        Health { config, connection: Mutex::new(None) }
    }

    fn rows(status: &str, ready: &str, state: &str) -> Vec<(String, String)> {
        let row = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        vec![row("wsrep_cluster_status", status), row("wsrep_ready", ready), row("wsrep_local_state", state)]
    }

    #[test]
    fn only_a_synced_member_of_the_primary_component_is_healthy() {
        let healthy = |status, ready, state| health(false).healthy(state_of(&rows(status, ready, state)));
        assert!(healthy("Primary", "ON", "4"));
        assert!(!healthy("non-Primary", "OFF", "0"));
        assert!(!healthy("Primary", "ON", "2"));
        assert!(health(true).healthy(state_of(&rows("Primary", "ON", "2"))));
    }

    #[test]
    fn a_server_that_is_gone_is_not_healthy() {
        assert_eq!(health(false).answer(&Request::default()).status, 503);
    }
}
