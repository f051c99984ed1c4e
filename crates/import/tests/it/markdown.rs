//! What a document says, in three languages, with and without its fences.

use std::fmt::Write;

use proptest::prelude::*;
use sehat_diagnostic::Sources;
use sehat_import::{Imported, import};

fn read(text: &str) -> Imported {
    let mut sources = Sources::default();
    sources.add("notes.md", text);
    import(&sources)
}

fn told(text: &str) -> String {
    let prose = read(text).inventory.prose;
    let mut told = String::new();
    for component in &prose.components {
        let version = component.version.as_ref().map_or_else(String::new, |version| format!(" {version}"));
        let count = component.count.as_ref().map_or_else(String::new, |count| format!(" x{count}"));
        let environment = component.environment.map_or_else(String::new, |found| format!(" in {found:?}"));
        let _ = writeln!(told, "{}{version}{count}{environment} ({})", component.product, component.origin);
    }
    for segment in &prose.segments {
        let _ = writeln!(told, "{} is {}", segment.name, segment.cidr);
    }
    for copy in &prose.schedules {
        let seconds = |stated: &Option<sehat_platform::inventory::Stated<f64>>| {
            stated.as_ref().map_or_else(|| "?".to_owned(), ToString::to_string)
        };
        let _ = writeln!(
            told,
            "{:?} of {:?} every {} s, kept {} s",
            copy.kind,
            copy.about,
            seconds(&copy.period_s),
            seconds(&copy.keep_s)
        );
    }
    for filter in &prose.filters {
        let side = |side: &Option<sehat_platform::inventory::prose::Opening>| {
            side.as_ref().map_or_else(|| "-".to_owned(), |side| format!("{:?} {:?}", side.ports, side.peers))
        };
        let _ =
            writeln!(told, "{}: in {} out {}", filter.name, side(&filter.inbound), side(&filter.outbound));
    }
    told
}

#[test]
fn three_languages() {
    insta::assert_snapshot!(told("# Klinik\n\n## Production\n\n- **Database**: MySQL 8.0 (3 nodes)\n  - Cadangan penuh setiap 6 jam, retensi 7 hari\n"), @r#"
    mysql 8.0 x3 in Production (notes.md:5:17)
    Full of ["mysql", "database"] every 21600 s, kept 604800 s
    "#);
    insta::assert_snapshot!(told("# Clínica\n\n- Produção:\n  - 2x servidores para o WordPress\n  - Ubuntu Server 20.04 LTS\n"), @r"
    wordpress x2 in Production (notes.md:4:26)
    ubuntu 20.04 in Production (notes.md:5:5)
    ");
    insta::assert_snapshot!(told("# Clinic\n\nDMZ Network (10.0.1.0/24) - public\n\n### Database SG\n\n- **Inbound**: 3306 from application SG\n- **Outbound**: none\n"), @r#"
    DMZ Network is 10.0.1.0/24
    Database SG: in [3306] ["application"] out [] []
    "#);
}

const MANIFEST: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: patients\nspec:\n  template:\n    spec:\n      containers:\n      - name: app\n        image: clinic/app:1.0\n";

/// The place of the image, in the document.
fn image_place(text: &str) -> String {
    let inventory = read(text).inventory;
    let workload = inventory.workloads.first().expect("a workload");
    let image = workload.pod.containers[0].image.as_ref().expect("an image");
    assert_eq!(&text[image.origin.start..image.origin.end], "clinic/app:1.0");
    image.origin.to_string()
}

#[test]
fn a_block_is_a_file_that_stands_where_it_stands() {
    assert_eq!(image_place(&format!("# Título\n\n```yaml\n# app.yaml\n{MANIFEST}```\n")), "notes.md:14:16");
    assert_eq!(image_place(&format!("# Title\n\n## App\n{MANIFEST}\nThat is all.\n")), "notes.md:13:16");
}

#[test]
fn what_is_not_read_is_counted() {
    let inventory =
        read("# A\n\n```hcl\nresource \"aws_vpc\" \"main\" {\n}\n```\n\n```promql\nup\n```\n").inventory;
    let kinds: Vec<&str> = inventory.not_judged.keys().map(String::as_str).collect();
    assert_eq!(kinds, ["block in hcl", "block in promql"]);
}

fn texts() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        Just("# Título 1\n"),
        Just("- **Backup**: "),
        Just("daily, 30 hari\n"),
        Just("```yaml\n"),
        Just("apiVersion: v1\n"),
        Just("kind: Pod\n"),
        Just("```mermaid\ngraph TD\n A[Nginx] -->|x| B[é\n"),
        Just("| a | b |\n"),
        Just("├── pve-01 (Master)\n"),
        Just("│ RDS │ │ 4TB │\n"),
        Just("10K-100K eventos/s "),
        Just("≥3+ "),
        Just("10.0.0.0/8/"),
        Just(": = :\n"),
        Just("\n\n"),
        Just("resource \"x\" {\n"),
        Just("```\n"),
        Just("  1.24 v"),
        Just("FROM a:b\n"),
        Just("{\n\"a\": 1\n"),
        Just("\r\n"),
        Just("ü: 99,9 %"),
    ];
    prop::collection::vec(prop_oneof![part.prop_map(str::to_owned), ".{0,8}"], 0..24)
        .prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn every_place_lies_in_the_text(text in texts()) {
        let prose = read(&text).inventory.prose;
        for statement in &prose.statements {
            prop_assert_eq!(text.get(statement.origin.start..statement.origin.end), Some(statement.text.as_str()));
            prop_assert!(statement.under.is_none_or(|under| under < prose.statements.len()));
            for figure in &statement.figures {
                prop_assert!(statement.text.get(figure.start..figure.end).is_some());
            }
        }
        for component in &prose.components {
            prop_assert!(text.get(component.origin.start..component.origin.end).is_some());
        }
    }
}
