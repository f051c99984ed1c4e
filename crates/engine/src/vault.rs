//! The vault: a machine that takes copies over SSH and admits additions only.
//!
//! Whoever holds a machine's key reaches one command, the relay, which can speak to the receiver and owns nothing. The
//! receiver is another user; it chooses the names, writes each copy once, and removes by age alone, by its own clock.

use std::collections::BTreeMap;

use serde_json::json;

use crate::contents::{Contents, Directory, File, Opening, Party, Probe, Process, SEHAT};
use crate::ssh::KeyPair;
use crate::write::json;

/// The user that clients sign in as, and the one that owns the copies.
pub const CLIENT_USER: &str = "vault-in";
pub const OWNER: &str = "vault";
/// Where copies lie, and what the receiver is told.
pub const ROOT: &str = "/var/lib/vault";
pub const CONFIG: &str = "/etc/sehat/vault.json";
const RUN_DIR: &str = "/run/vault";
const SOCKET: &str = "/run/vault/in.sock";
const SSHD_CONFIG: &str = "/etc/ssh/vault_config";
const HOST_KEY: &str = "/etc/ssh/vault_host_key";
const CLIENT_KEYS: &str = "/etc/ssh/vault_clients";
const PRUNE_EVERY_MS: u64 = 3_600_000;
/// Copies of a kind that stay however old they are: when no new ones come, the last ones are all there is.
const KEPT_COUNT_MIN: usize = 3;

/// What the vault needs to know.
pub struct Input {
    pub port: u16,
    pub host_key: KeyPair,
    /// The machines that may add, each with its public key.
    pub clients: BTreeMap<String, String>,
    /// How long copies of each kind stay; copies of other kinds are refused.
    pub keep_ms: BTreeMap<String, u64>,
    /// A single copy, and all together; beyond it new ones are refused, and no old one makes room.
    pub copy_bytes_max: u64,
    pub total_bytes_max: u64,
}

pub fn contents(input: &Input) -> Contents {
    Contents {
        packages: ["openssh-server"].map(str::to_owned).into(),
        directories: vec![Directory::new("/run/sshd", "root", 0o755)],
        files: vec![
            File::plain(CONFIG, json(&receiver(input))),
            File::plain(SSHD_CONFIG, sshd(input.port)),
            File::plain(CLIENT_KEYS, clients(&input.clients)),
            File::secret(HOST_KEY, "root", input.host_key.private()),
        ],
        processes: vec![receiver_process(), sshd_process(input.port)],
        ..Contents::default()
    }
}

pub fn openings(input: &Input) -> Vec<Opening> {
    vec![Opening::tcp(input.port, Party::Clients)]
}

fn receiver(input: &Input) -> serde_json::Value {
    json!({
        "root": ROOT,
        "socket": SOCKET,
        "keep-ms": input.keep_ms,
        "kept-count-min": KEPT_COUNT_MIN,
        "copy-bytes-max": input.copy_bytes_max,
        "total-bytes-max": input.total_bytes_max,
        "prune-every-ms": PRUNE_EVERY_MS,
    })
}

/// Both users are made here, because no package brings them. `*` is no password, and does not lock the account for keys.
fn receiver_process() -> Process {
    let script = format!(
        "id {OWNER} || useradd --system --no-create-home --home-dir / --shell /usr/sbin/nologin {OWNER}; \
         id {CLIENT_USER} || useradd --system --no-create-home --home-dir / --shell /bin/sh --password '*' {CLIENT_USER}; \
         install -d -o {OWNER} -g {OWNER} -m 0700 {ROOT}; \
         install -d -o {OWNER} -g {CLIENT_USER} -m 0750 {RUN_DIR}"
    );
    let ready = Probe::Command {
        command: ["test", "-S", SOCKET].map(str::to_owned).to_vec(),
        contains: String::new(),
    };
    Process::new("vault", OWNER, &[SEHAT, "guest", "vault", "receive", "--config", CONFIG])
        .before(&["sh", "-c", &script])
        .ready(ready, 10_000)
}

fn sshd_process(port: u16) -> Process {
    Process::new("sshd", "root", &["/usr/sbin/sshd", "-D", "-e", "-f", SSHD_CONFIG])
        .after("vault")
        .ready(Probe::Tcp { port }, 10_000)
}

fn sshd(port: u16) -> String {
    let settings = [
        ("Port", port.to_string()),
        ("HostKey", HOST_KEY.to_owned()),
        ("AuthorizedKeysFile", CLIENT_KEYS.to_owned()),
        ("AuthenticationMethods", "publickey".to_owned()),
        ("AllowUsers", CLIENT_USER.to_owned()),
        ("PermitRootLogin", "no".to_owned()),
        ("UsePAM", "no".to_owned()),
        ("DisableForwarding", "yes".to_owned()),
        ("PermitTTY", "no".to_owned()),
        ("PermitUserRC", "no".to_owned()),
        ("PermitTunnel", "no".to_owned()),
        ("UseDNS", "no".to_owned()),
        ("ClientAliveInterval", "15".to_owned()),
        ("PidFile", "none".to_owned()),
    ];
    settings.map(|(key, value)| [key, " ", &value, "\n"].concat()).concat()
}

fn clients(clients: &BTreeMap<String, String>) -> String {
    let one = |(name, key): (&String, &String)| {
        format!("restrict,command=\"{SEHAT} guest vault relay --socket {SOCKET} --from {name}\" {key}\n")
    };
    clients.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vault_of_one_client() {
        let input = Input {
            port: 22,
            host_key: KeyPair::derive("host", "vault"),
            clients: [("records-1".to_owned(), KeyPair::derive("client", "records-1").public())].into(),
            keep_ms: [("full".to_owned(), 86_400_000)].into(),
            copy_bytes_max: 1 << 30,
            total_bytes_max: 8 << 30,
        };
        let contents = contents(&input);
        let shown = contents.files.iter().filter(|file| !file.secret);
        let texts = shown.map(|file| format!("--- {}\n{}", file.path.display(), file.text));
        insta::assert_snapshot!(texts.collect::<Vec<_>>().concat());
        assert_eq!(contents.files.iter().filter(|file| file.secret).count(), 1);
    }
}
