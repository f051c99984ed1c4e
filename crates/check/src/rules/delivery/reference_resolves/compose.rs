//! What services of Compose name, against what their files define.

use std::collections::BTreeSet;

use sehat_platform::inventory::Stated;
use sehat_platform::inventory::compose::{ComposeFile, ComposeNeed, ComposeService};
use sehat_verdict::{Finding, Severity};

use super::NAME;
use crate::Context;

pub fn judge(context: &Context<'_>) -> Vec<Finding> {
    let files = &context.inventory.compose;
    let mut findings = Vec::new();
    for file in files.iter().filter(|file| !file.includes) {
        let known = Known::of(files, file);
        for service in &file.services {
            findings.extend(undefined(&known, file, service));
            findings
                .extend(service.needs.iter().filter_map(|need| never_healthy(files, file, service, need)));
        }
    }
    findings
}

/// What the files of a folder define together.
struct Known<'a> {
    services: BTreeSet<&'a str>,
    volumes: BTreeSet<&'a str>,
    networks: BTreeSet<&'a str>,
    secrets: BTreeSet<&'a str>,
    configs: BTreeSet<&'a str>,
}

fn folder(file: &ComposeFile) -> &str {
    file.origin.path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

impl<'a> Known<'a> {
    fn of(files: &'a [ComposeFile], file: &ComposeFile) -> Self {
        let near: Vec<&ComposeFile> = files.iter().filter(|other| folder(other) == folder(file)).collect();
        let all = |get: fn(&ComposeFile) -> &BTreeSet<String>| {
            near.iter().flat_map(|file| get(file)).map(String::as_str).collect()
        };
        Self {
            services: near
                .iter()
                .flat_map(|file| &file.services)
                .map(|one| one.name.value.as_str())
                .collect(),
            volumes: all(|file| &file.volumes),
            // Every project has a network of this name.
            networks: near
                .iter()
                .flat_map(|file| &file.networks)
                .map(String::as_str)
                .chain(["default"])
                .collect(),
            secrets: all(|file| &file.secrets),
            configs: all(|file| &file.configs),
        }
    }
}

/// Compose reads these by themselves; others are laid over them.
fn stands_alone(file: &ComposeFile) -> bool {
    let name = file.origin.path.rsplit('/').next().unwrap_or_default();
    matches!(name, "compose.yaml" | "compose.yml" | "docker-compose.yaml" | "docker-compose.yml")
}

fn undefined(known: &Known<'_>, file: &ComposeFile, service: &ComposeService) -> Vec<Finding> {
    let mut missing: Vec<(&str, Stated<String>)> = Vec::new();
    let needs = service
        .needs
        .iter()
        .filter(|need| need.required)
        .map(|need| ("service", &need.service, &known.services));
    let networks = service.networks.iter().map(|name| ("network", name, &known.networks));
    let secrets = service.secrets.iter().map(|name| ("secret", name, &known.secrets));
    let configs = service.configs.iter().map(|name| ("config", name, &known.configs));
    for (kind, name, known) in needs.chain(networks).chain(secrets).chain(configs) {
        if !known.contains(name.value.as_str()) && !name.value.contains('$') {
            missing.push((kind, name.clone()));
        }
    }
    for mount in &service.mounts {
        if let Some(volume) = mount.volume().filter(|volume| !known.volumes.contains(volume)) {
            missing.push(("volume", Stated::new(volume.to_owned(), mount.origin.clone())));
        }
    }
    missing.into_iter().map(|(kind, name)| refused(file, service, kind, &name)).collect()
}

fn refused(file: &ComposeFile, service: &ComposeService, kind: &str, name: &Stated<String>) -> Finding {
    let finding = if stands_alone(file) { Finding::broken } else { Finding::unknown };
    finding(NAME, Severity::High, format!("service {}", service.name))
        .says(format!("service `{}` names the {kind} `{name}`, which the file does not define", service.name))
        .witness("Compose refuses the whole file")
        .repair(format!("define `{name}` under `{kind}s:`, or mend the name"))
        .at(&name.origin, "named here")
}

/// Waits for a health that nothing measures. The image may bring a check of its own.
fn never_healthy(
    files: &[ComposeFile],
    file: &ComposeFile,
    service: &ComposeService,
    need: &ComposeNeed,
) -> Option<Finding> {
    let condition = need.condition.as_ref().filter(|condition| condition.value == "service_healthy")?;
    let near = files.iter().filter(|other| folder(other) == folder(file)).flat_map(|file| &file.services);
    let stated: Vec<&ComposeService> = near.filter(|one| one.name.value == need.service.value).collect();
    let unchecked =
        !stated.is_empty() && stated.iter().all(|one| !one.has_check && !one.is_built && !one.extends);
    unchecked.then(|| {
        Finding::unknown(NAME, Severity::Medium, format!("service {}", service.name))
            .says(format!(
                "`{}` waits until `{}` is healthy, which has no `healthcheck`",
                service.name, need.service
            ))
            .witness("unless the image brings a check, Compose refuses to start it")
            .repair(format!("add a `healthcheck` to `{}`", need.service))
            .at(&condition.origin, "waits for health")
            .at(stated.first().map(|one| &one.name.origin), "no check here")
    })
}
