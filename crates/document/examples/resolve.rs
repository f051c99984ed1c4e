//! Reads a document and prints what is wrong with it, or what was resolved.

#![expect(clippy::print_stdout, reason = "an example shows its result")]

fn main() {
    let path = std::env::args().nth(1).unwrap_or_default();
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    let folder = std::path::Path::new(&path).parent().map(std::path::Path::to_owned).unwrap_or_default();
    let document = sehat_document::read(&path, &text, &|name| {
        std::fs::read_to_string(folder.join(name)).map_err(|error| error.to_string())
    });
    for diagnostic in &document.diagnostics {
        println!("{}", sehat_diagnostic::render_terminal(diagnostic, &document.sources));
    }
    for platform in &document.environments {
        println!("environment {:?}: {} machines", platform.environment, platform.machines.len());
        for (name, machine) in &platform.machines {
            println!("  {name} {:?} {:?} {:?}", machine.address, machine.node, machine.zone);
        }
        for need in &platform.needs {
            println!("  {} -> {} {} {:?}", need.client, need.server, need.ports, need.reason);
        }
    }
}
