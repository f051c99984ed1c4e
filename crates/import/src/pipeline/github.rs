//! Workflows of GitHub Actions.

use sehat_diagnostic::Source;
use sehat_platform::inventory::delivery::{Forge, Host, Job, Script, Shell, Step, Trigger, Workflow};
use sehat_platform::inventory::{Labels, Stated};
use sehat_yaml::{Key, Node};

use super::{Variables, read_script};
use crate::Context;
use crate::kubernetes::get::{is_true, items, labels, text, texts, word};
use crate::shell::{letters, shell_of};

pub fn is_github(path: &str, node: &Node) -> bool {
    let has = |key: &str| node.get(key).is_some();
    let by_path = path.contains(".github/workflows/");
    node.get("jobs").is_some_and(Node::is_map) && (by_path || has("on")) && !has("apiVersion")
}

pub fn read_github(path: &str, source: &Source, node: &Node, cx: &mut Context) {
    let variables = Variables(labels(node, &["env"]));
    let jobs = node.at(&["jobs"]).map_or(&[][..], Node::entries);
    let workflow = Workflow {
        name: path.to_owned(),
        origin: node.get("name").map_or_else(|| node.origin.clone(), |name| name.origin.clone()),
        title: text(node, &["name"]),
        forge: Forge::GithubActions,
        triggers: triggers(node),
        stages: Vec::new(),
        jobs: jobs
            .iter()
            .map(|(key, job)| self::job(&File { path, source }, node, key, job, &variables))
            .collect(),
    };
    cx.inventory.delivery.workflows.push(workflow);
}

/// The text, and the path that it stands for.
struct File<'f> {
    path: &'f str,
    source: &'f Source,
}

/// `on: push`, `on: [push]`, `on: { push: { branches: [main] } }`.
fn triggers(node: &Node) -> Vec<Trigger> {
    let Some(on) = node.get("on") else { return Vec::new() };
    let plain = |node: &Node| {
        let event = Stated::new(node.as_text()?.to_owned(), node.origin.clone());
        Some(Trigger { event, ..Trigger::default() })
    };
    if on.is_map() {
        let full = |(key, value): &(Key, Node)| Trigger {
            event: Stated::new(key.text.clone(), key.origin.clone()),
            branches: texts(value, &["branches"]),
            tags: texts(value, &["tags"]),
        };
        return on.entries().iter().map(full).collect();
    }
    plain(on).into_iter().chain(on.items().iter().filter_map(plain)).collect()
}

fn job(file: &File<'_>, workflow: &Node, key: &Key, node: &Node, variables: &Variables) -> Job {
    let variables = variables.and(labels(node, &["env"]));
    let shell =
        text(node, &["defaults", "run", "shell"]).or_else(|| text(workflow, &["defaults", "run", "shell"]));
    let runner = runner(node);
    let on_windows = runner.as_ref().is_some_and(|runner| runner.contains("windows"));
    let steps = items(node, &["steps"]).iter();
    let steps =
        steps.map(|step| self::step(file, &key.text, step, &variables, shell.as_ref(), on_windows)).collect();
    Job {
        name: key.text.clone(),
        origin: key.origin.clone(),
        needs: text(node, &["needs"]).map_or_else(|| texts(node, &["needs"]), |one| vec![one]),
        environment: text(node, &["environment"]).or_else(|| text(node, &["environment", "name"])),
        condition: text(node, &["if"]),
        image: text(node, &["container"]).or_else(|| text(node, &["container", "image"])),
        runner,
        permissions: permissions(node).or_else(|| permissions(workflow)),
        calls: text(node, &["uses"]),
        may_fail: is_true(node, &["continue-on-error"]),
        steps,
        ..Job::default()
    }
}

fn runner(node: &Node) -> Option<Stated<String>> {
    let found = node.at(&["runs-on"])?;
    let group =
        || texts(node, &["runs-on"]).into_iter().next().or_else(|| text(node, &["runs-on", "labels"]));
    text(node, &["runs-on"]).or_else(group).or_else(|| Some(Stated::new(String::new(), found.origin.clone())))
}

/// `permissions: write-all` grants each; nothing stated leaves the repository's default.
fn permissions(node: &Node) -> Option<Labels> {
    let found = node.at(&["permissions"])?;
    if let Some(all) = found.as_text() {
        let value = all.trim_end_matches("-all").to_owned();
        return Some([("*".to_owned(), Stated::new(value, found.origin.clone()))].into());
    }
    Some(labels(node, &["permissions"]))
}

fn step(
    file: &File<'_>,
    job: &str,
    node: &Node,
    variables: &Variables,
    default_shell: Option<&Stated<String>>,
    on_windows: bool,
) -> Step {
    let variables = variables.and(labels(node, &["env"]));
    let name = text(node, &["name"]).or_else(|| text(node, &["uses"]));
    let shell = text(node, &["shell"]).or_else(|| default_shell.cloned());
    let is_other = on_windows && shell.is_none();
    let script = node.at(&["run"]).filter(|_| !is_other).map(|run| {
        let (shell, started_with) = shell_options(shell.as_ref().map(|shell| shell.as_str()));
        let script = Script {
            name: format!("{}, job `{job}`", file.path),
            origin: run.origin.clone(),
            shell,
            host: Host::Step { workflow: file.path.to_owned(), job: job.to_owned() },
            started_with,
            ..Script::default()
        };
        read_script(script, [run], &variables, file.source)
    });
    Step {
        origin: name.as_ref().map_or_else(|| node.origin.clone(), |name| name.origin.clone()),
        name: name.map(|name| name.value).unwrap_or_default(),
        uses: text(node, &["uses"]),
        with: labels(node, &["with"]),
        variables: variables.names(),
        condition: text(node, &["if"]),
        may_fail: is_true(node, &["continue-on-error"]) || word(node, &["continue-on-error"]) == "true",
        script,
    }
}

/// Source: GitHub documentation, workflow syntax, `jobs.<id>.steps[*].shell`: without it `bash -e`, with `bash`
/// `bash -eo pipefail`.
fn shell_options(shell: Option<&str>) -> (Shell, Vec<String>) {
    match shell {
        None => (Shell::Bash, vec!["e".to_owned()]),
        Some("bash") => (Shell::Bash, vec!["e".to_owned(), "pipefail".to_owned()]),
        Some("sh") => (Shell::Sh, vec!["e".to_owned()]),
        Some(line) => {
            let mut words = line.split_whitespace();
            let shell = words.next().map_or(Shell::Other, shell_of);
            (shell, letters(words))
        }
    }
}
