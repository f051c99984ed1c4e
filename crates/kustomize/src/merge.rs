//! Strategic merge patches, with all that kustomize's own merge does and leaves undone.

mod directive;
mod list;

use std::collections::BTreeMap;

use sehat_yaml::{Key, Node, Value};

use crate::fault::{Fault, fault};
use crate::schema::{Place, Schema};
pub(crate) use directive::warn_of_ignored;
use directive::{Directive, of_list, of_map};

/// Which of the two stays at a place. Both may have been changed.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Outcome {
    Clear,
    Dest,
    Patch,
}

/// Applies a patch to an object; false when nothing of the object stays.
pub(crate) fn apply(schema: &Schema, object: &mut Node, mut patch: Node) -> Result<bool, Fault> {
    match (Merge { schema }).walk(Some(object), Some(&mut patch), Place::default())? {
        Outcome::Clear => Ok(false),
        // kustomize forgets the result of `$patch: replace` for a whole object.
        Outcome::Dest | Outcome::Patch => Ok(true),
    }
}

struct Merge<'a> {
    schema: &'a Schema,
}

#[derive(Clone, Copy, PartialEq)]
enum Form {
    Map,
    List,
    Scalar,
}

fn form(node: &Node) -> Option<Form> {
    match &node.value {
        Value::Map(_) => Some(Form::Map),
        Value::List(_) => Some(Form::List),
        Value::Scalar(_) if node.is_null() => None,
        Value::Scalar(_) => Some(Form::Scalar),
    }
}

impl<'s> Merge<'s> {
    fn walk(
        &self,
        dest: Option<&mut Node>,
        patch: Option<&mut Node>,
        place: Place<'s>,
    ) -> Result<Outcome, Fault> {
        let (mine, theirs) = (dest.as_deref().and_then(form), patch.as_deref().and_then(form));
        if let (Some(mine), Some(theirs), Some(node)) = (mine, theirs, patch.as_deref())
            && mine != theirs
        {
            return Err(mismatch(mine, theirs, node));
        }
        match mine.or(theirs) {
            Some(Form::Map) | None => {
                let place = self.place(place, dest.as_deref(), patch.as_deref());
                self.walk_map(dest, patch, place)
            }
            Some(Form::List) if place.keys.is_some() => self.walk_list(dest, patch, place),
            Some(_) => Ok(match patch {
                Some(node) if node.is_null() => Outcome::Clear,
                Some(_) => Outcome::Patch,
                None => Outcome::Dest,
            }),
        }
    }

    /// An object inside of another one that says nothing of it is known by its own kind.
    fn place(&self, place: Place<'s>, dest: Option<&Node>, patch: Option<&Node>) -> Place<'s> {
        if place.is_known() {
            return place;
        }
        let known = |node: Option<&Node>| node.and_then(|node| self.schema.of_object(node));
        known(dest).or_else(|| known(patch)).unwrap_or_default()
    }

    fn walk_map(
        &self,
        dest: Option<&mut Node>,
        patch: Option<&mut Node>,
        place: Place<'s>,
    ) -> Result<Outcome, Fault> {
        match (dest, patch) {
            (Some(dest), patch) if !dest.is_null() => self.walk_present(dest, patch, place),
            (_, Some(patch)) => match of_map(patch) {
                Ok(Directive::Delete) => Ok(Outcome::Clear),
                _ => self.clean(patch, place),
            },
            // A written `null` stays, and a field without a value goes.
            (Some(dest), None) if dest.scalar().is_some_and(|scalar| !scalar.text.is_empty()) => {
                Ok(Outcome::Dest)
            }
            _ => Ok(Outcome::Clear),
        }
    }

    fn walk_present(
        &self,
        dest: &mut Node,
        patch: Option<&mut Node>,
        place: Place<'s>,
    ) -> Result<Outcome, Fault> {
        let Some(patch) = patch else {
            self.walk_fields(dest, BTreeMap::new(), place)?;
            return Ok(Outcome::Dest);
        };
        if patch.is_null() {
            return Ok(Outcome::Clear);
        }
        match of_map(patch)? {
            Directive::Delete => Ok(Outcome::Clear),
            Directive::Replace => self.clean(patch, place),
            Directive::Merge => {
                let theirs = match &mut patch.value {
                    Value::Map(entries) => std::mem::take(entries),
                    _ => Vec::new(),
                };
                let theirs = theirs.into_iter().map(|(key, node)| (key.text.clone(), (key, node)));
                self.walk_fields(dest, theirs.collect(), place)?;
                Ok(Outcome::Dest)
            }
        }
    }

    fn walk_fields(
        &self,
        dest: &mut Node,
        mut theirs: BTreeMap<String, (Key, Node)>,
        place: Place<'s>,
    ) -> Result<(), Fault> {
        let Value::Map(entries) = &mut dest.value else { return Ok(()) };
        let mut failed = Ok(());
        entries.retain_mut(|(key, value)| {
            let mut their = theirs.remove(&key.text);
            let patch = their.as_mut().map(|(_, node)| node);
            match self.walk(Some(value), patch, self.schema.field(place, &key.text)) {
                Ok(Outcome::Clear) => return false,
                Ok(Outcome::Dest) => {}
                Ok(Outcome::Patch) => {
                    if let Some((_, node)) = their {
                        *value = node;
                    }
                }
                Err(fault) => failed = Err(fault),
            }
            true
        });
        failed?;
        for (name, (key, mut node)) in theirs {
            if self.walk(None, Some(&mut node), self.schema.field(place, &name))? == Outcome::Patch {
                entries.push((key, node));
            }
        }
        Ok(())
    }

    /// What a patch adds is merged with itself: directives are followed, and fields without a value go.
    fn clean(&self, patch: &mut Node, place: Place<'s>) -> Result<Outcome, Fault> {
        match form(patch) {
            None => Ok(Outcome::Clear),
            Some(Form::Map) => {
                if of_map(patch)? == Directive::Delete {
                    return Ok(Outcome::Clear);
                }
                let place = self.place(place, Some(patch), None);
                self.clean_fields(patch, place)?;
                Ok(Outcome::Patch)
            }
            Some(Form::List) if place.keys.is_some() => {
                if of_list(patch)? == Directive::Delete {
                    return Ok(Outcome::Clear);
                }
                self.merge_with_itself(patch, place)?;
                Ok(Outcome::Patch)
            }
            Some(_) => Ok(Outcome::Patch),
        }
    }

    fn clean_fields(&self, patch: &mut Node, place: Place<'s>) -> Result<(), Fault> {
        let Value::Map(entries) = &mut patch.value else { return Ok(()) };
        let mut failed = Ok(());
        entries.retain_mut(|(key, value)| match self.clean(value, self.schema.field(place, &key.text)) {
            Ok(outcome) => outcome != Outcome::Clear,
            Err(fault) => {
                failed = Err(fault);
                true
            }
        });
        failed
    }
}

fn mismatch(mine: Form, theirs: Form, patch: &Node) -> Fault {
    let word = |form| match form {
        Form::Map => "a map",
        Form::List => "a list",
        Form::Scalar => "one value",
    };
    let message = format!("the patch has {} where the object has {}", word(theirs), word(mine));
    fault("kustomize-patch", message, &patch.origin, "write the same form as in the object")
}
