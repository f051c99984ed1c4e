//! The picture of the platform.

use std::fmt::Write;

use maud::{Markup, html};

use crate::ReportInput;
use crate::part::nothing;

pub fn section(input: &ReportInput) -> Markup {
    match &input.topology_svg {
        None => nothing("No picture was drawn; `sehat graph` draws one."),
        // As a picture of its own it can neither run a script nor load anything, and its styles stay inside.
        Some(svg) => html! {
            figure class="topology" {
                img src={ "data:image/svg+xml," (data_uri(svg)) }
                    alt={ "Sites, zones, segments, components and needs of " (input.platform) };
                figcaption { "The platform as the document states it, in " (input.environment) "." }
            }
        },
    }
}

/// Escapes what ends or changes a data URI; the rest stays readable.
fn data_uri(text: &str) -> String {
    let mut uri = String::with_capacity(text.len() * 5 / 4);
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z'
            | b'a'..=b'z'
            | b'0'..=b'9'
            | b' '
            | b'-'
            | b'_'
            | b'.'
            | b'/'
            | b'='
            | b':'
            | b';'
            | b','
            | b'('
            | b')' => uri.push(char::from(byte)),
            _ => drop(write!(uri, "%{byte:02X}")),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_svg_becomes_one_attribute() {
        assert_eq!(data_uri("<a b=\"1#\">é"), "%3Ca b=%221%23%22%3E%C3%A9");
    }
}
