//! A lab comes up, works, and leaves nothing.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Instant;

use sehat_lab::status::Progress;
use sehat_lab_linux::Lab;

use crate::clinic::{clinic, layers};
use crate::harness::Test;

pub const TESTS: &[Test] = &[("comes_up_serves_and_leaves_nothing", comes_up_serves_and_leaves_nothing)];

#[expect(clippy::print_stderr, reason = "the times are the test's report")]
fn comes_up_serves_and_leaves_nothing() {
    let lab = Lab::open("clinic", "test");
    let start = Instant::now();
    let mut tell = |progress: &Progress| eprintln!("  {:4} ms {progress:?}", start.elapsed().as_millis());
    lab.up(&clinic("clinic"), &layers(), &mut tell).unwrap();
    let status = lab.status().unwrap();
    eprintln!("{status:#?}");
    let mut door = TcpStream::connect(("127.0.0.1", status.front_doors[0].port)).unwrap();
    door.write_all(b"GET / HTTP/1.0\r\n\r\n").unwrap();
    let mut answer = String::new();
    door.read_to_string(&mut answer).unwrap();
    assert!(answer.ends_with("edge\n"), "{answer}");
    eprintln!("{:?}", lab.run("edge", &["curl", "-s", "http://192.168.20.11:8080/"]));
    eprintln!("{:?}", lab.run("client", &["curl", "-sm1", "http://192.168.20.11:8080/"]));
    eprintln!("{:?}", lab.run("edge", &["ping", "-c1", "-W1", "web"]));
    eprintln!("{:?}", lab.run("edge", &["nft", "list", "ruleset"]).map(|output| eprintln!("{}", output.stdout)));
    eprintln!("{:?}", lab.run("router", &["nft", "list", "ruleset"]).map(|output| eprintln!("{}", output.stdout)));
    lab.down().unwrap();
}
