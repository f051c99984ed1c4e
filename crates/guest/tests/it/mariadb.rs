//! The stand-in, the ledger and the health server against a real MariaDB.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use sehat_guest::http::{Client, Outgoing};
use sehat_guest::ledger::{self, Ledger};
use sehat_guest::stand_in::{self, Call, StandIn, Use};
use sehat_guest::store::{LEDGER_TABLE_SQL, Patience, Store};
use sehat_guest::wsrep_health::{self, WsrepHealth};

use crate::real::{Server, free_address, root};

const PATIENCE: Patience = Patience { connect_ms: 500, answer_ms: 1000 };
const LIMIT: Duration = Duration::from_secs(2);

/// The server keeps its data in the test's folder, so that it can be started again.
fn script() -> String {
    format!(
        "set -e; exec 2>&1; chown mysql /srv
         test -d /srv/data || mariadb-install-db --no-defaults --user=mysql --datadir=/srv/data --skip-test-db --force
         cat > /tmp/init.sql <<'END'
CREATE DATABASE IF NOT EXISTS app;
CREATE OR REPLACE USER app@'%' IDENTIFIED BY 'a secret';
GRANT ALL ON app.* TO app@'%';
USE app;
{LEDGER_TABLE_SQL};
END
         exec mariadbd --no-defaults --user=mysql --datadir=/srv/data --socket=/srv/sock --port=$1 --bind-address=127.0.0.1 \
             --skip-name-resolve --innodb-buffer-pool-size=16M --init-file=/tmp/init.sql"
    )
}

fn store(address: SocketAddr) -> Store {
    let text = |text: &str| text.to_owned();
    Store::Mariadb { address, user: text("app"), password: text("a secret"), database: text("app") }
}

fn stand_in(store: Store) -> Client {
    let address = free_address();
    let config = StandIn {
        component: "web".to_owned(),
        instance: "web-1".to_owned(),
        listens: vec![address],
        connections_max: 8,
        pool_max: 2,
        patience: PATIENCE,
        answer_ms_max: 1500,
        uses: [("records".to_owned(), Use::Store { store })].into(),
        journeys: [("book".to_owned(), vec![Call { dependency: "records".to_owned(), step: None }])].into(),
    };
    std::thread::spawn(move || stand_in::run(&config));
    client(address)
}

fn client(address: SocketAddr) -> Client {
    while std::net::TcpStream::connect(address).is_err() {
        std::thread::sleep(Duration::from_millis(10));
    }
    Client::new(address, "a.test", None, 2)
}

fn ask(client: &Client, target: &str) -> (u16, String) {
    let reply = client.send(&Outgoing { method: "POST", target: target.to_owned() }, LIMIT).unwrap();
    (reply.status, String::from_utf8(reply.body).unwrap())
}

fn health(place: &Path) -> Client {
    let listens = free_address();
    let config = WsrepHealth {
        listens,
        socket: place.join("srv/sock"),
        user: "root".to_owned(),
        galera: false,
        accept_donor: false,
        answer_ms_max: 500,
        position_path: place.join("position"),
    };
    std::thread::spawn(move || wsrep_health::run(&config));
    client(listens)
}

#[test]
fn a_journey_really_uses_the_database() {
    let Some(root) = root("mariadbd") else { return };
    let place = tempfile::tempdir().unwrap();
    let server = Server::start(&root, place.path(), free_address(), &script());
    let address = server.address;
    let (web, health) = (stand_in(store(address)), health(place.path()));
    assert_eq!(ask(&health, "/").0, 200);
    assert_eq!(ask(&web, "/journey/book/web?id=7&write=1").0, 200);
    let mut session = store(address).open(PATIENCE).unwrap();
    assert_eq!(session.newest("book").unwrap(), Some(7));

    drop(server);
    let (status, body) = ask(&web, "/journey/book/web?id=8&write=1");
    assert!(status == 503 && body.contains(r#""failed":"records""#), "{body}");
    assert_eq!(ask(&health, "/").0, 503);

    // Connections that died with the server are noticed, and what was acknowledged before its kill is there.
    let _server = Server::start(&root, place.path(), address, &script());
    assert_eq!(ask(&web, "/journey/book/web?id=9&write=1").0, 200);
    assert_eq!(ask(&health, "/").0, 200);
    let mut session = store(address).open(PATIENCE).unwrap();
    assert_eq!(session.absent("book", &[7, 8, 9]).unwrap(), [8]);
}

#[test]
fn a_dropped_table_is_seen_as_one() {
    let Some(root) = root("mariadbd") else { return };
    let place = tempfile::tempdir().unwrap();
    let server = Server::start(&root, place.path(), free_address(), &script());
    let ledger = Ledger {
        writer: "ledger".to_owned(),
        store: store(server.address),
        patience: PATIENCE,
        writes_per_second: 100.0,
        first_number: 1,
        duration_ms: Some(300),
        log_path: place.path().join("ledger"),
    };
    assert_eq!(ledger::run("", &ledger).unwrap(), 0);
    assert_eq!(ledger::verify(&ledger).unwrap().lost, Vec::<u64>::new());
    let web = stand_in(store(server.address));
    assert_eq!(ask(&web, "/ready").0, 200);
    let drop_table = "chroot $1 mariadb --no-defaults -S /srv/sock -e 'DROP TABLE app.ledger'";
    let dropped = std::process::Command::new("nsenter")
        .args(["--mount", "--target", &server.inner().unwrap().to_string(), "sh", "-c", drop_table, "sh"])
        .arg(place.path().join("machine"))
        .status();
    assert!(dropped.unwrap().success());
    let (status, body) = ask(&web, "/journey/book/web?id=1&write=1");
    assert!(status == 503 && body.contains("doesn't exist"), "{body}");
}
