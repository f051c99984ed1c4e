//! The document grammar.
