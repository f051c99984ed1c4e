//! `--assert`: lines that must hold, `allow clinic/web -> clinic/records:5432` and `deny clinic/* -> internet:443/tcp`.

use std::fmt::Write;
use std::path::Path;

use sehat_reach::cluster::State;

use super::ask::{Answer, Question};
use super::view::World;
use crate::exit::{Code, Exit};
use crate::style::{bad, good, print};

struct Line {
    number: usize,
    text: String,
    allow: bool,
    question: Question,
}

pub fn run(world: &World, file: &Path) -> Result<Code, Exit> {
    let text = crate::input::read_text(file)
        .map_err(|why| Exit::bad_input(format!("{} cannot be read: {why}", file.display())))?;
    let lines = lines(file, &text)?;
    let (mut shown, mut failed) = (String::new(), 0);
    for line in &lines {
        let answers = world.ask(&line.question).map_err(|exit| at(file, line.number, &exit.message))?;
        let wanted = if line.allow { State::Allowed } else { State::Denied };
        let against: Vec<&Answer> = answers.iter().filter(|answer| answer.state != wanted).collect();
        if against.is_empty() {
            let _ = writeln!(shown, "{} {}", good("holds"), line.text);
            continue;
        }
        failed += 1;
        let _ = writeln!(shown, "{} {}:{}: {}", bad("fails"), file.display(), line.number, line.text);
        for answer in against.iter().take(ANSWERS_MAX) {
            shown.push_str(&super::explained(answer, &line.question));
        }
    }
    let _ = writeln!(shown, "{} of {} hold", lines.len() - failed, lines.len());
    print(&shown);
    Ok(if failed == 0 { Code::Kept } else { Code::Broken })
}

/// One pair shows what is wrong; the others are alike.
const ANSWERS_MAX: usize = 3;

fn lines(file: &Path, text: &str) -> Result<Vec<Line>, Exit> {
    let stated = text.lines().enumerate().filter_map(|(index, line)| {
        let line = line.split('#').next().unwrap_or_default().trim();
        (!line.is_empty()).then_some((index + 1, line))
    });
    let read: Result<Vec<Line>, Exit> = stated.map(|(number, line)| read(file, number, line)).collect();
    read.and_then(|lines| {
        if lines.is_empty() {
            Err(Exit::bad_input(format!(
                "{} holds no line such as `allow web -> records:5432`",
                file.display()
            )))
        } else {
            Ok(lines)
        }
    })
}

fn read(file: &Path, number: usize, line: &str) -> Result<Line, Exit> {
    let wrong = || {
        at(file, number, &format!("`{line}` is not written as `allow web -> records:5432/tcp` or `deny …`"))
    };
    let (word, rest) = line.split_once(char::is_whitespace).ok_or_else(wrong)?;
    let allow = match word {
        "allow" => true,
        "deny" => false,
        _ => return Err(wrong()),
    };
    let (client, server) = rest.split_once("->").ok_or_else(wrong)?;
    let question = Question::new(client, server).map_err(|message| at(file, number, &message))?;
    Ok(Line { number, text: line.to_owned(), allow, question })
}

fn at(file: &Path, number: usize, message: &str) -> Exit {
    Exit::bad_input(format!("{}:{number}: {message}", file.display()))
}
