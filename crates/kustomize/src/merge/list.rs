//! Lists whose items are told apart by keys. What a patch brings comes first, as kustomize has it.

use sehat_yaml::{Node, Value};

use super::directive::{Directive, of_list};
use super::{Merge, Outcome};
use crate::fault::{Fault, fault};
use crate::schema::Place;
use crate::tree;

/// Items of both lists by number, so that an item can stand in several lists.
struct Items {
    all: Vec<Node>,
    /// Keys of the items; none where the items are plain values.
    keys: Vec<String>,
}

/// The work grows with the square of the length.
const ITEMS_MAX: usize = 5_000;

impl<'s> Merge<'s> {
    pub(super) fn walk_list(
        &self,
        dest: Option<&mut Node>,
        patch: Option<&mut Node>,
        place: Place<'s>,
    ) -> Result<Outcome, Fault> {
        let dest = dest.filter(|dest| !dest.is_null());
        let (dest, patch) = match (dest, patch) {
            (None, None) => return Ok(Outcome::Clear),
            (None, Some(patch)) => {
                self.merge_with_itself(patch, place)?;
                return Ok(Outcome::Patch);
            }
            (Some(dest), patch) => (dest, patch),
        };
        let Some(patch) = patch else {
            self.merge_lists(dest, None, place)?;
            return Ok(Outcome::Dest);
        };
        if patch.is_null() {
            return Ok(Outcome::Clear);
        }
        match of_list(patch)? {
            Directive::Delete => Ok(Outcome::Clear),
            Directive::Replace => {
                self.merge_with_itself(patch, place)?;
                Ok(Outcome::Patch)
            }
            Directive::Merge => {
                self.merge_lists(dest, Some(patch), place)?;
                Ok(Outcome::Dest)
            }
        }
    }

    fn merge_lists(&self, dest: &mut Node, patch: Option<&mut Node>, place: Place<'s>) -> Result<(), Fault> {
        let mut items = Items::new(place);
        let mine = items.add(dest);
        let theirs = patch.map(|patch| items.add(patch));
        self.merge_items(dest, items, mine, theirs.as_deref(), place)
    }

    pub(super) fn merge_with_itself(&self, list: &mut Node, place: Place<'s>) -> Result<(), Fault> {
        let mut items = Items::new(place);
        let both = items.add(list);
        self.merge_items(list, items, both.clone(), Some(&both), place)
    }

    fn merge_items(
        &self,
        list: &mut Node,
        mut items: Items,
        mut mine: Vec<usize>,
        theirs: Option<&[usize]>,
        place: Place<'s>,
    ) -> Result<(), Fault> {
        if items.all.len() > ITEMS_MAX {
            let message = format!("the list has more than {ITEMS_MAX} items");
            return Err(fault("too-large", message, &list.origin, "split it"));
        }
        let (keys, values) = items.values(&mine, theirs);
        let mut merged = Vec::new();
        for value in &values {
            let at_dest = items.find(&mine, &keys, value);
            let at_patch = theirs.and_then(|theirs| items.find(theirs, &keys, value));
            match self.merge_item(&mut items, at_dest, at_patch, place)? {
                Some(item) if !items.is_empty(item) => {
                    items.complete(item, &keys, value);
                    items.put(&mut merged, item, &keys, value);
                }
                _ => items.delete(&mut mine, &keys, value),
            }
        }
        if values.is_empty() {
            merged = mine;
        } else {
            items.append(&mut merged, &mine, &keys);
        }
        list.value = Value::List(merged.into_iter().map(|item| items.all[item].clone()).collect());
        Ok(())
    }

    fn merge_item(
        &self,
        items: &mut Items,
        dest: Option<usize>,
        patch: Option<usize>,
        place: Place<'s>,
    ) -> Result<Option<usize>, Fault> {
        let place = place.items();
        if let (Some(dest), true) = (dest, dest == patch) {
            let kept = self.clean(&mut items.all[dest], place)? != Outcome::Clear;
            return Ok(kept.then_some(dest));
        }
        let take = |items: &mut Items, at: Option<usize>| {
            at.map(|at| {
                std::mem::replace(&mut items.all[at], Node::text("", sehat_diagnostic::Origin::default()))
            })
        };
        let (mut mine, mut their) = (take(items, dest), take(items, patch));
        let outcome = self.walk(mine.as_mut(), their.as_mut(), place);
        for (at, node) in [(dest, mine), (patch, their)] {
            if let (Some(at), Some(node)) = (at, node) {
                items.all[at] = node;
            }
        }
        Ok(match outcome? {
            Outcome::Clear => None,
            Outcome::Dest => dest,
            Outcome::Patch => patch,
        })
    }
}

/// The values that tell items apart, one for each key; empty where an item lacks the key.
type Values = Vec<String>;

impl Items {
    fn new(place: Place<'_>) -> Self {
        Self { all: Vec::new(), keys: place.keys.unwrap_or_default().to_vec() }
    }

    fn add(&mut self, list: &mut Node) -> Vec<usize> {
        let start = self.all.len();
        if let Value::List(items) = &mut list.value {
            self.all.append(items);
        }
        (start..self.all.len()).collect()
    }

    fn is_empty(&self, item: usize) -> bool {
        let node = &self.all[item];
        node.is_null() || (node.is_map() && node.entries().is_empty())
    }

    /// Returns the keys that any item has, and the values of all items, those of the patch first.
    fn values(&self, mine: &[usize], theirs: Option<&[usize]>) -> (Vec<String>, Vec<Values>) {
        let mut values: Vec<Values> = Vec::new();
        let mut seen = std::collections::BTreeSet::new();
        for item in theirs.unwrap_or_default().iter().chain(mine) {
            let value = self.value(*item);
            if seen.insert(value.clone()) {
                values.push(value);
            }
        }
        if self.keys.len() > 1 {
            unite(&mut values);
        }
        let used = |at: usize| values.iter().any(|value| value.get(at).is_some_and(|word| !word.is_empty()));
        let valid: Vec<usize> = (0..self.keys.len()).filter(|at| used(*at)).collect();
        if valid.is_empty() {
            return (self.keys.clone(), values);
        }
        let keys = valid.iter().map(|at| self.keys[*at].clone()).collect();
        let pick = |value: &Values| valid.iter().map(|at| value[*at].clone()).collect();
        (keys, values.iter().map(pick).collect())
    }

    fn value(&self, item: usize) -> Values {
        let node = &self.all[item];
        if self.keys.is_empty() {
            return vec![text(node).to_owned()];
        }
        self.keys.iter().map(|key| node.get(key).map(text).unwrap_or_default().to_owned()).collect()
    }

    /// Returns the first item with the values; keys without a value do not count.
    fn find(&self, list: &[usize], keys: &[String], value: &Values) -> Option<usize> {
        if keys.is_empty() {
            return list
                .iter()
                .copied()
                .find(|item| Some(text(&self.all[*item])) == value.first().map(String::as_str));
        }
        let any = value.iter().any(|word| !word.is_empty());
        let wanted: Vec<(&String, &String)> =
            keys.iter().zip(value).filter(|(_, word)| !any || !word.is_empty()).collect();
        let same = |item: usize, key: &str, word: &str| {
            self.all[item].get(key).is_some_and(|found| text(found) == word)
        };
        list.iter().copied().find(|item| wanted.iter().all(|(key, word)| same(*item, key, word)))
    }

    fn is_match(&self, item: usize, keys: &[String], value: &[String]) -> bool {
        if keys.is_empty() {
            return value.first().is_some_and(|word| text(&self.all[item]) == word);
        }
        // A key without a word takes the answer of the key before it.
        keys.iter().zip(value).all(|(key, word)| has(&self.all[item], key, word))
    }

    /// An item that was found by some keys gets the others too.
    fn complete(&mut self, item: usize, keys: &[String], value: &Values) {
        for (key, word) in keys.iter().zip(value) {
            let node = &mut self.all[item];
            if node.is_map() && node.get(key).is_none() && !word.is_empty() {
                let origin = node.origin.clone();
                tree::set(node, key, Node::text(word.clone(), origin));
            }
        }
    }

    fn delete(&self, list: &mut Vec<usize>, keys: &[String], value: &[String]) {
        list.retain(|item| {
            let meant = self.fits(*item, keys) && self.is_match(*item, keys, value);
            !self.is_empty(*item) && !meant
        });
    }

    fn put(&self, list: &mut Vec<usize>, new: usize, keys: &[String], value: &[String]) {
        let mut found = false;
        // kustomize forgets the others when an item has none of the keys.
        list.retain(|item| !self.is_empty(*item) && !value.is_empty());
        for item in list.iter_mut() {
            if self.fits(*item, keys) && self.is_match(*item, keys, value) {
                *item = new;
                found = true;
            }
        }
        if !found {
            list.push(new);
        }
    }

    /// Plain values among maps are left alone.
    fn fits(&self, item: usize, keys: &[String]) -> bool {
        keys.is_empty() || self.all[item].is_map()
    }

    /// Brings the items of the object behind those of the patch.
    fn append(&self, list: &mut Vec<usize>, mine: &[usize], keys: &[String]) {
        for item in mine.iter().copied() {
            let node = &self.all[item];
            let mut value = Values::new();
            if keys.is_empty() {
                value.push(text(node).to_owned());
            }
            for key in keys {
                match node.get(key) {
                    Some(word) => value.push(text(word).to_owned()),
                    None => list.push(item),
                }
            }
            if keys.len() > 1 {
                self.delete(list, keys, &value);
            }
            self.put(list, item, keys, &value);
        }
    }
}

/// Whether a map has this entry; an empty word means any.
fn has(node: &Node, key: &str, word: &str) -> bool {
    node.get(key).is_some_and(|found| word.is_empty() || text(found) == word)
}

fn text(node: &Node) -> &str {
    node.scalar().map(|scalar| scalar.text.as_str()).unwrap_or_default()
}

/// Values that may mean the same item become equal: a port without protocol and one with.
fn unite(values: &mut [Values]) {
    for i in 0..values.len() {
        for j in 0..values.len() {
            if let Some(both) = united(&values[i], &values[j]) {
                values[i].clone_from(&both);
                values[j] = both;
            }
        }
    }
}

fn united(a: &Values, b: &Values) -> Option<Values> {
    let common = a.iter().zip(b).any(|(a, b)| a == b);
    let clash = a.iter().zip(b).any(|(a, b)| a != b && !a.is_empty() && !b.is_empty());
    (common && !clash)
        .then(|| a.iter().zip(b).map(|(a, b)| if a.is_empty() { b } else { a }.clone()).collect())
}
