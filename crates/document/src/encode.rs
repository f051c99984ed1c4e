//! From the platform's types back to a document: the inverse of reading, key by key.

use std::collections::BTreeMap;

use sehat_platform::fact::{Meta, Waive};
use sehat_platform::{Draft, Fact, Name};
use serde_json::{Map, Value as Json};

use crate::word::Word;

/// Returns what a draft states, as a document of one environment states it. What is not known is left out.
pub fn write(draft: &Draft) -> Json {
    let mut document = Map::new();
    document.insert("sehat".to_owned(), 1.into());
    document.insert("platform".to_owned(), draft.name.clone().into());
    if let Json::Object(entries) = draft.encode() {
        document.extend(entries);
    }
    Json::Object(document)
}

/// A type that can be written into a document.
pub trait Encode {
    /// Returns the value, `null` where nothing is known.
    fn encode(&self) -> Json;
}

/// Returns a record with the keys that every entry may carry. Empty values are left out.
pub fn entry<const N: usize>(keys: [(&str, Json); N], meta: &Meta) -> Json {
    let common = [
        ("features", meta.features.encode()),
        ("added", meta.added.encode()),
        ("repairs", meta.repairs.encode()),
        ("note", meta.note.encode()),
        ("waive", meta.waive.encode()),
    ];
    object(keys.into_iter().chain(common).map(|(key, value)| (key.to_owned(), value)))
}

fn object(entries: impl Iterator<Item = (String, Json)>) -> Json {
    Json::Object(entries.filter(|(_, value)| !is_empty(value)).collect())
}

fn is_empty(value: &Json) -> bool {
    match value {
        Json::Null => true,
        Json::Array(items) => items.is_empty(),
        Json::Object(entries) => entries.is_empty(),
        _ => false,
    }
}

impl<T: Word> Encode for Fact<T> {
    fn encode(&self) -> Json {
        self.get().map_or(Json::Null, |value| value.show().into())
    }
}

impl<T: Encode> Encode for Option<T> {
    fn encode(&self) -> Json {
        self.as_ref().map_or(Json::Null, Encode::encode)
    }
}

impl<T: Encode> Encode for Vec<T> {
    fn encode(&self) -> Json {
        Json::Array(self.iter().map(Encode::encode).collect())
    }
}

impl<T: Encode> Encode for BTreeMap<Name, T> {
    fn encode(&self) -> Json {
        Json::Object(self.iter().map(|(name, value)| (name.clone(), value.encode())).collect())
    }
}

impl Encode for Waive {
    fn encode(&self) -> Json {
        let keys = [("reason", self.reason.encode()), ("until", self.until.encode())];
        object(keys.into_iter().map(|(key, value)| (key.to_owned(), value)))
    }
}
