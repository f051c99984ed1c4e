//! Where a fact stands in a file, and what is said about it. Knows no word of health platforms.

mod near;
mod origin;
mod redact;
mod report;

pub use near::nearest;
pub use origin::{Origin, Place, Source, Sources};
pub use redact::{PLACEHOLDER, is_secret_name, redact};
pub use report::{Diagnostic, Level, render_terminal};
