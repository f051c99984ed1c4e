//! The picture of a platform: sites, zones and segments as areas, components as boxes, needs as arrows.
//!
//! Requests run from left to right, from the internet to the stores. What watches and operates the
//! platform stands below; it is joined to whole segments, because an arrow for each of its needs
//! would hide the others.

mod areas;
mod draw;
mod lanes;
mod model;
mod order;
mod place;
mod rise;
mod shape;
mod text;

use sehat_platform::Platform;

/// Returns the picture as one self-contained SVG file. The same platform gives the same bytes.
pub fn topology_svg(platform: &Platform) -> String {
    let model = model::model(platform);
    let columns = areas::columns(&model);
    let drawing = place::place(&model, &columns);
    draw::svg(platform, &model, &drawing)
}

#[cfg(test)]
mod tests;
