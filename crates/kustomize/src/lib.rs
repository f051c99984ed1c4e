//! Evaluates kustomize trees: a map of path to text becomes objects, each value with the place that a user would edit.
//! What comes out equals the output of `kustomize build` 5.7.1; what is not evaluated is an error that names the field.

mod accumulate;
mod build;
mod config;
mod documents;
mod fault;
mod fields;
mod finish;
mod generate;
mod images;
mod json_patch;
mod json_text;
mod kustomization;
mod labels;
mod load;
mod merge;
mod names;
mod namespace;
mod object;
mod order;
mod patch;
mod plugin;
mod references;
mod replacements;
mod replicas;
mod schema;
mod select;
mod shape;
mod tree;
mod variables;

use std::collections::BTreeSet;

use sehat_diagnostic::{Diagnostic, Level, Sources};
use sehat_yaml::Node;

pub use load::{FILE_NAMES, Load, Refusal, is_kustomization};

/// What a kustomization evaluates to.
#[derive(Debug, Default)]
pub struct Built {
    /// In the order in which kustomize prints them; none where anything is wrong.
    pub objects: Vec<Node>,
    pub diagnostics: Vec<Diagnostic>,
    /// What was read.
    pub used: Used,
    pub sources: Sources,
}

/// The files and folders that an evaluation read, as paths beside the root that it was given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Used {
    pub files: BTreeSet<String>,
    /// Folders with a kustomization, the root first among them.
    pub folders: BTreeSet<String>,
}

impl Built {
    pub fn is_good(&self) -> bool {
        !self.diagnostics.iter().any(|diagnostic| diagnostic.level == Level::Error)
    }
}

/// Evaluates the kustomization in the folder `root`.
pub fn build(root: &str, loader: &dyn Load) -> Built {
    build::build(root, loader)
}

/// Returns an object as kustomize prints it: numbers in their usual form.
pub fn canonical(object: &Node) -> Node {
    let mut object = object.clone();
    make_canonical(&mut object);
    object
}

/// The same in place.
pub fn make_canonical(object: &mut Node) {
    finish::canonical(object);
}
