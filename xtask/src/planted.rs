//! `cargo xtask planted FAULTS FOUND`: how many planted faults an output of `sehat check` names, and which it misses.

use std::fs;

use serde_json::Value;

pub fn run(words: &[String]) -> Result<(), Vec<String>> {
    let [_, faults, found] = words else {
        return Err(vec!["usage: cargo xtask planted faults.tsv found.json".to_owned()]);
    };
    let read = |path: &str| fs::read_to_string(path).map_err(|error| vec![format!("{path}: {error}")]);
    let report: Value =
        serde_json::from_str(&read(found)?).map_err(|error| vec![format!("{found}: {error}")])?;
    let faults = read(faults)?;
    let planted: Vec<Vec<&str>> = faults.lines().map(|line| line.split('\t').collect()).collect();
    let missed: Vec<&Vec<&str>> = planted.iter().filter(|fault| !is_found(&report, fault)).collect();
    println!("{} of {}", planted.len() - missed.len(), planted.len());
    for fault in missed {
        println!("    missed: {}", fault.join(" "));
    }
    Ok(())
}

/// The rule speaks of the object, or points into its file.
fn is_found(report: &Value, fault: &[&str]) -> bool {
    let [rule, subject, file] = fault else { return false };
    let findings = report["findings"].as_array().map_or(&[][..], Vec::as_slice);
    let of_rule = findings.iter().filter(|finding| finding["rule"] == *rule);
    of_rule.into_iter().any(|finding| {
        let places = finding["places"].as_array().map_or(&[][..], Vec::as_slice);
        let points = |place: &Value| place["path"].as_str().is_some_and(|path| path.ends_with(file));
        finding["subject"] == *subject || places.iter().any(points)
    })
}
