//! What each store loses, and how long it is away, in each kind of disaster: the recovery matrix.

mod bound;
mod copies;
mod loss;
mod time;

use sehat_catalog as catalog;
use sehat_platform::component::{Backup, Component, Kind};
use sehat_platform::{Fact, Name, Platform};
use serde::Serialize;

pub use bound::{Bound, Most};
pub use copies::{Copy, Origins, Way, copies};

/// What befalls a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scenario {
    /// One process ends; its disk stays.
    InstanceLost,
    /// One node is gone with its disks.
    NodeLost,
    /// One zone is gone.
    ZoneLost,
    /// One site is gone.
    SiteLost,
    /// A statement destroys data, and every member follows it.
    OperatorError,
    /// Whoever holds the platform's credentials deletes all that they can delete.
    CredentialsStolen,
}

impl Scenario {
    pub const ALL: [Self; 6] = [
        Self::InstanceLost,
        Self::NodeLost,
        Self::ZoneLost,
        Self::SiteLost,
        Self::OperatorError,
        Self::CredentialsStolen,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::InstanceLost => "instance lost",
            Self::NodeLost => "node lost",
            Self::ZoneLost => "zone lost",
            Self::SiteLost => "site lost",
            Self::OperatorError => "dropped table",
            Self::CredentialsStolen => "credentials stolen",
        }
    }
}

/// One row per store that holds data of its own, sorted by name.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Matrix {
    pub rows: Vec<Row>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    pub store: Name,
    pub cells: Vec<Cell>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Cell {
    pub scenario: Scenario,
    /// How much of the time before the disaster is lost.
    pub rpo: Bound,
    /// How long until the store serves again.
    pub rto: Bound,
}

/// Whether a loss of the component's content is a loss of data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    Store,
    /// The document says why nothing is lost with it.
    Rebuildable(String),
    /// It may hold data, and the document does not say.
    Unsaid,
    /// It holds copies, other components' disks, or nothing.
    Other,
}

/// Returns the recovery matrix of a platform.
pub fn matrix(platform: &Platform) -> Matrix {
    Matrix { rows: stores(platform).map(|name| row(platform, name)).collect() }
}

/// Returns the names of the stores that hold data of their own, sorted.
pub fn stores(platform: &Platform) -> impl Iterator<Item = &Name> {
    platform.components.keys().filter(|name| standing(platform, name) == Standing::Store)
}

/// Returns one store's row of the matrix.
pub fn row(platform: &Platform, name: &Name) -> Row {
    let cells = Scenario::ALL.into_iter().map(|scenario| {
        let (fate, rpo) = loss::of(platform, name, scenario);
        Cell { scenario, rto: time::of(platform, name, scenario, &fate), rpo }
    });
    Row { store: name.clone(), cells: cells.collect() }
}

pub fn standing(platform: &Platform, name: &str) -> Standing {
    let Some(component) = platform.components.get(name) else { return Standing::Other };
    let Some(kind) = component.kind.copied().filter(|kind| kind.stores()) else { return Standing::Other };
    if component.external.get() == Some(&true) || kind == Kind::BackupStore {
        return Standing::Other;
    }
    if let Some(reason) = component.rebuildable.get() {
        return Standing::Rebuildable(reason.clone());
    }
    if !component.holds.is_empty() || component.backup.is_some() {
        return Standing::Store;
    }
    if is_target(platform, name) {
        return Standing::Other;
    }
    // A cache, a queue or a log may be no loss; only its owner knows.
    match kind {
        Kind::Metrics | Kind::Logs if only_passes_on(component) => Standing::Other,
        Kind::Cache | Kind::Metrics | Kind::Logs | Kind::Queue | Kind::BlockStore | Kind::Analytics => {
            Standing::Unsaid
        }
        _ => Standing::Store,
    }
}

/// Shippers and viewers keep nothing themselves: the catalog knows the product, and knows no store of it.
fn only_passes_on(component: &Component) -> bool {
    let product = component.product.get().map_or("", String::as_str);
    catalog::is_product(product) && catalog::store(product).is_none()
}

/// Whether copies of another store lie here.
fn is_target(platform: &Platform, name: &str) -> bool {
    platform
        .components
        .values()
        .filter_map(|component| component.backup.as_ref())
        .flat_map(targets)
        .any(|to| to == name)
}

fn targets(backup: &Backup) -> impl Iterator<Item = &Name> {
    let copies = [&backup.full, &backup.incremental, &backup.snapshot, &backup.archive];
    let places = copies.into_iter().flatten().flat_map(|copy| &copy.to);
    backup.to.iter().chain(places).chain(backup.log.iter().flat_map(|log| &log.to)).filter_map(Fact::get)
}

/// Returns its own backup, or that of the whole of which it is a part.
pub fn backup_of<'a>(platform: &'a Platform, component: &'a Component) -> Option<&'a Backup> {
    let whole = || platform.components.get(component.part_of.get()?)?.backup.as_ref();
    component.backup.as_ref().or_else(whole)
}

#[cfg(test)]
mod tests;
