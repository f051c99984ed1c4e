use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

fn platform(text: &str) -> Platform {
    let document = sehat_document::read("platform.yaml", text, &|_| Err("no other file".into()));
    assert!(document.is_good(), "{:#?}", document.diagnostics);
    document.environments.into_iter().next().unwrap()
}

/// A web tier, a cache and a cluster, over three zones.
fn clinic(web: usize, records: usize) -> Platform {
    platform(&format!(
        "sehat: 1
platform: clinic
sites: {{ here: {{ zones: {{ a: {{ nodes: {{ n1: {{}} }} }}, b: {{ nodes: {{ n2: {{}} }} }}, c: {{ nodes: {{ n3: {{}} }} }} }} }} }}
segments: {{ inner: {{ cidr: 10.0.2.0/24 }} }}
components:
  web: {{ kind: service, product: nodejs, replicas: {web}, segment: inner, uses: {{ records: {{}}, advice: {{ optional: true }} }} }}
  advice: {{ kind: service, product: nodejs, replicas: 1, segment: inner }}
  records: {{ kind: database, product: mariadb, topology: galera, replicas: {records}, segment: inner }}
journeys: {{ visit: {{ through: [web] }} }}
"
    ))
}

fn cuts(platform: &Platform, size_max: usize) -> BTreeSet<Vec<String>> {
    let survival = survival(platform, &platform.journeys["visit"]);
    let shown =
        |cut: Cut| cut.elements.iter().map(|element| survival.elements[*element].to_string()).collect();
    survival.minimal_cuts(size_max).into_iter().map(shown).collect()
}

#[test]
fn an_optional_use_is_no_need() {
    let clinic = clinic(2, 3);
    let required = path::required(&clinic, &clinic.journeys["visit"]);
    assert_eq!(required.keys().collect::<Vec<_>>(), ["records", "web"]);
}

#[test]
fn three_members_in_three_zones_share_only_the_segment() {
    assert_eq!(cuts(&clinic(3, 3), 1), BTreeSet::from([vec!["segment `inner`".to_owned()]]));
}

#[test]
fn any_two_members_of_three_end_a_quorum() {
    let cuts = cuts(&clinic(3, 3), 2);
    assert!(cuts.contains(&vec!["node `n1`".to_owned(), "node `n3`".to_owned()]));
    assert!(cuts.contains(&vec!["instance `records-1`".to_owned(), "instance `records-2`".to_owned()]));
    assert!(!cuts.contains(&vec!["instance `web-1`".to_owned(), "instance `web-2`".to_owned()]));
}

#[test]
fn a_single_instance_is_a_cut_at_every_level() {
    let cuts = cuts(&clinic(1, 3), 1);
    let expected = ["instance `web-1`", "machine `web-1`", "node `n1`", "zone `a`", "segment `inner`"];
    assert_eq!(cuts, expected.iter().map(|name| vec![(*name).to_owned()]).collect());
}

/// Groups over six elements; members name any of them.
fn survivals() -> impl Strategy<Value = Survival> {
    let member = prop::collection::btree_set(0_usize..6, 1..3);
    let group = (prop::collection::vec(member, 1..5), 1_usize..4);
    prop::collection::vec(group, 1..4).prop_map(|groups| Survival {
        elements: (0..6).map(|number| Element::Node(format!("n{number}"))).collect(),
        groups: groups
            .into_iter()
            .zip(0..)
            .map(|((members, needed), number)| of(number, members, needed))
            .collect(),
        uncounted: Vec::new(),
    })
}

fn of(number: usize, members: Vec<BTreeSet<usize>>, needed: usize) -> Group {
    Group {
        component: format!("c{number}"),
        shard: 1,
        needed: needed.min(members.len()),
        members: members
            .into_iter()
            .map(|elements| Member { name: "m".into(), elements: elements.into_iter().collect() })
            .collect(),
    }
}

/// Every set of at most three elements that ends the journey while none of its parts does.
fn by_trying(survival: &Survival) -> BTreeSet<Vec<usize>> {
    let sets =
        (1_u32..64).map(|set| (0..6).filter(|element| set >> element & 1 == 1).collect::<Vec<usize>>());
    let ends = |lost: &[usize]| !survival.failing(lost).is_empty();
    sets.filter(|set| set.len() <= 3 && ends(set))
        .filter(|set| {
            set.iter().all(|left| !ends(&set.iter().copied().filter(|e| e != left).collect::<Vec<_>>()))
        })
        .collect()
}

proptest! {
    #[test]
    fn minimal_cuts_are_those_found_by_trying(survival in survivals()) {
        let found: BTreeSet<Vec<usize>> = survival.minimal_cuts(3).into_iter().map(|cut| cut.elements).collect();
        prop_assert_eq!(found, by_trying(&survival));
    }

    #[test]
    fn losing_more_keeps_fewer(survival in survivals(), lost in prop::collection::btree_set(0_usize..6, 0..4), more in 0_usize..6) {
        let lost: Vec<usize> = lost.into_iter().collect();
        let all: Vec<usize> = lost.iter().copied().chain([more]).collect();
        for group in &survival.groups {
            prop_assert!(group.alive(&all) <= group.alive(&lost));
        }
    }

    #[test]
    fn a_further_replica_adds_no_single_cut(web in 1_usize..6, records in 3_usize..7) {
        let single = |platform: &Platform| cuts(platform, 1).len();
        prop_assert!(single(&clinic(web + 1, records)) <= single(&clinic(web, records)));
    }
}
