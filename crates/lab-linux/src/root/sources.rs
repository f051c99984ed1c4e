//! Where packages come from: Debian's own suites and nothing that the real machine has beside them.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::Path;

use crate::error::{Error, Result};

/// The release, its updates, its security fixes.
pub const SUITES: [&str; 3] = ["bookworm", "bookworm-updates", "bookworm-security"];
pub const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";
/// Where apt keeps the mirror that this machine itself uses.
const APT_LISTS: [&str; 2] = ["/etc/apt/sources.list", "/etc/apt/sources.list.d"];
const PROXIES: [&str; 6] = ["http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"];

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sources {
    /// The archive, `http://mirror.clinic.example/debian`.
    pub mirror: String,
    pub security_mirror: String,
}

impl Sources {
    /// A mirror and, beside it as everywhere, the one of the security fixes.
    pub fn at(mirror: &str) -> Self {
        let mirror = mirror.trim_end_matches('/').to_string();
        let security_mirror = format!("{mirror}-security");
        Self { mirror, security_mirror }
    }

    /// The mirror of Debian that this machine's own apt uses. Everything else that apt has is left out.
    pub fn of_machine() -> Result<Self> {
        let lists = APT_LISTS.iter().flat_map(|path| texts(Path::new(path)));
        let mirror = lists.flat_map(|text| words(&text)).find(|word| is_archive(word));
        mirror.map(|mirror| Self::at(&mirror)).ok_or_else(|| {
            Error::Lacking("apt of this machine knows no mirror of Debian; name one with `--mirror`".into())
        })
    }

    /// The lines of a `sources.list`.
    pub fn list(&self) -> String {
        let [release, updates, security] = SUITES;
        let line = |mirror: &str, suite: &str| format!("deb [signed-by={KEYRING}] {mirror} {suite} main\n");
        [line(&self.mirror, release), line(&self.mirror, updates), line(&self.security_mirror, security)]
            .concat()
    }
}

fn texts(path: &Path) -> Vec<String> {
    let mut files: Vec<_> = match fs::read_dir(path) {
        Ok(entries) => entries.flatten().map(|entry| entry.path()).collect(),
        Err(_) => vec![path.to_owned()],
    };
    files.sort();
    files.iter().filter_map(|file| fs::read_to_string(file).ok()).collect()
}

fn words(text: &str) -> Vec<String> {
    let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
    lines.flat_map(str::split_whitespace).map(|word| word.trim_end_matches('/').to_owned()).collect()
}

/// Every mirror has the archive in a folder of this name.
fn is_archive(word: &str) -> bool {
    word.contains("://") && word.ends_with("/debian")
}

/// What a program that downloads finds in its environment.
pub fn environment() -> BTreeMap<String, String> {
    let proxies = PROXIES.iter().filter_map(|name| Some((name.to_string(), env::var(name).ok()?)));
    let fixed =
        [("PATH", "/usr/sbin:/usr/bin:/sbin:/bin"), ("DEBIAN_FRONTEND", "noninteractive"), ("LC_ALL", "C")];
    fixed.into_iter().map(|(name, value)| (name.into(), value.into())).chain(proxies).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mirror_has_its_security_mirror_beside_it() {
        let sources = Sources::at("http://mirror.clinic.example/debian/");
        assert_eq!(sources.security_mirror, "http://mirror.clinic.example/debian-security");
    }

    #[test]
    fn only_the_archive_of_debian_counts() {
        let text = "# deb http://old.example/debian x\ndeb http://other.example/php bookworm main\nURIs: http://mirror.example/debian/\n";
        let found: Vec<_> = words(text).into_iter().filter(|word| is_archive(word)).collect();
        assert_eq!(found, ["http://mirror.example/debian"]);
    }
}
