//! Builds a root with mmdebstrap.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::{Root, Sources, Wanted, find, finish, lock_cache, new_folder, sources};
use crate::error::{Doing, Error, Result};
use crate::work::{Work, perform};
use crate::{doctor, paths};

/// What a root with every server of the catalog takes, with room for the downloads.
const DISK_BYTES_MIN: u64 = 3 << 30;
/// Left out of every package: nobody reads them in a lab.
const LEFT_OUT: [&str; 4] =
    ["/usr/share/man/*", "/usr/share/doc/*", "/usr/share/locale/*", "/usr/share/info/*"];
/// Packages must not start their servers while the root is built.
const POLICY: &str =
    "printf '#!/bin/sh\\nexit 101\\n' > \"$1/usr/sbin/policy-rc.d\"; chmod 755 \"$1/usr/sbin/policy-rc.d\"";
/// mmdebstrap copies these from the real machine.
const OF_THE_MACHINE: [&str; 2] = ["etc/resolv.conf", "etc/hostname"];

/// The root for these packages, built now where it is not in the cache.
pub fn prepare(packages: &BTreeSet<String>, sources: &Sources, line: &mut dyn FnMut(&str)) -> Result<Root> {
    // What is there needs no lock, which whoever builds another root may hold for minutes.
    if let Some(root) = find(packages) {
        return Ok(root);
    }
    let _lock = lock_cache()?;
    if let Some(root) = find(packages) {
        return Ok(root);
    }
    doctor::check_disk(&paths::cache(), DISK_BYTES_MIN)?;
    let wanted = Wanted::new(packages);
    let folder = new_folder(&wanted.key())?;
    let result = build(&wanted, sources, &folder, line);
    if result.is_err() {
        let _ = fs::remove_dir_all(&folder);
    }
    result?;
    finish(&folder, &wanted.key())
}

fn build(wanted: &Wanted, sources: &Sources, folder: &Path, line: &mut dyn FnMut(&str)) -> Result<()> {
    let list = folder.join("sources.list");
    write(&list, &sources.list())?;
    let root = folder.join("root");
    let work = Work::Program { words: words(wanted, &root, &list), environment: sources::environment() };
    let mut refusals = Vec::new();
    let mut pass_on = |said: &str| {
        if said.starts_with("E:") || said.starts_with("W:") {
            refusals.push(said.to_string());
        }
        line(said);
    };
    perform(&work, &mut pass_on).map_err(|error| failed(&refusals, &error))?;
    for path in OF_THE_MACHINE {
        let _ = fs::remove_file(root.join(path));
    }
    write(&folder.join("packages.txt"), &installed(&root)?)?;
    let wanted = serde_json::to_string_pretty(wanted).doing(|| "write what the root is for".into())?;
    write(&folder.join("wanted.json"), &wanted)
}

fn failed(refusals: &[String], error: &Error) -> Error {
    let said = refusals.first().cloned().unwrap_or_else(|| error.to_string());
    Error::Lacking(format!(
        "the root could not be built: {said}; `sehat doctor` checks the tools and the mirror"
    ))
}

fn words(wanted: &Wanted, root: &Path, list: &Path) -> Vec<String> {
    let packages: Vec<&str> = wanted.packages.iter().map(String::as_str).collect();
    let mut words = vec!["mmdebstrap".into(), "--variant=apt".into(), "--mode=root".into()];
    words.push(format!("--include={}", packages.join(",")));
    words.push("--aptopt=APT::Install-Recommends \"false\"".into());
    words.push("--aptopt=Acquire::Languages \"none\"".into());
    words.push("--aptopt=Acquire::Retries \"3\"".into());
    words.extend(LEFT_OUT.iter().map(|path| format!("--dpkgopt=path-exclude={path}")));
    // A root that is lost in a power failure is built again, so syncing each file is wasted time.
    words.push("--dpkgopt=force-unsafe-io".into());
    words.push(format!("--setup-hook=mkdir -p \"$1/usr/sbin\"; {POLICY}"));
    words.push(sources::SUITES[0].into());
    words.push(root.to_string_lossy().into_owned());
    words.push(list.to_string_lossy().into_owned());
    words
}

/// Names and versions from the root's own list, a line each.
fn installed(root: &Path) -> Result<String> {
    let path = root.join("var/lib/dpkg/status");
    let text = fs::read_to_string(&path).doing(|| format!("read {}", path.display()))?;
    let field = |paragraph: &str, name: &str| {
        paragraph
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(": ").map(ToString::to_string))
    };
    let lines = text.split("\n\n").filter_map(|paragraph| {
        Some(format!("{} {}\n", field(paragraph, "Package")?, field(paragraph, "Version")?))
    });
    let lines: BTreeSet<String> = lines.collect();
    Ok(lines.into_iter().collect())
}

fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).doing(|| format!("write {}", path.display()))
}
