//! What an image is, by its name and tag.

use sehat_platform::Kind;

pub struct Named {
    pub name: &'static str,
    pub version: Option<String>,
    pub kind: Option<Kind>,
}

/// Returns the product of `docker.io/library/postgres:15.4-alpine`; nothing for an image of nobody's.
pub fn of_image(image: &str) -> Option<Named> {
    let (path, tag) = split(image);
    let last = path.rsplit('/').next().unwrap_or(path);
    let product = sehat_catalog::product(last)?;
    let version: String = tag
        .unwrap_or_default()
        .trim_start_matches('v')
        .chars()
        .take_while(|c| c.is_ascii_digit() || *c == '.')
        .collect();
    let version = version.trim_end_matches('.').to_owned();
    Some(Named {
        name: product.name,
        version: (!version.is_empty()).then_some(version),
        kind: kind(product.kind),
    })
}

/// A colon before the last slash belongs to a port.
fn split(image: &str) -> (&str, Option<&str>) {
    let image = image.split('@').next().unwrap_or(image);
    match image.rsplit_once(':') {
        Some((path, tag)) if !tag.contains('/') => (path, Some(tag)),
        _ => (image, None),
    }
}

fn kind(word: &str) -> Option<Kind> {
    Some(match word {
        "load-balancer" => Kind::LoadBalancer,
        "gateway" => Kind::Gateway,
        "database" => Kind::Database,
        "cache" => Kind::Cache,
        "queue" => Kind::Queue,
        "object-store" => Kind::ObjectStore,
        "metrics" => Kind::Metrics,
        "logs" => Kind::Logs,
        "traces" => Kind::Traces,
        "alerts" => Kind::Alerts,
        "dashboards" => Kind::Dashboards,
        "secrets" => Kind::Secrets,
        _ => return None,
    })
}
