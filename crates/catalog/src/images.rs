//! Which product an image holds.

use crate::products::product;

/// Names of images that are not the product's own.
const NAMES: [(&str, &str); 8] = [
    ("all-in-one", "jaeger"),
    ("jaeger-collector", "jaeger"),
    ("jaeger-query", "jaeger"),
    ("pilot", "istio"),
    ("proxyv2", "istio"),
    ("controller", "ingress-nginx"),
    ("argocd", "argo-cd"),
    ("postgis", "postgresql"),
];

/// Those who publish images under the product's own versions; none is Docker's own library.
const PUBLISHERS: [&str; 22] = [
    "",
    "library",
    "argoproj",
    "bitnami",
    "bitnamilegacy",
    "cloudnative-pg",
    "elasticsearch",
    "external-secrets",
    "grafana",
    "hashicorp",
    "ingress-nginx",
    "istio",
    "jaegertracing",
    "kibana",
    "logstash",
    "memcached",
    "mongodb",
    "opstree",
    "prom",
    "prometheus",
    "percona",
    "valkey",
];

/// Hosts that only hold what its publisher put there.
const HOSTS: [&str; 9] = [
    "docker.io",
    "index.docker.io",
    "quay.io",
    "ghcr.io",
    "docker.elastic.co",
    "registry.k8s.io",
    "public.ecr.aws",
    "docker.redpanda.com",
    "gcr.io",
];

/// Returns the product and the version that an image of its publisher holds: `postgres:13-alpine` holds PostgreSQL 13.
///
/// An image of a registry of one's own may be anything, whatever its name.
pub fn image_product(image: &str) -> Option<(&'static str, &str)> {
    let bare = image.split('@').next()?;
    let (path, tag) = match bare.rsplit_once(':') {
        Some((path, tag)) if !tag.contains('/') => (path, tag),
        _ => (bare, ""),
    };
    let (first, rest) = path.split_once('/').unwrap_or(("", path));
    let path = if HOSTS.contains(&first) {
        rest
    } else if first.contains(['.', ':']) {
        return None;
    } else {
        path
    };
    let (publisher, name) = path.rsplit_once('/').unwrap_or(("", path));
    if !PUBLISHERS.contains(&publisher) {
        return None;
    }
    let known = NAMES.iter().find(|(other, _)| *other == name).map(|(_, product)| *product);
    let product = product(known.unwrap_or(name))?;
    Some((product.name, version(tag)))
}

/// The number that a tag begins with: `13` of `13-alpine`, nothing of `latest`.
fn version(tag: &str) -> &str {
    let tag = tag.strip_prefix(['v', 'V']).unwrap_or(tag);
    let end = tag.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(tag.len());
    tag[..end].trim_end_matches('.')
}

#[cfg(test)]
mod tests {
    use super::image_product;

    #[test]
    fn tells_products_by_their_publishers() {
        let all = [
            "postgres:13-alpine",
            "docker.io/library/redis:6.2",
            "quay.io/opstree/redis:v7.0.15",
            "ghcr.io/cloudnative-pg/postgresql:15.4-bookworm",
            "jaegertracing/all-in-one:1.35",
            "quay.io/prometheus/prometheus:v2.45.0",
            "node:16",
            "nginx",
            "registry.clinic.example/postgres:13",
            "clinic/redis:6",
            "mongo:4.4@sha256:0123",
        ];
        let told: Vec<_> = all.iter().map(|image| format!("{image}: {:?}", image_product(image))).collect();
        insta::assert_snapshot!(told.join("\n"), @r#"
        postgres:13-alpine: Some(("postgresql", "13"))
        docker.io/library/redis:6.2: Some(("redis", "6.2"))
        quay.io/opstree/redis:v7.0.15: Some(("redis", "7.0.15"))
        ghcr.io/cloudnative-pg/postgresql:15.4-bookworm: Some(("postgresql", "15.4"))
        jaegertracing/all-in-one:1.35: Some(("jaeger", "1.35"))
        quay.io/prometheus/prometheus:v2.45.0: Some(("prometheus", "2.45.0"))
        node:16: Some(("nodejs", "16"))
        nginx: Some(("nginx", ""))
        registry.clinic.example/postgres:13: None
        clinic/redis:6: None
        mongo:4.4@sha256:0123: Some(("mongodb", "4.4"))
        "#);
    }
}
