//! The part over documents in words.

use std::collections::BTreeSet;

use sehat_catalog as catalog;
use sehat_platform::inventory::prose::{Prose, Statement, Unit};
use sehat_verdict::{Finding, Severity};

use super::NAME;
use crate::Context;
use crate::prose::{has_unread_infrastructure, promise};

pub fn judge(context: &Context<'_>) -> Vec<Finding> {
    let prose = &context.inventory.prose;
    if has_second_place(prose) {
        return Vec::new();
    }
    let claim = prose.saying(&["multi-region"]).next().map(|(_, line)| line);
    let is_chapter = |line: &&Statement| line.is_heading() && line.says("disaster-recovery");
    let chapter = prose
        .statements
        .iter()
        .find(is_chapter)
        .filter(|_| !prose.says(&["off-site"]) && !has_unread_infrastructure(context));
    let (line, severity, says) = match (claim, chapter) {
        (Some(line), _) => {
            (line, Severity::High, "copies in another region are promised, and no second place is named")
        }
        (None, Some(line)) => {
            (line, Severity::Medium, "a chapter on disaster recovery names no second place")
        }
        (None, None) => return Vec::new(),
    };
    vec![
        promise(context, NAME, severity, "disaster recovery")
            .says(says)
            .witness("all that is named stands in one place, and so is lost with it")
            .repair("name the second site, what is copied to it and how far it may lag")
            .at(&line.origin, "promised here"),
    ]
}

/// Two regions, two sites, or a figure that counts them.
fn has_second_place(prose: &Prose) -> bool {
    let mut regions: BTreeSet<&str> = BTreeSet::new();
    for line in &prose.statements {
        let words = line.text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-');
        regions
            .extend(words.filter_map(|word| catalog::region(word.trim_end_matches('-')).map(|row| row.name)));
        let counts = line.figures.iter().any(|figure| {
            figure.unit == Unit::Count
                && figure.low > 1.0
                && matches!(figure.of, Some("region" | "data-center"))
        });
        if counts {
            return true;
        }
    }
    regions.len() > 1
}
