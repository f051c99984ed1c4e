//! Says what preparing a root will download, before it does.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{Sources, Wanted, sources};
use crate::error::{Doing, Error, Result};
use crate::mounts::make_folder;
use crate::paths;

/// One package that will be downloaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Download {
    pub name: String,
    pub version: String,
    pub download_bytes: u64,
    pub installed_bytes: u64,
}

/// Every package of a root, with its sizes. Needs no root, but the mirror.
pub fn downloads(packages: &BTreeSet<String>, sources: &Sources) -> Result<Vec<Download>> {
    let apt = Apt::new(sources)?;
    apt.get(&["update"])?;
    let wanted = Wanted::new(packages);
    let mut words = vec!["install", "--print-uris", "--yes", "--no-install-recommends", "?essential", "apt"];
    words.extend(wanted.packages.iter().map(String::as_str));
    let listed = apt.get(&words)?;
    let files: Vec<(String, u64)> = listed.lines().filter_map(parse_line).collect();
    let sizes = apt.installed_sizes(&files)?;
    Ok(files.into_iter().map(|(file, bytes)| download(&file, bytes, &sizes)).collect())
}

/// An apt with folders of its own, so that no source or state of the real machine plays a part.
struct Apt {
    folder: PathBuf,
}

impl Apt {
    fn new(sources: &Sources) -> Result<Self> {
        let folder = paths::cache().join("apt");
        for name in ["etc", "state/lists/partial", "cache/archives/partial"] {
            make_folder(&folder.join(name))?;
        }
        write(&folder.join("etc/sources.list"), &sources.list())?;
        write(&folder.join("status"), "")?;
        write(&folder.join("apt.conf"), &configuration(&folder))?;
        Ok(Self { folder })
    }

    fn get(&self, words: &[&str]) -> Result<String> {
        self.run("apt-get", words)
    }

    fn run(&self, program: &str, words: &[&str]) -> Result<String> {
        let mut command = Command::new(program);
        command.args(words).env_clear().envs(sources::environment()).stdin(Stdio::null());
        command.env("APT_CONFIG", self.folder.join("apt.conf"));
        let output = command.output().doing(|| format!("run {program}"))?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        let line = said.lines().find(|line| line.starts_with("E:")).unwrap_or("it gave no reason");
        Err(Error::Lacking(format!("the packages cannot be listed: {line}; is the mirror reachable?")))
    }

    fn installed_sizes(&self, files: &[(String, u64)]) -> Result<BTreeMap<String, u64>> {
        let mut words = vec!["show", "--no-all-versions"];
        words.extend(files.iter().filter_map(|(file, _)| file.split('_').next()));
        let text = self.run("apt-cache", &words)?;
        Ok(text.split("\n\n").filter_map(installed_size).collect())
    }
}

fn configuration(folder: &Path) -> String {
    let folder = folder.display();
    format!(
        "Dir \"{folder}\";\nDir::State \"{folder}/state\";\nDir::Cache \"{folder}/cache\";\nDir::Etc \"{folder}/etc\";\n\
         Dir::Etc::parts \"/dev/null\";\nDir::Etc::sourceparts \"/dev/null\";\nDir::State::status \"{folder}/status\";\n\
         Dir::Bin::Methods \"/usr/lib/apt/methods\";\nAcquire::Languages \"none\";\nAPT::Sandbox::User \"root\";\n"
    )
}

/// `'http://.../nginx_1.22.1-9_amd64.deb' nginx_1.22.1-9_amd64.deb 527424 SHA256:...`
fn parse_line(line: &str) -> Option<(String, u64)> {
    let mut words = line.split(' ');
    words.next().filter(|word| word.starts_with('\''))?;
    Some((words.next()?.into(), words.next()?.parse().ok()?))
}

fn download(file: &str, download_bytes: u64, sizes: &BTreeMap<String, u64>) -> Download {
    let mut parts = file.split('_');
    let name = parts.next().unwrap_or_default().to_string();
    // A colon of the version is written %3a in the file's name.
    let version = parts.next().unwrap_or_default().replace("%3a", ":");
    Download { installed_bytes: sizes.get(&name).copied().unwrap_or(0), name, version, download_bytes }
}

fn installed_size(paragraph: &str) -> Option<(String, u64)> {
    let field = |name: &str| paragraph.lines().find_map(|line| line.strip_prefix(name));
    let kibibytes: u64 = field("Installed-Size: ")?.trim().parse().ok()?;
    Some((field("Package: ")?.trim().into(), kibibytes << 10))
}

fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).doing(|| format!("write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_apt() {
        let line = "'http://mirror.example/debian/pool/main/o/openssh/openssh-client_1%3a9.2p1-2_amd64.deb' openssh-client_1%3a9.2p1-2_amd64.deb 991376 SHA256:00";
        let (file, bytes) = parse_line(line).unwrap();
        let download = download(&file, bytes, &BTreeMap::new());
        assert_eq!(
            (download.name.as_str(), download.version.as_str(), download.download_bytes),
            ("openssh-client", "1:9.2p1-2", 991_376)
        );
    }
}
