//! What is written is read again as it was.

mod emit;
mod hostile;
mod simple;
