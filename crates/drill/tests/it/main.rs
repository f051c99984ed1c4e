//! Drills against a simulated platform: the course from steady state to verdict, without a machine.

mod course;
mod judged;
mod simulated;
