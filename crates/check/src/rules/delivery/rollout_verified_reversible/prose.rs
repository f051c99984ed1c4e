//! The part over documents in words.

use sehat_platform::inventory::prose::Component;
use sehat_verdict::{Finding, Severity};

use super::NAME;
use crate::Context;
use crate::prose::promise;

/// One stack holds everything of an environment and rolls back by itself.
pub fn judge(context: &Context<'_>) -> Vec<Finding> {
    let prose = &context.inventory.prose;
    let is_tool = |component: &&Component| component.product == "cloudformation";
    let Some(tool) = prose.components.iter().find(is_tool) else { return Vec::new() };
    let block = prose.block(tool.statement);
    let rollback = block.iter().find(|line| line.says("rollback"));
    let stacks = block.iter().find(|line| line.says("stack") && !line.figures.is_empty());
    let (Some(rollback), Some(stacks)) = (rollback, stacks) else { return Vec::new() };
    if prose.says(&["stack-protection"]) {
        return Vec::new();
    }
    vec![
        promise(context, NAME, Severity::Medium, "CloudFormation")
            .says("one stack holds an environment with its database, rolls back by itself, and nothing keeps the data when it replaces a part")
            .witness("a rollback can fail and leave the stack stuck; a replaced database without a deletion policy is lost")
            .repair("split stacks by lifetime, retain what holds data, and protect the stack against termination")
            .at(&rollback.origin, "rolls back by itself")
            .at(&stacks.origin, "holds everything"),
    ]
}
