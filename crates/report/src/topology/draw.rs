//! Writes the picture as SVG.

use std::fmt::Write;

use sehat_platform::Platform;

use super::model::{Look, Model, Tone};
use super::order::to_f64;
use super::place::{Drawing, Line, MARGIN, Rect};
use super::shape::Shape;
use super::text::{Font, escaped, fitted, width};

/// Of zones, in their order; distinguishable by those who do not see red and green apart (Okabe and Ito 2008).
const ZONE_COLOURS: [&str; 7] = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#999999"];

const STYLE: &str = "\
text { font-family: 'DejaVu Sans', Verdana, 'Liberation Sans', Arial, sans-serif; fill: #1f2937 }
.title { font-size: 13px; font-weight: bold } .name { font-size: 12.5px; font-weight: bold }
.detail { font-size: 10.5px; fill: #4b5563 } .small { font-size: 9.5px; fill: #4b5563 }
.site { fill: #f8fafc; stroke: #94a3b8; stroke-width: 1.2 } .area { fill: #eef2f7; stroke: #cbd5e1 }
.box { fill: #ffffff; stroke: #475569; stroke-width: 1.1 } .store { fill: #fdf6e3; stroke: #8a6d1f }
.outside { fill: #f3f4f6; stroke: #6b7280; stroke-dasharray: 4 3 }
.line { fill: none; stroke-width: 1.3 } .halo { fill: none; stroke: #ffffff; stroke-width: 4; stroke-opacity: 0.85 }
.request { stroke: #334155 } .watch { stroke: #7c3aed; stroke-dasharray: 5 3 }
.save { stroke: #b45309 } .operate { stroke: #0f766e; stroke-dasharray: 1.5 3 }
.head.request, .label.request { fill: #334155; stroke: none } .head.watch, .label.watch { fill: #7c3aed; stroke: none }
.head.save, .label.save { fill: #b45309; stroke: none } .head.operate, .label.operate { fill: #0f766e; stroke: none }
.pill { fill: #f1f5f9; stroke-width: 0.8; stroke-dasharray: none } .square { stroke: #1f2937; stroke-width: 0.5 }";

const LEGEND_HEIGHT: f64 = 26.0;
const TITLE_HEIGHT: f64 = 30.0;

pub fn svg(platform: &Platform, model: &Model, drawing: &Drawing) -> String {
    let mut svg = String::new();
    let wide = drawing.width.max(legend_width(model));
    let high = TITLE_HEIGHT + drawing.height + LEGEND_HEIGHT;
    let name = match &platform.environment {
        Some(environment) => format!("{} — {environment}", platform.name),
        None => platform.name.clone(),
    };
    let _ = writeln!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {wide:.0} {high:.0}\" width=\"{wide:.0}\" height=\"{high:.0}\" role=\"img\">"
    );
    let _ = writeln!(svg, "<title>Topology of {}</title>\n<style>\n{STYLE}\n</style>", escaped(&name));
    let _ = writeln!(svg, "<rect width=\"{wide:.0}\" height=\"{high:.0}\" fill=\"#ffffff\"/>");
    let _ = writeln!(svg, "<text x=\"{MARGIN}\" y=\"24\" class=\"title\">{}</text>", escaped(&name));
    let _ = writeln!(svg, "<g transform=\"translate(0 {TITLE_HEIGHT})\">");
    sites(&mut svg, model, drawing);
    areas(&mut svg, model, drawing);
    lines(&mut svg, drawing);
    for (index, rect, shape) in &drawing.boxes {
        component(&mut svg, model, *index, rect, shape);
    }
    svg.push_str("</g>\n");
    legend(&mut svg, model, TITLE_HEIGHT + drawing.height + 4.0);
    svg.push_str("</svg>\n");
    svg
}

fn text(svg: &mut String, x: f64, y: f64, font: Font, content: &str) {
    let _ = writeln!(
        svg,
        "<text x=\"{x:.1}\" y=\"{y:.1}\" class=\"{}\">{}</text>",
        font.class(),
        escaped(content)
    );
}

fn rect(svg: &mut String, rect: &Rect, class: &str, radius: f64) {
    let Rect { x, y, width, height } = rect;
    let _ = writeln!(
        svg,
        "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"{radius}\" class=\"{class}\"/>"
    );
}

/// Returns the width that a site's own text needs.
pub fn site_width(model: &Model, site: usize) -> f64 {
    let site = &model.sites[site];
    let zones: f64 = site.zones.iter().map(|(_, text)| zone_width(text) + 6.0).sum();
    zones.max(width(&site.title, Font::Title)) + 24.0
}

fn zone_width(text: &str) -> f64 {
    width(text, Font::Small) + 24.0
}

fn sites(svg: &mut String, model: &Model, drawing: &Drawing) {
    for (index, place) in &drawing.sites {
        let site = &model.sites[*index];
        rect(svg, place, "site", 8.0);
        text(svg, place.x + 12.0, place.y + 17.0, Font::Title, &site.title);
        let mut x = place.x + 12.0;
        for (zone, shown) in &site.zones {
            let chip = Rect { x, y: place.y + 23.0, width: zone_width(shown), height: 16.0 };
            rect(svg, &chip, "area", 4.0);
            square(svg, x + 5.0, place.y + 27.0, Some(*zone));
            text(svg, x + 18.0, place.y + 34.5, Font::Small, shown);
            x += chip.width + 6.0;
        }
    }
}

fn areas(svg: &mut String, model: &Model, drawing: &Drawing) {
    for (index, place) in &drawing.areas {
        let area = &model.areas[*index];
        rect(svg, place, "area", 6.0);
        let room = place.width - 20.0;
        text(svg, place.x + 10.0, place.y + 17.0, Font::Title, &fitted(&area.title, Font::Title, room));
        text(svg, place.x + 10.0, place.y + 31.0, Font::Detail, &fitted(&area.detail, Font::Detail, room));
    }
}

fn lines(svg: &mut String, drawing: &Drawing) {
    for line in &drawing.lines {
        let _ = writeln!(svg, "<path d=\"{}\" class=\"halo\"/>", path(&line.points));
    }
    for line in &drawing.lines {
        let _ = writeln!(svg, "<path d=\"{}\" class=\"line {}\"/>", path(&line.points), line.tone.class());
        head(svg, line);
    }
    for label in &drawing.labels {
        let shown = fitted(&label.text, Font::Small, label.room);
        let _ = writeln!(
            svg,
            "<text x=\"{:.1}\" y=\"{:.1}\" class=\"small label {}\">{}</text>",
            label.x,
            label.y,
            label.tone.class(),
            escaped(&shown)
        );
    }
}

const CORNER: f64 = 4.0;

/// Corners are rounded, so that the eye can follow a line through a crossing.
fn path(points: &[(f64, f64)]) -> String {
    let mut points = points.to_vec();
    points.dedup_by(|a, b| (a.0 - b.0).abs() < 0.05 && (a.1 - b.1).abs() < 0.05);
    let mut path = String::new();
    for (index, (x, y)) in points.iter().enumerate() {
        let (before, behind) = (index.checked_sub(1).and_then(|i| points.get(i)), points.get(index + 1));
        let (Some(before), Some(behind)) = (before, behind) else {
            let _ = write!(path, "{}{x:.1} {y:.1}", if index == 0 { "M" } else { "L" });
            continue;
        };
        let (enter, leave) = (towards((*x, *y), *before), towards((*x, *y), *behind));
        let _ = write!(path, "L{:.1} {:.1}Q{x:.1} {y:.1} {:.1} {:.1}", enter.0, enter.1, leave.0, leave.1);
    }
    path
}

/// Returns the point a corner's radius, or half the way, towards another.
fn towards(from: (f64, f64), to: (f64, f64)) -> (f64, f64) {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let length = dx.hypot(dy);
    let share = if length > 0.0 { (CORNER / length).min(0.5) } else { 0.0 };
    (from.0 + dx * share, from.1 + dy * share)
}

fn head(svg: &mut String, line: &Line) {
    let mut ends = line.points.iter().rev();
    let Some((x, y)) = ends.next().copied() else { return };
    let Some(before) = ends.find(|point| (point.0 - x).abs() > 0.05 || (point.1 - y).abs() > 0.05) else {
        return;
    };
    let length = (x - before.0).hypot(y - before.1);
    let (dx, dy) = ((x - before.0) / length, (y - before.1) / length);
    let corner = |side: f64| (x - 7.0 * dx - side * 3.4 * dy, y - 7.0 * dy + side * 3.4 * dx);
    let (left, right) = (corner(1.0), corner(-1.0));
    let _ = writeln!(
        svg,
        "<path d=\"M{x:.1} {y:.1}L{:.1} {:.1}L{:.1} {:.1}Z\" class=\"head {}\"/>",
        left.0,
        left.1,
        right.0,
        right.1,
        line.tone.class()
    );
}

fn component(svg: &mut String, model: &Model, index: usize, place: &Rect, shape: &Shape) {
    let shown = &model.boxes[index];
    let class = match shown.look {
        Look::Plain => "box",
        Look::Store => "box store",
        Look::Outside => "box outside",
    };
    rect(svg, place, class, 5.0);
    for line in &shape.lines {
        text(svg, place.x + 9.0, place.y + line.y, line.font, &line.text);
    }
    if !shown.count.is_empty() {
        let x = place.right() - 9.0 - width(&shown.count, Font::Detail);
        text(svg, x, place.y + 18.0, Font::Detail, &shown.count);
    }
    if let Some(y) = shape.squares_y {
        for (number, zone) in shown.instances.iter().enumerate() {
            square(svg, place.x + 9.0 + 11.0 * to_f64(number), place.y + y, *zone);
        }
    }
    for pill in &shape.pills {
        let room = place.width - 14.0;
        let label = fitted(&pill.key.label, Font::Small, room - 10.0);
        let frame = Rect {
            x: place.x,
            y: place.y + pill.y - 7.0,
            width: width(&label, Font::Small) + 10.0,
            height: 14.0,
        };
        rect(svg, &frame, &format!("pill {}", pill.key.tone.class()), 3.0);
        text(svg, frame.x + 5.0, frame.y + 10.5, Font::Small, &label);
    }
}

fn square(svg: &mut String, x: f64, y: f64, zone: Option<usize>) {
    let colour = zone.map_or("#ffffff", |zone| ZONE_COLOURS[zone % ZONE_COLOURS.len()]);
    let _ = writeln!(
        svg,
        "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"8\" height=\"8\" class=\"square\" fill=\"{colour}\"/>"
    );
}

fn legend_entries(model: &Model) -> Vec<(Option<Tone>, &'static str)> {
    let used = |tone: &Tone| model.arrows.iter().any(|arrow| arrow.tone == *tone);
    let tones = Tone::ALL.into_iter().filter(used).map(|tone| (Some(tone), tone.meaning()));
    let has_zones = model.boxes.iter().any(|shown| shown.instances.iter().any(Option::is_some));
    tones.chain(has_zones.then_some((None, "one instance, in the colour of its zone"))).collect()
}

fn legend_width(model: &Model) -> f64 {
    let entries = legend_entries(model);
    entries.iter().map(|(_, text)| 52.0 + width(text, Font::Small)).sum::<f64>() + 2.0 * MARGIN
}

fn legend(svg: &mut String, model: &Model, y: f64) {
    let mut x = MARGIN;
    for (tone, meaning) in legend_entries(model) {
        if let Some(tone) = tone {
            let line = Line { tone, points: vec![(x, y + 6.0), (x + 26.0, y + 6.0)] };
            let _ = writeln!(svg, "<path d=\"{}\" class=\"line {}\"/>", path(&line.points), tone.class());
            head(svg, &line);
        } else {
            square(svg, x + 14.0, y + 2.0, Some(0));
        }
        text(svg, x + 32.0, y + 9.5, Font::Small, meaning);
        x += 52.0 + width(meaning, Font::Small);
    }
}
