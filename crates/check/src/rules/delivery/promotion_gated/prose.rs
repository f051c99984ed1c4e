//! The part over documents in words.

use sehat_platform::inventory::prose::Form;
use sehat_verdict::{Finding, Severity};

use super::NAME;
use crate::Context;
use crate::prose::{names_any, promise};

/// Traffic is shifted step by step, and nothing names who shifts it or when it goes back.
pub fn judge(context: &Context<'_>) -> Vec<Finding> {
    let prose = &context.inventory.prose;
    let ways: Vec<_> = prose
        .saying(&["canary", "blue-green", "traffic-shifting"])
        .map(|(_, line)| line)
        .filter(|line| line.form == Form::Item || line.key.is_some())
        .collect();
    let line = ways.iter().find(|line| line.says("canary")).or_else(|| ways.first());
    let controlled = prose.says(&["rollout-controller"]) || names_any(context, &["argo-rollouts", "flagger"]);
    let Some(line) = line.filter(|_| !(controlled && prose.says(&["abort-threshold"]))) else {
        return Vec::new();
    };
    let mut finding = promise(context, NAME, Severity::Low, "rollout")
        .says("a part of the traffic tries a release first, and nothing says who shifts it or at which error rate it goes back")
        .witness("without a controller and a threshold a person must watch, and all users follow")
        .repair("name the controller (Argo Rollouts, CodeDeploy, Flagger) and the errors at which it aborts")
        .counts(ways.len())
        .at(&line.origin, "by whom, until when");
    for other in ways.iter().filter(|other| other.origin != line.origin).take(2) {
        finding = finding.at(&other.origin, "another way");
    }
    vec![finding]
}
