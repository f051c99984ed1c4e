//! What the API server refuses in a policy.
//!
//! Source: Kubernetes, `pkg/apis/networking/validation` and the validation of label selectors; the fields' text in
//! the Network Policy API.

use sehat_diagnostic::Origin;
use sehat_platform::Cidr;
use sehat_platform::inventory::format::{Fault, FaultKind};
use sehat_platform::inventory::{Inventory, Object};
use sehat_yaml::{Node, Plain};

use crate::kubernetes::get::{items, word};

/// Collects what is refused in one policy.
pub struct Check {
    subject: String,
    faults: Vec<(Origin, String, &'static str)>,
}

impl Check {
    pub fn new(object: &Object) -> Self {
        Self { subject: object.id.to_string(), faults: Vec::new() }
    }

    pub fn report(self, inventory: &mut Inventory) {
        let subject = self.subject;
        inventory.format.extend(self.faults.into_iter().map(|(origin, message, repair)| Fault {
            kind: FaultKind::Schema,
            subject: subject.clone(),
            message,
            witness: "the API server refuses the policy, so nothing of it holds".to_owned(),
            repair: repair.to_owned(),
            origin,
            grave: true,
            ..Fault::default()
        }));
    }

    pub fn refuse(&mut self, origin: &Origin, message: impl Into<String>, repair: &'static str) {
        self.faults.push((origin.clone(), message.into(), repair));
    }

    pub fn types(&mut self, spec: &Node) {
        let types = items(spec, &["policyTypes"]);
        for found in types {
            let name = found.as_text().unwrap_or_default();
            if !matches!(name, "Ingress" | "Egress") {
                self.refuse(
                    &found.origin,
                    format!("`{name}` is no policy type"),
                    "write `Ingress` or `Egress`",
                );
            }
        }
        if let Some(third) = types.get(2) {
            self.refuse(&third.origin, "there are more than two policy types", "name each type once");
        }
    }

    /// Source: `ValidateNetworkPolicyPeer`: selectors or a block, and one of them at least.
    pub fn peer(&mut self, node: &Node) {
        let selectors = ["podSelector", "namespaceSelector"];
        let named = selectors.iter().filter(|key| node.at(&[key]).is_some()).count();
        for key in selectors {
            self.selector(node, key);
        }
        match node.at(&["ipBlock"]) {
            Some(_) if named > 0 => self.refuse(
                &node.origin,
                "a peer has an `ipBlock` and a selector",
                "make two entries of the list of it",
            ),
            None if named == 0 => self.refuse(
                &node.origin,
                "a peer names nobody",
                "write `podSelector: {}` for all pods of the namespace, or leave out the list for everybody",
            ),
            _ => {}
        }
    }

    /// Source: `ValidateIPBlock`: an exception is a strict part of the range.
    pub fn block(&mut self, node: &Node) {
        let text = word(node, &["cidr"]);
        let Ok(range) = text.parse::<Cidr>() else {
            return self.refuse(
                &node.origin,
                format!("`{text}` is no address range"),
                "write it as 10.0.0.0/8",
            );
        };
        for found in items(node, &["except"]) {
            let text = found.as_text().unwrap_or_default();
            match text.parse::<Cidr>() {
                Err(_) => {
                    self.refuse(
                        &found.origin,
                        format!("`{text}` is no address range"),
                        "write it as 10.0.0.0/8",
                    );
                }
                Ok(hole) if !range.contains(&hole) || hole.prefix_len() <= range.prefix_len() => self.refuse(
                    &found.origin,
                    format!("the exception {hole} is no part of {range}"),
                    "except a smaller range inside the block",
                ),
                Ok(_) => {}
            }
        }
    }

    /// Source: `ValidateNetworkPolicyPort`.
    pub fn port(&mut self, node: &Node) {
        let stated = word(node, &["protocol"]);
        if !matches!(stated.as_str(), "" | "TCP" | "UDP" | "SCTP") {
            let repair = "write `TCP`, `UDP` or `SCTP`";
            self.refuse(&node.origin, format!("`{stated}` is no protocol"), repair);
        }
        let end = node.at(&["endPort"]);
        let number = node.at(&["port"]).map(|port| (port, self.port_number(port)));
        let (Some(end), Some(last)) = (end, end.map(Node::as_int)) else { return };
        match (number, last) {
            (Some((_, Some(first))), Some(last)) if first <= last && last <= 65_535 => {}
            (Some((_, Some(first))), _) => self.refuse(
                &end.origin,
                format!("`endPort` is no port from {first} to 65535"),
                "let the range end at or after its first port",
            ),
            _ => self.refuse(
                &end.origin,
                "`endPort` needs a `port` that is a number",
                "state the first port by its number",
            ),
        }
    }

    /// Returns a port that is a number, and refuses what is no port.
    fn port_number(&mut self, port: &Node) -> Option<i64> {
        if let Some(number) = port.as_int() {
            if !(1..=65_535).contains(&number) {
                let repair = "write a port from 1 to 65535";
                self.refuse(&port.origin, format!("{number} is no port"), repair);
            }
            Some(number)
        } else {
            let name = port.as_text().unwrap_or_default();
            self.port_name(&port.origin, name);
            None
        }
    }

    /// Source: `IsValidPortName`, RFC 6335.
    pub fn port_name(&mut self, origin: &Origin, name: &str) {
        let plain =
            name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        let has_letter = name.bytes().any(|byte| byte.is_ascii_lowercase());
        let hyphens = name.starts_with('-') || name.ends_with('-') || name.contains("--");
        if !plain || !has_letter || hyphens || name.len() > 15 {
            let repair =
                "write the number without quotes, or a name of at most 15 small letters, digits and hyphens";
            self.refuse(origin, format!("`{name}` is no name of a port"), repair);
        }
    }

    pub fn selector(&mut self, node: &Node, key: &str) {
        if let Some(found) = node.get(key) {
            self.selector_of(found);
        }
    }

    /// Source: `ValidateLabelSelector`.
    pub fn selector_of(&mut self, selector: &Node) {
        for (key, value) in selector.get("matchLabels").map_or(&[][..], Node::entries) {
            self.label_key(&key.origin, &key.text);
            self.label_value(value);
        }
        for expression in items(selector, &["matchExpressions"]) {
            self.label_key(&expression.origin, &word(expression, &["key"]));
            let values = items(expression, &["values"]);
            let operator = word(expression, &["operator"]);
            let fits = match operator.as_str() {
                "In" | "NotIn" => !values.is_empty(),
                "Exists" | "DoesNotExist" => values.is_empty(),
                _ => false,
            };
            if !fits {
                self.refuse(
                    &expression.origin,
                    format!("the operator `{operator}` does not go with {} values", values.len()),
                    "`In` and `NotIn` take values, `Exists` and `DoesNotExist` none",
                );
            }
            values.iter().for_each(|value| self.label_value(value));
        }
    }

    fn label_key(&mut self, origin: &Origin, key: &str) {
        let (prefix, name) = key.split_once('/').map_or((None, key), |(prefix, name)| (Some(prefix), name));
        let prefix_is_good = prefix.is_none_or(|prefix| {
            !prefix.is_empty() && prefix.len() <= 253 && prefix.split('.').all(is_domain_part)
        });
        if !prefix_is_good || name.is_empty() || !is_label(name) {
            self.refuse(
                origin,
                format!("`{key}` is no key of a label"),
                "write it as `app` or `example.org/app`",
            );
        }
    }

    fn label_value(&mut self, value: &Node) {
        let text = value.as_text().unwrap_or_default();
        let is_text =
            value.scalar().is_some_and(|scalar| matches!(scalar.plain(), Plain::Text(_) | Plain::Null));
        if !is_text {
            self.refuse(&value.origin, format!("`{text}` is not read as text here"), "put it between quotes");
        } else if !is_label(text) {
            self.refuse(
                &value.origin,
                format!("`{text}` is no value of a label"),
                "write the label's own value",
            );
        }
    }
}

fn is_domain_part(part: &str) -> bool {
    let inner = part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    inner && !part.is_empty() && !part.starts_with('-') && !part.ends_with('-')
}

/// Empty, or at most 63 letters, digits, `-`, `_` and `.` between a letter or digit and another.
fn is_label(text: &str) -> bool {
    let ends = |byte: Option<&u8>| byte.is_none_or(u8::is_ascii_alphanumeric);
    let bytes = text.as_bytes();
    bytes.len() <= 63
        && ends(bytes.first())
        && ends(bytes.last())
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}
