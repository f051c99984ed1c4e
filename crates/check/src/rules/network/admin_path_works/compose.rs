//! Ports of databases that Compose publishes on every address of the machine.

use sehat_platform::inventory::compose::{ComposePort, ComposeService};
use sehat_verdict::{Finding, Fix, Severity};

use super::{GRAVE, NAME};
use crate::Context;

pub fn judge(context: &Context<'_>) -> Vec<Finding> {
    let services = context.inventory.compose.iter().flat_map(|file| &file.services);
    services.filter_map(published).collect()
}

fn published(service: &ComposeService) -> Option<Finding> {
    let open = service.ports.iter().find_map(|port| {
        let (_, name) = GRAVE.iter().find(|(number, _)| *number == port.target)?;
        (!port.is_local()).then_some((port, *name))
    });
    let (port, name) = open?;
    let finding = Finding::broken(NAME, Severity::High, format!("service {}", service.name))
        .says(format!("{name} of service `{}` is published on every address of the machine", service.name))
        .witness("Docker opens published ports past the machine's own firewall")
        .repair("leave `ports` out: services reach each other by name; or bind it to 127.0.0.1")
        .at(&port.origin, "open to everybody who reaches the machine");
    Some(bound(port).into_iter().fold(finding, Finding::fix))
}

/// A short form gets an address in front.
fn bound(port: &ComposePort) -> Option<Fix> {
    let published =
        port.published.as_ref().filter(|_| port.address.is_none() && port.origin.end > port.origin.start)?;
    let is_short = port.origin.end - port.origin.start < 24;
    let with = format!("\"127.0.0.1:{published}:{}\"", port.target);
    is_short.then(|| Fix::Replace { origin: port.origin.clone(), with })
}
