//! Judges each root alone.

use std::collections::BTreeSet;
use std::path::Path;

use jiff::civil::Date;
use sehat_diagnostic::Sources;
use sehat_document::Document;
use sehat_import::Imported;
use sehat_platform::Platform;
use sehat_verdict::VerdictEntry;

use super::{Arguments, Found, Judged, Root, accept};
use crate::exit::Exit;
use crate::input::{self, Content, Input, Settings};

pub fn roots(arguments: &Arguments, input: &Input, as_of: Date) -> Result<Judged, Exit> {
    let mut judged = Judged { skipped: input.skipped.clone(), ..Judged::default() };
    let beside = || input.top.as_ref().map(|top| top.join("sehat.yaml"));
    let file = arguments.settings.clone().or_else(beside);
    let (settings, wrong) = file.map(|file| input::settings(&file, &mut judged.sources)).unwrap_or_default();
    if let Some(named) = arguments.settings.as_ref().filter(|named| !named.is_file()) {
        return Err(Exit::bad_input(format!(
            "{} is no file\n  = help: name the file with answers and waivers",
            named.display()
        )));
    }
    judged.diagnostics.extend(wrong);
    for root in &input.roots {
        judge(&mut judged, root, arguments, &settings, as_of)?;
    }
    accept::waive(&mut judged, &settings, as_of);
    if judged.roots.is_empty() {
        let skipped: Vec<String> =
            judged.skipped.iter().map(|skipped| format!("{} ({})", skipped.path, skipped.why)).collect();
        return Err(Exit::bad_input(format!(
            "nothing could be judged: {}\n  = help: name a folder with a platform.yaml or with manifests",
            skipped.join(", ")
        )));
    }
    Ok(judged)
}

fn judge(
    judged: &mut Judged,
    root: &input::Root,
    arguments: &Arguments,
    settings: &Settings,
    as_of: Date,
) -> Result<(), Exit> {
    match &root.content {
        Content::Document(path) => document(judged, &root.name, path, arguments, as_of),
        content => {
            let read = input::read(content, arguments.run_tools)?;
            judged.skipped.extend(read.skipped.iter().cloned());
            if let Some(imported) = read.imported() {
                let wish = (arguments, settings, as_of);
                let outcome = files(judged, &root.name, imported, &read.sources, wish);
                leave(judged, read.objects);
                outcome
            } else {
                judged.diagnostics.extend(read.diagnostics);
                read.sources.shared().for_each(|source| judged.sources.share(source));
                Ok(())
            }
        }
    }
}

type Wish<'a> = (&'a Arguments, &'a Settings, Date);

fn files(
    judged: &mut Judged,
    name: &str,
    imported: Imported,
    sources: &Sources,
    wish: Wish<'_>,
) -> Result<(), Exit> {
    let (arguments, settings, as_of) = wish;
    let mut imported = imported;
    refuse_too_many(imported.inventory.objects.len(), arguments.max_documents)?;
    imported.inventory.whole = arguments.whole;
    imported.inventory.answers.extend(settings.answers.clone());
    judged.diagnostics.append(&mut imported.diagnostics);
    sources.shared().for_each(|source| judged.sources.share(source));
    let not_judged =
        imported.inventory.not_judged.iter().map(|(kind, skipped)| (kind.clone(), skipped.count)).collect();
    let root = Root { name: name.to_owned(), not_judged, ..Root::default() };
    let platforms = [imported.platform()];
    add(judged, root, &platforms, None, as_of);
    leave(judged, platforms);
    Ok(())
}

/// Lets what the only root was made of be: the program ends soon, and to take it apart piece by piece costs time.
fn leave<T>(judged: &Judged, value: T) {
    if judged.roots.len() <= 1 {
        std::mem::forget(value);
    }
}

fn refuse_too_many(count: usize, max: usize) -> Result<(), Exit> {
    if count <= max {
        return Ok(());
    }
    Err(Exit::bad_input(format!(
        "there are {count} objects, and {max} are read\n  = help: name fewer folders, or raise --max-documents"
    )))
}

fn document(
    judged: &mut Judged,
    name: &str,
    path: &Path,
    arguments: &Arguments,
    as_of: Date,
) -> Result<(), Exit> {
    let document: Document = crate::folder::document(path)?;
    let is_bad = !document.is_good();
    let not_judged = settings_count(&document).map(|count| ("settings".to_owned(), count));
    judged.platform = Some(document.name.clone()).filter(|name| !name.is_empty());
    document.sources.shared().for_each(|source| judged.sources.share(source));
    judged.diagnostics.extend(document.diagnostics.clone());
    let root = Root {
        name: name.to_owned(),
        is_document: true,
        is_bad,
        not_judged: not_judged.into_iter().collect(),
    };
    if let Some(wanted) = arguments.env.as_deref().filter(|_| !is_bad) {
        known_environment(&document, wanted)?;
    }
    let environments = if is_bad { &[][..] } else { &document.environments };
    if arguments.why {
        let wanted = |why: &sehat_check::Why| arguments.env.is_none() || why.environment == arguments.env;
        judged.why = sehat_check::why(environments).into_iter().filter(wanted).collect();
    }
    add(judged, root, environments, arguments.env.as_deref(), as_of);
    Ok(())
}

fn known_environment(document: &Document, wanted: &str) -> Result<(), Exit> {
    let known: Vec<&str> =
        document.environments.iter().filter_map(|platform| platform.environment.as_deref()).collect();
    if known.contains(&wanted) {
        return Ok(());
    }
    let help = if known.is_empty() {
        "the document has no environments: leave out `--env`".to_owned()
    } else {
        format!("known here: {}", known.join(", "))
    };
    Err(Exit::bad_input(format!("there is no environment `{wanted}`\n  = help: {help}")))
}

/// Settings are passed through to products, so nothing is said of them.
fn settings_count(document: &Document) -> Option<usize> {
    let count = |platform: &Platform| {
        platform.settings.len()
            + platform.components.values().map(|component| component.settings.len()).sum::<usize>()
    };
    document.environments.iter().map(count).max().filter(|count| *count > 0)
}

fn add(judged: &mut Judged, root: Root, environments: &[Platform], wanted: Option<&str>, as_of: Date) {
    let mut report = sehat_check::check(environments, as_of);
    if let Some(name) = wanted {
        report = report.of_environment(name);
    }
    let hygiene: BTreeSet<&str> =
        sehat_check::rules::ALL.iter().filter(|rule| rule.hygiene).map(|rule| rule.name).collect();
    let at = judged.roots.len();
    let named = |entry: VerdictEntry| VerdictEntry { root: root.name.clone(), ..entry };
    judged.verdicts.extend(report.verdicts.into_iter().map(named));
    judged.findings.extend(report.findings.into_iter().map(|finding| Found {
        root: at,
        is_hygiene: hygiene.contains(finding.rule),
        fingerprint: String::new(),
        is_new: true,
        finding,
    }));
    judged.roots.push(root);
}
