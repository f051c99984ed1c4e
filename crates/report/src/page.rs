//! The page as a whole.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::ReportInput;
use crate::part;
use crate::section::{drills, findings, front, matrix, proof, regimes, restores, topology, verdicts};

/// Returns one HTML file that needs nothing else: no script, no font, no picture from outside.
pub fn report_html(input: &ReportInput) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            (head(input))
            body {
                main {
                    (front::section(input))
                    (contents())
                    @for (id, title, body) in sections(input) { (part::section(id, title, &body)) }
                }
            }
        }
    };
    page.into_string()
}

fn head(input: &ReportInput) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="color-scheme" content="light dark";
            // A browser that follows this loads nothing and runs nothing, whatever a name in the report holds.
            meta http-equiv="Content-Security-Policy"
                content="default-src 'none'; style-src 'unsafe-inline'; img-src data:";
            title { (input.platform) " · " (input.environment) " · Sehat evidence report" }
            style { (PreEscaped(include_str!("style.css"))) }
        }
    }
}

const SECTIONS: [(&str, &str); 9] = [
    ("verdicts", "Verdicts"),
    ("findings", "Findings"),
    ("recovery", "Recovery matrix"),
    ("topology", "Topology"),
    ("drills", "Drills"),
    ("restores", "Restores"),
    ("regimes", "Laws and standards"),
    ("versions", "Versions"),
    ("proof", "Proof, and how to run it again"),
];

fn contents() -> Markup {
    html! {
        nav aria-label="Contents" {
            ol { @for (id, title) in SECTIONS { li { a href={ "#" (id) } { (title) } } } }
        }
    }
}

fn sections(input: &ReportInput) -> Vec<(&'static str, &'static str, Markup)> {
    let bodies = [
        verdicts::section(input),
        findings::section(input),
        matrix::section(input),
        topology::section(input),
        drills::section(input),
        restores::section(input),
        regimes::section(input),
        proof::versions(input),
        proof::section(input),
    ];
    SECTIONS.into_iter().zip(bodies).map(|((id, title), body)| (id, title, body)).collect()
}
