//! `cargo run -p sehat-yaml --example compare -- FOLDER…`: whether both readers give the same trees for every YAML file.

#![expect(clippy::print_stdout, reason = "an example talks to the person who runs it")]

use std::path::Path;

use sehat_diagnostic::Source;
use sehat_yaml::{Options, read, read_any};

fn main() {
    let mut counts = (0, 0);
    std::env::args().skip(1).for_each(|path| walk(Path::new(&path), &mut counts));
    println!("{} files, {} differ", counts.0, counts.1);
}

fn walk(path: &Path, counts: &mut (usize, usize)) {
    if path.is_dir() && !path.is_symlink() {
        std::fs::read_dir(path).into_iter().flatten().flatten().for_each(|entry| walk(&entry.path(), counts));
    } else if path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml")
        && let Ok(text) = std::fs::read_to_string(path)
    {
        let source = Source { path: path.to_string_lossy().as_ref().into(), text: text.as_str().into() };
        let (mut fast, mut general) = (Vec::new(), Vec::new());
        let same = read(&source, Options::default(), &mut fast)
            == read_any(&source, Options::default(), &mut general);
        counts.0 += 1;
        if !same || fast != general {
            counts.1 += 1;
            println!("differs: {}", path.display());
        }
    }
}
