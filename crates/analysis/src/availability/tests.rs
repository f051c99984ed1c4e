use proptest::prelude::*;

use super::exact;
use crate::survival::{Element, Group, Member, Survival};

/// Groups over `elements` elements; members name any of them.
fn survivals() -> impl Strategy<Value = Survival> {
    let member = prop::collection::btree_set(0_usize..6, 1..3);
    let group = (prop::collection::vec(member, 1..4), 1_usize..4);
    prop::collection::vec(group, 1..4).prop_map(|groups| Survival {
        elements: (0..6).map(|number| Element::Node(format!("n{number}"))).collect(),
        groups: groups
            .into_iter()
            .map(|(members, needed)| Group {
                component: "c".into(),
                shard: 1,
                needed: needed.min(members.len()),
                members: members
                    .into_iter()
                    .map(|elements| Member { name: "m".into(), elements: elements.into_iter().collect() })
                    .collect(),
            })
            .collect(),
        uncounted: Vec::new(),
    })
}

/// Adds up all 2^6 states.
fn by_enumeration(survival: &Survival, shares: &[f64]) -> f64 {
    (0..1_u32 << shares.len())
        .map(|state| {
            let lost: Vec<usize> = (0..shares.len()).filter(|element| state >> element & 1 == 0).collect();
            let weight: f64 = shares
                .iter()
                .enumerate()
                .map(|(e, up)| if lost.contains(&e) { 1.0 - up } else { *up })
                .product();
            if survival.failing(&lost).is_empty() { weight } else { 0.0 }
        })
        .sum()
}

proptest! {
    #[test]
    fn bounds_hold_the_enumerated_share(survival in survivals(), shares in prop::collection::vec(0.9_f64..1.0, 6)) {
        let (low, high) = exact::share(&survival, &shares);
        let truth = by_enumeration(&survival, &shares);
        prop_assert!(low <= truth + 1e-12 && truth <= high + 1e-12, "{low} {truth} {high}");
        prop_assert!(high - low < 0.01);
    }

    #[test]
    fn better_parts_make_no_worse_whole(survival in survivals(), shares in prop::collection::vec(0.9_f64..1.0, 6), which in 0_usize..6) {
        let mut better = shares.clone();
        better[which] = f64::midpoint(better[which], 1.0);
        prop_assert!(exact::share(&survival, &shares).1 <= exact::share(&survival, &better).1 + 1e-9);
    }
}

#[test]
fn two_of_three() {
    let share = exact::at_least(&[0.9, 0.9, 0.9], 2);
    assert!((share - 0.972).abs() < 1e-12, "{share}");
}
