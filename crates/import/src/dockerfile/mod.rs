//! Dockerfiles: stages, their base images, users and ports.
//!
//! Read line by line: instructions of one word and their arguments are all that is asked, and that takes no parser.

use sehat_diagnostic::{Origin, Source};
use sehat_platform::inventory::Stated;
use sehat_platform::inventory::delivery::{Build, Stage};

use crate::Context;
use crate::located::Located;

pub fn read(name: &str, source: &Source, cx: &mut Context) {
    let located = Located::of_file(source);
    let mut build = Build { name: name.to_owned(), origin: located.whole().clone(), ..Build::default() };
    for (start, line) in instructions(&located.text) {
        let words = words(line, start, &located);
        let Some((name, rest)) = words.split_first() else { continue };
        instruction(&name.value.to_ascii_uppercase(), name, rest, &mut build);
    }
    if !build.stages.is_empty() {
        cx.inventory.delivery.builds.push(build);
    }
}

fn instruction(name: &str, first: &Stated<String>, rest: &[Stated<String>], build: &mut Build) {
    if name == "FROM" {
        build.stages.extend(stage(first, rest));
    }
    let Some(stage) = build.stages.last_mut() else { return };
    match name {
        "USER" => stage.user = rest.first().cloned(),
        "EXPOSE" => stage.exposes.extend(rest.iter().filter_map(port)),
        "HEALTHCHECK" => stage.health = Some(first.origin.clone()),
        "ENV" | "ARG" => stage.variables.extend(rest.iter().filter_map(variable)),
        _ => {}
    }
}

fn stage(first: &Stated<String>, rest: &[Stated<String>]) -> Option<Stage> {
    let plain: Vec<&Stated<String>> = rest.iter().filter(|word| !word.starts_with("--")).collect();
    let base = (*plain.first()?).clone();
    let names = plain.get(1).is_some_and(|word| word.eq_ignore_ascii_case("as"));
    let name = plain.get(2).filter(|_| names).map(|name| name.value.clone());
    Some(Stage { origin: first.origin.clone(), name, base, ..Stage::default() })
}

fn port(word: &Stated<String>) -> Option<Stated<u16>> {
    let number = word.split('/').next()?.parse().ok()?;
    Some(Stated::new(number, word.origin.clone()))
}

fn variable(word: &Stated<String>) -> Option<(String, Origin)> {
    let (name, _) = word.split_once('=')?;
    Some((name.to_owned(), word.origin.clone()))
}

/// Instructions with their offsets; a backslash at the end of a line joins the next. Comments are none.
fn instructions(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let (mut start, mut at) = (None, 0);
    for line in text.split_inclusive('\n') {
        let bare = line.trim();
        let is_comment = bare.starts_with('#') || bare.is_empty() && start.is_some();
        if !is_comment {
            let from = *start.get_or_insert(at);
            if !bare.ends_with('\\') {
                found.push((from, &text[from..at + line.len()]));
                start = None;
            }
        }
        at += line.len();
    }
    found.extend(start.map(|from| (from, &text[from..])));
    found
}

fn words(line: &str, start: usize, located: &Located) -> Vec<Stated<String>> {
    let mut found = Vec::new();
    let mut at = 0;
    for word in line.split_inclusive(char::is_whitespace) {
        let bare = word.trim();
        if !bare.is_empty() && bare != "\\" {
            let from = start + at;
            found.push(Stated::new(bare.to_owned(), located.origin(from, from + bare.len())));
        }
        at += word.len();
    }
    found
}

#[cfg(test)]
mod tests {
    use sehat_diagnostic::Sources;

    use super::*;

    #[test]
    fn stages_users_and_ports() {
        let text = "# syntax\nFROM --platform=linux/amd64 golang:1.25 AS build\nRUN a \\\n  # why\n  && b\nFROM alpine:3.22\nUSER 1001\nEXPOSE 8080/tcp 9090\n";
        let mut cx = Context::default();
        read("Dockerfile", &Sources::default().add("Dockerfile", text), &mut cx);
        let build = &cx.inventory.delivery.builds[0];
        let shown: Vec<String> = build
            .stages
            .iter()
            .map(|stage| {
                let ports: Vec<u16> = stage.exposes.iter().map(|port| port.value).collect();
                let user = stage.user.as_ref().map(|user| user.value.as_str());
                format!("{} {:?} {user:?} {ports:?} {:?}", stage.base, stage.name, stage.origin)
            })
            .collect();
        insta::assert_snapshot!(shown.join("\n"), @r#"
        golang:1.25 Some("build") None [] Dockerfile:2:1
        alpine:3.22 None Some("1001") [8080, 9090] Dockerfile:6:1
        "#);
    }
}
