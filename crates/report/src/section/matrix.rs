//! The recovery matrix: what each failure costs each store.

use std::collections::BTreeSet;

use maud::{Markup, html};

use crate::part::{nothing, record, sign};
use crate::words::NOT_MEASURED;
use crate::{Promise, RecoveryCell, ReportInput, StoreRow};

/// With more columns than this the matrix gets a page in landscape.
const PORTRAIT_COLUMNS_MAX: usize = 6;

type Side = fn(&RecoveryCell) -> Option<&Promise>;

const SIDES: [(&str, Side); 2] = [("RPO", |cell| cell.rpo.as_ref()), ("RTO", |cell| cell.rto.as_ref())];

pub fn section(input: &ReportInput) -> Markup {
    let matrix = &input.recovery;
    if matrix.stores.is_empty() {
        return nothing("No store of the platform has a recovery prediction.");
    }
    let class = if matrix.scenarios.len() > PORTRAIT_COLUMNS_MAX { "matrix landscape" } else { "matrix" };
    html! {
        div class=(class) {
            p {
                b { "RPO" } " is how much data a failure may cost, " b { "RTO" }
                " how long until the store serves again. Each number is a predicted bound."
            }
            table {
                thead { tr {
                    th { "Store" } th { "Promised" }
                    @for scenario in &matrix.scenarios { th { (scenario) } }
                } }
                @for row in &matrix.stores { (store(row)) }
            }
        }
    }
}

fn store(row: &StoreRow) -> Markup {
    html! {
        tbody {
            @for (index, (name, side)) in SIDES.into_iter().enumerate() {
                tr {
                    @if index == 0 { th scope="rowgroup" rowspan=(SIDES.len()) { (row.store) } }
                    @let promised = common_promise(row, side);
                    td class="nowrap" { (name) @if let Some(promised) = promised { " " (promised) } }
                    @for cell in &row.cells { (self::cell(cell.as_ref(), side, promised.is_none())) }
                }
            }
        }
    }
}

/// Returns the promise of all scenarios, if it is the same one.
fn common_promise(row: &StoreRow, side: Side) -> Option<&str> {
    let promises = row.cells.iter().flatten().filter_map(side).map(|promise| promise.promised.as_deref());
    let promises: BTreeSet<Option<&str>> = promises.collect();
    if promises.len() == 1 { promises.into_iter().next().flatten() } else { None }
}

fn cell(cell: Option<&RecoveryCell>, side: Side, shows_promise: bool) -> Markup {
    let found = cell.and_then(|cell| Some((cell.record, side(cell)?)));
    html! {
        @match found {
            None => td class="empty" { "does not apply" },
            Some((number, promise)) => td class="nowrap" {
                (sign(promise.verdict)) (promise.predicted.as_deref().unwrap_or(NOT_MEASURED)) " " (record(number))
                @if let (true, Some(promised)) = (shows_promise, &promise.promised) { span class="under" { (promised) } }
            },
        }
    }
}
