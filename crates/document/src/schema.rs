//! The JSON Schema of a document, and its reference page, both made from the grammar.

use std::fmt::Write;

use sehat_platform::Draft;
use serde_json::{Value as Json, json};

use crate::decode::{Decode, Definitions};

/// Returns the JSON Schema (2020-12) that editors complete a document with.
pub fn schema() -> Json {
    let mut definitions = Definitions::new();
    let body = Draft::schema(&mut definitions);
    definitions.entry("waivers".to_owned()).or_insert_with(|| json!({ "type": ["object", "null"] }));
    let mut document = definitions.get("platform").cloned().unwrap_or(body.clone());
    let properties = &mut document["properties"];
    properties["sehat"] = json!({ "const": 1, "description": "The grammar's version; the first line." });
    properties["platform"] = json!({ "type": "string", "description": "The platform's name." });
    properties["include"] = json!({ "type": "array", "items": { "type": "string" }, "description": "Files of the same folder that belong to it." });
    properties["environments"] = json!({
        "type": "object",
        "additionalProperties": body,
        "description": "What each environment changes: maps merge, `null` removes an entry.",
    });
    document["required"] = json!(["sehat", "platform"]);
    document["$schema"] = "https://json-schema.org/draft/2020-12/schema".into();
    document["title"] = "Sehat platform document".into();
    lenient_in_overlays(&mut definitions);
    document["$defs"] = json!(definitions);
    document
}

/// An overlay may leave out what the base states, and may remove any entry with `null`.
fn lenient_in_overlays(definitions: &mut Definitions) {
    for definition in definitions.values_mut() {
        if let Some(fields) = definition.as_object_mut() {
            fields.remove("required");
        }
        if let Some(first) = definition.pointer_mut("/anyOf/0").and_then(Json::as_object_mut) {
            first.remove("required");
        }
    }
}

/// Returns the reference page in Markdown.
pub fn reference() -> String {
    let mut definitions = Definitions::new();
    Draft::schema(&mut definitions);
    let mut page = "# Reference of the platform document\n\nMade by `sehat schema --format markdown` from the grammar.\n".to_owned();
    for (name, definition) in &definitions {
        let record = definition.pointer("/anyOf/0").unwrap_or(definition);
        let Some(properties) = record["properties"].as_object() else { continue };
        let _ = write!(page, "\n## {name}\n\n| key | value | meaning |\n|---|---|---|\n");
        for (key, property) in properties {
            if !crate::decode::COMMON_KEYS.contains(&key.as_str()) {
                let _ = writeln!(
                    page,
                    "| `{key}` | {} | {} |",
                    kind_of(property),
                    property["description"].as_str().unwrap_or("")
                );
            }
        }
    }
    page
}

fn kind_of(schema: &Json) -> String {
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.trim_start_matches("#/$defs/");
        return format!("[{name}](#{name})");
    }
    if let Some(words) = schema["enum"].as_array() {
        let shown = |word: &Json| word.as_str().map_or_else(|| word.to_string(), str::to_owned);
        return words
            .iter()
            .filter(|word| !word.is_null())
            .map(|word| format!("`{}`", shown(word)))
            .collect::<Vec<_>>()
            .join(" ");
    }
    if let Some(values) = schema.get("additionalProperties").filter(|values| values.is_object()) {
        return format!("names of {}", kind_of(values));
    }
    match schema.pointer("/anyOf/0/items") {
        Some(items) => format!("list of {}", kind_of(items)),
        None => "text".to_owned(),
    }
}
