//! Looks at a restored server: what it holds, whether its tables are sound, and which acknowledged writes it lacks.

use std::collections::BTreeSet;

use mysql::Conn;
use mysql::prelude::Queryable;
use serde::{Deserialize, Serialize};

use super::server;
use crate::Failure;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Verify {
    /// Writes of ledgers that the state must have.
    pub written: Vec<Written>,
    /// The database and table of the ledgers.
    pub ledger: Option<(String, String)>,
}

/// What one writer wrote and the platform acknowledged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    pub writer: String,
    pub numbers: Vec<u64>,
}

/// What a restored server holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    pub databases: u64,
    pub tables: u64,
    pub rows: u64,
    pub bytes: u64,
    /// The newest moment in any column of a date or time, `2026-11-21 10:15:00`.
    pub newest: Option<String>,
    pub acknowledged: Option<u64>,
    pub lost: Option<u64>,
    pub errors: Vec<String>,
}

/// Schemas that every server has.
const OWN: &str = "'mysql','sys','information_schema','performance_schema'";
/// Local time runs at most so far ahead of UTC; what lies further ahead is a plan and no trace of a write.
const AHEAD_HOURS_MAX: u64 = 14;

pub fn verify(config: &Verify) -> Result<Facts, Failure> {
    let mut connection = server::connect()?;
    let mut facts = look(&mut connection)?;
    if let Some((database, table)) = &config.ledger {
        let (mut acknowledged, mut lost) = (0, 0);
        for written in &config.written {
            acknowledged += written.numbers.len() as u64;
            lost += absent(&mut connection, database, table, written)?;
        }
        (facts.acknowledged, facts.lost) = (Some(acknowledged), Some(lost));
    }
    Ok(facts)
}

pub fn look(connection: &mut Conn) -> Result<Facts, Failure> {
    let tables: Vec<(String, String)> = connection.query(format!(
        "SELECT TABLE_SCHEMA, TABLE_NAME FROM information_schema.TABLES \
         WHERE TABLE_TYPE = 'BASE TABLE' AND TABLE_SCHEMA NOT IN ({OWN}) ORDER BY 1, 2"
    ))?;
    let databases: Option<u64> = connection.query_first(format!(
        "SELECT COUNT(*) FROM information_schema.SCHEMATA WHERE SCHEMA_NAME NOT IN ({OWN})"
    ))?;
    let bytes: Option<Option<u64>> = connection.query_first(format!(
        "SELECT CAST(SUM(DATA_LENGTH + INDEX_LENGTH) AS UNSIGNED) FROM information_schema.TABLES \
         WHERE TABLE_SCHEMA NOT IN ({OWN})"
    ))?;
    let mut facts = Facts {
        databases: databases.unwrap_or(0),
        tables: tables.len() as u64,
        bytes: bytes.flatten().unwrap_or(0),
        ..Facts::default()
    };
    for (database, table) in &tables {
        if let Err(failure) = look_at(connection, database, table, &mut facts) {
            facts.errors.push(format!("{database}.{table}: {failure}"));
        }
    }
    Ok(facts)
}

fn look_at(connection: &mut Conn, database: &str, table: &str, facts: &mut Facts) -> Result<(), Failure> {
    let name = format!("{}.{}", quoted(database), quoted(table));
    let columns: Vec<String> = connection.exec(
        "SELECT COLUMN_NAME FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? \
         AND DATA_TYPE IN ('date', 'datetime', 'timestamp') ORDER BY ORDINAL_POSITION",
        (database, table),
    )?;
    let newest = columns.iter().map(|column| {
        let column = quoted(column);
        let limit = format!("UTC_TIMESTAMP() + INTERVAL {AHEAD_HOURS_MAX} HOUR");
        format!(", DATE_FORMAT(MAX(IF({column} <= {limit}, {column}, NULL)), '%Y-%m-%d %H:%i:%s')")
    });
    let row: Option<mysql::Row> =
        connection.query_first(format!("SELECT COUNT(*){} FROM {name}", newest.collect::<String>()))?;
    if let Some(row) = row {
        facts.rows += row.get::<u64, _>(0).unwrap_or(0);
        let found = (1..=columns.len()).filter_map(|index| row.get::<Option<String>, _>(index).flatten());
        facts.newest = found.chain(facts.newest.take()).max();
    }
    let checked: Vec<(String, String, String, String)> = connection.query(format!("CHECK TABLE {name}"))?;
    let wrong =
        checked.into_iter().filter(|(.., kind, text)| kind == "error" || (kind == "status" && text != "OK"));
    facts.errors.extend(wrong.map(|(table, .., text)| format!("{table}: {text}")));
    Ok(())
}

fn absent(connection: &mut Conn, database: &str, table: &str, written: &Written) -> Result<u64, Failure> {
    if written.numbers.is_empty() {
        return Ok(0);
    }
    let name = format!("{}.{}", quoted(database), quoted(table));
    let rows =
        connection.exec_iter(format!("SELECT number FROM {name} WHERE writer = ?"), (&written.writer,))?;
    let mut held = BTreeSet::new();
    for row in rows {
        held.insert(mysql::from_row::<u64>(row?));
    }
    Ok(written.numbers.iter().filter(|number| !held.contains(number)).count() as u64)
}

fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}
