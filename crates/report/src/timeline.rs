//! A drill as its clients saw it: a bar per journey or ledger over a time axis, with the events as marks.

use maud::{Markup, html};
use sehat_verdict::drill::{DrillRun, Lane, Timeline};

use crate::words::duration;

/// Pixels of the picture, which scales with the page.
const WIDTH: f64 = 720.0;
const LEFT: f64 = 132.0;
const RIGHT: f64 = 64.0;
const LANE: f64 = 20.0;
const BAR: f64 = 12.0;
const LABEL_ROW: f64 = 13.0;
/// Of the label font; a little too wide rather than too narrow.
const LETTER: f64 = 5.2;

/// Returns the chart of a run, if it kept a timeline.
pub fn svg(run: &DrillRun) -> Option<Markup> {
    let timeline = run.timeline.as_ref().filter(|timeline| !timeline.lanes.is_empty())?;
    let scale = Scale::of(timeline, run.predicted_ms_max);
    let marks = place(marks(timeline, run.predicted_ms_max, &scale));
    let label_rows = marks.iter().map(|mark| mark.row + 1).max().unwrap_or(0);
    let top = 4.0 + px(label_rows as u64) * LABEL_ROW;
    let bottom = top + px(timeline.lanes.len() as u64) * LANE + 4.0;
    let height = bottom + 32.0;
    Some(html! {
        svg class="chart" viewBox=(format!("0 0 {WIDTH} {height}")) role="img" aria-label=(describe(run, timeline)) {
            (shade(run.predicted_ms_max, &scale, top, bottom))
            (axis(&scale, top, bottom, timeline.fault_ms.is_some()))
            (far_bound(run.predicted_ms_max, &scale, bottom))
            @for (index, lane) in timeline.lanes.iter().enumerate() {
                (self::lane(lane, &scale, top + px(index as u64) * LANE))
            }
            @for mark in &marks { (mark.draw(top, bottom)) }
        }
    })
}

/// Says once what the charts draw, and holds the pattern that they fill with.
pub fn legend() -> Markup {
    html! {
        p class="legend" {
            span { svg viewBox="0 0 22 12" {
                defs {
                    pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)" {
                        rect width="5" height="5" class="hatch-ground" {}
                        rect width="1.6" height="5" class="hatch-line" {}
                    }
                }
                rect x="0" y="1" width="22" height="10" class="ok" {}
            } "answered" }
            span { svg viewBox="0 0 22 12" { rect x="0" y="1" width="22" height="10" class="failed" {} } "failed" }
            span { svg viewBox="0 0 22 12" {
                rect x="0" y="0" width="21" height="12" class="shade" {}
                line x1="21" x2="21" y1="0" y2="12" class="mark predicted" {}
            } "predicted max" }
            span { "at the right: the sum of what failed, for each journey or ledger" }
        }
    }
}

fn describe(run: &DrillRun, timeline: &Timeline) -> String {
    let lanes: Vec<String> = timeline
        .lanes
        .iter()
        .map(|lane| format!("{} failed for {}", lane.name, duration(lane.outage_ms())))
        .collect();
    format!("Timeline of {} on {}: {}", run.drill, run.struck, lanes.join(", "))
}

/// Ten years. What claims to be later is drawn there.
const LATEST_MS: u64 = 10 * 366 * 86_400_000;

/// Times to pixels, in milliseconds. Quiet time before the fault and after the last event is cut short.
struct Scale {
    start: u64,
    end: u64,
    /// What the axis counts from.
    zero: u64,
}

impl Scale {
    fn of(timeline: &Timeline, predicted_ms_max: Option<u64>) -> Self {
        let zero_ms = timeline.fault_ms.unwrap_or(0).min(LATEST_MS);
        let events = [timeline.heal_ms, timeline.alert_ms, timeline.recovered_ms].into_iter().flatten();
        let failures = timeline.lanes.iter().flat_map(|lane| &lane.spans).filter(|span| !span.ok);
        let last_ms = events.chain(failures.map(|span| span.until_ms)).max().unwrap_or(timeline.end_ms);
        let last_ms = last_ms.clamp(zero_ms, LATEST_MS);
        // A bound far beyond what happened would make all that happened a line.
        let bound_ms = predicted_ms_max.map_or(0, |bound| zero_ms + bound.min(LATEST_MS));
        let near = bound_ms.saturating_sub(zero_ms) <= (last_ms - zero_ms).saturating_mul(3);
        let shown_ms = if near { last_ms.max(bound_ms) } else { last_ms };
        let span_ms = (shown_ms - zero_ms).max(1_000);
        let start_ms = if timeline.fault_ms.is_some() { zero_ms.saturating_sub(span_ms / 6) } else { 0 };
        Self { start: start_ms, end: zero_ms + span_ms + span_ms / 7, zero: zero_ms }
    }

    fn x(&self, at_ms: u64) -> f64 {
        let at_ms = at_ms.clamp(self.start, self.end);
        LEFT + px(at_ms - self.start) / px(self.end - self.start) * (WIDTH - LEFT - RIGHT)
    }

    /// Returns the moments of the ticks: at most ten, at round distances from zero.
    fn ticks(&self) -> Vec<u64> {
        const STEPS_MS: [u64; 16] = [
            100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 30_000, 60_000, 120_000, 300_000, 600_000,
            1_800_000, 3_600_000, 21_600_000,
        ];
        let span_ms = self.end - self.start;
        let step_ms = STEPS_MS.into_iter().find(|step| span_ms / step <= 10).unwrap_or(span_ms / 10);
        let before = (self.zero - self.start) / step_ms;
        let first = self.zero - before * step_ms;
        (0..=span_ms / step_ms)
            .map(|index| first + index * step_ms)
            .filter(|tick| *tick <= self.end)
            .collect()
    }

    /// Seconds from zero.
    fn label(&self, at_ms: u64) -> String {
        let (sign, distance_ms) =
            if at_ms < self.zero { ("−", self.zero - at_ms) } else { ("", at_ms - self.zero) };
        let (seconds, tenths) = (distance_ms / 1_000, distance_ms % 1_000 / 100);
        if tenths == 0 { format!("{sign}{seconds}") } else { format!("{sign}{seconds}.{tenths}") }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a pixel is coarser than any loss")]
fn px(number: u64) -> f64 {
    number as f64
}

/// Rounded to what a printer resolves, so that the file stays small.
fn at(value: f64) -> String {
    format!("{value:.1}")
}

fn axis(scale: &Scale, top: f64, bottom: f64, has_fault: bool) -> Markup {
    html! {
        g class="axis" {
            line x1=(at(LEFT)) x2=(at(WIDTH - RIGHT)) y1=(at(bottom)) y2=(at(bottom)) {}
            @for tick in scale.ticks() {
                line class="grid" x1=(at(scale.x(tick))) x2=(at(scale.x(tick))) y1=(at(top)) y2=(at(bottom + 3.0)) {}
                text x=(at(scale.x(tick))) y=(at(bottom + 14.0)) text-anchor="middle" { (scale.label(tick)) }
            }
            text class="title" x=(at(LEFT)) y=(at(bottom + 27.0)) {
                @if has_fault { "seconds since the fault" } @else { "seconds" }
            }
        }
    }
}

fn lane(lane: &Lane, scale: &Scale, top: f64) -> Markup {
    let y = top + (LANE - BAR) / 2.0;
    let shown = lane.spans.iter().filter(|span| span.until_ms >= scale.start && span.from_ms <= scale.end);
    html! {
        text class="lane" x=(at(LEFT - 8.0)) y=(at(y + 10.0)) text-anchor="end" { (shorten(&lane.name, 22)) }
        @for span in shown {
            // A short failure must stay visible.
            @let width = (scale.x(span.until_ms) - scale.x(span.from_ms)).max(if span.ok { 0.5 } else { 2.0 });
            rect class=(if span.ok { "ok" } else { "failed" }) x=(at(scale.x(span.from_ms))) y=(at(y))
                width=(at(width)) height=(at(BAR)) {}
        }
        text class="sum" x=(at(WIDTH - RIGHT + 8.0)) y=(at(y + 10.0)) { (duration(lane.outage_ms())) }
    }
}

fn shorten(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.to_owned();
    }
    text.chars().take(max - 1).chain(['…']).collect()
}

fn shade(predicted_ms_max: Option<u64>, scale: &Scale, top: f64, bottom: f64) -> Markup {
    let Some(bound_ms) = predicted_ms_max else { return Markup::default() };
    let (from, until) = (scale.x(scale.zero), scale.x(scale.zero.saturating_add(bound_ms)));
    html! { rect class="shade" x=(at(from)) y=(at(top)) width=(at(until - from)) height=(at(bottom - top)) {} }
}

/// Says where the bound is when it lies beyond the chart.
fn far_bound(predicted_ms_max: Option<u64>, scale: &Scale, bottom: f64) -> Markup {
    let bound = predicted_ms_max.filter(|bound| scale.zero.saturating_add(*bound) > scale.end);
    html! {
        @if let Some(bound_ms) = bound {
            text class="mark-label predicted" x=(at(WIDTH - RIGHT)) y=(at(bottom + 27.0)) text-anchor="end" {
                "predicted max " (duration(bound_ms)) ", beyond this chart →"
            }
        }
    }
}

/// A vertical line with its label above.
struct Mark {
    kind: &'static str,
    label: String,
    x: f64,
    row: usize,
    /// The label ends at the line, for lack of room behind it.
    before: bool,
}

fn marks(timeline: &Timeline, predicted_ms_max: Option<u64>, scale: &Scale) -> Vec<Mark> {
    let event = |kind: &'static str, word: &str, at_ms: u64| {
        let since = at_ms.saturating_sub(scale.zero);
        let label = if kind == "fault" { word.to_owned() } else { format!("{word} {}", duration(since)) };
        Mark { kind, label, x: scale.x(at_ms), row: 0, before: false }
    };
    let bound_ms = predicted_ms_max.map(|bound| scale.zero.saturating_add(bound));
    let bound = bound_ms.filter(|ms| *ms <= scale.end).map(|ms| event("predicted", "predicted max", ms));
    let events = [
        timeline.fault_ms.map(|ms| event("fault", "fault", ms)),
        timeline.alert_ms.map(|ms| event("alert", "alert", ms)),
        timeline.heal_ms.map(|ms| event("heal", "healed", ms)),
        timeline.recovered_ms.map(|ms| event("recovered", "recovered", ms)),
        bound,
    ];
    events.into_iter().flatten().collect()
}

/// Gives each label the lowest row in which it touches no other.
///
/// From right to left, so that a line which comes down from a higher row meets no label on its way.
fn place(mut marks: Vec<Mark>) -> Vec<Mark> {
    marks.sort_by(|one, other| other.x.total_cmp(&one.x));
    for index in 0..marks.len() {
        let (taken, rest) = marks.split_at_mut(index);
        let mark = &mut rest[0];
        mark.before = mark.room().1 > WIDTH;
        // Each label blocks at most the row of its own and those below, so one row per label is enough.
        let is_free = |row: &usize| taken.iter().all(|other| other.leaves(*row, mark.room()));
        mark.row = (0..=index).find(is_free).unwrap_or(index);
    }
    marks
}

impl Mark {
    /// From where to where the label reaches.
    fn room(&self) -> (f64, f64) {
        let width = px(self.label.chars().count() as u64) * LETTER + 8.0;
        if self.before { (self.x - width, self.x) } else { (self.x, self.x + width) }
    }

    /// Whether a label has room in a row, beside this one's label and the line below that.
    fn leaves(&self, row: usize, (from, until): (f64, f64)) -> bool {
        let (start, end) = self.room();
        let is_crossed = self.row > row && from < self.x && self.x < until;
        let is_touched = self.row == row && from < end && start < until;
        !is_crossed && !is_touched
    }

    fn draw(&self, top: f64, bottom: f64) -> Markup {
        let y = top - 4.0 - px(self.row as u64) * LABEL_ROW;
        let (x, anchor) = if self.before { (self.x - 4.0, "end") } else { (self.x + 4.0, "start") };
        html! {
            line class={ "mark " (self.kind) } x1=(at(self.x)) x2=(at(self.x)) y1=(at(y - 9.0)) y2=(at(bottom)) {}
            text class={ "mark-label " (self.kind) } x=(at(x)) y=(at(y)) text-anchor=(anchor) { (self.label) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use sehat_verdict::drill::Span;

    fn times() -> impl Strategy<Value = u64> {
        prop_oneof![0..100_000_u64, any::<u64>()]
    }

    prop_compose! {
        fn timelines()(
            end_ms in times(),
            events in prop::array::uniform4(prop::option::of(times())),
            samples in prop::collection::vec((times(), any::<bool>()), 0..20),
        ) -> Timeline {
            let spans = samples.windows(2).map(|pair| Span { from_ms: pair[0].0, until_ms: pair[1].0, ok: pair[0].1 });
            let lanes = vec![Lane { name: "journey".into(), spans: spans.collect() }];
            let [fault_ms, heal_ms, alert_ms, recovered_ms] = events;
            Timeline { end_ms, fault_ms, heal_ms, alert_ms, recovered_ms, lanes }
        }
    }

    proptest! {
        #[test]
        fn any_timeline_is_drawn_with_few_ticks(timeline in timelines(), bound in prop::option::of(times())) {
            let scale = Scale::of(&timeline, bound);
            prop_assert!(scale.ticks().len() <= 12);
            let run = DrillRun { predicted_ms_max: bound, timeline: Some(timeline), ..DrillRun::new("kill-node", "pve-01") };
            let drawn = svg(&run).unwrap().into_string();
            prop_assert!(!drawn.contains("NaN") && !drawn.contains("width=\"-"));
        }

        #[test]
        fn labels_never_touch(timeline in timelines(), bound in prop::option::of(times())) {
            let scale = Scale::of(&timeline, bound);
            let placed = place(marks(&timeline, bound, &scale));
            for (index, one) in placed.iter().enumerate() {
                for other in &placed[index + 1..] {
                    let apart = one.room().1 <= other.room().0 || other.room().1 <= one.room().0;
                    prop_assert!(one.row != other.row || apart);
                }
            }
        }
    }
}
