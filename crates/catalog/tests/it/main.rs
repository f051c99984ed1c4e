//! Measures how long the tables take to parse. The file holds one test, so that no other has parsed before.

use std::time::Instant;

#[test]
#[expect(clippy::print_stderr, reason = "the figures are the point")]
fn tables_parse_when_first_asked_for() {
    let mut total_us = 0;
    let mut first = |table: &str, ask: fn() -> usize| {
        let start = Instant::now();
        let rows = ask();
        let us = start.elapsed().as_micros();
        total_us += us;
        eprintln!("{table:>16} {rows:>5} rows {us:>7} us");
        assert!(rows > 0, "{table}");
    };
    first("products", || sehat_catalog::products().len());
    first("availability", || sehat_catalog::availabilities().len());
    first("balancers", || sehat_catalog::balancers().len());
    first("distributions", || sehat_catalog::packages().len());
    first("instance types", || sehat_catalog::instance_types().len());
    first("laws", || sehat_catalog::retentions().len());
    first("lifetimes", || sehat_catalog::lifetimes().len());
    first("movers", || sehat_catalog::movers().len());
    first("ports", || sehat_catalog::ports("mariadb").len());
    first("recovery", || sehat_catalog::rates().len());
    first("regimes", || sehat_catalog::regimes().len());
    first("regions", || sehat_catalog::regions().len());
    first("stores", || sehat_catalog::stores().len());
    first("timers", || sehat_catalog::timers("galera").len());
    first("topologies", || sehat_catalog::topologies("redis").len());
    eprintln!("{:>16} {total_us:>18} us", "all");
}
