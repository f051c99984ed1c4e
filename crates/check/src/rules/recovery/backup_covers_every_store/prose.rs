//! The part over documents in words.

use sehat_platform::inventory::prose::{Component, Prose};
use sehat_verdict::{Finding, Severity};

use super::NAME;
use crate::Context;
use crate::prose::{called, family, first_of_kinds, has_unread_infrastructure, is_managed, listed, promise};

const STORES: [&str; 6] = ["database", "cache", "queue", "object-store", "file-share", "search"];

/// The tools that scripts copy a product with.
const TOOLS: [(&str, &[&str]); 4] = [
    ("postgresql", &["pg_dump", "pg_basebackup", "pgbackrest", "barman"]),
    ("mysql", &["mysqldump", "mariadb-dump", "mariabackup", "xtrabackup"]),
    ("mongodb", &["mongodump"]),
    ("redis", &["redis-cli"]),
];

pub fn judge(context: &Context<'_>) -> Vec<Finding> {
    let prose = &context.inventory.prose;
    let stores = first_of_kinds(prose, &STORES);
    let Some((_, copies)) = prose.saying(&["backup"]).next() else { return Vec::new() };
    let bare: Vec<&Component> = stores
        .into_iter()
        .filter(|store| {
            !is_declared(context, store.product)
                && !is_copied(prose, store)
                && !is_copied_by_script(context, store.product)
        })
        .filter(|store| !is_managed(store.product) || !has_unread_infrastructure(context))
        .collect();
    let Some(first) = bare.first() else { return Vec::new() };
    let names: Vec<String> = bare.iter().map(|store| called(prose, store)).collect();
    let subject = if bare.len() == 1 { called(prose, first) } else { "stores".to_owned() };
    let mut finding = promise(context, NAME, Severity::High, subject)
        .says(format!(
            "backups are promised, and nothing says that {} {} copied",
            listed(&names),
            if bare.len() == 1 { "is" } else { "are" }
        ))
        .witness("a replica repeats a deletion; only a copy brings the data back")
        .repair("state a backup for each, or say which may be lost or rebuilt")
        .counts(bare.len());
    for (store, name) in bare.iter().zip(&names).take(5) {
        finding = finding.at(&store.origin, format!("{name} holds data"));
    }
    vec![finding.at(&copies.origin, "backups are promised here")]
}

/// A file declares it, and is judged by itself.
fn is_declared(context: &Context<'_>, product: &str) -> bool {
    let engine = family(product);
    context.inventory.objects.iter().any(|object| object.api_version.contains(engine))
}

/// Some line about copies speaks of it, by name or by its kind where no other is of that kind.
fn is_copied(prose: &Prose, store: &Component) -> bool {
    let mine = family(store.product);
    let alone = first_of_kinds(prose, &[store.kind]).len() == 1;
    let word = match store.kind {
        "object-store" => "object-storage",
        "file-share" => "file-storage",
        kind => kind,
    };
    let by_schedule = prose
        .schedules
        .iter()
        .any(|copy| copy.about.iter().any(|about| family(about) == mine || (alone && *about == word)));
    let in_words = prose.statements.iter().any(|line| {
        line.says_any(&["backup", "snapshot"])
            && line.products.iter().any(|mention| family(mention.name) == mine)
            && !line.is_heading()
    });
    let under = || {
        prose.components.iter().filter(|other| family(other.product) == mine).any(|other| {
            prose
                .block(other.statement)
                .iter()
                .any(|line| line.says_any(&["backup", "snapshot", "log-archive"]) && line.products.is_empty())
        })
    };
    by_schedule
        || (in_words && store.kind != "object-store")
        || (under() && store.product != "nfs" && store.product != "s3")
}

fn is_copied_by_script(context: &Context<'_>, product: &str) -> bool {
    let Some((_, tools)) = TOOLS.iter().find(|(name, _)| *name == family(product)) else { return false };
    let uses = |text: &str| tools.iter().any(|tool| text.contains(tool));
    let inventory = context.inventory;
    let in_pods = inventory.workloads.iter().any(|workload| {
        workload
            .pod
            .all_containers()
            .any(|container| container.command.iter().chain(&container.args).any(|word| uses(&word.value)))
    });
    in_pods
        || inventory.delivery.all_scripts().any(|script| format!("{:?}", script.lines).split('"').any(uses))
}
