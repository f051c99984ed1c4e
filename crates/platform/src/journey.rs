//! Paths of users' requests, which say what *available* means.

use crate::objective::Objectives;
use crate::{Fact, Meta, Name, Rate};

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Journey {
    pub meta: Meta,
    pub says: Fact<String>,
    /// Components in the order in which the request meets them.
    pub through: Vec<Fact<Name>>,
    pub rate: Fact<Rate>,
    pub writes: Fact<bool>,
    pub objectives: Objectives,
}
