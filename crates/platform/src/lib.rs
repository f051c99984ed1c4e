//! The hub: a platform as plain data, resolved for one environment. No input or output happens here.

pub mod component;
mod cron;
pub mod data;
pub mod fact;
pub mod filter;
pub mod inventory;
pub mod journey;
pub mod objective;
pub mod operate;
pub mod place;
mod products;
pub mod quantity;
mod resolve;

pub use component::{Component, Kind};
pub use fact::{Basis, Fact, Known, Meta, WhyUnknown};
pub use quantity::{Bytes, Cidr, Cron, Duration, Ports, Protocol, Range, Rate, Share};
pub use resolve::{INTERNET, Instance, Machine, Need, Platform, Reason, resolve};

use std::collections::BTreeMap;

/// A name that the user gave to a part of the platform.
pub type Name = String;

/// What a document states for one environment, before anything is derived.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Draft {
    pub meta: Meta,
    pub name: String,
    /// Absent where the document has no environments.
    pub environment: Option<Name>,
    pub about: Fact<String>,
    /// ISO 3166 codes of the countries whose law applies.
    pub jurisdictions: Vec<Fact<String>>,
    pub regimes: Vec<Fact<String>>,
    pub claims: BTreeMap<Name, objective::Claim>,
    pub data: BTreeMap<Name, data::DataClass>,
    pub objectives: objective::Objectives,
    pub sites: BTreeMap<Name, place::Site>,
    pub pools: BTreeMap<Name, place::Pool>,
    pub segments: BTreeMap<Name, place::Segment>,
    pub components: BTreeMap<Name, Component>,
    pub filters: BTreeMap<Name, filter::Filter>,
    pub journeys: BTreeMap<Name, journey::Journey>,
    pub alerts: operate::Alerts,
    pub access: BTreeMap<Name, operate::Access>,
    pub secrets: BTreeMap<Name, operate::Secret>,
    pub quotas: BTreeMap<Name, operate::Quota>,
    pub delivery: operate::Delivery,
    pub runbooks: BTreeMap<Name, operate::Runbook>,
    pub settings: BTreeMap<Name, Fact<String>>,
    /// Existing files and folders that are judged with the document.
    pub files: Vec<Fact<String>>,
    /// What existing files state; empty for a document that names none.
    pub inventory: inventory::Inventory,
}
