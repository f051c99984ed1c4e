//! The part over documents in words.

use sehat_platform::inventory::prose::Statement;
use sehat_verdict::{Finding, Severity};

use super::NAME;
use crate::Context;
use crate::prose::{describes_platform, promise};

/// Copies or times are promised, and nobody ever restores one.
pub fn judge(context: &Context<'_>) -> Vec<Finding> {
    let prose = &context.inventory.prose;
    let restores = |line: &&Statement| line.says("rto") && !line.figures.is_empty();
    let copies = |line: &&Statement| line.says("backup");
    let line = prose
        .statements
        .iter()
        .find(restores)
        .or_else(|| prose.statements.iter().filter(copies).find(|line| line.is_heading()));
    let Some(line) = line.or_else(|| prose.statements.iter().find(copies)) else { return Vec::new() };
    // A procedure in a script is judged by what it does.
    if !describes_platform(prose)
        || prose.says(&["restore-test"])
        || (prose.says(&["restore"]) && !context.inventory.delivery.scripts.is_empty())
    {
        return Vec::new();
    }
    vec![
        promise(context, NAME, Severity::Low, "restore")
            .says("copies are promised, and nothing says that one was ever restored and looked at")
            .witness("no restore test, drill or procedure is named")
            .repair("restore into a scratch place on a schedule, compare counts and checksums, and keep the time that it took")
            .at(&line.origin, "unproven"),
    ]
}
