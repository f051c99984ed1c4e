//! What a report says, as plain data: the caller reads the evidence and fills this in.

use sehat_verdict::drill::{DrillRun, RestoreRecord};
use sehat_verdict::{Finding, Severity, State, Verdict, VerdictEntry};
use serde::{Deserialize, Serialize};

/// Everything that a report shows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ReportInput {
    pub platform: String,
    pub environment: String,
    /// RFC 3339, UTC.
    pub generated_at: String,
    pub sehat_version: String,
    /// Where it was measured. `None` where nothing ran, only `check`.
    pub host: Option<Recorded<Host>>,
    /// The lab profile.
    pub differences: Vec<Recorded<Difference>>,
    /// What the platform has and the lab does not run.
    pub not_run: Vec<Recorded<NotRun>>,
    pub verdicts: Vec<Recorded<VerdictEntry>>,
    pub findings: Vec<Recorded<FindingRow>>,
    /// Every rule that was judged, also those that found nothing.
    pub rules: Vec<Recorded<String>>,
    pub recovery: RecoveryMatrix,
    /// A whole SVG document.
    pub topology_svg: Option<String>,
    pub drills: Vec<Recorded<DrillRun>>,
    pub restores: Vec<Recorded<RestoreRecord>>,
    pub regimes: Vec<Regime>,
    pub versions: Vec<Recorded<ProductVersion>>,
    pub evidence: Evidence,
    pub run_again: RunAgain,
    /// The records that the numbers in the report point to.
    pub records: Vec<RecordRow>,
}

/// A value and the record that holds it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recorded<T> {
    pub record: u64,
    pub value: T,
}

impl<T> Recorded<T> {
    pub fn new(record: u64, value: T) -> Self {
        Self { record, value }
    }
}

/// The machine that the copy ran on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Host {
    pub kernel: String,
    pub cores: u64,
    pub memory_bytes: u64,
    /// Machines of the lab.
    pub machines: u64,
    /// Further facts, each a name and a value.
    pub facts: Vec<(String, String)>,
}

/// One line of the lab profile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    pub item: String,
    pub production: String,
    pub lab: String,
    pub why: String,
}

/// A component without a running copy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotRun {
    pub component: String,
    pub why: String,
}

/// A [`Finding`] as it is read from a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingRow {
    pub rule: String,
    pub severity: Severity,
    pub state: State,
    pub subject: String,
    pub message: String,
    pub witness: String,
    pub repair: String,
    /// `platform.yaml:12:5`
    pub places: Vec<String>,
    pub count: usize,
    pub environments: Vec<String>,
    /// Why it is accepted, and until when.
    pub waived: Option<String>,
}

impl From<&Finding> for FindingRow {
    fn from(finding: &Finding) -> Self {
        let waived = finding.waived.as_ref().map(|waiver| match &waiver.until {
            Some(until) => format!("{} (until {until})", waiver.reason),
            None => waiver.reason.clone(),
        });
        Self {
            rule: finding.rule.to_owned(),
            severity: finding.severity,
            state: finding.state,
            subject: finding.subject.clone(),
            message: finding.message.clone(),
            witness: finding.witness.clone(),
            repair: finding.repair.clone(),
            places: finding.places.iter().map(|(origin, _)| origin.to_string()).collect(),
            count: finding.count,
            environments: finding.environments.clone(),
            waived,
        }
    }
}

/// What each failure costs each store.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoveryMatrix {
    pub scenarios: Vec<String>,
    pub stores: Vec<StoreRow>,
}

/// One store; a cell for each scenario of the matrix, in its order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreRow {
    pub store: String,
    /// `None` where the scenario does not concern the store.
    pub cells: Vec<Option<RecoveryCell>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoveryCell {
    pub record: u64,
    /// How much data is lost.
    pub rpo: Option<Promise>,
    /// How long the store is away.
    pub rto: Option<Promise>,
}

/// A promised number and a predicted one, both as a person reads them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promise {
    pub promised: Option<String>,
    pub predicted: Option<String>,
    pub verdict: Verdict,
}

/// The controls of one law or standard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Regime {
    /// `HIPAA Security Rule`
    pub name: String,
    pub rows: Vec<Control>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Control {
    pub id: String,
    pub article: String,
    pub title: String,
    pub evidence: Vec<EvidenceRef>,
    pub covered: bool,
}

/// Something recorded that supports a control, or speaks against it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvidenceRef {
    pub kind: EvidenceKind,
    /// `backup-offsite-immutable`, `kill-leader` ...
    pub name: String,
    pub outcome: Verdict,
    /// `2026-11-21`
    pub date: String,
    pub record: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EvidenceKind {
    Finding,
    Verdict,
    Drill,
    Restore,
}

/// A product that ran in the lab.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductVersion {
    pub product: String,
    /// As the document names it.
    pub production: Option<String>,
    pub lab: String,
}

/// The store that the records come from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    pub dir: String,
    pub count: u64,
    pub head_hash: String,
    pub public_key: String,
    /// What a verification at the time of the report found wrong; empty where nothing.
    pub faults: Vec<String>,
    /// Whether a hash kept elsewhere was held against it, in words.
    pub anchor: String,
}

/// How somebody else gets these results.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunAgain {
    pub commands: Vec<String>,
    pub seed: Option<u64>,
}

/// One record of the store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordRow {
    pub number: u64,
    pub time: String,
    pub kind: String,
    pub hash: String,
}
