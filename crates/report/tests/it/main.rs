//! The report as a whole: what it must hold and what it must never hold.

mod example;
mod records;

use std::path::PathBuf;

use sehat_report::{ReportInput, markdown_drill_table, report_html};
use sehat_verdict::drill::DrillRun;

use crate::example::example;

/// Where `example_is_written` leaves the page; looked at in a browser.
fn page_path() -> PathBuf {
    std::env::temp_dir().join("sehat-report-example.html")
}

#[test]
#[ignore = "writes a page to look at: cargo test -p sehat-report -- --ignored"]
fn example_is_written() {
    std::fs::write(page_path(), report_html(&example())).unwrap();
}

#[test]
fn nothing_is_loaded_from_outside_and_nothing_runs() {
    let page = report_html(&example());
    for banned in
        ["<script", "<link", "<iframe", "<object", "<form", " on", "@import", "src=\"http", "href=\"http"]
    {
        let found = page.split('<').any(|tag| {
            let tag = format!("<{}", tag.split('>').next().unwrap_or_default());
            tag.contains(banned) && (banned != " on" || tag.contains("onclick=") || tag.contains("onload="))
        });
        assert!(!found, "{banned}");
    }
    assert!(!page.contains("url(http"));
    assert!(page.contains("default-src 'none'"));
}

#[test]
fn every_name_is_escaped() {
    const CANARY: &str = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>&lt;b>\u{202e}";
    let text = serde_json::to_value(example()).unwrap();
    let input: ReportInput = serde_json::from_value(poison(text, CANARY)).unwrap();
    let page = report_html(&input);
    assert!(!page.contains("<script"));
    assert!(!page.contains("<img src=x"));
    assert!(page.contains("&lt;script&gt;alert(1)"));
    // Only the picture of the topology is an image, and it is one attribute.
    assert_eq!(page.matches("<img").count(), 1);
}

/// Puts the canary behind every free text of an input.
fn poison(value: serde_json::Value, canary: &str) -> serde_json::Value {
    use serde_json::Value;
    const WORDS: [&str; 17] = [
        "kept", "broken", "unknown", "critical", "high", "medium", "low", "finding", "verdict", "drill",
        "restore", "ms", "share", "count", "", "5.2 s", "24 h",
    ];
    match value {
        Value::String(text) if !WORDS.contains(&text.as_str()) => Value::String(text + canary),
        Value::Array(items) => Value::Array(items.into_iter().map(|item| poison(item, canary)).collect()),
        Value::Object(fields) => {
            Value::Object(fields.into_iter().map(|(name, field)| (name, poison(field, canary))).collect())
        }
        other => other,
    }
}

#[test]
fn every_record_that_is_named_is_listed() {
    let page = report_html(&example());
    for named in page.split("href=\"#record-").skip(1) {
        let number = named.split('"').next().unwrap();
        assert!(page.contains(&format!("id=\"record-{number}\"")), "record {number} is not in the list");
    }
}

#[test]
fn every_row_with_a_figure_names_its_record() {
    let page = report_html(&example());
    let tables = page.split("id=\"proof\"").next().unwrap();
    for row in tables.split("<tr").skip(1).map(|row| row.split("</tr>").next().unwrap()) {
        let is_head = !row.contains("<td");
        let is_uncovered = row.contains("uncovered");
        let is_empty = row.contains("class=\"empty\"") && !row.contains("class=\"sign");
        assert!(is_head || is_uncovered || is_empty || row.contains("href=\"#record-"), "{row}");
    }
}

#[test]
fn the_report_never_says_complies() {
    let page = report_html(&example()).to_lowercase();
    assert!(!page.contains("complies") && !page.contains("is compliant"));
    assert!(page.contains("supports"));
}

#[test]
fn an_empty_input_says_what_to_run() {
    let page = report_html(&ReportInput::default());
    for section in
        ["verdicts", "findings", "recovery", "topology", "drills", "restores", "regimes", "versions", "proof"]
    {
        assert!(page.contains(&format!("id=\"{section}\"")), "{section}");
    }
    assert!(page.contains("Nothing ran: this report holds predictions only."));
    assert!(page.contains("No drill is recorded"));
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    assert_eq!(report_html(&example()), report_html(&example()));
}

#[test]
fn an_outage_above_its_bound_is_marked() {
    assert!(!report_html(&example()).contains("exceeded"));
    let mut input = example();
    input.drills[5].value.outage_ms = Some(2_001);
    assert!(report_html(&input).contains("exceeded"));
}

#[test]
fn the_table_of_a_readme() {
    let runs: Vec<DrillRun> = example().drills.into_iter().map(|drill| drill.value).collect();
    insta::assert_snapshot!(markdown_drill_table(&runs), @r"
    | Drill | Struck | Runs | Outage, worst | median | predicted, at most | Writes lost | Alert | Recovered | Verdict |
    |---|---|---:|---:|---:|---:|---:|---:|---:|---|
    | kill-leader | records/db-02 | 5 | 5.5 s | 5.1 s | 9.0 s | 0 of 5 750 | 22.9 s | 26.2 s | kept |
    | kill-instance | web/app-01/apache | 1 | 420 ms | 420 ms | 2.0 s | 0 of 880 | – | 3.4 s | kept |
    | kill-node | jakarta/room-1/pve-02 (edge-b, app-02, db-02, cache-02) | 1 | 6.7 s | 6.7 s | 9.0 s | 3 of 1 157 | 24.9 s | 26.2 s | broken |
    | cut-segment | database | 1 | 11.9 s | 11.9 s | 13.5 s | 0 of 1 150 | – | 26.2 s | unknown |
    | drop-table | records.visits | 1 | 64.2 s | 64.2 s | 4 h | 0 of 3 377 | 15.0 s | 64.2 s | kept |
    | kill-instance | sessions/cache-01/redis | 0 | – | – | – | – | – | – | the lab failed |
    | reachability | 2 412 cells | 1 | – | – | – | – | – | – | kept |
    ");
}

#[test]
fn a_name_stays_inside_its_cell() {
    let run = DrillRun { outage_ms: Some(10), ..DrillRun::new("a|b\n`c`", "<img src=x>") };
    insta::assert_snapshot!(markdown_drill_table(&[run]).lines().last().unwrap(), @r"| a\|b \`c\` | &lt;img src=x> | 1 | 10 ms | 10 ms | – | – | – | – | unknown |");
}
