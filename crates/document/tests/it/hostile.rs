//! Whatever stands in a document, reading ends soon, without a panic, and shows no secret.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use crate::support::{PLATFORMS, platform_folder, read, shown};

/// Far above what reading takes, and far below what an unbounded reading would.
const SOON: Duration = Duration::from_secs(10);

/// What a user must never read again.
const CANARY: &str = "c4n4ryC4N4RYc4n4ry";

/// Parts that YAML and the grammar react to.
const PARTS: [&str; 48] = [
    "sehat: 1\n",
    "platform: a\n",
    "components:",
    "segments:",
    "environments:",
    "include:",
    "filters:",
    "journeys:",
    "  ",
    "    ",
    "\n",
    "\n  ",
    "\n    ",
    "web:",
    "records:",
    "kind: service",
    "kind: database",
    "replicas: ",
    "3..",
    "18446744073709551615",
    "-1",
    "{",
    "}",
    "[",
    "]",
    ", ",
    ": ",
    "- ",
    "&a ",
    "*a",
    "<<: *a",
    "!!str ",
    "|\n",
    ">\n",
    "\"",
    "'",
    "# ",
    "---\n",
    "...\n",
    "?",
    "null",
    "~",
    "uses: { web: {} }",
    "segment: dmz",
    "cidr: 10.0.0.0/30",
    "cidr: ::/0",
    "\u{feff}",
    "\u{0}",
];

/// Lines that carry a secret, in the forms in which people write them.
const SECRETS: [&str; 12] = [
    "password: {}",
    "db_password: \"{}\"",
    "settings: { apiToken: {}, a: 1 }",
    "{ password: {} }",
    "MYSQL_ROOT_PASSWORD={}",
    "url: mysql://app:{}@db:3306/x",
    "- redis://:{}@cache",
    "api-key:\n  {}",
    "client_secret: |\n  {}\n  {}",
    "key: |\n  -----BEGIN RSA PRIVATE KEY-----\n  {}\n  -----END RSA PRIVATE KEY-----",
    "- name: PGPASSWORD\n  value: {}",
    "- { name: API_TOKEN, value: {} }",
];

/// Every file of the platforms.
fn real() -> impl Strategy<Value = String> {
    let texts: Vec<String> = PLATFORMS
        .iter()
        .flat_map(|(_, name)| {
            std::fs::read_dir(platform_folder(name)).expect("the folder is there").flatten()
        })
        .filter(|file| file.path().extension().is_some_and(|extension| extension == "yaml"))
        .map(|file| std::fs::read_to_string(file.path()).expect("it can be read"))
        .collect();
    prop::sample::select(texts)
}

/// Cuts, doubles or replaces a piece of a text.
fn edited(text: &str, at: usize, length: usize, edit: usize, part: &str) -> String {
    let boundary =
        |position: usize| (position..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
    let start = boundary(at % (text.len() + 1));
    let end = boundary((start + length).min(text.len()));
    let (before, piece, after) = (&text[..start], &text[start..end], &text[end..]);
    match edit {
        0 => format!("{before}{after}"),
        1 => format!("{before}{piece}{piece}{after}"),
        _ => format!("{before}{part}{after}"),
    }
}

/// Puts lines behind one line of a text, as deep as that line.
fn planted(text: &str, behind: usize, lines: &str) -> String {
    let all: Vec<&str> = text.lines().collect();
    let at = behind % all.len().max(1);
    let indent = all.get(at).map_or(0, |line| line.len() - line.trim_start().len());
    let planted = lines.lines().map(|line| format!("{}{line}", " ".repeat(indent)));
    let before = all[..=at.min(all.len() - 1)].iter().map(|line| (*line).to_owned());
    let after = all[at + 1..].iter().map(|line| (*line).to_owned());
    before.chain(planted).chain(after).collect::<Vec<_>>().join("\n")
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let document = read(&String::from_utf8_lossy(&bytes));
        prop_assert!(!document.environments.is_empty() || !document.diagnostics.is_empty());
        shown(&document);
    }

    #[test]
    fn any_parts(parts in prop::collection::vec(prop::sample::select(PARTS.to_vec()), 0..60)) {
        let document = read(&format!("sehat: 1\nplatform: a\n{}", parts.concat()));
        prop_assert!(!document.environments.is_empty() || !document.diagnostics.is_empty());
        shown(&document);
    }

    #[test]
    fn any_edit_of_a_real_document(
        text in real(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0..200_usize, 0..3_usize, prop::sample::select(PARTS.to_vec())), 1..6),
    ) {
        let mut text = text;
        for (at, length, edit, part) in edits {
            text = edited(&text, at.index(text.len() + 1), length, edit, part);
        }
        let document = read(&text);
        prop_assert!(!document.environments.is_empty() || !document.diagnostics.is_empty());
        shown(&document);
    }

    #[test]
    fn no_secret_is_shown(
        text in real(),
        behind in any::<prop::sample::Index>(),
        secret in prop::sample::select(SECRETS.to_vec()),
        broken in prop::sample::select(vec!["", "]", ": :", "\t", " {", "\""]),
    ) {
        let lines = format!("{}{broken}", secret.replace("{}", CANARY));
        let document = read(&planted(&text, behind.index(text.lines().count()), &lines));
        let leaks = |text: &str| text.lines().filter(|line| line.contains(CANARY)).map(str::to_owned).collect::<Vec<_>>();
        prop_assert_eq!(leaks(&shown(&document)), Vec::<String>::new());
        for diagnostic in &document.diagnostics {
            prop_assert_eq!(leaks(&serde_json::to_string(diagnostic).expect("it can be written")), Vec::<String>::new());
        }
    }
}

fn lines(count: usize, line: impl Fn(usize) -> String) -> String {
    (0..count).map(line).collect::<Vec<_>>().concat()
}

/// Returns the time that this thread has had a processor, since a busy machine says nothing of reading.
fn worked(start: Instant) -> Duration {
    let scheduled = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanos = scheduled.and_then(|text| text.split(' ').next()?.parse().ok());
    nanos.map_or_else(|| start.elapsed(), Duration::from_nanos)
}

/// Returns how long reading took, and the codes of what was found.
fn timed(text: &str) -> (Duration, Vec<&'static str>) {
    let start = Instant::now();
    let before = worked(start);
    let document = read(text);
    let codes = document.diagnostics.iter().map(|diagnostic| diagnostic.code).collect();
    shown(&document);
    (worked(start).saturating_sub(before), codes)
}

fn refused_soon(text: &str, code: &str) {
    let (time, codes) = timed(text);
    assert!(codes.contains(&code), "{codes:?} instead of {code}");
    assert!(time < SOON, "{time:?}");
}

#[test]
fn alias_bombs_are_refused() {
    let levels: Vec<String> = (1..30)
        .map(|level| format!("  a{level}: &a{level} [{}]", vec![format!("*a{}", level - 1); 9].join(", ")))
        .collect();
    refused_soon(
        &format!("sehat: 1\nplatform: a\nsettings:\n  a0: &a0 x\n{}\n", levels.join("\n")),
        "too-large",
    );
    let wide = format!(
        "sehat: 1\nplatform: a\nsettings:\n  a: &a [{}]\n{}",
        "x, ".repeat(5_000),
        "  - *a\n".repeat(5_000)
    );
    assert!(timed(&wide).0 < SOON);
    let many: String = lines(10_000, |at| format!("  k{at}: &k{at} v\n  l{at}: *k{at}\n"));
    assert!(timed(&format!("sehat: 1\nplatform: a\nsettings:\n{many}")).0 < SOON);
}

#[test]
fn deep_nesting_is_refused() {
    for depth in [100, 20_000] {
        let head = "sehat: 1\nplatform: a\nsettings: ";
        refused_soon(&format!("{head}{}{}", "[".repeat(depth), "]".repeat(depth)), "too-large");
        refused_soon(&format!("{head}{}x{}", "{a: ".repeat(depth), "}".repeat(depth)), "too-large");
        assert!(timed(&format!("{head}{}", "[".repeat(depth))).0 < SOON);
        assert!(timed(&format!("{head}{}", "- ".repeat(depth))).0 < SOON);
    }
    let indented: String = lines(500, |depth| format!("{}a:\n", " ".repeat(depth)));
    refused_soon(&format!("sehat: 1\nplatform: a\nsettings:\n{indented}"), "too-large");
}

#[test]
fn large_documents_end_soon() {
    refused_soon(&"x".repeat(5 << 20), "too-large");
    refused_soon(&format!("sehat: 1\nplatform: a\nsettings: [{}]", "x, ".repeat(210_000)), "too-large");
    let keys: String = lines(20_000, |at| format!("  k{at}: v\n"));
    assert!(timed(&format!("sehat: 1\nplatform: a\nsettings:\n{keys}")).0 < SOON);
    let names: String = lines(3_000, |at| format!("  c{at}: {{ kind: service, segment: s{at} }}\n"));
    assert!(timed(&format!("sehat: 1\nplatform: a\ncomponents:\n{names}")).0 < SOON);
    let many = "sehat: 1\nplatform: a\ncomponents:\n".to_owned()
        + &lines(100, |at| format!("  c{at}: {{ kind: service, replicas: 18446744073709551615 }}\n"));
    assert!(timed(&many).0 < SOON);
    let environments: String = lines(20_000, |at| format!("  e{at}: {{ }}\n"));
    let components: String = lines(500, |at| format!("  c{at}: {{ kind: service, replicas: 3 }}\n"));
    assert!(
        timed(&format!("sehat: 1\nplatform: a\ncomponents:\n{components}environments:\n{environments}")).0
            < SOON
    );
}
