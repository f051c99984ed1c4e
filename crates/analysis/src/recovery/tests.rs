//! Bounds are added, compared and shown.

use proptest::prelude::*;

use super::bound::{Bound, Most};

#[test]
fn bounds_are_shown_as_one_reads_them() {
    let shown = [
        Bound::none(),
        Bound::within(10_000, 10_000),
        Bound::within(0, 7_200_000),
        Bound::within(90_500, 5_400_000),
        Bound::unknown("a size"),
        Bound::within(60_000, 60_000).then(Bound::unknown("a rate")),
        Bound::never("no copy"),
    ];
    let shown: Vec<String> = shown.iter().map(Bound::shown).collect();
    assert_eq!(shown, ["0s", "10s", "at most 2h", "1m31s to 1h30m", "unknown", "at least 1m", "without end"]);
}

fn bounds() -> impl Strategy<Value = Bound> {
    (0..3_u8, 0..100_000_u64, 0..100_000_u64).prop_map(|(kind, low, more)| match kind {
        0 => Bound::within(low, low + more),
        1 => Bound { low_ms: low, ..Bound::unknown("a figure") },
        _ => Bound::never("nothing brings it back"),
    })
}

proptest! {
    #[test]
    fn the_worse_of_two_is_one_of_them_and_no_better_than_either(a in bounds(), b in bounds()) {
        let worse = a.clone().or_worse(b.clone());
        let better = a.clone().or_better(b.clone());
        prop_assert!(worse == a || worse == b);
        prop_assert_eq!(worse.clone().or_worse(better.clone()), worse);
    }

    #[test]
    fn one_after_the_other_is_at_least_as_long_as_each(a in bounds(), b in bounds()) {
        let sum = a.clone().then(b.clone());
        prop_assert!(sum.low_ms >= a.low_ms && sum.low_ms >= b.low_ms);
        let ends = |bound: &Bound| matches!(bound.most, Most::Ms(_));
        prop_assert_eq!(ends(&sum), ends(&a) && ends(&b));
    }
}
