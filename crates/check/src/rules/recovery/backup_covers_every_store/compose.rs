//! Databases of Compose whose data lies in the container itself.

use sehat_platform::inventory::compose::ComposeService;
use sehat_verdict::{Finding, Severity};

use super::NAME;
use crate::Context;

/// Where official images keep their data. Source: the images' own pages.
const KEPT_AT: [(&str, &str); 7] = [
    ("postgres", "/var/lib/postgresql"),
    ("mysql", "/var/lib/mysql"),
    ("mariadb", "/var/lib/mysql"),
    ("mongo", "/data/db"),
    ("elasticsearch", "/usr/share/elasticsearch/data"),
    ("rabbitmq", "/var/lib/rabbitmq"),
    ("influxdb", "/var/lib/influxdb"),
];

pub fn judge(context: &Context<'_>) -> Vec<Finding> {
    let services = context.inventory.compose.iter().flat_map(|file| &file.services);
    services.filter_map(in_the_container).collect()
}

fn in_the_container(service: &ComposeService) -> Option<Finding> {
    let image = service.image.as_ref().filter(|_| !service.is_built && !service.extends)?;
    let path = image.value.split('@').next()?.rsplit('/').next()?;
    let name = path.split(':').next()?;
    let (_, kept_at) = KEPT_AT.iter().find(|(known, _)| *known == name)?;
    let is_mounted = service.mounts.iter().any(|mount| {
        let moved = service.environment.values().any(|value| value.value.starts_with(&mount.target));
        mount.target.starts_with(kept_at) || moved && !mount.target.is_empty()
    });
    (!is_mounted).then(|| {
        Finding::broken(NAME, Severity::High, format!("service {}", service.name))
            .says(format!("the data of `{}` lies in the container itself: nothing is mounted at {kept_at}", service.name))
            .witness("a newer image, or `down -v`, makes a new container, and the volume without a name stays behind unseen")
            .repair(format!("mount a named volume at {kept_at}, and copy it by schedule"))
            .at(&image.origin, "keeps its data there")
    })
}
