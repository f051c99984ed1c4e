//! Where packages come from: Debian's own suites and nothing that the real machine has beside them.

use std::collections::BTreeMap;
use std::env;

/// The release, its updates, its security fixes.
pub const SUITES: [&str; 3] = ["bookworm", "bookworm-updates", "bookworm-security"];
pub const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";
const MIRROR: &str = "http://mirror.example/debian";
const PROXIES: [&str; 6] = ["http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"];

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sources {
    /// The archive, `http://mirror.example/debian`.
    pub mirror: String,
    pub security_mirror: String,
}

impl Default for Sources {
    fn default() -> Self {
        Self::at(MIRROR)
    }
}

impl Sources {
    /// A mirror and, beside it as everywhere, the one of the security fixes.
    pub fn at(mirror: &str) -> Self {
        let mirror = mirror.trim_end_matches('/').to_string();
        let security_mirror = format!("{mirror}-security");
        Self { mirror, security_mirror }
    }

    /// The lines of a `sources.list`.
    pub fn list(&self) -> String {
        let [release, updates, security] = SUITES;
        let line = |mirror: &str, suite: &str| format!("deb [signed-by={KEYRING}] {mirror} {suite} main\n");
        [line(&self.mirror, release), line(&self.mirror, updates), line(&self.security_mirror, security)]
            .concat()
    }
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
}
