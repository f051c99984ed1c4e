//! For tests: asks the real server whether it takes a configuration, in a copy-on-write view of a Debian root.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::contents::Contents;

/// Where `make prepare` and the lab build a root; the variable names another one.
const ROOT: &str = "/var/cache/sehat-dev/root";
const VARIABLE: &str = "SEHAT_TEST_ROOT";

pub struct Root {
    path: PathBuf,
    prepare: String,
}

/// Returns the root where it can be used and has the program; otherwise says why not, and fails where CI is set.
pub fn root(program: &str) -> Option<Root> {
    let path = PathBuf::from(std::env::var_os(VARIABLE).unwrap_or_else(|| OsString::from(ROOT)));
    let why = if !nix_is_root() {
        "it needs root".to_owned()
    } else if !["usr/sbin", "usr/bin"].iter().any(|folder| exists(&path.join(folder).join(program))) {
        format!("{} has no {program}", path.display())
    } else {
        return Some(Root { path, prepare: String::new() });
    };
    assert!(std::env::var_os("CI").is_none(), "the test of {program} was skipped: {why}");
    #[expect(clippy::print_stderr, reason = "a skipped test says why")]
    {
        eprintln!("skipped the test of {program}: {why}");
    }
    None
}

fn exists(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

fn nix_is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|data| std::os::unix::fs::MetadataExt::uid(&data) == 0)
}

impl Root {
    /// Puts a key and a certificate where the lab's authority would.
    pub fn with_certificate(mut self, certificate: &str, key: &str) -> Self {
        self.prepare = format!(
            "{}mkdir -p \".$(dirname {key})\"; {MAKE} -keyout {key} -out {certificate} 2>/dev/null\n",
            self.prepare
        );
        self
    }

    pub fn with_bundle(self, bundle: &str) -> Self {
        let mut root = self.with_certificate("/tmp/crt", "/tmp/key");
        root.prepare = format!(
            "{}mkdir -p \".$(dirname {bundle})\"; cat ./tmp/crt ./tmp/key > .{bundle}\n",
            root.prepare
        );
        root
    }

    /// Runs the command on a machine that holds the files, and fails unless it succeeds and prints `expected`.
    pub fn accepts(&self, contents: &Contents, command: &[&str], expected: &str) {
        let place = tempfile::tempdir().unwrap();
        let files = place.path().join("files");
        std::fs::create_dir_all(&files).unwrap();
        for file in &contents.files {
            let path = files.join(file.path.strip_prefix("/").unwrap());
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, &file.text).unwrap();
        }
        let script = SCRIPT.replace("PREPARE", &self.prepare);
        let output = Command::new("unshare")
            .args(["--mount", "--net", "--pid", "--fork", "--kill-child", "sh", "-c", &script, "sh"])
            .args([place.path(), &self.path])
            .args(command)
            .output()
            .unwrap();
        let text =
            format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success() && text.contains(expected), "{:?}: {text}", output.status);
    }
}

const MAKE: &str =
    "chroot . openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=test";

const SCRIPT: &str = r#"set -e
place=$1 root=$2; shift 2
ip link set lo up
ip link add eth0 type bridge
mount --make-rprivate /
mkdir -p "$place/layer"
mount -t tmpfs tmpfs "$place/layer"
mkdir "$place/layer/upper" "$place/layer/work" "$place/layer/machine"
cp -r "$place/files/." "$place/layer/upper/"
mount -t overlay overlay -o "lowerdir=$root,upperdir=$place/layer/upper,workdir=$place/layer/work" "$place/layer/machine"
cd "$place/layer/machine"
mount -t proc proc proc
mount -t tmpfs tmpfs run
mount -t tmpfs tmpfs tmp
mount --rbind /dev dev
mkdir -p usr/local/libexec run/mysqld run/redis
PREPARE
exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin chroot . "$@"
"#;
