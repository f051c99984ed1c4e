//! Scripts that containers run, and scripts in ConfigMaps.

use std::collections::BTreeMap;

use sehat_diagnostic::{Sources, is_secret_name};
use sehat_platform::inventory::Stated;
use sehat_platform::inventory::config::ConfigMap;
use sehat_platform::inventory::delivery::{Host, Script};
use sehat_platform::inventory::workload::{Container, EnvValue, Workload};

use super::{Reader, has_shebang, is_shell, letters, shell_of};
use crate::Context;
use crate::located::Located;

/// Reads what was found in the objects; the files are looked at for the places of lines.
pub fn read_containers(cx: &mut Context, sources: &Sources) {
    let inventory = &cx.inventory;
    let mut found: Vec<Script> = Vec::new();
    for workload in &inventory.workloads {
        let containers = workload.pod.all_containers();
        found.extend(containers.filter_map(|container| script_of(workload, container, sources)));
    }
    for map in &inventory.config.maps {
        found.extend(scripts_of(map, sources));
    }
    cx.inventory.delivery.scripts.append(&mut found);
}

fn script_of(workload: &Workload, container: &Container, sources: &Sources) -> Option<Script> {
    let words: Vec<&Stated<String>> = container.command.iter().chain(&container.args).collect();
    if !words.first().is_some_and(|first| is_shell(first)) {
        return None;
    }
    let is_c = |word: &&&Stated<String>| word.starts_with('-') && word.ends_with('c');
    let at = words.iter().position(|word| is_c(&word))?;
    let text = words.get(at + 1)?;
    let script = Script {
        name: workload.object.id.to_string(),
        origin: text.origin.clone(),
        shell: shell_of(words[0]),
        host: Host::Container {
            workload: workload.object.id.clone(),
            container: container.name.clone(),
            image: container.image.clone(),
        },
        started_with: letters(words[1..=at].iter().map(|word| word.as_str())),
        given: container.env.iter().map(|env| (env.name.clone(), env.origin.clone())).collect(),
        ..Script::default()
    };
    let mut reader = Reader::new(script, known(container));
    reader.read(&Located::of_scalar(text, &text.origin, sources.text(&text.origin.path)));
    Some(reader.finish())
}

/// What the environment says in plain text.
fn known(container: &Container) -> BTreeMap<String, String> {
    let plain = container.env.iter().filter_map(|env| match &env.value {
        EnvValue::Text(text) if !is_secret_name(&env.name) && !text.contains("$(") => {
            Some((env.name.clone(), text.value.clone()))
        }
        _ => None,
    });
    plain.collect()
}

fn scripts_of<'a>(map: &'a ConfigMap, sources: &'a Sources) -> impl Iterator<Item = Script> + 'a {
    let is_script = |key: &str, text: &str| key.rsplit('.').next() == Some("sh") || has_shebang(text);
    map.data.iter().filter(move |(key, text)| is_script(key, text)).map(|(key, text)| {
        let located = Located::of_scalar(text, &text.origin, sources.text(&text.origin.path));
        let name = format!("{} {key}", map.object.id);
        super::read(&located, &name, Host::Mounted(map.object.id.clone()))
    })
}
