//! Proves that what infrastructure code says is taken as it is meant.
//!
//! An argument that a provider refuses stops the plan. One that a module no longer knows is dropped without a word
//! where it stands within an object. What protects a database from being deleted together with its plan is off
//! unless it is said.
//!
//! Source: Amazon EKS API, `Taint`; upgrade notes of the terraform-aws-modules; AWS provider, `aws_db_instance`.

use sehat_platform::inventory::cloud::Database;
use sehat_platform::inventory::format::{Fault, FaultKind};
use sehat_verdict::{Finding, Fix, Severity};

use crate::cloud::is_trial;
use crate::{Context, Outcome, Rule};

const NAME: &str = "iac-arguments-valid";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "Arguments of modules and providers exist, their values are allowed, and what is needed is set.",
    severity: Severity::High,
    hygiene: false,
    source: "Amazon EKS API, Taint; upgrade notes of the terraform-aws-modules",
    file: include_str!("iac_arguments_valid.rs"),
    judge,
};

fn judge(context: &Context<'_>) -> Outcome {
    let inventory = context.inventory;
    let faults = inventory.format.iter().filter(|fault| fault.kind == FaultKind::Argument);
    let mut findings: Vec<Finding> = faults.map(stated).collect();
    findings.extend(inventory.cloud.databases.iter().filter_map(unprotected));
    findings.into()
}

fn stated(fault: &Fault) -> Finding {
    let severity = if fault.grave { Severity::High } else { Severity::Medium };
    let finding = if fault.unsure { Finding::unknown } else { Finding::broken };
    let finding = finding(NAME, severity, &fault.subject)
        .says(&fault.message)
        .witness(&fault.witness)
        .repair(&fault.repair)
        .at(&fault.origin, "stated here");
    let fix =
        fault.instead.as_ref().map(|with| Fix::Replace { origin: fault.origin.clone(), with: with.clone() });
    fix.into_iter().fold(finding, Finding::fix)
}

fn unprotected(database: &Database) -> Option<Finding> {
    let protected = database.protected.as_ref();
    let is_own = database.cluster.is_empty() && !database.is_replica && !is_trial(&database.resource);
    let subject = &database.resource.address;
    (is_own && !protected.is_some_and(|stated| stated.value)).then(|| {
        Finding::broken(NAME, Severity::Medium, subject)
            .says(format!("{subject} may be deleted by a plan: `deletion_protection` is off"))
            .witness("a change that needs the database to be made anew deletes the old one with its data")
            .repair("set `deletion_protection = true`")
            .at(protected.map_or(&database.resource.origin, |stated| &stated.origin), "not protected")
    })
}
