//! Why an evaluation stops.

use sehat_diagnostic::{Diagnostic, Origin};

/// A diagnostic on its way up; it is large.
pub(crate) type Fault = Box<Diagnostic>;

/// Says what is wrong at a place, and what to do.
pub(crate) fn fault(code: &'static str, message: impl Into<String>, origin: &Origin, help: &str) -> Fault {
    Box::new(Diagnostic::error(code, message).at(origin, "here").help(help))
}

/// Says that Sehat does not evaluate this.
pub(crate) fn unsupported(what: &str, origin: &Origin) -> Fault {
    let message = format!("{what} is not evaluated");
    let help = "run `kustomize build` and give its output, or write the field in another way";
    fault("kustomize-unsupported", message, origin, help)
}
