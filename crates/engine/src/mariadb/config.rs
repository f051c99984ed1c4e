//! The server's configuration file.

use super::input::{Evs, Galera, Input, StateTransfer};
use super::{ACCOUNTS, BINLOG, DATA_DIR, SOCKET, USER};
use crate::contents::File;
use crate::write::{Ini, seconds};

const TRANSFER: &str = "/etc/mysql/sehat-transfer.cnf";
const PROVIDER: &str = "/usr/lib/galera/libgalera_smm.so";

pub fn server(input: &Input) -> String {
    let ini = Ini::new()
        .section("mariadbd")
        .set("datadir", DATA_DIR)
        .set("socket", SOCKET)
        .set("bind_address", "0.0.0.0")
        .set("port", input.port)
        // Names of clients are never looked up: a resolver that does not answer stalls every connection.
        .set("skip_name_resolve", "ON")
        .set("init_file", ACCOUNTS)
        .set("max_connections", input.connections_max)
        .set("innodb_buffer_pool_size", input.sizes.buffer_pool_bytes)
        .set("innodb_log_file_size", input.sizes.log_file_bytes)
        .set("innodb_flush_log_at_trx_commit", if input.durable { 1 } else { 2 })
        .set("performance_schema", "OFF");
    let ini = input.galera.iter().fold(log(ini, input), |ini, galera| group(ini, input, galera));
    match &input.galera {
        Some(Galera { state_transfer: StateTransfer::Mariabackup { .. }, .. }) => {
            format!("{}!include {TRANSFER}\n", ini.text())
        }
        _ => ini.text(),
    }
}

/// The log of changes, which a restore to a moment replays.
fn log(ini: Ini, input: &Input) -> Ini {
    ini.set("log_bin", BINLOG)
        .set("binlog_format", "ROW")
        .set("log_slave_updates", "ON")
        .set("sync_binlog", u8::from(input.durable))
        .set("binlog_expire_logs_seconds", input.binlog_keep_ms / 1000)
        .set("server_id", input.server_id)
}

fn group(ini: Ini, input: &Input, galera: &Galera) -> Ini {
    let members: Vec<String> = galera.members.iter().map(ToString::to_string).collect();
    let method = match galera.state_transfer {
        StateTransfer::Rsync => "rsync",
        StateTransfer::Mariabackup { .. } => "mariabackup",
    };
    // Local changes, of which there should be none, get a number of their own, so that they are noticed.
    let local_domain = galera.members.iter().position(|member| *member == input.address).unwrap_or(0) + 100;
    ini.set("wsrep_on", "ON")
        .set("wsrep_provider", PROVIDER)
        .set("wsrep_cluster_name", &galera.cluster)
        .set("wsrep_cluster_address", format!("gcomm://{}", members.join(",")))
        .set("wsrep_node_name", &input.name)
        .set("wsrep_node_address", input.address)
        .set("wsrep_slave_threads", galera.applier_threads)
        .set("wsrep_sst_method", method)
        .set("wsrep_gtid_mode", "ON")
        .set("wsrep_gtid_domain_id", galera.gtid_domain)
        .set("gtid_domain_id", local_domain)
        // Galera cannot replicate the other lock mode.
        .set("innodb_autoinc_lock_mode", 2)
        .set("wsrep_provider_options", provider_options(input, galera.evs))
}

fn provider_options(input: &Input, evs: Evs) -> String {
    let period = |ms: u64| format!("PT{}S", seconds(ms));
    let options = [
        ("gcache.size", input.sizes.galera_cache_bytes.to_string()),
        ("evs.keepalive_period", period(evs.keepalive_ms)),
        ("evs.suspect_timeout", period(evs.suspect_ms)),
        ("evs.inactive_timeout", period(evs.inactive_ms)),
        ("evs.inactive_check_period", period(evs.inactive_check_ms)),
        ("evs.install_timeout", period(evs.install_ms)),
        ("evs.join_retrans_period", period(evs.join_retransmit_ms)),
    ];
    options.map(|(key, value)| format!("{key}={value}")).join(";")
}

/// The secret of the transfer stands in a file of its own that only the server reads.
pub fn transfer(galera: &Galera) -> Option<File> {
    let StateTransfer::Mariabackup { user, password } = &galera.state_transfer else {
        return None;
    };
    let text = Ini::new().section("mariadbd").set("wsrep_sst_auth", format!("{user}:{password}")).text();
    Some(File::secret(TRANSFER, USER, text))
}
