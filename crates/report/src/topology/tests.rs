//! The pictures of the five platforms are readable: no text touches another, no line crosses a text.

use sehat_document::Document;
use sehat_platform::Platform;

use super::text::{Font, width};
use super::topology_svg;

fn read(folder: &str) -> Document {
    let root = format!("{}/../../platforms/{folder}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(format!("{root}/platform.yaml")).unwrap();
    let load =
        |path: &str| std::fs::read_to_string(format!("{root}/{path}")).map_err(|error| error.to_string());
    sehat_document::read("platform.yaml", &text, &load)
}

const FOLDERS: [&str; 5] = ["claims-askes", "health-infraops", "hospital-management", "smile", "zarish-his"];

fn platforms() -> impl Iterator<Item = (String, Platform)> {
    FOLDERS.into_iter().flat_map(|folder| {
        read(folder)
            .environments
            .into_iter()
            .map(move |platform| (format!("{folder} {:?}", platform.environment), platform))
    })
}

/// A text with the rectangle that it needs.
#[derive(Debug)]
struct Shown {
    text: String,
    left: f64,
    top: f64,
    right: f64,
    bottom: f64,
}

fn attribute<'a>(element: &'a str, name: &str) -> &'a str {
    let start = element.find(&format!(" {name}=\"")).unwrap() + name.len() + 3;
    element[start..].split('"').next().unwrap()
}

fn texts(svg: &str) -> Vec<Shown> {
    let lines = svg.lines().filter(|line| line.starts_with("<text"));
    lines
        .map(|line| {
            let font = [Font::Title, Font::Name, Font::Detail, Font::Small]
                .into_iter()
                .find(|font| attribute(line, "class").starts_with(font.class()))
                .unwrap();
            let text = line.split_once('>').unwrap().1.trim_end_matches("</text>").to_owned();
            let (x, y): (f64, f64) =
                (attribute(line, "x").parse().unwrap(), attribute(line, "y").parse().unwrap());
            Shown {
                left: x,
                right: x + width(&text, font) * 0.9,
                top: y - font.size() * 0.75,
                bottom: y,
                text,
            }
        })
        .collect()
}

fn overlap(a: &Shown, b: &Shown) -> bool {
    a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom
}

#[test]
fn no_text_touches_another() {
    for (name, platform) in platforms() {
        let svg = topology_svg(&platform);
        let body = svg.split("<g ").nth(1).unwrap().split("</g>").next().unwrap();
        let texts = texts(body);
        for (index, text) in texts.iter().enumerate() {
            let other = texts[index + 1..].iter().find(|other| overlap(text, other));
            assert!(other.is_none(), "{name}: `{}` {text:?} and {other:?}", text.text);
        }
    }
}

/// The straight parts of every line.
fn segments(svg: &str) -> Vec<[f64; 4]> {
    let mut segments = Vec::new();
    for line in
        svg.lines().filter(|line| line.starts_with("<path") && attribute(line, "class").starts_with("line"))
    {
        let numbers: Vec<f64> = attribute(line, "d")
            .split(['M', 'L', 'Q', ' '])
            .filter(|part| !part.is_empty())
            .map(|part| part.parse().unwrap())
            .collect();
        let points: Vec<(f64, f64)> = numbers.chunks(2).map(|pair| (pair[0], pair[1])).collect();
        segments.extend(points.windows(2).map(|pair| [pair[0].0, pair[0].1, pair[1].0, pair[1].1]));
    }
    segments
}

#[test]
fn no_line_crosses_a_text() {
    for (name, platform) in platforms() {
        let svg = topology_svg(&platform);
        let body = svg.split("<g ").nth(1).unwrap().split("</g>").next().unwrap();
        for [x1, y1, x2, y2] in segments(body) {
            let line = Shown {
                text: String::new(),
                left: x1.min(x2),
                right: x1.max(x2) + 0.1,
                top: y1.min(y2),
                bottom: y1.max(y2) + 0.1,
            };
            let crossed = texts(body).into_iter().find(|text| overlap(text, &line));
            assert!(crossed.is_none(), "{name}: {crossed:?} by {line:?}");
        }
    }
}

#[test]
fn every_component_of_the_request_path_is_shown() {
    for (name, platform) in platforms() {
        let svg = topology_svg(&platform);
        for step in
            platform.journeys.values().flat_map(|journey| &journey.through).filter_map(|step| step.get())
        {
            assert!(svg.contains(&format!(">{step}</text>")), "{name}: {step}");
        }
    }
}

#[test]
fn the_same_platform_gives_the_same_bytes() {
    for (_, platform) in platforms() {
        assert_eq!(topology_svg(&platform), topology_svg(&platform.clone()));
    }
}

#[test]
fn names_are_escaped_and_an_empty_platform_is_drawn() {
    assert!(topology_svg(&Platform::default()).starts_with("<svg "));
    let text = "sehat: 1\nplatform: a\nsegments: { s: { purpose: x } }\ncomponents: { b: { kind: service, product: \"<&>\", segment: s } }\n";
    let document = sehat_document::read("platform.yaml", text, &|_| Err("none".to_owned()));
    let svg = topology_svg(&document.environments[0]);
    assert!(svg.contains("&lt;&amp;&gt;") && !svg.contains("<&>"), "{svg}");
}
