//! Puts objects into a namespace.

use sehat_yaml::{Node, Value};

use crate::accumulate::Accumulator;
use crate::fault::Fault;
use crate::fields::{Create, Field};
use crate::kustomization::Kustomization;
use crate::object::{Gvk, Object};
use crate::tree;

pub(crate) fn run(kustomization: &Kustomization, gathered: &mut Accumulator) -> Result<(), Fault> {
    let Some(namespace) = kustomization.text("namespace") else { return Ok(()) };
    let fields = gathered.config.clone();
    Namespace { value: namespace, fields: &fields.namespace, unset_only: false, subjects: Subjects::Default }
        .apply(gathered)
}

pub(crate) struct Namespace<'a> {
    pub value: &'a Node,
    pub fields: &'a [Field],
    /// What says a namespace keeps it.
    pub unset_only: bool,
    pub subjects: Subjects,
}

/// Which subjects of role bindings move along.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Subjects {
    /// Those with the name `default`.
    Default,
    ServiceAccounts,
    None,
}

impl Namespace<'_> {
    pub fn apply(&self, gathered: &mut Accumulator) -> Result<(), Fault> {
        gathered.changed();
        for object in &mut gathered.objects {
            object.remember();
            self.apply_one(object)?;
        }
        gathered.check_ids()
    }

    fn apply_one(&self, object: &mut Object) -> Result<(), Fault> {
        let id = object.id();
        if !id.cluster {
            let field = Field::new(Gvk::default(), "metadata/namespace", true);
            self.set_field(&field, object)?;
        }
        if id.gvk.kind == "RoleBinding" || id.gvk.kind == "ClusterRoleBinding" {
            self.set_subjects(&mut object.node);
        }
        let core = id.gvk.api_version() == "v1";
        for field in self.fields.iter().filter(|field| id.gvk.is_selected_by(&field.gvk)) {
            let handled = field.path == "metadata/namespace"
                || (field.path == "metadata/name" && !core)
                || (field.path == "subjects/namespace" && field.gvk.kind.ends_with("RoleBinding"));
            if !handled {
                self.set_field(field, object)?;
            }
        }
        Ok(())
    }

    fn set_field(&self, field: &Field, object: &mut Object) -> Result<(), Fault> {
        field.visit(&mut object.node, Create::Text, &self.value.origin, &mut |node| {
            self.set(node);
            Ok(())
        })
    }

    fn set(&self, node: &mut Node) {
        if !(self.unset_only && node.as_text().is_some_and(|text| !text.is_empty())) {
            *node = Node::quoted(self.value.as_text().unwrap_or_default(), self.value.origin.clone());
        }
    }

    fn set_subjects(&self, binding: &mut Node) {
        let Some(Node { value: Value::List(subjects), .. }) = binding.get_mut("subjects") else { return };
        for subject in subjects {
            let word = |key: &str| subject.get(key).and_then(Node::as_text);
            let moves = match self.subjects {
                Subjects::Default => word("name") == Some("default"),
                Subjects::ServiceAccounts => word("kind") == Some("ServiceAccount"),
                Subjects::None => false,
            };
            if moves {
                let mut namespace = subject
                    .get("namespace")
                    .cloned()
                    .unwrap_or_else(|| Node::quoted("", self.value.origin.clone()));
                self.set(&mut namespace);
                tree::set(subject, "namespace", namespace);
            }
        }
    }
}
