//! Holds the published schema against the documents, as an editor does.

use serde_json::{Map, Value as Json};

use crate::support::{PLATFORMS, platform};

/// Returns the places where a value breaks a schema. Knows the words that our schema uses.
fn breaks(value: &Json, schema: &Json, root: &Json, path: &str) -> Vec<String> {
    if let Some(name) = schema["$ref"].as_str() {
        let definition = root.pointer(name.trim_start_matches('#')).expect("a definition");
        return breaks(value, definition, root, path);
    }
    if let Some(forms) = schema["anyOf"].as_array() {
        let tries: Vec<Vec<String>> = forms.iter().map(|form| breaks(value, form, root, path)).collect();
        return tries.into_iter().min_by_key(Vec::len).unwrap_or_default();
    }
    let plain = is_of_type(value, &schema["type"])
        && schema.get("const").is_none_or(|only| only == value)
        && schema["enum"].as_array().is_none_or(|words| words.contains(value));
    match value {
        _ if !plain => vec![format!("{path}: {value} is none of {schema}")],
        Json::Object(entries) => breaks_in_map(entries, schema, root, path),
        Json::Array(items) => {
            items.iter().flat_map(|item| breaks(item, &schema["items"], root, path)).collect()
        }
        _ => Vec::new(),
    }
}

fn breaks_in_map(entries: &Map<String, Json>, schema: &Json, root: &Json, path: &str) -> Vec<String> {
    let required = schema["required"].as_array().into_iter().flatten().filter_map(Json::as_str);
    let missing =
        required.filter(|key| !entries.contains_key(*key)).map(|key| format!("{path}: {key} is missing"));
    let inside = entries.iter().flat_map(|(key, value)| {
        let path = format!("{path}.{key}");
        match schema["properties"].get(key).or(schema.get("additionalProperties")) {
            Some(Json::Bool(false)) => vec![format!("{path}: there is no such key")],
            Some(schema) => breaks(value, schema, root, &path),
            None => Vec::new(),
        }
    });
    missing.chain(inside).collect()
}

fn is_of_type(value: &Json, types: &Json) -> bool {
    let name = match value {
        Json::Null => "null",
        Json::Bool(_) => "boolean",
        Json::Number(_) => "number",
        Json::String(_) => "string",
        Json::Array(_) => "array",
        Json::Object(_) => "object",
    };
    match types {
        Json::String(only) => only == name,
        Json::Array(types) => types.iter().any(|known| known == name),
        _ => true,
    }
}

/// What is written is text throughout; an editor sees `true` as a truth value.
fn with_truth(value: Json) -> Json {
    match value {
        Json::String(text) if text == "true" || text == "false" => Json::Bool(text == "true"),
        Json::Array(items) => items.into_iter().map(with_truth).collect(),
        Json::Object(entries) => entries.into_iter().map(|(key, value)| (key, with_truth(value))).collect(),
        other => other,
    }
}

#[test]
fn documents_keep_to_the_schema() {
    let schema = sehat_document::schema();
    for (letters, name) in PLATFORMS {
        for environment in &platform(name).environments {
            let written = with_truth(sehat_document::write(environment));
            assert_eq!(breaks(&written, &schema, &schema, letters), Vec::<String>::new());
        }
    }
}

#[test]
fn the_schema_refuses_what_reading_refuses() {
    let schema = sehat_document::schema();
    for document in [
        serde_json::json!({ "platform": "a" }),
        serde_json::json!({ "sehat": 1, "platform": "a", "component": {} }),
        serde_json::json!({ "sehat": 1, "platform": "a", "components": { "web": { "kind": "spaceship" } } }),
        serde_json::json!({ "sehat": 1, "platform": "a", "components": { "web": { "segmnet": "dmz" } } }),
    ] {
        assert!(!breaks(&document, &schema, &schema, "").is_empty(), "{document}");
    }
}

#[test]
fn the_reference_page_names_every_key() {
    let page = sehat_document::reference();
    for key in ["rebuildable", "instance-types", "scrape-interval", "point-in-time"] {
        assert!(page.contains(&format!("| `{key}` |")), "{key}");
    }
}
