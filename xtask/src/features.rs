//! Counts which features of the source documents the platforms' documents express.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;

/// What is built and delivered is the work of a later step, so these do not count towards the bound.
const EXCLUDED: [&str; 6] = ["ci/cd", "image build", "registry", "runbook", "progressive delivery", "cost"];

/// At least this share of the other rows stands in a document.
const PERCENT_MIN: usize = 85;

/// The documents, by the letters of their ids.
const DOCUMENTS: [(&str, &str); 5] = [
    ("HIO", "health-infraops"),
    ("SML", "smile"),
    ("ZAR", "zarish-his"),
    ("HMS", "hospital-management"),
    ("CLA", "claims-askes"),
];

/// A row of the table.
struct Feature {
    id: String,
    capability: String,
    title: String,
}

impl Feature {
    fn counts(&self) -> bool {
        !EXCLUDED.contains(&self.capability.as_str())
    }
}

/// How many rows are expressed, of how many.
#[derive(Clone, Copy, Default)]
struct Share {
    expressed: usize,
    all: usize,
}

impl Share {
    fn add(&mut self, expressed: bool) {
        self.all += 1;
        self.expressed += usize::from(expressed);
    }

    fn enough(self) -> bool {
        self.expressed * 100 >= self.all * PERCENT_MIN
    }
}

impl std::fmt::Display for Share {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // In tenths of a per cent, rounded down, so that no bound looks kept that is not.
        let tenths = self.expressed * 1000 / self.all.max(1);
        write!(f, "{} of {} ({}.{} %)", self.expressed, self.all, tenths / 10, tenths % 10)
    }
}

/// What the tables and documents say.
struct Count {
    features: Vec<Feature>,
    /// Ids of features without an entry, each with the reason.
    excused: BTreeMap<String, String>,
    /// Ids that entries name, by document.
    expressed: BTreeMap<&'static str, BTreeSet<String>>,
}

pub fn run() -> Result<(), Vec<String>> {
    let count = Count {
        features: table("xtask/data/features.tsv")?.into_iter().filter_map(feature).collect(),
        excused: table("xtask/data/not-expressed.tsv")?.into_iter().filter_map(reason).collect(),
        expressed: documents()?,
    };
    print!("{}", count.page());
    let wrong = count.wrong();
    if wrong.is_empty() { Ok(()) } else { Err(wrong) }
}

fn table(path: &str) -> Result<Vec<Vec<String>>, Vec<String>> {
    let text = fs::read_to_string(path)
        .map_err(|error| vec![format!("{path}: {error}; run this in the repository")])?;
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    Ok(lines.map(|line| line.split('\t').map(str::to_owned).collect()).collect())
}

fn feature(row: Vec<String>) -> Option<Feature> {
    let [id, capability, title] = <[String; 3]>::try_from(row).ok()?;
    Some(Feature { id, capability, title })
}

fn reason(row: Vec<String>) -> Option<(String, String)> {
    <[String; 2]>::try_from(row).ok().map(|[id, reason]| (id, reason))
}

fn documents() -> Result<BTreeMap<&'static str, BTreeSet<String>>, Vec<String>> {
    DOCUMENTS.iter().map(|(letters, name)| Ok((*letters, expressed(name)?))).collect()
}

fn expressed(name: &str) -> Result<BTreeSet<String>, Vec<String>> {
    let path = format!("platforms/{name}/platform.yaml");
    let text = fs::read_to_string(&path).map_err(|error| vec![format!("{path}: {error}")])?;
    let load = |file: &str| {
        fs::read_to_string(format!("platforms/{name}/{file}")).map_err(|error| error.to_string())
    };
    let document = sehat_document::read(&path, &text, &load);
    let wrong: Vec<String> = document
        .diagnostics
        .iter()
        .map(|diagnostic| sehat_diagnostic::render_terminal(diagnostic, &document.sources))
        .collect();
    if wrong.is_empty() { Ok(document.features.into_keys().collect()) } else { Err(wrong) }
}

impl Count {
    fn has(&self, feature: &Feature) -> bool {
        self.expressed.get(&feature.id[..3]).is_some_and(|ids| ids.contains(&feature.id))
    }

    fn share(&self, admit: impl Fn(&Feature) -> bool) -> Share {
        let mut share = Share::default();
        self.features
            .iter()
            .filter(|feature| admit(feature))
            .for_each(|feature| share.add(self.has(feature)));
        share
    }

    fn page(&self) -> String {
        let mut page = String::new();
        for (letters, name) in DOCUMENTS {
            let all = self.share(|feature| feature.id.starts_with(letters));
            let counted = self.share(|feature| feature.id.starts_with(letters) && feature.counts());
            let _ = writeln!(page, "{name}: {all}; without delivery {counted}");
            let lacking =
                self.features.iter().filter(|feature| feature.id.starts_with(letters) && !self.has(feature));
            for feature in lacking {
                let why = self.excused.get(&feature.id).map_or("no reason given", String::as_str);
                let _ = writeln!(page, "  {} {} [{}]: {why}", feature.id, feature.title, feature.capability);
            }
        }
        let _ =
            writeln!(page, "all: {}; without delivery {}", self.share(|_| true), self.share(Feature::counts));
        let _ = writeln!(page, "delivery: {}", EXCLUDED.join(", "));
        page
    }

    fn wrong(&self) -> Vec<String> {
        let known: BTreeSet<&str> = self.features.iter().map(|feature| feature.id.as_str()).collect();
        let unknown = self
            .expressed
            .values()
            .flatten()
            .chain(self.excused.keys())
            .filter(|id| !known.contains(id.as_str()))
            .map(|id| format!("{id}: there is no such feature in xtask/data/features.tsv"));
        let misplaced = self.expressed.iter().flat_map(|(letters, ids)| {
            let foreign = ids.iter().filter(move |id| !id.starts_with(letters));
            foreign.map(move |id| format!("{id}: named in a document of {letters}"))
        });
        unknown
            .chain(misplaced)
            .chain(self.features.iter().filter_map(|feature| self.unclear(feature)))
            .chain(self.too_few())
            .collect()
    }

    /// A feature is expressed, or it is said why not.
    fn unclear(&self, feature: &Feature) -> Option<String> {
        match (self.has(feature), self.excused.contains_key(&feature.id)) {
            (false, false) => {
                Some(format!("{}: neither expressed nor in xtask/data/not-expressed.tsv", feature.id))
            }
            (true, true) => {
                Some(format!("{}: expressed, and still in xtask/data/not-expressed.tsv", feature.id))
            }
            _ => None,
        }
    }

    fn too_few(&self) -> Vec<String> {
        DOCUMENTS
            .iter()
            .map(|(letters, name)| {
                (name, self.share(|feature| feature.id.starts_with(letters) && feature.counts()))
            })
            .filter(|(_, share)| !share.enough())
            .map(|(name, share)| format!("{name}: {share} are expressed, and {PERCENT_MIN} % are wanted"))
            .collect()
    }
}
