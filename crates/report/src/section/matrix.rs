//! The recovery matrix: what each failure costs each store.

use maud::{Markup, html};

use crate::part::{nothing, record, sign};
use crate::words::NOT_MEASURED;
use crate::{Promise, RecoveryCell, ReportInput};

/// With more columns than this the matrix gets a page in landscape.
const PORTRAIT_COLUMNS_MAX: usize = 5;

pub fn section(input: &ReportInput) -> Markup {
    let matrix = &input.recovery;
    if matrix.stores.is_empty() {
        return nothing("No store of the platform has a recovery prediction.");
    }
    let class = if matrix.scenarios.len() > PORTRAIT_COLUMNS_MAX { "matrix landscape" } else { "matrix" };
    html! {
        div class=(class) {
            p {
                b { "RPO" } " is the data that a failure may cost, " b { "RTO" } " the time until the store serves again. "
                "Upper number: predicted bound; below it: the promise."
            }
            table {
                thead { tr {
                    th { "Store" }
                    @for scenario in &matrix.scenarios { th { (scenario) } }
                } }
                tbody {
                    @for row in &matrix.stores {
                        tr {
                            th scope="row" { (row.store) }
                            @for cell in &row.cells { (self::cell(cell.as_ref())) }
                        }
                    }
                }
            }
        }
    }
}

fn cell(cell: Option<&RecoveryCell>) -> Markup {
    html! {
        @match cell {
            None => td class="empty" { "does not apply" },
            Some(RecoveryCell { record: number, rpo, rto }) => td {
                @if let Some(promise) = rpo { (line("RPO", promise)) }
                @if let Some(promise) = rto { (line("RTO", promise)) }
                (record(*number))
            },
        }
    }
}

fn line(name: &str, Promise { promised, predicted, verdict }: &Promise) -> Markup {
    html! {
        div class="bound" {
            (sign(*verdict)) span class="name" { (name) }
            span class="number" { (predicted.as_deref().unwrap_or(NOT_MEASURED)) }
            @if let Some(promised) = promised { span class="promise" { (promised) } }
        }
    }
}
