//! Labs on the real kernel. Needs root; says so and skips without, and fails without when `CI` is set.

#![expect(clippy::unwrap_used, reason = "this is a test, though it brings its own `main`")]

mod aim;
mod clinic;
mod cost;
mod faults;
mod harness;
mod kills;
mod life;
mod machine_state;
mod network;
mod roots;
mod usage;

/// The environment of every lab of these tests.
const OURS: &str = "-test";

fn main() {
    let args: Vec<String> = std::env::args().collect();
    if let Some(code) = sehat_lab_linux::main_hidden(&args)
        .or_else(|| kills::victim(&args))
        .or_else(|| life::look_at_owners(&args))
    {
        std::process::exit(code);
    }
    harness::run(
        &args,
        &[roots::TESTS, life::TESTS, network::TESTS, faults::TESTS, cost::TESTS, kills::TESTS].concat(),
    );
}
