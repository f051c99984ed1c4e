//! Scraping, rules, receivers, dashboards and log pipelines.

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Watch {}
