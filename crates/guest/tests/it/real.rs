//! Real servers out of a Debian root, in mounts and processes of their own, on ports of 127.0.0.1.

use std::ffi::OsString;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// Where `make prepare` and the lab build a root; the variable names another one.
const ROOT: &str = "/var/cache/sehat-dev/root";
const VARIABLE: &str = "SEHAT_TEST_ROOT";
const READY_MAX: Duration = Duration::from_secs(30);

/// A running server that ends when it is dropped, with everything that it started.
pub struct Server {
    child: Child,
    pub address: SocketAddr,
}

/// Returns the root where it can be used and has the program; otherwise says why not, and fails where CI is set.
pub fn root(program: &str) -> Option<PathBuf> {
    let path = PathBuf::from(std::env::var_os(VARIABLE).unwrap_or_else(|| OsString::from(ROOT)));
    let has = |folder: &str| path.join(folder).join(program).symlink_metadata().is_ok();
    let why = if !nix::unistd::geteuid().is_root() {
        "it needs root".to_owned()
    } else if !has("usr/sbin") && !has("usr/bin") {
        format!("{} has no {program}", path.display())
    } else {
        return Some(path);
    };
    assert!(std::env::var_os("CI").is_none(), "the test of {program} was skipped: {why}");
    #[expect(clippy::print_stderr, reason = "a skipped test says why")]
    {
        eprintln!("skipped the test of {program}: {why}");
    }
    None
}

pub fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

impl Server {
    /// Runs the script inside the root, with `place` as its `/srv`, and waits until the address accepts connections.
    pub fn start(root: &Path, place: &Path, address: SocketAddr, script: &str) -> Self {
        let child = Command::new("unshare")
            .args(["--mount", "--pid", "--fork", "--kill-child", "sh", "-c", ENTER, "sh"])
            .args([root.as_os_str(), place.as_os_str()])
            .args([script, &address.port().to_string()])
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(place.join("log")).unwrap())
            .spawn()
            .unwrap();
        let mut server = Self { child, address };
        let limit = Instant::now() + READY_MAX;
        while TcpStream::connect(address).is_err() {
            let ended = server.child.try_wait().unwrap();
            let log = || std::fs::read_to_string(place.join("log")).unwrap();
            assert!(ended.is_none() && Instant::now() < limit, "the server did not start: {}", log());
            std::thread::sleep(Duration::from_millis(20));
        }
        server
    }
}

impl Server {
    /// Returns the first process inside, which sees the server's mounts.
    pub fn inner(&self) -> Option<u32> {
        let children = format!("/proc/{0}/task/{0}/children", self.child.id());
        std::fs::read_to_string(children).ok()?.split_whitespace().next()?.parse().ok()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A server that changes its user is no longer killed with its parent, so the kill goes to itself.
        if let Some(inner) = self.inner().and_then(|inner| i32::try_from(inner).ok()) {
            let _ = kill(Pid::from_raw(inner), Signal::SIGKILL);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
        // The kernel ends the namespace's processes a moment after their first one.
        let limit = Instant::now() + READY_MAX;
        while TcpStream::connect(self.address).is_ok() && Instant::now() < limit {
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

/// The root stays as it is: everything is written to memory, and to the place that the test made.
const ENTER: &str = r#"set -e
root=$1 place=$2 script=$3 port=$4
mount --make-rprivate /
mkdir -p "$place/machine" "$place/layer"
mount -t tmpfs tmpfs "$place/layer"
mkdir "$place/layer/upper" "$place/layer/work"
mount -t overlay overlay -o "lowerdir=$root,upperdir=$place/layer/upper,workdir=$place/layer/work" "$place/machine"
cd "$place/machine"
mkdir -p "$place/srv"
mount --bind "$place/srv" srv
mount -t proc proc proc
mount -t tmpfs tmpfs run
mount -t tmpfs tmpfs tmp
mount --rbind /dev dev
exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin chroot . sh -c "$script" sh "$port"
"#;
