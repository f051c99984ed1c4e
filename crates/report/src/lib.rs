//! One self-contained HTML file out of records, and the drill table of a README. Reads and writes no file.

mod gather;
mod group;
mod input;
mod markdown;
mod page;
mod part;
mod section;
mod support;
mod timeline;
mod topology;
mod words;

pub use gather::{DeploymentBody, RawRecord, VerdictsBody, gather, recovery_matrix};
pub use input::{
    Control, Difference, Evidence, EvidenceKind, EvidenceRef, FindingRow, Host, NotRun, ProductVersion,
    Promise, RecordRow, Recorded, RecoveryCell, RecoveryMatrix, Regime, ReportInput, RunAgain, StoreRow,
};
pub use markdown::markdown_drill_table;
pub use page::report_html;
pub use support::{Demand, regime};
pub use topology::topology_svg;
