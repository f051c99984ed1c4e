//! Proves that what a container may not do is something it can live without.
//!
//! Broken: a root file system that is read-only under an image that writes to folders for which no volume is
//! mounted; `runAsNonRoot` for an image that runs as root and for which no user is stated, so that the kubelet
//! refuses to start it.
//!
//! Unknown: a read-only root file system without any writable folder, `/tmp` at least, under an image that is not
//! known.
//!
//! Source: Kubernetes, *Configure a Security Context*; the images' own documentation and Dockerfiles.

use sehat_diagnostic::Origin;
use sehat_platform::inventory::workload::{Container, Workload};
use sehat_verdict::{Finding, Severity};
use serde_json::{Value, json};

use crate::load::{first_and_more, image_name, merge_pod, quoted, with_places};
use crate::{Context, Outcome, Rule};

const NAME: &str = "workload-hardened";

pub const RULE: Rule = Rule {
    name: NAME,
    proves: "What a container is forbidden is something it can live without.",
    severity: Severity::High,
    hygiene: false,
    source: "Kubernetes: Configure a Security Context; documentation of the images",
    file: include_str!("workload_hardened.rs"),
    judge,
};

/// An image that writes below its root, and whether it starts as root.
struct Image {
    name: &'static str,
    writes: &'static [&'static str],
    as_root: bool,
}

/// Official images. Source: their Dockerfiles and pages on Docker Hub.
const IMAGES: [Image; 9] = [
    Image { name: "nginx", writes: &["/var/cache/nginx", "/run"], as_root: true },
    Image { name: "nginx-unprivileged", writes: &["/tmp"], as_root: false },
    Image { name: "httpd", writes: &["/usr/local/apache2/logs"], as_root: true },
    Image { name: "postgres", writes: &["/var/run/postgresql", "/var/lib/postgresql"], as_root: true },
    Image { name: "mysql", writes: &["/var/lib/mysql", "/var/run/mysqld"], as_root: true },
    Image { name: "mariadb", writes: &["/var/lib/mysql", "/run/mysqld"], as_root: true },
    Image { name: "mongo", writes: &["/data/db", "/tmp"], as_root: true },
    Image { name: "rabbitmq", writes: &["/var/lib/rabbitmq"], as_root: true },
    Image { name: "wordpress", writes: &["/var/www/html"], as_root: true },
];

fn judge(context: &Context<'_>) -> Outcome {
    let workloads = context.inventory.workloads.iter().filter(|workload| workload.owner.is_none());
    let mut findings = Vec::new();
    let mut bare: Vec<(&Workload, &Container, &Origin)> = Vec::new();
    for workload in workloads {
        for container in workload.pod.running() {
            let image = known(container);
            findings.extend(image.and_then(|image| refused_as_root(workload, container, image)));
            let Some(read_only) = container.security.read_only_root.as_ref().filter(|stated| stated.value)
            else {
                continue;
            };
            match image {
                Some(image) => findings.extend(cannot_write(workload, container, image, &read_only.origin)),
                None if has_no_writable(container) => bare.push((workload, container, &read_only.origin)),
                None => {}
            }
        }
    }
    findings.extend(nothing_writable(&bare));
    findings.into()
}

fn known(container: &Container) -> Option<&'static Image> {
    let image = container.image.as_ref()?;
    let official = !image.trim_start_matches("docker.io/").trim_start_matches("library/").contains('/')
        || image.contains("nginxinc/nginx-unprivileged");
    IMAGES.iter().find(|known| official && known.name == image_name(image))
}

/// Source: kubelet: `container has runAsNonRoot and image will run as root`.
fn refused_as_root(workload: &Workload, container: &Container, image: &Image) -> Option<Finding> {
    let (pod, own) = (&workload.pod.security, &container.security);
    let non_root =
        own.run_as_non_root.as_ref().or(pod.run_as_non_root.as_ref()).filter(|stated| stated.value)?;
    let user = own.run_as_user.as_ref().or(pod.run_as_user.as_ref());
    if !image.as_root || user.is_some_and(|user| user.value != 0) {
        return None;
    }
    Some(
        Finding::broken(NAME, Severity::High, workload.object.id.to_string())
            .says(format!(
                "container `{}` of `{}` must not run as root, and `{}` does",
                container.name, workload.object.id, image.name
            ))
            .witness("the kubelet refuses to start it: container has runAsNonRoot and image will run as root")
            .repair("state the image's own user with `runAsUser`, or use an image made for that")
            .at(&non_root.origin, "not as root")
            .at(container.image.as_ref().map(|image| &image.origin), "runs as root"),
    )
}

fn is_writable(container: &Container, path: &str) -> bool {
    let under = |path: &str, folder: &str| {
        let folder = folder.trim_end_matches('/');
        path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    // `/var/run` is a link to `/run` in these images.
    let plain = |path: &str| {
        path.strip_prefix("/var/run").map_or_else(|| path.to_owned(), |rest| format!("/run{rest}"))
    };
    container.mounts.iter().any(|mount| {
        !mount.read_only
            && (under(&plain(path), &plain(&mount.path)) || under(&plain(&mount.path), &plain(path)))
    })
}

fn cannot_write(workload: &Workload, container: &Container, image: &Image, at: &Origin) -> Option<Finding> {
    let lacking: Vec<&str> =
        image.writes.iter().copied().filter(|path| !is_writable(container, path)).collect();
    let (mounts, volumes) = scratch(&lacking);
    (!lacking.is_empty()).then(|| {
        Finding::broken(NAME, Severity::High, workload.object.id.to_string())
            .says(format!(
                "the root of container `{}` of `{}` is read-only, and `{}` writes to {}",
                container.name,
                workload.object.id,
                image.name,
                lacking.join(" and ")
            ))
            .witness("the process stops at its first write")
            .repair("mount an `emptyDir` there")
            .at(at, "nothing can be written")
            .at(container.image.as_ref().map(|image| &image.origin), "writes")
            .fix(merge_pod(
                workload,
                &json!({ "containers": [{ "name": container.name, "volumeMounts": mounts }], "volumes": volumes }),
            ))
    })
}

fn scratch(paths: &[&str]) -> (Vec<Value>, Vec<Value>) {
    let name = |path: &str| format!("scratch{}", path.replace('/', "-"));
    let mounts = paths.iter().map(|path| json!({ "name": name(path), "mountPath": path })).collect();
    let volumes = paths.iter().map(|path| json!({ "name": name(path), "emptyDir": {} })).collect();
    (mounts, volumes)
}

fn has_no_writable(container: &Container) -> bool {
    container.mounts.iter().all(|mount| mount.read_only)
}

/// Programs that write nothing are built for a read-only root; whether these are is not told.
fn nothing_writable(bare: &[(&Workload, &Container, &Origin)]) -> Option<Finding> {
    let (workload, ..) = bare.first()?;
    let subject = first_and_more(&workload.object.id, bare.len());
    let places: Vec<(&Origin, &str)> =
        bare.iter().map(|(.., origin)| (*origin, "nothing can be written")).collect();
    let finding = Finding::unknown(NAME, Severity::Low, subject)
        .says(format!(
            "the root of {} is read-only, and no volume can be written, not even /tmp",
            quoted(&workload.object.id, bare.len())
        ))
        .witness("a program that writes a temporary file, a socket or a cache fails when it does")
        .repair("mount an `emptyDir` at /tmp, unless the program is known to write nothing");
    let fixes = bare.iter().map(|(workload, container, _)| {
        let (mounts, volumes) = scratch(&["/tmp"]);
        merge_pod(workload, &json!({ "containers": [{ "name": container.name, "volumeMounts": mounts }], "volumes": volumes }))
    });
    Some(fixes.fold(with_places(finding, &places), Finding::fix))
}
