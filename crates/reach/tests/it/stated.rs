//! Filters that a document states are taken as they are.

use sehat_platform::Protocol;
use sehat_platform::filter::{Action, Direction, FilterKind};
use sehat_reach::{Party, Reach, explain};

use crate::world::{clinic, filter, into_records, opening, platform, stated};

#[test]
fn without_filters_the_needs_are_allowed() {
    insta::assert_snapshot!(into_records(&platform(clinic())), @r"
    web-1 -> records-1 3306/tcp by 0
    web-2 -> records-1 3306/tcp by 0
    ");
}

#[test]
fn both_ends_must_agree() {
    let mut draft = clinic();
    let mut web = filter(FilterKind::SecurityGroup, "web");
    web.egress = vec![opening(10, "any", "443")];
    let mut records = filter(FilterKind::SecurityGroup, "records");
    records.ingress = vec![opening(20, "web", "3306")];
    draft.filters = [("web".to_owned(), web), ("records".to_owned(), records)].into();
    let platform = platform(draft);
    let (web, records) = (Party::Machine("web-1".into()), Party::Machine("records-1".into()));
    let decisions = explain(&platform, &web, &records, Protocol::Tcp, 3306);
    let said: Vec<String> = decisions
        .iter()
        .map(|d| {
            format!(
                "{:?} of {} by {}: {:?}, line {:?}",
                d.direction,
                d.at,
                d.filters.join(","),
                d.outcome,
                d.origin
            )
        })
        .collect();
    insta::assert_snapshot!(said.join("\n"), @"
    Egress of web-1 by web: Denied, line Some(:0:0)
    Ingress of records-1 by records: Allowed, line Some(platform.yaml:20:1)
    ");
    assert_eq!(Reach::outcome(&decisions), sehat_reach::Outcome::Denied);
}

#[test]
fn an_access_list_must_let_the_answer_back() {
    let mut draft = clinic();
    let mut list = filter(FilterKind::Acl, "database");
    list.ingress = vec![opening(10, "10.0.1.0/24", "3306")];
    list.egress = vec![opening(11, "10.0.1.0/24", "3306")];
    draft.filters = [("list".to_owned(), list)].into();
    insta::assert_snapshot!(into_records(&platform(draft.clone())), @"");
    draft.filters.get_mut("list").unwrap().egress.push(opening(12, "10.0.1.0/24", "1024-65535"));
    insta::assert_snapshot!(into_records(&platform(draft)), @"
    web-1 -> records-1 3306/tcp by 10,12
    web-2 -> records-1 3306/tcp by 10,12
    ");
}

#[test]
fn policies_add_up_and_select() {
    let mut draft = clinic();
    let mut deny = filter(FilterKind::NetworkPolicy, "records");
    deny.directions = vec![stated(Direction::Ingress)];
    let mut admit = filter(FilterKind::NetworkPolicy, "records");
    admit.ingress = vec![opening(20, "web", "3306")];
    draft.filters = [("deny".to_owned(), deny), ("admit".to_owned(), admit)].into();
    insta::assert_snapshot!(into_records(&platform(draft)), @"
    web-1 -> records-1 3306/tcp by 20
    web-2 -> records-1 3306/tcp by 20
    ");
}

#[test]
fn the_first_entry_that_matches_decides() {
    let mut draft = clinic();
    let mut wall = filter(FilterKind::Firewall, "database");
    let mut refuse = opening(10, "10.0.1.11/32", "3306");
    refuse.action = stated(Action::Deny);
    wall.ingress = vec![refuse, opening(11, "application", "3306")];
    wall.default = stated(Action::Deny);
    wall.egress = vec![];
    draft.filters = [("wall".to_owned(), wall)].into();
    insta::assert_snapshot!(into_records(&platform(draft)), @"web-2 -> records-1 3306/tcp by 11");
}
