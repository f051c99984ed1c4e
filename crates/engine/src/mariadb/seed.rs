//! A data directory that is made once, so that the members of a new cluster start from the same state and only exchange
//! what was written since.

use super::DATA_DIR;
use crate::write::identifier;

/// Commands that make a folder, run as root on a machine without a network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seed {
    pub name: String,
    pub packages: Vec<String>,
    pub commands: Vec<Vec<String>>,
    pub path: String,
}

/// Returns the seed of a server with these databases, each with the statements that make its tables.
///
/// `log_file_bytes` must be the one of the servers, or they rewrite their log at the first start.
pub fn seed(galera: bool, log_file_bytes: u64, databases: &[(String, Vec<String>)]) -> Seed {
    let script = if galera { GALERA } else { SINGLE };
    let statements = statements(databases);
    let command = ["sh", "-c", script, "seed", DATA_DIR, &log_file_bytes.to_string(), &statements];
    let packages = if galera { vec!["galera-4", "mariadb-server"] } else { vec!["mariadb-server"] };
    Seed {
        name: if galera { "mariadb-galera".to_owned() } else { "mariadb".to_owned() },
        packages: packages.into_iter().map(str::to_owned).collect(),
        commands: vec![command.map(str::to_owned).to_vec()],
        path: DATA_DIR.to_owned(),
    }
}

fn statements(databases: &[(String, Vec<String>)]) -> String {
    let one = |(database, tables): &(String, Vec<String>)| {
        let name = identifier(database);
        format!("CREATE DATABASE IF NOT EXISTS {name};\nUSE {name};\n{}", tables.join(";\n") + ";\n")
    };
    databases.iter().map(one).collect()
}

/// A clean stop leaves the identity and the position of the state in `grastate.dat`. A copy of it tells the first start
/// from all later ones (see `sehat guest galera-start`). Logs of the seeding stay out, so that each cluster's begin anew.
const GALERA: &str = r#"set -eu
data=$1 log=$2 sql=$3
socket=/run/mysqld/mysqld.sock
install -d -o mysql -g mysql /run/mysqld
install -d -o mysql -g mysql -m 0750 "$data"
find "$data" -mindepth 1 -delete
ip link set lo up 2>/dev/null || true
mariadb-install-db --no-defaults --force --user=mysql --datadir="$data" --innodb-log-file-size="$log" --skip-test-db \
    --auth-root-authentication-method=socket --skip-name-resolve >/dev/null
setpriv --reuid mysql --regid mysql --init-groups mariadbd --no-defaults --datadir="$data" --socket="$socket" \
    --skip-networking --innodb-log-file-size="$log" --binlog-format=ROW --innodb-autoinc-lock-mode=2 \
    --wsrep-on=ON --wsrep-provider=/usr/lib/galera/libgalera_smm.so --wsrep-cluster-name=seed \
    --wsrep-cluster-address=gcomm:// --wsrep-node-address=127.0.0.1 --wsrep-new-cluster \
    --wsrep-provider-options='gcache.size=16M;gmcast.listen_addr=tcp://127.0.0.1:4567' &
server=$!
tries=0
until mariadb --no-defaults -S "$socket" -e 'SELECT 1' >/dev/null 2>&1; do
    tries=$((tries + 1)); [ "$tries" -lt 600 ] || exit 1; sleep 0.1
done
printf '%s' "$sql" | mariadb --no-defaults -S "$socket"
mariadb-admin --no-defaults -S "$socket" shutdown
wait "$server"
rm -f "$data"/galera.cache "$data"/gvwstate.dat "$data"/binlog.* "$data"/ib_buffer_pool
grep -q 'safe_to_bootstrap: 1' "$data/grastate.dat"
cp -p "$data/grastate.dat" "$data/grastate.seed"
"#;

const SINGLE: &str = r#"set -eu
data=$1 log=$2 sql=$3
socket=/run/mysqld/mysqld.sock
install -d -o mysql -g mysql /run/mysqld
install -d -o mysql -g mysql -m 0750 "$data"
find "$data" -mindepth 1 -delete
mariadb-install-db --no-defaults --force --user=mysql --datadir="$data" --innodb-log-file-size="$log" --skip-test-db \
    --auth-root-authentication-method=socket --skip-name-resolve >/dev/null
setpriv --reuid mysql --regid mysql --init-groups mariadbd --no-defaults --datadir="$data" --socket="$socket" \
    --skip-networking --innodb-log-file-size="$log" &
server=$!
tries=0
until mariadb --no-defaults -S "$socket" -e 'SELECT 1' >/dev/null 2>&1; do
    tries=$((tries + 1)); [ "$tries" -lt 600 ] || exit 1; sleep 0.1
done
printf '%s' "$sql" | mariadb --no-defaults -S "$socket"
mariadb-admin --no-defaults -S "$socket" shutdown
wait "$server"
rm -f "$data"/ib_buffer_pool
"#;
