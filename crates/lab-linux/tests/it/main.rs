//! Labs on the real kernel. Needs root; says so and skips without, and fails without when `CI` is set.

mod clinic;
mod harness;
mod life;

fn main() {
    let args: Vec<String> = std::env::args().collect();
    if let Some(code) = sehat_lab_linux::main_hidden(&args) {
        std::process::exit(code);
    }
    harness::run(&args, &[life::TESTS].concat());
}
