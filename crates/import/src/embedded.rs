//! Files inside ConfigMaps: configuration of Prometheus, Alertmanager and Fluentd, rules, dashboards.

use sehat_diagnostic::{Origin, Source, Sources};
use sehat_yaml::Options;

use crate::located::Located;
use crate::{Context, alertmanager, fluentd, grafana, prometheus};

/// A value of a ConfigMap that may be a file.
struct Value {
    name: String,
    namespace: String,
    key: String,
    text: String,
    origin: Origin,
}

/// Reads what ConfigMaps hold; the files are looked at for the places of lines.
pub fn read(cx: &mut Context, sources: &Sources) {
    let maps = cx.inventory.config.maps.iter();
    let values: Vec<Value> = maps
        .flat_map(|map| {
            let kept = map.data.iter().filter(|(key, text)| may_be_read(key, text));
            kept.map(|(key, text)| Value {
                name: format!("{} {key}", map.object.id),
                namespace: map.object.id.namespace.clone(),
                key: key.clone(),
                text: text.value.clone(),
                origin: text.origin.clone(),
            })
        })
        .collect();
    values.iter().for_each(|value| one(value, cx, sources));
}

fn may_be_read(key: &str, text: &str) -> bool {
    let is_yaml = matches!(key.rsplit('.').next(), Some("yml" | "yaml" | "rules"));
    let is_json = key.rsplit('.').next() == Some("json");
    is_yaml && ["scrape_configs:", "receivers:", "groups:"].iter().any(|word| text.contains(word))
        || is_json && text.contains("panels")
        || fluentd::is_config(key, text)
}

fn one(value: &Value, cx: &mut Context, sources: &Sources) {
    let file = sources.text(&value.origin.path);
    let located = Located::of_scalar(&value.text, &value.origin, file);
    if fluentd::is_config(&value.key, &value.text) {
        return fluentd::read(&value.name, Some(value.namespace.clone()), &located, cx);
    }
    // Places inside are those of the file where the block is written line by line.
    let (source, is_placed) = match located.blanked(file) {
        Some(source) => (source, true),
        None => (Source { path: value.origin.path.clone(), text: value.text.as_str().into() }, false),
    };
    // What is wrong with a file inside a file is not wrong with the file.
    let mut ignored = Vec::new();
    for mut node in sehat_yaml::read(&source, Options::default(), &mut ignored) {
        if !is_placed {
            place_all(&mut node, &value.origin);
        }
        if prometheus::is_config(&node) {
            prometheus::read_config(&value.name, Some(value.namespace.clone()), &node, cx);
        } else if alertmanager::is_config(&node) {
            cx.inventory.watch.routers.push(alertmanager::router(&value.name, &node, None));
        } else if prometheus::is_rules(&node) {
            prometheus::read_rules(&node, cx);
        } else if grafana::is_dashboard(&node) {
            cx.inventory.watch.dashboards.push(grafana::dashboard(&value.name, &node, None));
        }
    }
}

fn place_all(node: &mut sehat_yaml::Node, origin: &Origin) {
    node.origin = origin.clone();
    match &mut node.value {
        sehat_yaml::Value::Scalar(_) => {}
        sehat_yaml::Value::List(items) => items.iter_mut().for_each(|item| place_all(item, origin)),
        sehat_yaml::Value::Map(entries) => {
            for (key, value) in entries {
                key.origin = origin.clone();
                place_all(value, origin);
            }
        }
    }
}
