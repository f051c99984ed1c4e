//! Proves the rules of ARCHITECTURE.md that a compiler does not.

use std::fs;
use std::path::{Path, PathBuf};

/// Crates in their order: each may depend on those above it.
const ORDER: [&str; 20] = [
    "diagnostic",
    "catalog",
    "platform",
    "yaml",
    "document",
    "kustomize",
    "import",
    "reach",
    "analysis",
    "verdict",
    "check",
    "engine",
    "render",
    "lab",
    "guest",
    "lab-linux",
    "drill",
    "report",
    "evidence",
    "cli",
];

/// Crates that start no program, read no file and look at no clock.
const PURE: [&str; 15] = [
    "diagnostic",
    "catalog",
    "platform",
    "yaml",
    "document",
    "kustomize",
    "import",
    "reach",
    "analysis",
    "verdict",
    "check",
    "engine",
    "render",
    "lab",
    "report",
];

/// What a pure crate must not name.
const IMPURE_WORDS: [&str; 7] = [
    "std::fs",
    "std::process",
    "std::net::Tcp",
    "std::net::Udp",
    "std::env",
    "SystemTime::now",
    "Instant::now",
];

/// Crates that may hold code for one system only.
const ONE_SYSTEM: [&str; 4] = ["guest", "lab-linux", "apply", "cli"];
const ONE_SYSTEM_WORDS: [&str; 3] = ["std::os::", "target_os", "nix::"];

/// Dependencies that a crate must not have although they stand above it, with the reason.
const FORBIDDEN: [(&str, &str, &str); 6] = [
    ("check", "lab", "a rule knows no lab"),
    ("check", "document", "a rule sees the platform, not its text"),
    ("lab", "check", "the lab knows no rules"),
    ("lab", "analysis", "the lab knows no predictions"),
    ("drill", "lab-linux", "a drill runs against what runs, wherever it does"),
    ("analysis", "verdict", "analysis knows no promise"),
];

pub fn run() -> Result<(), Vec<String>> {
    let mut wrong = Vec::new();
    for crate_path in crate_folders() {
        let name = crate_path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        wrong.extend(dependencies(&crate_path, &name));
        wrong.extend(words(&crate_path, &name));
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong) }
}

fn crate_folders() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> =
        fs::read_dir("crates").into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path())).collect();
    folders.sort();
    folders
}

/// Tests may use any crate.
fn dependencies(folder: &Path, name: &str) -> Vec<String> {
    let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap_or_default();
    let place = |name: &str| ORDER.iter().position(|known| *known == name);
    let Some(own) = place(name) else {
        return vec![format!("crates/{name}: not in the order of xtask/src/tidy.rs")];
    };
    let own_part = manifest.split("[dev-dependencies]").next().unwrap_or_default();
    own_part
        .lines()
        .filter_map(|line| line.strip_prefix("sehat-")?.split(['.', ' ', '=']).next())
        .flat_map(|used| {
            let order = (place(used).is_none_or(|used| used >= own))
                .then(|| format!("{name} must not depend on {used}: it stands below"));
            let rule = FORBIDDEN.iter().find(|(from, to, _)| *from == name && *to == used);
            order
                .into_iter()
                .chain(rule.map(|(_, _, why)| format!("{name} must not depend on {used}: {why}")))
        })
        .collect()
}

fn words(folder: &Path, name: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    for file in rust_files(&folder.join("src")) {
        let text = fs::read_to_string(&file).unwrap_or_default();
        // A file that says what to do elsewhere is not for one system only.
        let portable = text.contains("#[cfg(not(unix))]");
        let shown = file.display();
        if !text.starts_with("//!") {
            wrong.push(format!("{shown}: does not open with a `//!` sentence"));
        }
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for (number, line) in
            code.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"))
        {
            let banned = |words: &[&str]| words.iter().any(|word| line.contains(word));
            if PURE.contains(&name) && banned(&IMPURE_WORDS) {
                wrong.push(format!("{shown}:{}: a pure crate reads no file, clock or process", number + 1));
            }
            if !ONE_SYSTEM.contains(&name) && !portable && banned(&ONE_SYSTEM_WORDS) {
                wrong.push(format!(
                    "{shown}:{}: only {} hold code for one system",
                    number + 1,
                    ONE_SYSTEM.join(", ")
                ));
            }
        }
    }
    wrong
}

/// Returns the files of a crate without those that only tests see.
fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let all = all_rust_files(folder);
    let tests: Vec<PathBuf> = all.iter().flat_map(|file| test_modules(file)).collect();
    all.into_iter().filter(|file| !tests.contains(file)).collect()
}

/// Returns the files of modules that are declared `#[cfg(test)] mod NAME;`.
fn test_modules(file: &Path) -> Vec<PathBuf> {
    let text = fs::read_to_string(file).unwrap_or_default();
    let stem = file.file_stem().unwrap_or_default();
    let is_root = ["lib", "main", "mod"].iter().any(|name| stem == *name);
    let folder = if is_root { file.with_file_name("") } else { file.with_extension("") };
    text.split("#[cfg(test)]")
        .skip(1)
        .filter_map(|rest| rest.trim_start().strip_prefix("mod ")?.split_once(';'))
        .map(|(name, _)| folder.join(format!("{name}.rs")))
        .collect()
}

fn all_rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for path in fs::read_dir(folder).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path())) {
        if path.is_dir() {
            files.extend(all_rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}
