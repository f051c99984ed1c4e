//! `sehat report`: the evidence as one HTML file.

use std::path::PathBuf;

use sehat_document::Document;
use sehat_evidence::{Owner, verify};
use sehat_platform::Platform;
use sehat_report::{Demand, Evidence, ReportInput, RunAgain, gather, regime, report_html};

use crate::compose::environment;
use crate::exit::{Code, Exit};
use crate::records::{append_verdicts, failed, location, raw};
use crate::style::{print, tell};
use crate::target::Target;

/// Write one self-contained HTML file with verdicts, drills and restores, each figure with its record.
#[derive(clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    target: Target,
    /// The file to write; `PLATFORM-ENVIRONMENT.html` in this folder by default.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Only print the drill table, for a README.
    #[arg(long)]
    table: bool,
}

pub fn run(arguments: &Arguments) -> Result<Code, Exit> {
    let document = arguments.target.document()?;
    let platform = arguments.target.platform(&document)?;
    if arguments.table {
        let runs: Vec<_> =
            input(arguments, &document, platform)?.drills.into_iter().map(|run| run.value).collect();
        print(&sehat_report::markdown_drill_table(&runs));
        return Ok(Code::Kept);
    }
    let path = arguments
        .out
        .clone()
        .unwrap_or_else(|| format!("{}-{}.html", platform.name, environment(platform)).into());
    let html = report_html(&input(arguments, &document, platform)?);
    let cannot =
        |error: std::io::Error| Exit::bad_input(format!("{} cannot be written: {error}", path.display()));
    std::fs::write(&path, html).map_err(cannot)?;
    if let Some(owner) = Owner::of_sudo() {
        std::os::unix::fs::chown(&path, Some(owner.user), Some(owner.group)).map_err(cannot)?;
    }
    print(&format!("{}\n", path.canonicalize().unwrap_or(path).display()));
    Ok(Code::Kept)
}

fn input(arguments: &Arguments, document: &Document, platform: &Platform) -> Result<ReportInput, Exit> {
    let now = jiff::Timestamp::now();
    let as_of = now.to_zoned(jiff::tz::TimeZone::UTC).date();
    append_verdicts(platform, &sehat_check::check(&document.environments, as_of), as_of)?;
    let mut input = ReportInput {
        platform: platform.name.clone(),
        environment: environment(platform),
        generated_at: format!("{now:.0}"),
        sehat_version: env!("CARGO_PKG_VERSION").to_owned(),
        topology_svg: Some(super::graph::picture(platform)),
        evidence: evidence(platform)?,
        ..ReportInput::default()
    };
    for unread in gather(&mut input, &raw(platform)?) {
        tell(&format!("{unread}\n"));
    }
    input.regimes = platform
        .regimes
        .iter()
        .filter_map(|stated| stated.get())
        .filter_map(|name| table(&input, name))
        .collect();
    input.run_again = run_again(arguments, &input);
    Ok(input)
}

fn evidence(platform: &Platform) -> Result<Evidence, Exit> {
    let dir = location(platform).dir;
    let head = sehat_evidence::head(&dir).map_err(|error| failed(&error))?;
    let found = verify(&dir, None).map_err(|error| failed(&error))?;
    Ok(Evidence {
        dir: dir.display().to_string(),
        count: found.count,
        head_hash: found.hash,
        public_key: head.public_key,
        faults: found.faults.iter().map(ToString::to_string).collect(),
        anchor: found.anchor.to_string(),
    })
}

fn table(input: &ReportInput, name: &str) -> Option<sehat_report::Regime> {
    let known = sehat_catalog::regime(name)?;
    let demands = known.controls.iter().map(|control| Demand {
        id: control.id.to_owned(),
        article: control.article.to_owned(),
        title: control.title.to_owned(),
        supported_by: control.supported_by.iter().map(|name| (*name).to_owned()).collect(),
    });
    Some(regime(input, known.title, demands))
}

fn run_again(arguments: &Arguments, input: &ReportInput) -> RunAgain {
    let folder = arguments.target.path.display();
    let environment = &input.environment;
    let option = if environment == "default" { String::new() } else { format!(" --env {environment}") };
    let seed = input.drills.last().and_then(|run| run.value.seed);
    let with_seed = seed.map(|seed| format!(" --seed {seed}")).unwrap_or_default();
    RunAgain {
        commands: vec![
            format!("sehat check {folder}"),
            format!("sehat up {folder}{option}"),
            format!("sehat drill {folder} all{option}{with_seed}"),
            format!("sehat report {folder}{option}"),
            format!("sehat down {folder}{option}"),
        ],
        seed,
    }
}
