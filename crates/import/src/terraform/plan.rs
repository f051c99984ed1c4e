//! The resources of a plan, and what their references mean.

use std::collections::{BTreeMap, HashMap, HashSet};

use sehat_diagnostic::Origin;
use sehat_platform::inventory::Stated;
use sehat_platform::inventory::cloud::{Link, Resource as Head};
use sehat_yaml::Node;

use crate::kubernetes::get::{items, text, word};

/// Modules lie in each other no deeper, and references lead on no further.
const DEPTH_MAX: usize = 16;

pub struct Resource<'n> {
    /// `module.vpc.aws_subnet.private[0]`.
    pub address: String,
    pub kind: &'n str,
    pub name: &'n str,
    /// The module without the numbers of its copies: `module.vpc`.
    pub module: String,
    /// `[0]` or `["a"]`, of the resource itself.
    pub index: String,
    pub values: &'n Node,
    /// What the configuration says in place of values.
    pub expressions: Option<&'n Node>,
    pub origin: Origin,
    pub region: Option<Stated<String>>,
    is_managed: bool,
}

/// A module of the configuration: its node, and the call that makes it.
#[derive(Clone, Copy)]
pub struct Module<'n> {
    pub node: &'n Node,
    pub call: Option<&'n Node>,
}

pub struct Plan<'n> {
    root: &'n Node,
    resources: Vec<Resource<'n>>,
    /// Ids, names and ARNs to the addresses that have them.
    by_id: HashMap<String, String>,
    /// Module and `type.name` to the addresses of the copies.
    by_base: HashMap<(String, String), Vec<String>>,
    modules: BTreeMap<String, Module<'n>>,
    /// Resources of the configuration by module and `type.name`.
    configured: HashMap<(String, String), &'n Node>,
}

impl<'n> Plan<'n> {
    pub fn new(root: &'n Node) -> Self {
        let mut plan = Self {
            root,
            resources: Vec::new(),
            by_id: HashMap::new(),
            by_base: HashMap::new(),
            modules: BTreeMap::new(),
            configured: HashMap::new(),
        };
        if let Some(node) = root.at(&["configuration", "root_module"]) {
            plan.add_module(String::new(), Module { node, call: None }, 0);
        }
        let values = root.at(&["planned_values"]).or_else(|| root.at(&["values"]));
        if let Some(module) = values.and_then(|values| values.at(&["root_module"])) {
            plan.add_values(module, 0);
        }
        if let Some(module) = root.at(&["prior_state", "values", "root_module"]) {
            plan.add_ids(module, 0);
        }
        plan
    }

    pub fn managed(&self) -> impl Iterator<Item = &Resource<'n>> {
        self.resources.iter().filter(|resource| resource.is_managed)
    }

    /// Returns every module of the configuration with its path.
    pub fn modules(&self) -> impl Iterator<Item = (&str, &Module<'n>)> {
        self.modules.iter().map(|(path, module)| (path.as_str(), module))
    }

    /// Returns the regions that the providers are set to.
    pub fn regions(&self) -> Vec<Stated<String>> {
        let providers = self.root.at(&["configuration", "provider_config"]).map_or(&[][..], Node::entries);
        providers.iter().filter_map(|(_, provider)| self.region_of(provider)).collect()
    }

    fn region_of(&self, provider: &Node) -> Option<Stated<String>> {
        let region = provider.at(&["expressions", "region"])?;
        text(region, &["constant_value"]).or_else(|| {
            let variable =
                items(region, &["references"]).first()?.as_text()?.strip_prefix("var.")?.to_owned();
            text(self.root, &["variables", &variable, "value"])
        })
    }

    fn add_module(&mut self, path: String, module: Module<'n>, depth: usize) {
        if depth > DEPTH_MAX {
            return;
        }
        for (name, call) in module.node.at(&["module_calls"]).map_or(&[][..], Node::entries) {
            if let Some(node) = call.at(&["module"]) {
                let path = joined(&path, &format!("module.{}", name.text));
                self.add_module(path, Module { node, call: Some(call) }, depth + 1);
            }
        }
        for node in items(module.node, &["resources"]) {
            self.configured.insert((path.clone(), word(node, &["address"])), node);
        }
        self.modules.insert(path, module);
    }

    fn add_values(&mut self, module: &'n Node, depth: usize) {
        for node in items(module, &["resources"]) {
            if let Some(resource) = self.resource(node) {
                self.remember(&resource);
                self.resources.push(resource);
            }
        }
        for child in items(module, &["child_modules"]).iter().filter(|_| depth < DEPTH_MAX) {
            self.add_values(child, depth + 1);
        }
    }

    fn add_ids(&mut self, module: &'n Node, depth: usize) {
        for node in items(module, &["resources"]) {
            if let (Some(address), Some(values)) = (text(node, &["address"]), node.at(&["values"])) {
                self.remember_ids(&address.value, &word(node, &["type"]), values);
            }
        }
        for child in items(module, &["child_modules"]).iter().filter(|_| depth < DEPTH_MAX) {
            self.add_ids(child, depth + 1);
        }
    }

    fn resource(&self, node: &'n Node) -> Option<Resource<'n>> {
        let address = node.at(&["address"])?;
        let (kind, name) = (node.at(&["type"])?.as_text()?, node.at(&["name"])?.as_text()?);
        let values = node.at(&["values"])?;
        let full = address.as_text()?.to_owned();
        let module = module_of(&full, kind);
        let base = format!("{kind}.{name}");
        let config = self.configured.get(&(module.clone(), base.clone())).copied();
        let index = full.rfind(&base).map(|at| full[at + base.len()..].to_owned()).unwrap_or_default();
        let provider = config.map(|config| word(config, &["provider_config_key"])).unwrap_or_default();
        let provider = self.root.at(&["configuration", "provider_config"]).and_then(|all| all.get(&provider));
        Some(Resource {
            region: text(values, &["region"]).or_else(|| self.region_of(provider?)),
            address: full,
            kind,
            name,
            module,
            index,
            values,
            expressions: config.and_then(|config| config.at(&["expressions"])),
            origin: address.origin.clone(),
            is_managed: word(node, &["mode"]) != "data",
        })
    }

    fn remember(&mut self, resource: &Resource<'n>) {
        self.remember_ids(&resource.address, resource.kind, resource.values);
        let base = if resource.is_managed {
            format!("{}.{}", resource.kind, resource.name)
        } else {
            format!("data.{}.{}", resource.kind, resource.name)
        };
        self.by_base.entry((resource.module.clone(), base)).or_default().push(resource.address.clone());
    }

    fn remember_ids(&mut self, address: &str, kind: &str, values: &Node) {
        for key in ["id", "arn", "name", "bucket"] {
            let Some(value) = values.get(key).and_then(Node::as_text) else { continue };
            // A name is unique within its kind only.
            let value =
                if matches!(key, "name" | "bucket") { format!("{kind} {value}") } else { value.to_owned() };
            self.by_id.entry(value).or_insert_with(|| address.to_owned());
        }
    }

    /// Returns what a field names where it may be a name of a resource of that kind.
    pub fn owners(&self, resource: &Resource<'n>, path: &[&str], kind: &str) -> Vec<Link> {
        let found = self.links(resource, path).into_iter().map(|link| match link {
            Link::Elsewhere(name) => match self.by_id.get(&format!("{kind} {name}")) {
                Some(address) => Link::Here(address.clone()),
                None => Link::Elsewhere(name),
            },
            link => link,
        });
        found.collect()
    }

    /// Returns what a field names: by its value, else by the references that stand in its place.
    pub fn links(&self, resource: &Resource<'n>, path: &[&str]) -> Vec<Link> {
        let stated: Vec<&Node> = match resource.values.at(path) {
            Some(node) if node.items().is_empty() => vec![node],
            Some(node) => node.items().iter().collect(),
            None => Vec::new(),
        };
        let known: Vec<Link> = stated
            .iter()
            .filter_map(|node| node.as_text())
            .filter(|id| !id.is_empty())
            .map(|id| self.link(id))
            .collect();
        if !known.is_empty() {
            return known;
        }
        let expression = path.iter().try_fold(resource.expressions, |node, key| {
            let node = node?;
            // A block is a list in the configuration, also where there is one only.
            Some(node.get(key).or_else(|| node.items().first()?.get(key)))
        });
        expression.flatten().map_or_else(Vec::new, |expression| self.referenced(resource, expression))
    }

    /// Returns what an id means; an empty one means nothing.
    pub fn linked(&self, id: &str) -> Option<Link> {
        (!id.is_empty()).then(|| self.link(id))
    }

    /// Returns the vault of a name.
    pub fn vault(&self, name: &str) -> Link {
        let known = self.by_id.get(&format!("aws_backup_vault {name}"));
        known.map_or_else(|| Link::Elsewhere(name.to_owned()), |address| Link::Here(address.clone()))
    }

    fn link(&self, id: &str) -> Link {
        match self.by_id.get(id) {
            Some(address) => Link::Here(address.clone()),
            None => Link::Elsewhere(id.to_owned()),
        }
    }

    /// Returns what an expression of the configuration refers to.
    pub fn referenced(&self, resource: &Resource<'n>, expression: &Node) -> Vec<Link> {
        if let Some(constant) = expression.get("constant_value").and_then(Node::as_text) {
            return vec![self.link(constant)];
        }
        let mut found = HashSet::new();
        let references: Vec<&str> =
            items(expression, &["references"]).iter().filter_map(Node::as_text).collect();
        for reference in &references {
            self.follow(&resource.module, reference, 0, &mut found);
        }
        let counted = references
            .iter()
            .any(|reference| reference.starts_with("count.") || reference.starts_with("each."));
        let mut found: Vec<String> = found.into_iter().collect();
        found.sort();
        if counted
            && found.iter().any(|address| address.ends_with(&resource.index))
            && !resource.index.is_empty()
        {
            found.retain(|address| address.ends_with(&resource.index));
        }
        match (found.is_empty(), references.is_empty()) {
            (true, true) => Vec::new(),
            (true, false) => vec![Link::Unknown],
            (false, _) => found.into_iter().map(Link::Here).collect(),
        }
    }

    /// Follows a reference through variables of modules and their outputs to resources.
    fn follow(&self, module: &str, reference: &str, depth: usize, found: &mut HashSet<String>) {
        if depth > DEPTH_MAX || found.len() > 256 {
            return;
        }
        if let Some(rest) = reference.strip_prefix("var.") {
            let name = rest.split(['.', '[']).next().unwrap_or(rest);
            let Some(call) = self.modules.get(module).and_then(|module| module.call) else { return };
            let parent = parent_of(module);
            for next in references_of(call.at(&["expressions", name])) {
                self.follow(parent, next, depth + 1, found);
            }
        } else if let Some(rest) = reference.strip_prefix("module.") {
            let mut parts = rest.split('.');
            let name = parts.next().unwrap_or_default();
            let name = name.split('[').next().unwrap_or(name);
            let output = parts.next().unwrap_or_default();
            let output = output.split('[').next().unwrap_or(output);
            let path = joined(module, &format!("module.{name}"));
            let Some(child) = self.modules.get(&path) else { return };
            for next in references_of(child.node.at(&["outputs", output, "expression"])) {
                self.follow(&path, next, depth + 1, found);
            }
        } else {
            found.extend(self.resources_named(module, reference));
        }
    }

    /// `aws_subnet.private[0].id` is one copy, `aws_subnet.private` all of them.
    fn resources_named(&self, module: &str, reference: &str) -> Vec<String> {
        let parts: Vec<&str> = reference.split('.').collect();
        let count = if parts.first() == Some(&"data") { 3 } else { 2 };
        let Some(parts) = parts.get(..count) else { return Vec::new() };
        let stated = parts.join(".");
        let base = stated.split('[').next().unwrap_or(&stated).to_owned();
        let index = stated.get(base.len()..).unwrap_or_default().to_owned();
        let copies = self.by_base.get(&(module.to_owned(), base)).map_or(&[][..], Vec::as_slice);
        copies.iter().filter(|address| index.is_empty() || address.ends_with(&index)).cloned().collect()
    }
}

impl Resource<'_> {
    pub fn head(&self) -> Head {
        let tags = ["tags_all", "tags"].iter().find_map(|key| self.values.at(&[key]));
        let tags = tags.map_or(&[][..], Node::entries).iter();
        Head {
            address: self.address.clone(),
            origin: self.origin.clone(),
            region: self.region.clone(),
            tags: tags
                .filter_map(|(key, value)| Some((key.text.clone(), value.as_text()?.to_owned())))
                .collect(),
        }
    }
}

/// References of an expression that lead somewhere: of `a.b.c` and `a.b` the first says more.
fn references_of(expression: Option<&Node>) -> Vec<&str> {
    expression.map_or_else(Vec::new, |expression| {
        items(expression, &["references"]).iter().filter_map(Node::as_text).collect()
    })
}

fn joined(module: &str, name: &str) -> String {
    if module.is_empty() { name.to_owned() } else { format!("{module}.{name}") }
}

fn parent_of(module: &str) -> &str {
    module.rfind(".module.").map_or("", |at| &module[..at])
}

/// `module.a["x"].module.b.aws_vpc.this[0]` lies in `module.a.module.b`.
fn module_of(address: &str, kind: &str) -> String {
    let end = address.find(&format!("{kind}.")).unwrap_or(0);
    let mut path = String::new();
    let mut inside = 0;
    for letter in address[..end].chars() {
        match letter {
            '[' => inside += 1,
            ']' => inside -= 1,
            letter if inside == 0 => path.push(letter),
            _ => {}
        }
    }
    path.trim_end_matches("data.").trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::{module_of, parent_of};

    #[test]
    fn addresses_have_modules() {
        assert_eq!(module_of("aws_vpc.this", "aws_vpc"), "");
        assert_eq!(module_of("module.a[\"x.y\"].module.b.aws_vpc.this[0]", "aws_vpc"), "module.a.module.b");
        assert_eq!(module_of("data.aws_vpc.this", "aws_vpc"), "");
        assert_eq!(parent_of("module.a.module.b"), "module.a");
        assert_eq!(parent_of("module.a"), "");
    }
}
