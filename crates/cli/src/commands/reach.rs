//! `sehat reach`: who can reach whom, on which port, and because of which rule.

mod answer;
mod ask;
mod differ;
mod hold;
mod picture;
mod read;
mod show;
mod view;

use std::fmt::Write;
use std::path::PathBuf;

use clap::ValueEnum;
use sehat_reach::cluster::State;
use serde_json::json;

use self::ask::{Answer, Question};
use self::view::{Row, World};
use crate::exit::{Code, Exit};
use crate::style::{bad, doubtful, good, print};

/// Show who can reach whom, on which port, and because of which rule.
///
/// Exit codes: 0 asked and answered, 1 a line of `--assert` does not hold, 2 bad input.
#[derive(clap::Args)]
pub struct Arguments {
    /// A folder with a platform.yaml or with manifests, or files that are read together.
    #[arg(required_unless_present = "diff")]
    paths: Vec<PathBuf>,
    /// The environment of a document that has several.
    #[arg(long)]
    env: Option<String>,
    /// Show what this client may reach: `clinic/web`, `clinic/*`, an address, `internet`.
    #[arg(long, value_name = "CLIENT")]
    from: Option<String>,
    /// Show what may reach this server, `clinic/records`, or ask for one port: `clinic/records:5432`.
    #[arg(long, value_name = "SERVER[:PORT[/udp]]")]
    to: Option<String>,
    /// Show each rule that decides; needs `--from` and `--to` with a port.
    #[arg(long, requires = "from", requires = "to")]
    explain: bool,
    /// Show which connections open and which close between two folders or files.
    #[arg(long, num_args = 2, value_names = ["OLD", "NEW"], conflicts_with = "paths")]
    diff: Vec<PathBuf>,
    /// Lines that must hold: `allow web -> records:5432/tcp`, `deny internet -> records:5432`.
    #[arg(long, value_name = "FILE")]
    assert: Option<PathBuf>,
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Table,
    Json,
    Csv,
    Dot,
    Svg,
    /// One list of allowed connections, as scorers of network policy tools read it.
    NetpolAnswer,
}

pub fn run(arguments: &Arguments) -> Result<Code, Exit> {
    if arguments.format == Format::NetpolAnswer {
        return Ok(answer::run(&arguments.paths));
    }
    if let [old, new] = arguments.diff.as_slice() {
        return difference(arguments, old, new);
    }
    let world = World::read(&arguments.paths, arguments.env.as_deref())?;
    if let Some(file) = &arguments.assert {
        return hold::run(&world, file);
    }
    match (&arguments.from, &arguments.to) {
        (Some(from), Some(to)) if arguments.explain || to.contains(':') => {
            explain(arguments, &world, from, to)
        }
        _ => {
            print(&shown(arguments.format, &chosen(arguments, world.rows())));
            Ok(Code::Kept)
        }
    }
}

fn difference(arguments: &Arguments, old: &PathBuf, new: &PathBuf) -> Result<Code, Exit> {
    let rows = |path: &PathBuf| Ok(World::read(std::slice::from_ref(path), arguments.env.as_deref())?.rows());
    let difference = differ::differ(&rows(old)?, &rows(new)?);
    print(&match arguments.format {
        Format::Json => format!("{:#}\n", difference.json()),
        _ => difference.text(),
    });
    Ok(Code::Kept)
}

fn explain(arguments: &Arguments, world: &World, from: &str, to: &str) -> Result<Code, Exit> {
    let question = Question::new(from, to).map_err(Exit::bad_input)?;
    let answers = world.ask(&question)?;
    if arguments.format == Format::Json {
        let shown: Vec<_> = answers.iter().map(|answer| as_json(answer, &question)).collect();
        print(&format!("{:#}\n", json!({ "sehat-reach": 1, "answers": shown })));
    } else {
        print(&answers.iter().map(|answer| explained(answer, &question)).collect::<String>());
    }
    Ok(Code::Kept)
}

/// Returns an answer with each rule that decides.
fn explained(answer: &Answer, question: &Question) -> String {
    let word = match answer.state {
        State::Allowed => good("allowed"),
        State::Denied => bad("denied"),
        State::Unsure => doubtful("not sure"),
    };
    let Answer { client, server, .. } = answer;
    let mut text = format!("{word}  {client} -> {server}:{}/{}\n", question.port, question.protocol);
    for (decision, origin) in &answer.decisions {
        let place = origin.as_ref().map(|origin| format!("  {origin}")).unwrap_or_default();
        let _ = writeln!(text, "    {decision}{place}");
    }
    text
}

fn as_json(answer: &Answer, question: &Question) -> serde_json::Value {
    let decisions = answer.decisions.iter().map(
        |(text, origin)| json!({ "says": text, "place": origin.as_ref().map(sehat_diagnostic::Place::from) }),
    );
    json!({
        "client": answer.client,
        "server": answer.server,
        "port": question.port,
        "protocol": question.protocol.to_string(),
        "state": match answer.state {
            State::Allowed => "allowed",
            State::Denied => "denied",
            State::Unsure => "unsure",
        },
        "decisions": decisions.collect::<Vec<_>>(),
    })
}

/// Keeps what `--from` and `--to` name.
fn chosen(arguments: &Arguments, rows: Vec<Row>) -> Vec<Row> {
    let is_named = |wanted: &Option<String>, name: &str| {
        wanted.as_ref().is_none_or(|wanted| {
            name == wanted
                || name.rsplit('/').next() == Some(wanted)
                || wanted
                    .strip_suffix("/*")
                    .is_some_and(|namespace| name.split('/').next() == Some(namespace))
        })
    };
    rows.into_iter()
        .filter(|row| is_named(&arguments.from, &row.client) && is_named(&arguments.to, &row.server))
        .collect()
}

fn shown(format: Format, rows: &[Row]) -> String {
    match format {
        Format::Json => format!("{:#}\n", show::json(rows)),
        Format::Csv => show::csv(rows),
        Format::Dot => show::dot(rows),
        Format::Svg => picture::svg(rows),
        Format::Table | Format::NetpolAnswer => show::table(rows),
    }
}
