//! The part over documents in words, and over settings in them.

use sehat_platform::inventory::prose::{Component, Statement};
use sehat_verdict::{Finding, Severity};

use super::NAME;
use crate::Context;

/// State transfers that stop the donor's writes, by their names in the setting.
const BLOCKING: [&str; 2] = ["rsync", "mysqldump"];

pub fn judge(context: &Context<'_>) -> Vec<Finding> {
    let prose = &context.inventory.prose;
    let method = |line: &Statement| {
        let value = line.value().trim_matches(['"', '\'', '`', ';']).to_owned();
        let is_method =
            line.key.as_deref().is_some_and(|key| key.trim().eq_ignore_ascii_case("wsrep_sst_method"));
        (is_method && BLOCKING.contains(&value.as_str())).then_some(value)
    };
    let found = prose.statements.iter().find_map(|line| Some((line, method(line)?)));
    let Some((line, method)) = found else { return Vec::new() };
    let counted = |component: &&Component| {
        matches!(component.product, "galera" | "mariadb" | "mysql") && component.count.is_some()
    };
    let member = prose.components.iter().find(counted);
    let count = member.and_then(|member| member.count.as_ref());
    if count.is_some_and(|count| count.value > 4) {
        return Vec::new();
    }
    let of = count.map_or_else(|| "a small cluster".to_owned(), |count| format!("{count} members"));
    let serving = count.map_or(0, |count| count.value.saturating_sub(2));
    vec![
        Finding::broken(NAME, Severity::High, "Galera")
            .says(format!("while a member joins {of} by {method}, the donor takes no writes"))
            .witness(format!("one joins, one donates, {serving} serve: the loss of another ends the quorum"))
            .repair(
                "use mariabackup or clone for the transfer, and a gcache that makes most joins incremental",
            )
            .at(&line.origin, "blocks the donor")
            .at(count.map(|count| &count.origin), "members"),
    ]
}
