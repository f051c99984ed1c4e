//! From the tree to the platform's types, with every error in one run.

use std::collections::BTreeMap;

use sehat_diagnostic::{Diagnostic, Origin, nearest};
use sehat_platform::fact::{Meta, Waive};
use sehat_platform::{Fact, Name};
use serde_json::{Value as Json, json};

use crate::word::Word;
use sehat_yaml::{Key, Node, Value};

/// A type that a document can hold.
pub trait Decode: Sized {
    /// Whether the keys of a map of these may be any text.
    const FREE_KEYS: bool = false;

    /// Returns the value, or `None` after a diagnostic.
    fn decode(node: &Node, cx: &mut Cx<'_>) -> Option<Self>;

    /// Returns the JSON Schema of the type.
    fn schema(definitions: &mut Definitions) -> Json;
}

/// Named records of the schema.
pub type Definitions = BTreeMap<String, Json>;

/// Keys that every entry of a document may carry.
pub const COMMON_KEYS: [&str; 5] = ["features", "added", "repairs", "note", "waive"];

/// Nobody reads so many errors, and each search for a near name costs time.
const HELPED_MAX: usize = 1000;

pub struct Cx<'d> {
    pub diagnostics: &'d mut Vec<Diagnostic>,
    /// What every entry's `features:` names, in the order of reading.
    pub features: Vec<Fact<String>>,
}

impl Cx<'_> {
    /// Tells that something else was expected. What stands behind a line end is the help.
    pub fn expected(&mut self, origin: &Origin, expected: &str) {
        let (expected, help) = expected.split_once('\n').unwrap_or((expected, ""));
        let help = if help.is_empty() { format!("write {expected}") } else { help.to_owned() };
        let diagnostic = Diagnostic::error("wrong-value", format!("expected {expected}"));
        self.diagnostics.push(diagnostic.at(origin, "this is something else").help(help));
    }

    /// Returns the entries of a record after telling every key that it does not have.
    pub fn fields<'n>(&mut self, node: &'n Node, about: &str, keys: &[&str]) -> Option<Fields<'n>> {
        let entries = match &node.value {
            Value::Map(entries) => entries.as_slice(),
            _ if node.is_null() => &[],
            _ => {
                self.expected(&node.origin, &format!("a map ({about})"));
                return None;
            }
        };
        for (key, _) in entries {
            if !keys.contains(&key.text.as_str()) && !COMMON_KEYS.contains(&key.text.as_str()) {
                self.unknown_key(key, keys);
            }
        }
        Some(Fields { node, entries })
    }

    fn unknown_key(&mut self, key: &Key, keys: &[&str]) {
        let near = if self.diagnostics.len() < HELPED_MAX {
            nearest(&key.text, keys.iter().copied().chain(COMMON_KEYS))
        } else {
            None
        };
        let help = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None if key.text == "<<" => {
                "write the entries out: merge keys are not part of YAML 1.2".to_owned()
            }
            None => format!("known here: {}", keys.join(", ")),
        };
        self.diagnostics.push(
            Diagnostic::error("unknown-key", format!("there is no key `{}` here", key.text))
                .at(&key.origin, "")
                .help(help),
        );
    }
}

/// The entries of one record.
pub struct Fields<'n> {
    node: &'n Node,
    entries: &'n [(Key, Node)],
}

impl Fields<'_> {
    pub fn read<T: Decode>(&self, key: &str, slot: &mut T, required: bool, cx: &mut Cx<'_>) {
        match self.entries.iter().find(|(known, _)| known.text == key) {
            Some((_, node)) => {
                if let Some(value) = T::decode(node, cx) {
                    *slot = value;
                }
            }
            None if required => cx.diagnostics.push(
                Diagnostic::error("missing-key", format!("`{key}` is missing"))
                    .at(&self.node.origin, "of this entry")
                    .help(format!("add `{key}:`")),
            ),
            None => {}
        }
    }

    pub fn meta(&self, cx: &mut Cx<'_>) -> Meta {
        let mut meta = Meta { origin: self.node.origin.clone(), ..Meta::default() };
        self.read("features", &mut meta.features, false, cx);
        self.read("added", &mut meta.added, false, cx);
        self.read("repairs", &mut meta.repairs, false, cx);
        self.read("note", &mut meta.note, false, cx);
        self.read("waive", &mut meta.waive, false, cx);
        cx.features.extend(meta.features.iter().cloned());
        meta
    }
}

/// Gives a record its keys, in the order of the reference page.
macro_rules! record {
    ($type:ty, $name:literal, $about:literal $(, short $short_doc:literal = $short:expr)? ;
     $($key:literal => $field:ident $(($required:ident))?, $doc:literal;)*) => {
        impl $crate::decode::Decode for $type {
            fn decode(node: &sehat_yaml::Node, cx: &mut $crate::decode::Cx<'_>) -> Option<Self> {
                $(if let sehat_yaml::Value::Scalar(scalar) = &node.value && !node.is_null() {
                    let short: fn(&str, &sehat_diagnostic::Origin, &mut $crate::decode::Cx<'_>) -> Option<Self> = $short;
                    return short(&scalar.text, &node.origin, cx);
                })?
                let fields = cx.fields(node, $about, &[$($key),*])?;
                let mut value = Self { meta: fields.meta(cx), ..Self::default() };
                $(fields.read($key, &mut value.$field, record!(@required $($required)?), cx);)*
                Some(value)
            }

            fn schema(definitions: &mut $crate::decode::Definitions) -> serde_json::Value {
                if !definitions.contains_key($name) {
                    definitions.insert($name.to_owned(), serde_json::Value::Null);
                    let mut properties = serde_json::Map::new();
                    $(properties.insert($key.to_owned(), $crate::decode::described(
                        $crate::decode::schema_of(|value: &Self| &value.$field, definitions), $doc));)*
                    let required: &[&str] = &[$($(record!(@name $key $required),)?)*];
                    let short: Option<&str> = None $(.or(Some($short_doc)))?;
                    let schema = $crate::decode::record_schema($about, properties, required, short);
                    definitions.insert($name.to_owned(), schema);
                }
                serde_json::json!({ "$ref": concat!("#/$defs/", $name) })
            }
        }

        impl $crate::encode::Encode for $type {
            fn encode(&self) -> serde_json::Value {
                $crate::encode::entry([$(($key, $crate::encode::Encode::encode(&self.$field))),*], &self.meta)
            }
        }
    };
    (@required) => { false };
    (@required required) => { true };
    (@name $key:literal required) => { $key };
}
pub(crate) use record;

pub fn schema_of<S, T: Decode>(_field: fn(&S) -> &T, definitions: &mut Definitions) -> Json {
    T::schema(definitions)
}

pub fn described(schema: Json, doc: &str) -> Json {
    match schema {
        Json::Object(mut fields) => {
            fields.insert("description".to_owned(), doc.into());
            Json::Object(fields)
        }
        other => other,
    }
}

pub fn record_schema(
    about: &str,
    mut properties: serde_json::Map<String, Json>,
    required: &[&str],
    short: Option<&str>,
) -> Json {
    let text = json!({ "type": ["string", "number"] });
    let list = json!({ "type": ["array", "string"], "items": { "type": "string" } });
    properties.insert(
        "features".to_owned(),
        described(list, "Ids of the source's features that this entry expresses."),
    );
    properties.insert(
        "added".to_owned(),
        described(text.clone(), "Why this stands here although the source lacks it."),
    );
    properties.insert("repairs".to_owned(), described(text.clone(), "Which fault of the source this mends."));
    properties.insert("note".to_owned(), described(text, "For the reader."));
    properties.insert(
        "waive".to_owned(),
        json!({ "$ref": "#/$defs/waivers", "description": "Rules whose findings are accepted here." }),
    );
    let mut record = json!({
        "description": about, "type": ["object", "null"], "properties": properties, "additionalProperties": false,
    });
    if !required.is_empty() {
        record["required"] = json!(required);
    }
    match short {
        Some(short) => json!({ "anyOf": [record, { "type": ["string", "number"], "description": short }] }),
        None => record,
    }
}

impl<T: Word> Decode for Fact<T> {
    const FREE_KEYS: bool = true;

    fn decode(node: &Node, cx: &mut Cx<'_>) -> Option<Self> {
        let Value::Scalar(scalar) = &node.value else {
            let expected = T::read("\u{0}").err().unwrap_or_else(|| "one line of text".to_owned());
            cx.expected(&node.origin, &expected);
            return None;
        };
        if node.is_null() {
            return Some(Self::default());
        }
        match T::read(&scalar.text) {
            Ok(value) => Some(Self::stated(value, node.origin.clone())),
            Err(expected) => {
                cx.expected(&node.origin, &expected);
                None
            }
        }
    }

    fn schema(_: &mut Definitions) -> Json {
        or_null(T::schema())
    }
}

/// An overlay removes any value with `null`.
fn or_null(mut schema: Json) -> Json {
    for (key, null) in [("enum", Json::Null), ("type", "null".into())] {
        if let Some(allowed) = schema.get_mut(key).and_then(Json::as_array_mut) {
            allowed.push(null);
        }
    }
    schema
}

impl<T: Decode> Decode for Option<T> {
    fn decode(node: &Node, cx: &mut Cx<'_>) -> Option<Self> {
        T::decode(node, cx).map(Some)
    }

    fn schema(definitions: &mut Definitions) -> Json {
        T::schema(definitions)
    }
}

/// A single value is a list of one.
impl<T: Decode> Decode for Vec<T> {
    fn decode(node: &Node, cx: &mut Cx<'_>) -> Option<Self> {
        match &node.value {
            Value::List(items) => Some(items.iter().filter_map(|item| T::decode(item, cx)).collect()),
            _ if node.is_null() => Some(Self::new()),
            _ => T::decode(node, cx).map(|one| vec![one]),
        }
    }

    fn schema(definitions: &mut Definitions) -> Json {
        let item = T::schema(definitions);
        json!({ "anyOf": [{ "type": ["array", "null"], "items": item }, item] })
    }
}

impl<T: Decode> Decode for BTreeMap<Name, T> {
    fn decode(node: &Node, cx: &mut Cx<'_>) -> Option<Self> {
        let Value::Map(entries) = &node.value else {
            if node.is_null() {
                return Some(Self::new());
            }
            cx.expected(&node.origin, "a map of names");
            return None;
        };
        let mut map = Self::new();
        for (key, value) in entries {
            check_key::<T>(key, cx);
            if let Some(value) = T::decode(value, cx) {
                map.insert(key.text.clone(), value);
            }
        }
        Some(map)
    }

    fn schema(definitions: &mut Definitions) -> Json {
        json!({ "type": ["object", "null"], "additionalProperties": T::schema(definitions) })
    }
}

/// Names become host names and file names, so they are short, lower case and plain.
const NAME_CHARS_MAX: usize = 40;

fn check_key<T: Decode>(key: &Key, cx: &mut Cx<'_>) {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let good = !key.text.is_empty()
        && key.text.len() <= NAME_CHARS_MAX
        && key.text.chars().all(plain)
        && !key.text.starts_with('-')
        && !key.text.ends_with('-');
    if !T::FREE_KEYS && !good {
        cx.diagnostics.push(
            Diagnostic::error("bad-name", "a name has small letters, digits and inner hyphens, at most 40")
                .at(&key.origin, "this name")
                .help("write it like `pve-01`"),
        );
    }
}

impl Decode for Waive {
    const FREE_KEYS: bool = true;

    fn decode(node: &Node, cx: &mut Cx<'_>) -> Option<Self> {
        if let Value::Scalar(scalar) = &node.value
            && !node.is_null()
        {
            let reason = Fact::stated(scalar.text.clone(), node.origin.clone());
            return Some(Self { origin: node.origin.clone(), reason, until: Fact::default() });
        }
        let fields = cx.fields(node, "a waiver", &["reason", "until"])?;
        let mut waive = Self { origin: node.origin.clone(), ..Self::default() };
        fields.read("reason", &mut waive.reason, true, cx);
        fields.read("until", &mut waive.until, false, cx);
        Some(waive)
    }

    fn schema(definitions: &mut Definitions) -> Json {
        definitions.entry("waivers".to_owned()).or_insert_with(|| {
            json!({ "type": "object", "additionalProperties": { "anyOf": [{ "type": "string" }, { "type": "object" }] } })
        });
        json!({ "$ref": "#/$defs/waivers" })
    }
}
