//! A lab comes up, works, and leaves nothing.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use sehat_engine::contents::Certificate;
use sehat_lab::blueprint::Protocol;
use sehat_lab::status::MachineState as State;
use sehat_lab_linux::{Error, Lab};

use crate::clinic::{EDGE, allow, clinic, layers};
use crate::harness::Test;
use crate::machine_state::{MachineState, lab_processes};

pub const TESTS: &[Test] = &[
    ("comes_up_serves_and_leaves_nothing", comes_up_serves_and_leaves_nothing),
    ("up_again_finds_the_same_lab", up_again_finds_the_same_lab),
    ("two_labs_with_the_same_addresses", two_labs_with_the_same_addresses),
    ("a_process_that_fails_is_named", a_process_that_fails_is_named),
    ("a_machine_sees_nothing_of_the_real_one", a_machine_sees_nothing_of_the_real_one),
    ("commands_run_as_asked", commands_run_as_asked),
    ("files_belong_to_whoever_called_sudo", files_belong_to_whoever_called_sudo),
    ("up_needs_no_network", up_needs_no_network),
    ("certificates_come_from_the_labs_authority", certificates_come_from_the_labs_authority),
    ("secrets_stay_the_same_until_down", secrets_stay_the_same_until_down),
];

/// A lab that is taken down however the test ends.
pub struct Running(pub Lab);

impl Running {
    pub fn clinic(platform: &str) -> Self {
        let lab = Self(Lab::open(platform, "test"));
        lab.0.up(&clinic(platform), &layers(), &mut |_| {}).unwrap();
        lab
    }

    /// The output of a command that has to succeed.
    pub fn run(&self, machine: &str, words: &[&str]) -> String {
        let output = self.0.run(machine, words).unwrap();
        assert_eq!(output.code, 0, "{words:?} on {machine}: {output:?}");
        output.stdout
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.down().unwrap();
    }
}

/// What the front door answers.
pub fn knock(lab: &Lab) -> String {
    let port = lab.status().unwrap().front_doors[0].port;
    let mut door = TcpStream::connect(("127.0.0.1", port)).unwrap();
    door.write_all(b"GET / HTTP/1.0\r\n\r\n").unwrap();
    let mut answer = String::new();
    door.read_to_string(&mut answer).unwrap();
    answer
}

fn comes_up_serves_and_leaves_nothing() {
    let before = MachineState::now();
    let lab = Running::clinic("clinic");
    let status = lab.0.status().unwrap();
    assert!(status.ready);
    assert!(status.machines.iter().all(|machine| machine.state == State::Up));
    assert!(knock(&lab.0).ends_with("edge\n"));
    assert_eq!(lab.run("edge", &["curl", "-s", "http://192.168.20.11:8080/"]), "web-1\n");
    drop(lab);
    before.assert_is_back();
    assert!(matches!(Lab::open("clinic", "test").status(), Err(Error::NotRunning(_))));
}

fn up_again_finds_the_same_lab() {
    let before = MachineState::now();
    let lab = Running::clinic("clinic");
    let processes = lab_processes();
    lab.0.up(&clinic("clinic"), &layers(), &mut |_| {}).unwrap();
    assert_eq!(lab_processes(), processes);
    let mut other = clinic("clinic");
    other.machines.pop();
    let error = lab.0.up(&other, &layers(), &mut |_| {}).unwrap_err();
    assert!(error.to_string().contains("`sehat down` first"), "{error}");
    drop(lab);
    Lab::open("clinic", "test").down().unwrap();
    before.assert_is_back();
}

fn two_labs_with_the_same_addresses() {
    let before = MachineState::now();
    let (one, other) = (Running::clinic("clinic"), Running::clinic("hospital"));
    one.run("web-1", &["sh", "-c", "echo one > /srv/mark"]);
    assert_ne!(other.0.run("web-1", &["cat", "/srv/mark"]).unwrap().code, 0);
    drop(one);
    assert!(knock(&other.0).ends_with("edge\n"));
    drop(other);
    before.assert_is_back();
}

fn a_process_that_fails_is_named() {
    let before = MachineState::now();
    let lab = Running(Lab::open("broken", "test"));
    let mut blueprint = clinic("broken");
    let process = &mut blueprint.machines[2].instances[0].contents.processes[0];
    process.command = ["/bin/sh", "-c", "echo the disk is full; exit 7"].map(Into::into).to_vec();
    process.ready_ms_max = 600;
    let error = lab.0.up(&blueprint, &layers(), &mut |_| {}).unwrap_err().to_string();
    assert_eq!(error, "`nginx` on `web-1`: not ready in 600 ms: it ended with 7: the disk is full");
    assert!(lab.0.log("web-1", "nginx").unwrap().starts_with("the disk is full\n"));
    drop(lab);
    before.assert_is_back();
}

fn a_machine_sees_nothing_of_the_real_one() {
    let lab = Running::clinic("clinic");
    let mark = Path::new("/opt/mark-of-the-real-machine");
    std::fs::write(mark, "").unwrap();
    for path in
        [mark.to_str().unwrap(), "/var/lib/sehat", "/var/cache/sehat", "/old-root", "/logs", "/cgroup"]
    {
        assert_ne!(lab.0.run("web-1", &["test", "-e", path]).unwrap().code, 0, "{path} is visible");
    }
    std::fs::remove_file(mark).unwrap();
    let processes = lab.run("web-1", &["ps", "-e", "-o", "args"]);
    assert!(processes.contains("lab-machine") && !processes.contains("lab-box"), "{processes}");
    let denied = lab.0.run("web-1", &["sh", "-c", "echo 1 > /proc/sys/kernel/panic"]).unwrap();
    assert_ne!(denied.code, 0);
    let separated = lab.0.run("web-1", &["unshare", "--mount", "true"]).unwrap();
    assert_ne!(separated.code, 0);
    let environment = lab.run("web-1", &["env"]);
    assert!(environment.lines().all(|line| !line.starts_with("CARGO")), "{environment}");
    let groups = lab.run("web-1", &["cat", "/proc/1/cgroup"]);
    assert!(groups.contains("/sehat/clinic-test/web-1"), "{groups}");
}

fn certificates_come_from_the_labs_authority() {
    let lab = Running(Lab::open("tls", "test"));
    let mut blueprint = clinic("tls");
    let contents = &mut blueprint.machines[1].instances[0].contents;
    contents.certificates = vec![Certificate {
        certificate_path: "/etc/nginx/edge.pem".into(),
        key_path: "/etc/nginx/edge.key".into(),
        bundle_path: Some("/etc/nginx/bundle.pem".into()),
        authority_path: "/etc/nginx/authority.pem".into(),
        owner: "www-data".into(),
        names: vec!["edge".into(), EDGE.to_string()],
    }];
    let text = &mut contents.files[0].text;
    *text = text.replace(
        "listen 80;",
        "listen 80; listen 443 ssl; ssl_certificate edge.pem; ssl_certificate_key edge.key;",
    );
    blueprint.allowed.push(allow("0.0.0.0/0", "192.168.10.10/32", Protocol::Tcp, Some(443)));
    lab.0.up(&blueprint, &layers(), &mut |_| {}).unwrap();
    let authority = lab.0.authority().unwrap();
    for name in ["edge", "192.168.10.10"] {
        let url = format!("https://{name}/");
        let words =
            ["sh", "-c", "cat > /tmp/ca.pem; curl -s --cacert /tmp/ca.pem $0", &url].map(Into::into).to_vec();
        let command = sehat_lab_linux::Command { words, user: "root".into(), environment: [].into() };
        let output = lab.0.run_command("client", command, &authority).unwrap();
        assert_eq!(output.stdout, "edge\n", "{output:?}");
    }
    assert_eq!(lab.run("edge", &["stat", "-c", "%U %a", "/etc/nginx/edge.key"]), "www-data 600\n");
}

fn secrets_stay_the_same_until_down() {
    let lab = Lab::open("secret", "test");
    let first = lab.secret("root of mariadb").unwrap();
    assert_eq!(first.len(), 32);
    assert_eq!(lab.secret("root of mariadb").unwrap(), first);
    assert_ne!(lab.secret("other").unwrap(), first);
    let mode = std::fs::metadata(lab.folder().join("secrets.json")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    lab.up(&clinic("secret"), &layers(), &mut |_| {}).unwrap();
    assert_eq!(lab.secret("root of mariadb").unwrap(), first);
    lab.down().unwrap();
    assert!(!lab.folder().exists());
}

/// What `up` and the box write under sudo belongs to the user who called it.
fn files_belong_to_whoever_called_sudo() {
    let status = std::process::Command::new("/proc/self/exe")
        .arg("up-and-look")
        .envs([("SUDO_UID", "65534"), ("SUDO_GID", "65534")])
        .status();
    assert!(status.unwrap().success());
}

/// Without any link but a loopback that is down, as on a machine whose cable was pulled.
fn up_needs_no_network() {
    let program = std::env::current_exe().unwrap();
    let mut command = std::process::Command::new("unshare");
    command.arg("--net").arg(program).arg("up-and-look");
    command.envs([("SUDO_UID", "65534"), ("SUDO_GID", "65534")]);
    assert!(command.status().unwrap().success());
}

/// Runs in a child with the environment of sudo.
pub fn look_at_owners(args: &[String]) -> Option<i32> {
    args.get(1).filter(|word| *word == "up-and-look")?;
    let lab = Running::clinic("sudo");
    let folder = lab.0.folder();
    let files =
        ["", "blueprint.json", "authority.key", "box.log", "logs", "logs/web-1", "logs/web-1/nginx.log"];
    let foreign = files.iter().any(|file| std::fs::metadata(folder.join(file)).unwrap().uid() != 65534);
    Some(i32::from(foreign))
}

fn commands_run_as_asked() {
    let limits = "umask; ulimit -c; test $(ulimit -n) -ge 1024";
    let lab = Running::clinic("clinic");
    let words = ["sh", "-c", "cat; id -un; id -G; echo $COLOUR; exit 5"].map(Into::into).to_vec();
    let environment = [("COLOUR".to_string(), "green".to_string())].into();
    let command = sehat_lab_linux::Command { words, user: "www-data".into(), environment };
    let output = lab.0.run_command("web-1", command, "hello\n").unwrap();
    assert_eq!((output.code, output.stdout.as_str()), (5, "hello\nwww-data\n33\ngreen\n"));
    assert_eq!(lab.run("web-1", &["sh", "-c", limits]), "0022\n0\n");
    let error = lab.0.run("web-9", &["true"]).unwrap_err().to_string();
    assert!(error.contains("no machine `web-9`; the machines are router, client"), "{error}");
    let error = lab.0.run("web-1", &["no-such-program"]).unwrap_err().to_string();
    assert!(error.contains("start `no-such-program`"), "{error}");
}
