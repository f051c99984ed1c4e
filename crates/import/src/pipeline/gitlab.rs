//! Pipelines of GitLab CI.

use sehat_diagnostic::Source;
use sehat_platform::inventory::Stated;
use sehat_platform::inventory::delivery::{Forge, Host, Job, Script, Shell, Step, Trigger, Workflow};
use sehat_yaml::{Key, Node, Value};

use super::{Variables, read_script};
use crate::Context;
use crate::kubernetes::get::{is_true, items, labels, text, texts, word};

/// Keys at the top that name no job.
const GLOBAL: [&str; 12] = [
    "after_script",
    "before_script",
    "cache",
    "default",
    "image",
    "include",
    "pages",
    "services",
    "spec",
    "stages",
    "variables",
    "workflow",
];

pub fn is_gitlab(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    name.ends_with(".gitlab-ci.yml") || name.ends_with(".gitlab-ci.yaml")
}

pub fn read_gitlab(path: &str, source: &Source, node: &Node, cx: &mut Context) {
    let variables = Variables(labels(node, &["variables"]));
    let is_job = |key: &Key| !GLOBAL.contains(&key.text.as_str()) && !key.text.starts_with('.');
    let entries = node.entries().iter().filter(|(key, job)| is_job(key) && job.is_map());
    let jobs = entries.map(|(key, job)| self::job((path, source), node, key, job, &variables)).collect();
    let event = Stated::new("push".to_owned(), node.origin.clone());
    cx.inventory.delivery.workflows.push(Workflow {
        name: path.to_owned(),
        origin: node.origin.clone(),
        title: None,
        forge: Forge::GitlabCi,
        triggers: vec![Trigger { event, ..Trigger::default() }],
        stages: texts(node, &["stages"]),
        jobs,
    });
}

/// Returns a key of a job, of what it extends, or the default for all jobs.
fn inherited<'n>(top: &'n Node, job: &'n Node, key: &str) -> Option<&'n Node> {
    let extended = text(job, &["extends"]).map_or_else(|| texts(job, &["extends"]), |one| vec![one]);
    let templates = extended.iter().rev().filter_map(|name| top.get(&name.value));
    std::iter::once(job)
        .chain(templates)
        .find_map(|node| node.at(&[key]))
        .or_else(|| top.at(&["default", key]))
        .or_else(|| {
            matches!(key, "image" | "before_script" | "after_script").then(|| top.at(&[key])).flatten()
        })
}

fn job(file: (&str, &Source), top: &Node, key: &Key, node: &Node, variables: &Variables) -> Job {
    let variables = variables.and(labels(node, &["variables"]));
    let get = |key: &str| inherited(top, node, key);
    let stated = |key: &str| get(key).and_then(|found| text(found, &[]));
    let rules = get("rules").map_or(&[][..], Node::items);
    Job {
        name: key.text.clone(),
        origin: key.origin.clone(),
        stage: stated("stage"),
        needs: needs(node),
        environment: stated("environment").or_else(|| text(get("environment")?, &["name"])),
        condition: condition(rules, get("only")),
        manual: word(node, &["when"]) == "manual"
            || !rules.is_empty() && rules.iter().all(|rule| word(rule, &["when"]) == "manual"),
        image: stated("image").or_else(|| text(get("image")?, &["name"])),
        runner: get("tags").and_then(|tags| texts(tags, &[]).into_iter().next()),
        calls: text(node, &["trigger", "include"]),
        may_fail: is_true(node, &["allow_failure"]),
        steps: step(file, key, get("before_script"), get("script"), &variables).into_iter().collect(),
        ..Job::default()
    }
}

fn needs(node: &Node) -> Vec<Stated<String>> {
    let named = items(node, &["needs"]).iter().filter_map(|need| text(need, &["job"]));
    texts(node, &["needs"]).into_iter().chain(named).collect()
}

/// All conditions under which it runs, as one text.
fn condition(rules: &[Node], only: Option<&Node>) -> Option<Stated<String>> {
    let ifs: Vec<Stated<String>> = rules.iter().filter_map(|rule| text(rule, &["if"])).collect();
    let only = only.map(|only| {
        let names = [texts(only, &[]), texts(only, &["refs"])].concat();
        (only.origin.clone(), names.iter().map(|name| name.value.clone()).collect::<Vec<_>>().join(" "))
    });
    match (ifs.first(), only) {
        (Some(first), _) => {
            let all: Vec<&str> = ifs.iter().map(|one| one.as_str()).collect();
            Some(Stated::new(all.join(" || "), first.origin.clone()))
        }
        (None, Some((origin, names))) if !names.is_empty() => Some(Stated::new(names, origin)),
        _ => None,
    }
}

/// A runner joins all lines into one script, which Bash runs with `-eo pipefail` where Bash is there.
fn step(
    (path, source): (&str, &Source),
    key: &Key,
    before: Option<&Node>,
    script: Option<&Node>,
    variables: &Variables,
) -> Option<Step> {
    let lines: Vec<&Node> = before.into_iter().chain(script).flat_map(flat).collect();
    let origin = script?.origin.clone();
    let head = Script {
        name: format!("{path}, job `{}`", key.text),
        origin: origin.clone(),
        shell: Shell::Bash,
        host: Host::Step { workflow: path.to_owned(), job: key.text.clone() },
        started_with: vec!["e".to_owned(), "pipefail".to_owned()],
        ..Script::default()
    };
    Some(Step {
        name: key.text.clone(),
        origin,
        variables: variables.names(),
        script: Some(read_script(head, lines, variables, source)),
        ..Step::default()
    })
}

/// `script:` is a text, a list, or a list of lists.
fn flat(node: &Node) -> Vec<&Node> {
    match &node.value {
        Value::List(items) => items.iter().flat_map(flat).collect(),
        _ => vec![node],
    }
}
