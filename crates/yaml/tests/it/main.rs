//! What is written is read again as it was.

mod emit;
