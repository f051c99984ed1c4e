//! Users and groups of a machine, read from its own files.
//!
//! The C library's functions would load modules from the machine's root into a static program.

use std::fs;

use crate::error::{Doing, Error, Result};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub name: String,
    pub user: u32,
    pub group: u32,
    pub home: String,
}

/// The account of a name in `/etc/passwd`.
pub fn account(name: &str) -> Result<Account> {
    let text = read("/etc/passwd")?;
    line_of(&text, name).and_then(|fields| parse(&fields)).ok_or_else(|| {
        Error::Refused(format!("the machine has no user `{name}`; is its package in the root?"))
    })
}

/// User and group of an owner, `mysql` or `root:ssl-cert`.
pub fn owner(text: &str) -> Result<(u32, u32)> {
    match text.split_once(':') {
        Some((user, group)) => Ok((account(user)?.user, group_number(group)?)),
        None => account(text).map(|account| (account.user, account.group)),
    }
}

fn line_of<'a>(text: &'a str, name: &str) -> Option<Vec<&'a str>> {
    text.lines().map(|line| line.split(':').collect::<Vec<_>>()).find(|fields| fields[0] == name)
}

fn parse(fields: &[&str]) -> Option<Account> {
    let number = |index: usize| fields.get(index)?.parse().ok();
    let (name, home) = (fields.first()?.to_string(), fields.get(5)?.to_string());
    Some(Account { name, user: number(2)?, group: number(3)?, home })
}

fn group_number(name: &str) -> Result<u32> {
    let text = read("/etc/group")?;
    let number = line_of(&text, name).and_then(|fields| fields.get(2)?.parse().ok());
    number.ok_or_else(|| Error::Refused(format!("the machine has no group `{name}`")))
}

fn read(path: &str) -> Result<String> {
    fs::read_to_string(path).doing(|| format!("read {path}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_found_by_its_whole_name() {
        let text =
            "mysqlx:x:7:8::/nowhere:/bin/false\nmysql:x:101:103:MySQL Server,,,:/var/lib/mysql:/bin/false\n";
        let account = line_of(text, "mysql").and_then(|fields| parse(&fields)).unwrap();
        assert_eq!((account.user, account.group, account.home.as_str()), (101, 103, "/var/lib/mysql"));
        assert_eq!(line_of(text, "redis"), None);
    }
}
