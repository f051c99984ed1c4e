//! Pipelines, scripts, images and deployers.

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Delivery {}
