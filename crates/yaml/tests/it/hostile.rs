//! Files that are made to take long or to grow are refused in time.

use std::fmt::Write;
use std::time::{Duration, Instant};

use sehat_diagnostic::Source;
use sehat_yaml::{Options, read, size};

/// Wide, because tests run without optimization and beside others; what grows by its square takes minutes.
const TIME_MAX: Duration = Duration::from_secs(10);

/// Returns how many values were read and the codes of what was told.
fn outcome(text: &str) -> (usize, Vec<&'static str>) {
    let source = Source { path: "x.yaml".into(), text: text.into() };
    let mut diagnostics = Vec::new();
    let start = Instant::now();
    let nodes = read(&source, Options::default(), &mut diagnostics);
    assert!(start.elapsed() < TIME_MAX, "{:?}: {}", start.elapsed(), &text[..40]);
    (nodes.iter().map(size).sum(), diagnostics.iter().map(|found| found.code).collect())
}

#[test]
fn aliases_of_aliases() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..30 {
        let _ = writeln!(text, "a{level}: &a{level} [{}]", vec![format!("*a{}", level - 1); 9].join(", "));
    }
    assert_eq!(outcome(&text), (0, vec!["too-large"]));
}

#[test]
fn an_alias_inside_its_anchor() {
    assert_eq!(outcome("a: &a [*a]\n"), (0, vec!["cyclic-anchor"]));
}

#[test]
fn maps_that_take_over_large_maps() {
    let mut text = "a: &a\n".to_owned();
    for at in 0..150_000 {
        let _ = writeln!(text, "  k{at}: x");
    }
    text.push_str("b:\n  <<: *a\n");
    assert_eq!(outcome(&text).1, Vec::<&str>::new());
}

#[test]
fn deep_nesting() {
    let lists = format!("a: {}\n", "[".repeat(100_000));
    let maps = (0..2_000).fold(String::new(), |text, depth| text + &" ".repeat(depth) + "a:\n");
    let dashes = format!("a:\n  {}x\n", "- ".repeat(100_000));
    for text in [lists, maps, dashes] {
        assert_eq!(outcome(&text).1, ["too-large"]);
    }
}

#[test]
fn long_lines_and_many_keys() {
    let lists = format!("a: [{}[]]\n", "[], ".repeat(200_000));
    let words = format!("a: {}\n", "x ".repeat(1_000_000));
    let keys = (0..200_000).map(|at| format!("k{at}: x\n")).collect::<Vec<_>>().concat();
    let documents = "a: b\n---\n".repeat(100_000);
    let texts = format!("a: |\n{}", "  x\n\n".repeat(200_000));
    for (text, least) in [(lists, 200_000), (words, 2), (keys, 400_000), (documents, 200_000), (texts, 2)] {
        let (count, told) = outcome(&text);
        assert!(count >= least && told.is_empty(), "{count} {told:?}");
    }
}
