//! Keys, identities, logs, alarms, budgets.

use sehat_diagnostic::{Origin, Source};
use sehat_platform::inventory::Stated;
use sehat_platform::inventory::cloud::{
    Alarm, Budget, Cloud, IdentityPolicy, Key, LogGroup, Statement, Trail,
};
use sehat_yaml::Node;

use super::Kind;
use super::get::{flag, int, items, said, texts, word};
use super::plan::{Plan, Resource};

pub const KINDS: &[Kind] = &[
    Kind { name: "aws_kms_key", read: key },
    Kind { name: "aws_cloudwatch_log_group", read: log_group },
    Kind { name: "aws_cloudtrail", read: trail },
    Kind { name: "aws_cloudwatch_metric_alarm", read: alarm },
    Kind { name: "aws_iam_policy", read: policy },
    Kind { name: "aws_iam_role_policy", read: policy },
    Kind { name: "aws_iam_user_policy", read: policy },
    Kind { name: "aws_iam_group_policy", read: policy },
    Kind { name: "aws_iam_role", read: role },
    Kind { name: "aws_iam_role_policy_attachment", read: attachment },
    Kind { name: "aws_iam_user_policy_attachment", read: attachment },
    Kind { name: "aws_iam_user", read: |_, _, _| {} },
    Kind { name: "aws_iam_access_key", read: access_key },
    Kind { name: "aws_budgets_budget", read: budget },
];

fn key(_: &Plan<'_>, resource: &Resource<'_>, cloud: &mut Cloud) {
    cloud.keys.push(Key {
        resource: resource.head(),
        rotates: flag(resource.values, &["enable_key_rotation"]),
        deletion_days: int(resource.values, &["deletion_window_in_days"]),
    });
}

fn log_group(plan: &Plan<'_>, resource: &Resource<'_>, cloud: &mut Cloud) {
    cloud.log_groups.push(LogGroup {
        resource: resource.head(),
        name: said(resource.values, &["name"]),
        keep_days: int(resource.values, &["retention_in_days"]),
        key: plan.links(resource, &["kms_key_id"]),
    });
}

fn trail(plan: &Plan<'_>, resource: &Resource<'_>, cloud: &mut Cloud) {
    cloud.trails.push(Trail {
        resource: resource.head(),
        bucket: plan.owners(resource, &["s3_bucket_name"], "aws_s3_bucket"),
        validates: flag(resource.values, &["enable_log_file_validation"]),
        every_region: flag(resource.values, &["is_multi_region_trail"]),
    });
}

fn alarm(plan: &Plan<'_>, resource: &Resource<'_>, cloud: &mut Cloud) {
    cloud.alarms.push(Alarm {
        resource: resource.head(),
        metric: said(resource.values, &["metric_name"]),
        has_actions: !plan.links(resource, &["alarm_actions"]).is_empty(),
    });
}

fn policy(_: &Plan<'_>, resource: &Resource<'_>, cloud: &mut Cloud) {
    let statements = said(resource.values, &["policy"]).map_or_else(Vec::new, |text| statements(&text));
    cloud.identities.push(IdentityPolicy {
        resource: resource.head(),
        statements,
        ..IdentityPolicy::default()
    });
}

fn role(_: &Plan<'_>, resource: &Resource<'_>, cloud: &mut Cloud) {
    let trust =
        said(resource.values, &["assume_role_policy"]).map_or_else(Vec::new, |text| statements(&text));
    let attached = texts(resource.values, &["managed_policy_arns"]);
    cloud.identities.push(IdentityPolicy {
        resource: resource.head(),
        statements: trust,
        attached: attached.into_iter().map(|arn| arn.map(|arn| last(&arn))).collect(),
        is_trust: true,
        has_access_key: false,
    });
}

fn last(arn: &str) -> String {
    arn.rsplit('/').next().unwrap_or(arn).to_owned()
}

fn attachment(_: &Plan<'_>, resource: &Resource<'_>, cloud: &mut Cloud) {
    let attached = said(resource.values, &["policy_arn"]).map(|arn| arn.map(|arn| last(&arn)));
    cloud.identities.push(IdentityPolicy {
        resource: resource.head(),
        attached: attached.into_iter().collect(),
        ..IdentityPolicy::default()
    });
}

fn access_key(_: &Plan<'_>, resource: &Resource<'_>, cloud: &mut Cloud) {
    let resource = resource.head();
    cloud.identities.push(IdentityPolicy { resource, has_access_key: true, ..IdentityPolicy::default() });
}

fn budget(_: &Plan<'_>, resource: &Resource<'_>, cloud: &mut Cloud) {
    let monthly = said(resource.values, &["limit_amount"])
        .filter(|_| word(resource.values, &["time_unit"]) == "MONTHLY");
    cloud.budgets.push(Budget { resource: resource.head(), monthly });
}

/// A policy is JSON within a text; all that it says stands at the place of that text.
fn statements(policy: &Stated<String>) -> Vec<Statement> {
    let source = Source { path: policy.origin.path.clone(), text: policy.value.as_str().into() };
    let document = sehat_yaml::read(&source, sehat_yaml::Options::default(), &mut Vec::new());
    let Some(document) = document.first() else { return Vec::new() };
    let stated = document.at(&["Statement"]);
    let one = stated.filter(|stated| stated.is_map());
    one.into_iter()
        .chain(stated.map_or(&[][..], Node::items))
        .map(|node| statement(node, &policy.origin))
        .collect()
}

fn statement(node: &Node, origin: &Origin) -> Statement {
    Statement {
        origin: origin.clone(),
        allows: word(node, &["Effect"]) == "Allow",
        actions: one_or_many(node, "Action"),
        resources: one_or_many(node, "Resource"),
        principals: principals(node),
        has_condition: node.at(&["Condition"]).is_some_and(|found| !found.entries().is_empty()),
    }
}

fn principals(node: &Node) -> Vec<String> {
    let Some(principal) = node.at(&["Principal"]) else { return Vec::new() };
    match principal.as_text() {
        Some(text) => vec![text.to_owned()],
        None => principal.entries().iter().flat_map(|(key, _)| one_or_many(principal, &key.text)).collect(),
    }
}

fn one_or_many(node: &Node, key: &str) -> Vec<String> {
    let one = node.at(&[key]).and_then(Node::as_text).map(str::to_owned);
    let many = items(node, &[key]).iter().filter_map(|item| Some(item.as_text()?.to_owned()));
    one.into_iter().chain(many).collect()
}
