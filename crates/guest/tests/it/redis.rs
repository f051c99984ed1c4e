//! The ledger against a real Redis.

use std::path::Path;

use sehat_guest::ledger::{self, Ledger};
use sehat_guest::store::{Patience, Store};

use crate::real::{Server, free_address, root};

const SCRIPT: &str = "exec redis-server --bind 127.0.0.1 --port $1 --requirepass 'a secret' --save ''";

fn ledger(store: Store, place: &Path) -> Ledger {
    Ledger {
        writer: "ledger".to_owned(),
        store,
        patience: Patience { connect_ms: 300, answer_ms: 300 },
        writes_per_second: 200.0,
        first_number: 1,
        duration_ms: Some(200),
        log_path: place.join("ledger"),
    }
}

#[test]
fn what_a_store_forgets_is_lost() {
    let Some(root) = root("redis-server") else { return };
    let place = tempfile::tempdir().unwrap();
    let server = Server::start(&root, place.path(), free_address(), SCRIPT);
    let address = server.address;
    let store = Store::Redis { address, password: Some("a secret".to_owned()) };
    let ledger = ledger(store, place.path());
    assert_eq!(ledger::run("", &ledger).unwrap(), 0);
    let kept = ledger::verify(&ledger).unwrap();
    assert!(kept.acknowledged > 10 && kept.lost.is_empty(), "{kept:?}");

    // The server comes back without its data.
    drop(server);
    let _server = Server::start(&root, place.path(), address, SCRIPT);
    let lost = ledger::verify(&ledger).unwrap();
    assert_eq!(lost.lost.len() as u64, kept.acknowledged);
}
