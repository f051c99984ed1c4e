//! `--why`: the contributors to each journey's unavailability.

use std::fmt::Write;

use sehat_check::{Repair, Why};
use sehat_platform::Share;
use serde_json::{Value, json};

use crate::style::{bold, dim};

const SHOWN: usize = 8;

pub fn shown(all: &[Why]) -> String {
    all.iter().fold(String::new(), |mut text, why| {
        one(&mut text, why);
        text
    })
}

fn one(text: &mut String, why: &Why) {
    let environment = why.environment.as_deref().map_or_else(String::new, |name| format!("{name}  "));
    let _ = writeln!(
        text,
        "\n{}  promised {} over {}, at the low end {}",
        bold(&format!("{environment}{}", why.journey)),
        why.promised,
        why.window,
        share(why.predicted.low)
    );
    for part in why.contributions.iter().take(SHOWN) {
        let minutes = part.share * why.window.seconds() / 60.0;
        let _ = writeln!(text, "  {minutes:8.2} min  {} `{}`", part.kind, part.name);
    }
    if why.contributions.len() > SHOWN {
        let _ = writeln!(text, "  {}", dim(&format!("and {} more parts", why.contributions.len() - SHOWN)));
    }
    let _ = writeln!(text, "  smallest repair: {}", repair(&why.repair));
}

fn repair(repair: &Repair) -> String {
    match repair {
        Repair::Kept => "none is needed".to_owned(),
        Repair::More { component, instances, low } => {
            let word = if *instances == 1 { "instance" } else { "instances" };
            format!("{instances} more {word} of `{component}` give {} at the low end", share(*low))
        }
        Repair::NotAlone { component: Some(component), low } => {
            format!(
                "no single component's number is enough; more of `{component}` helps most, to {}",
                share(*low)
            )
        }
        Repair::NotAlone { component: None, .. } => "no component's number of instances helps".to_owned(),
    }
}

fn share(value: f64) -> String {
    Share((value * 1e6).round() / 1e6).to_string()
}

pub fn json(why: &Why) -> Value {
    json!({
        "environment": why.environment,
        "journey": why.journey,
        "promised": why.promised.0,
        "low": why.predicted.low,
        "high": why.predicted.high,
        "contributions": why.contributions.iter().map(|part| json!({
            "kind": part.kind,
            "name": part.name,
            "share": part.share,
        })).collect::<Vec<_>>(),
        "repair": repair(&why.repair),
    })
}
