//! Walks from a kustomization to what it names, and performs its transformations.

use std::sync::Arc;

use sehat_diagnostic::{Diagnostic, Level, Origin, Sources};
use sehat_yaml::Node;

use crate::accumulate::{Accumulator, field_conflict};
use crate::config;
use crate::fault::{Fault, fault, unsupported};
use crate::kustomization::{DEPRECATED, Folder, Kustomization, check_fields};
use crate::load::{FILE_NAMES, Load, Refusal, is_remote, is_within, join};
use crate::object::Object;
use crate::schema::{self, Schema};
use crate::{Built, Used};

pub(crate) struct Builder<'a> {
    pub loader: &'a dyn Load,
    pub sources: Sources,
    pub diagnostics: Vec<Diagnostic>,
    pub used: Used,
    pub nodes_left: usize,
    schema: Option<Arc<Schema>>,
    /// Evaluations of folders so far.
    evaluated: usize,
    objects: usize,
}

/// Folders that name each other twice grow without bound.
const EVALUATIONS_MAX: usize = 10_000;
const DEPTH_MAX: usize = 50;
const OBJECTS_MAX: usize = 200_000;
const DIAGNOSTICS_MAX: usize = 1_000;

pub(crate) fn build(root: &str, loader: &dyn Load) -> Built {
    let mut builder = Builder {
        loader,
        sources: Sources::default(),
        diagnostics: Vec::new(),
        used: Used::default(),
        nodes_left: crate::documents::nodes_max(),
        schema: None,
        evaluated: 0,
        objects: 0,
    };
    let objects = match builder.root(root) {
        Ok(objects) => objects,
        Err(fault) => {
            builder.diagnostics.push(*fault);
            Vec::new()
        }
    };
    let mut built =
        Built { objects, diagnostics: builder.diagnostics, used: builder.used, sources: builder.sources };
    if !built.is_good() {
        built.objects.clear();
    }
    built
}

impl Builder<'_> {
    fn root(&mut self, root: &str) -> Result<Vec<Node>, Fault> {
        let path = join(root, "");
        let Some(real) = self.loader.folder(&path) else {
            let message = format!("there is no folder `{root}`");
            let help = "name a folder with a kustomization.yaml";
            return Err(Box::new(Diagnostic::error("kustomize-missing", message).help(help)));
        };
        let kustomization = self.kustomization(Folder { path, real }, None)?;
        self.use_schema(&kustomization)?;
        let mut gathered = self.accumulate(&kustomization, Accumulator::new(), &mut Vec::new())?;
        crate::generate::add_hashes(&mut gathered)?;
        crate::references::update(&mut gathered)?;
        crate::variables::resolve(&mut gathered, &mut self.diagnostics)?;
        crate::finish::finish(&kustomization, gathered)
    }

    pub fn schema(&self) -> Arc<Schema> {
        self.schema.clone().unwrap_or_else(schema::built_in)
    }

    /// The first kustomization that describes its kinds does so for all.
    fn use_schema(&mut self, kustomization: &Kustomization) -> Result<(), Fault> {
        let Some(field) = kustomization.get("openapi").filter(|_| self.schema.is_none()) else {
            return Ok(());
        };
        for (key, value) in field.entries() {
            match key.text.as_str() {
                "path" => {
                    let node = self.document(kustomization, value)?;
                    self.schema = Some(Arc::new(schema::from_openapi(&node)));
                }
                "version" if value.as_text() == Some("v1.21.2") => {}
                _ => return Err(unsupported(&format!("`openapi.{}`", key.text), &key.origin)),
            }
        }
        Ok(())
    }

    /// Reads the kustomization of a folder.
    fn kustomization(&mut self, folder: Folder, entry: Option<&Node>) -> Result<Kustomization, Fault> {
        let mut found = Vec::new();
        for name in FILE_NAMES {
            let path = join(&folder.path, name);
            match self.loader.file(&folder.path, &path) {
                Ok(bytes) => found.push((path, bytes)),
                Err(Refusal::Missing | Refusal::IsFolder) => {}
                Err(refusal) => {
                    let entry = entry.cloned().unwrap_or_else(|| nowhere(&path));
                    return Err(Self::refuse(&refusal, &path, &entry));
                }
            }
        }
        let (path, bytes) = match (found.len(), found.pop()) {
            (1, Some(found)) => found,
            (0, _) => return Err(missing(&folder.path, entry)),
            (_, found) => {
                let file = found.map(|(path, _)| path).unwrap_or_default();
                let message = format!("`{}` has several kustomizations", folder.path);
                return Err(fault("kustomize-several", message, &nowhere(&file).origin, "keep one file"));
            }
        };
        self.used.files.insert(path.clone());
        self.used.folders.insert(folder.path.clone());
        let documents = self.parse_raw(&path, bytes, &nowhere(&path).origin)?;
        let Some(mut node) = documents.into_iter().next() else {
            let message = format!("`{path}` is empty");
            return Err(fault("kustomize-empty", message, &nowhere(&path).origin, "list its `resources`"));
        };
        let before = self.errors();
        check_fields(&mut node, &mut self.diagnostics)?;
        if let (true, Some(last)) = (self.errors() > before, self.diagnostics.pop()) {
            return Err(Box::new(last));
        }
        let kustomization = Kustomization { folder, node };
        self.warn(&kustomization);
        Ok(kustomization)
    }

    fn errors(&self) -> usize {
        self.diagnostics.iter().filter(|diagnostic| diagnostic.level == Level::Error).count()
    }

    fn warn(&mut self, kustomization: &Kustomization) {
        for (key, _) in kustomization.node.entries() {
            let Some((old, new)) = DEPRECATED.iter().find(|(old, _)| *old == key.text) else { continue };
            let mut warning = Diagnostic::error(
                "kustomize-deprecated",
                format!("`{old}` still works, and will not for ever"),
            );
            warning.level = Level::Warning;
            self.diagnostics.push(warning.at(&key.origin, "deprecated").help(format!("write `{new}`")));
        }
    }

    /// Performs a kustomization. A component works on what its user gathered so far.
    pub fn accumulate(
        &mut self,
        kustomization: &Kustomization,
        mut gathered: Accumulator,
        above: &mut Vec<Folder>,
    ) -> Result<Accumulator, Fault> {
        self.evaluated += 1;
        if self.evaluated > EVALUATIONS_MAX || above.len() > DEPTH_MAX {
            let message = "the folders name each other too often";
            return Err(fault("too-large", message, &kustomization.node.origin, "name each base once"));
        }
        above.push(kustomization.folder.clone());
        let resources = [kustomization.items("resources"), kustomization.items("bases")].concat();
        self.resources(kustomization, &resources, &mut gathered, above)?;
        self.configure(kustomization, &mut gathered)?;
        crate::generate::run(self, kustomization, &mut gathered)?;
        crate::plugin::generate(self, kustomization, &mut gathered, above)?;
        for entry in kustomization.items("components") {
            gathered = self.component(kustomization, entry, gathered, above)?;
        }
        self.transform(kustomization, &mut gathered, above)?;
        crate::variables::gather(kustomization, &mut gathered)?;
        above.pop();
        Ok(gathered)
    }

    /// Adds what `resources` names. All that is wrong with them is told at once.
    pub fn resources(
        &mut self,
        kustomization: &Kustomization,
        entries: &[Node],
        gathered: &mut Accumulator,
        above: &mut Vec<Folder>,
    ) -> Result<(), Fault> {
        let mut first = Ok(());
        for entry in entries {
            let Err(fault) = self.resource(kustomization, entry, gathered, above) else { continue };
            // Past a limit, every further entry would only say so again.
            if fault.code == "too-large" || self.diagnostics.len() > DIAGNOSTICS_MAX {
                return Err(fault);
            }
            match first {
                Ok(()) => first = Err(fault),
                Err(_) => self.diagnostics.push(*fault),
            }
        }
        first
    }

    fn resource(
        &mut self,
        kustomization: &Kustomization,
        entry: &Node,
        gathered: &mut Accumulator,
        above: &mut Vec<Folder>,
    ) -> Result<(), Fault> {
        let name = entry.as_text().unwrap_or_default();
        let path = join(&kustomization.folder.path, name);
        match self.load(&kustomization.folder, &path, name) {
            Ok(bytes) => {
                let documents = self.parse(&path, bytes, entry)?;
                self.add(documents, gathered)
            }
            Err(refusal) => match self.folder(kustomization, entry, above)? {
                Some(folder) => {
                    let below = self.kustomization(folder, Some(entry))?;
                    if below.is_component() {
                        let message = format!("`{name}` is a component");
                        return Err(fault(
                            "kustomize-kind",
                            message,
                            &entry.origin,
                            "name it under `components`",
                        ));
                    }
                    self.use_schema(&below)?;
                    let more = self.accumulate(&below, Accumulator::new(), above)?;
                    gathered.absorb_all(more)
                }
                None => Err(Self::refuse(&refusal, name, entry)),
            },
        }
    }

    /// Returns the folder that an entry names, unless it holds the folder that names it.
    fn folder(
        &self,
        kustomization: &Kustomization,
        entry: &Node,
        above: &[Folder],
    ) -> Result<Option<Folder>, Fault> {
        let name = entry.as_text().unwrap_or_default();
        if name.is_empty() || name.starts_with('/') {
            return Ok(None);
        }
        let path = join(&kustomization.folder.path, name);
        let Some(real) = self.loader.folder(&path) else { return Ok(None) };
        if above.iter().any(|user| is_within(&user.real, &real)) {
            let message = format!("`{name}` holds a folder that uses it");
            return Err(fault(
                "kustomize-cycle",
                message,
                &entry.origin,
                "name a folder beside or below this one",
            ));
        }
        Ok(Some(Folder { path, real }))
    }

    fn component(
        &mut self,
        kustomization: &Kustomization,
        entry: &Node,
        gathered: Accumulator,
        above: &mut Vec<Folder>,
    ) -> Result<Accumulator, Fault> {
        let name = entry.as_text().unwrap_or_default();
        let Some(folder) = self.folder(kustomization, entry, above)? else {
            let refusal =
                if is_remote(name) { Refusal::Missing } else { Refusal::Other("it is no folder".to_owned()) };
            return Err(Self::refuse(&refusal, name, entry));
        };
        let below = self.kustomization(folder, Some(entry))?;
        if !below.is_component() {
            let message = format!("`{name}` is no component");
            return Err(fault("kustomize-kind", message, &entry.origin, "name it under `resources`"));
        }
        self.use_schema(&below)?;
        let gathered = self.accumulate(&below, gathered, above)?;
        gathered.check_ids()?;
        Ok(gathered)
    }

    /// Adds objects, and what lists of objects hold.
    pub fn add(&mut self, documents: Vec<Node>, gathered: &mut Accumulator) -> Result<(), Fault> {
        let mut waiting = std::collections::VecDeque::from(documents);
        while let Some(node) = waiting.pop_front() {
            if node.is_null() || (node.is_map() && node.entries().is_empty()) {
                continue;
            }
            let kind = node.get("kind").and_then(Node::as_text).unwrap_or_default();
            if kind.ends_with("List") && node.get("items").is_some() {
                waiting.extend(node.get("items").map(Node::items).unwrap_or_default().iter().cloned());
                continue;
            }
            self.objects += 1;
            if self.objects > OBJECTS_MAX {
                let message = format!("there are more than {OBJECTS_MAX} objects");
                return Err(fault("too-large", message, &node.origin, "split the tree"));
            }
            check_object(&node)?;
            gathered.append(Object::new(node))?;
        }
        Ok(())
    }

    fn configure(&mut self, kustomization: &Kustomization, gathered: &mut Accumulator) -> Result<(), Fault> {
        let mut own = config::default();
        for entry in kustomization.items("configurations") {
            let node = self.document(kustomization, entry)?;
            let before = self.errors();
            let more = config::from_file(node, &mut self.diagnostics);
            if let (true, Some(last)) = (self.errors() > before, self.diagnostics.pop()) {
                return Err(Box::new(last));
            }
            own = config::merge(&own, &more).map_err(|path| field_conflict(&path))?;
        }
        gathered.config = config::merge(&gathered.config, &own).map_err(|path| field_conflict(&path))?;
        for entry in kustomization.items("crds") {
            let node = self.document(kustomization, entry)?;
            let more = config::from_crds(&node).map_err(|path| field_conflict(&path))?;
            gathered.config = config::merge(&gathered.config, &more).map_err(|path| field_conflict(&path))?;
        }
        Ok(())
    }

    fn transform(
        &mut self,
        kustomization: &Kustomization,
        gathered: &mut Accumulator,
        above: &mut Vec<Folder>,
    ) -> Result<(), Fault> {
        for entry in kustomization.items("patchesStrategicMerge") {
            crate::patch::strategic(self, kustomization, entry, gathered)?;
        }
        for entry in kustomization.items("patches") {
            crate::patch::apply(self, kustomization, entry, gathered)?;
        }
        crate::namespace::run(kustomization, gathered)?;
        crate::names::run(kustomization, gathered)?;
        crate::labels::run(kustomization, gathered)?;
        for entry in kustomization.items("patchesJson6902") {
            crate::patch::json_6902(self, kustomization, entry, gathered, "patch")?;
        }
        crate::replicas::run(kustomization, gathered)?;
        crate::images::run(kustomization, gathered)?;
        for entry in kustomization.items("replacements") {
            crate::replacements::run(self, kustomization, entry, gathered)?;
        }
        crate::plugin::transform(self, kustomization, gathered, above)
    }
}

fn check_object(node: &Node) -> Result<(), Fault> {
    let named = node.at(&["metadata", "name"]).and_then(Node::as_text).is_some_and(|name| !name.is_empty());
    let kind = node.get("kind").and_then(Node::as_text).unwrap_or_default();
    match (kind, named) {
        ("", _) => Err(fault(
            "kustomize-object",
            "this is no object: it has no `kind`",
            &node.origin,
            "name Kubernetes objects only",
        )),
        (kind, false) if !kind.ends_with("List") => {
            let message = format!("the {kind} has no name");
            Err(fault("kustomize-object", message, &node.origin, "write `metadata.name`"))
        }
        _ => Ok(()),
    }
}

fn missing(folder: &str, entry: Option<&Node>) -> Fault {
    let message = format!("`{folder}` has no kustomization.yaml");
    let help = "list its files in one, or name the files one by one";
    match entry {
        Some(entry) => fault("kustomize-missing", message, &entry.origin, help),
        None => Box::new(Diagnostic::error("kustomize-missing", message).help(help)),
    }
}

/// The beginning of a file of which nothing is known.
fn nowhere(path: &str) -> Node {
    Node::text("", Origin { path: path.into(), start: 0, end: 0, line: 1, column: 1 })
}
