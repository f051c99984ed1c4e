//! One module per section of the report.

pub mod broken;
pub mod drills;
pub mod findings;
pub mod front;
pub mod matrix;
pub mod proof;
pub mod regimes;
pub mod restores;
pub mod topology;
pub mod verdicts;
