//! `cargo xtask gen`: a synthetic platform of many services, with planted faults, for benchmarks.
//!
//! Per service: service account, deployment, service, autoscaler, disruption budget, network policy. Per namespace:
//! default deny and DNS. `faults.tsv` lists what was planted, so that an empty answer does not win.

mod faults;
mod text;

use std::fs;
use std::path::{Path, PathBuf};

/// The same everywhere: splitmix64. Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators".
pub struct Random(u64);

impl Random {
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % bound.max(1) as u64).unwrap_or(0)
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }
}

/// One service and whom it calls.
pub struct Service {
    pub index: usize,
    pub name: String,
    pub namespace: String,
    pub zone: &'static str,
    pub tier: &'static str,
    pub class: &'static str,
    pub replicas: usize,
    pub port: usize,
    pub cpu: usize,
    pub memory: usize,
    pub calls: Vec<usize>,
    pub callers: Vec<usize>,
}

const ZONES: [&str; 5] = ["clinical", "imaging", "billing", "patient", "integration"];
const TIERS: [&str; 4] = ["edge", "app", "data", "batch"];
const CLASSES: [&str; 4] = ["phi", "pii", "internal", "public"];

pub struct Wish {
    services: usize,
    namespaces: usize,
    seed: u64,
    out: PathBuf,
    kustomize: bool,
    faults: bool,
}

pub fn run(words: &[String]) -> Result<(), Vec<String>> {
    let wish = wish(words).ok_or_else(|| {
        vec!["usage: cargo xtask gen --services N --out DIR [--seed N] [--kustomize] [--faults]".to_owned()]
    })?;
    write(&wish).map_err(|error| vec![format!("{}: {error}", wish.out.display())])
}

fn wish(words: &[String]) -> Option<Wish> {
    let value = |name: &str| words.iter().position(|word| word == name).and_then(|at| words.get(at + 1));
    let has = |name: &str| words.iter().any(|word| word == name);
    Some(Wish {
        services: value("--services")?.parse().ok()?,
        namespaces: value("--namespaces").map_or(Some(20), |text| text.parse().ok())?,
        seed: value("--seed").map_or(Some(7), |text| text.parse().ok())?,
        out: PathBuf::from(value("--out")?),
        kustomize: has("--kustomize"),
        faults: has("--faults"),
    })
}

fn write(wish: &Wish) -> std::io::Result<()> {
    let services = services(wish);
    let mut files: Vec<(String, String)> =
        vec![("00-namespaces.yaml".to_owned(), text::namespaces(wish.namespaces, &ZONES, &CLASSES))];
    for service in &services {
        files.push((
            format!("{}/{}.yaml", service.namespace, service.name),
            text::service(service, &services),
        ));
    }
    if wish.faults {
        let planted = faults::plant(&services, &mut files);
        save(&wish.out.join("faults.tsv"), &planted)?;
    }
    if wish.kustomize {
        let names: Vec<String> = files.iter().map(|(name, _)| format!("- {name}\n")).collect();
        let head = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n";
        files.push(("kustomization.yaml".to_owned(), format!("{head}{}", names.concat())));
    }
    files.iter().try_for_each(|(name, text)| save(&wish.out.join("k8s").join(name), text))
}

fn save(path: &Path, text: &str) -> std::io::Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all)?;
    fs::write(path, text)
}

fn services(wish: &Wish) -> Vec<Service> {
    let mut random = Random(wish.seed);
    let mut services: Vec<Service> =
        (0..wish.services).map(|index| service(index, wish, &mut random)).collect();
    for index in 0..services.len() {
        for called in services[index].calls.clone() {
            services[called].callers.push(index);
        }
    }
    services
}

fn service(index: usize, wish: &Wish, random: &mut Random) -> Service {
    let mut calls: Vec<usize> = (0..3)
        .map(|_| {
            let near = index + wish.namespaces * (1 + random.below(wish.services / wish.namespaces + 1));
            if random.below(2) == 0 { near % wish.services } else { random.below(wish.services) }
        })
        .filter(|called| *called != index)
        .collect();
    calls.sort_unstable();
    calls.dedup();
    Service {
        index,
        name: format!("svc-{index:05}"),
        namespace: format!("ns-{:02}", index % wish.namespaces),
        zone: ZONES[index % wish.namespaces % ZONES.len()],
        tier: random.one_of(&TIERS),
        class: random.one_of(&CLASSES),
        replicas: random.one_of(&[2, 3, 3, 4]),
        port: 8080 + index % 7,
        cpu: random.one_of(&[100, 250, 500, 1000]),
        memory: random.one_of(&[128, 256, 512, 1024]),
        calls,
        callers: Vec::new(),
    }
}
