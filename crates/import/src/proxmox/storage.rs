//! Where disks and copies lie.

use sehat_diagnostic::Source;
use sehat_platform::inventory::hypervisor::{GuestStorage, Hypervisor};

use super::lines::sections;

pub fn read(source: &Source, hypervisor: &mut Hypervisor) {
    let words = |text: &str| {
        text.split(',').map(str::trim).filter(|word| !word.is_empty()).map(str::to_owned).collect()
    };
    for section in sections(source) {
        let server = ["server", "monhost", "portal"].iter().find_map(|key| section.text(key));
        hypervisor.storages.push(GuestStorage {
            kind: section.kind.to_owned(),
            content: words(section.word("content")),
            server,
            is_shared: section.is_on("shared"),
            is_disabled: section.fields.iter().any(|(key, ..)| *key == "disable"),
            nodes: words(section.word("nodes")),
            has_key: !section.word("encryption-key").is_empty(),
            path: section.text("path"),
            name: section.name,
        });
    }
}
