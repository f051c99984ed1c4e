//! The accounts of a server, as statements that it runs at each start before it accepts a client.

use sha1::{Digest, Sha1};

use super::input::{Account, Rights};
use crate::write::{hexadecimal, identifier, literal};

/// Each member runs them for itself, outside the group and the log, because statements at the start are not replicated;
/// since all members have the same file, they end with the same accounts.
const LOCAL: [&str; 2] = ["SET SESSION sql_log_bin = 0", "SET SESSION wsrep_on = OFF"];

pub fn statements(accounts: &[Account]) -> String {
    let local = LOCAL.map(str::to_owned).into_iter();
    let all = local.chain(accounts.iter().flat_map(|account| [create(account), grant(account)]));
    all.map(|statement| statement + ";\n").collect()
}

fn create(account: &Account) -> String {
    let hash = literal(&password_hash(&account.password));
    format!("CREATE OR REPLACE USER {} IDENTIFIED BY PASSWORD {hash}", name(account))
}

fn grant(account: &Account) -> String {
    let rights = match &account.rights {
        Rights::Application { database } => format!("ALL PRIVILEGES ON {}.*", identifier(database)),
        Rights::Monitoring => "PROCESS, BINLOG MONITOR, SLAVE MONITOR ON *.*".to_owned(),
        // What mariadb-backup and a reader of the log ask for (MariaDB documentation, "mariadb-backup: authentication").
        Rights::Backup => "RELOAD, PROCESS, LOCK TABLES, BINLOG MONITOR, REPLICATION SLAVE ON *.*".to_owned(),
        Rights::Restore => "ALL PRIVILEGES ON *.*".to_owned(),
    };
    format!("GRANT {rights} TO {}", name(account))
}

fn name(account: &Account) -> String {
    format!("{}@{}", literal(&account.user), literal(&account.host))
}

/// Returns `*` and SHA1(SHA1(password)) in hexadecimal digits, as `PASSWORD()` does, so that the password itself is not on
/// the machine.
fn password_hash(password: &str) -> String {
    let digest = Sha1::digest(Sha1::digest(password.as_bytes()));
    format!("*{}", hexadecimal(&digest).to_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_the_servers() {
        // SELECT PASSWORD('password') of MariaDB.
        assert_eq!(password_hash("password"), "*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19");
    }

    #[test]
    fn a_password_stands_nowhere() {
        let rights = Rights::Application { database: "app".to_owned() };
        let account =
            Account { user: "app".to_owned(), host: "%".to_owned(), password: "canary".to_owned(), rights };
        insta::assert_snapshot!(statements(&[account]), @"
        SET SESSION sql_log_bin = 0;
        SET SESSION wsrep_on = OFF;
        CREATE OR REPLACE USER 'app'@'%' IDENTIFIED BY PASSWORD '*D1C858894D24430CFDA6BC3B74512F198D3A2650';
        GRANT ALL PRIVILEGES ON `app`.* TO 'app'@'%';
        ");
    }
}
