//! What sentences, tables and lists say: components, figures, claims.

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Prose {}
