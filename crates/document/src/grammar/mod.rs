//! The grammar: every key of a document, in one place, with what it means.
//!
//! The schema and the reference page are made from these lists.

mod component;
mod operate;
mod place;
mod words;

use sehat_platform::Draft;
use sehat_platform::data::DataClass;
use sehat_platform::filter::{Filter, Opening};
use sehat_platform::journey::Journey;

use crate::decode::record;

record!(Draft, "platform", "a platform";
    "about" => about, "One sentence for the reader.";
    "jurisdictions" => jurisdictions, "Countries whose law applies, ISO 3166: `[ID]`.";
    "regimes" => regimes, "Laws and standards that evidence is wanted for: `[hipaa, gdpr]`.";
    "claims" => claims, "Promises of the source that carry no number.";
    "data" => data, "Classes of data, and what is promised of them.";
    "objectives" => objectives, "What the whole platform promises.";
    "sites" => sites, "Where it runs.";
    "pools" => pools, "Nodes that are counted, not named.";
    "segments" => segments, "Networks with an address range.";
    "components" => components, "The named parts.";
    "filters" => filters, "Stated rules of who may reach whom; without any they follow from what is needed.";
    "journeys" => journeys, "Paths of users' requests: they say what *available* means.";
    "alerts" => alerts, "When and how people are told.";
    "access" => access, "How administrators and identities get in.";
    "secrets" => secrets, "Secrets by reference.";
    "quotas" => quotas, "Bounds on what a part may take.";
    "delivery" => delivery, "How changes reach users.";
    "runbooks" => runbooks, "What people do by hand.";
    "settings" => settings, "Passed on as they are, and not judged.";
    "files" => files, "Existing files and folders, relative to the document, that are judged with it.";
);

record!(DataClass, "data-class", "a class of data";
    "class" => class (required), "What the law distinguishes.";
    "retain" => retain, "Kept at least this long.";
    "delete-after" => delete_after, "Deleted at the latest after this time.";
    "archive" => archive, "Where it is kept when its first store forgets it.";
    "resident" => resident, "Countries in which every copy must lie.";
);

record!(Journey, "journey", "a journey";
    "says" => says, "What the user does.";
    "through" => through (required), "Components in the order in which the request meets them.";
    "rate" => rate, "How often: `50/s`.";
    "writes" => writes, "Whether it changes data.";
    "objectives" => objectives, "What this journey promises, before the platform's own.";
);

record!(Filter, "filter", "a filter";
    "kind" => kind (required), "How it treats answers.";
    "product" => product, "What enforces it.";
    "on" => on, "Components and segments that it guards; all where none is named.";
    "default" => default, "What happens to what no entry matches.";
    "ingress" => ingress, "Who may come in.";
    "egress" => egress, "Where members may go.";
    "directions" => directions, "Directions that it governs even without entries.";
    "derived" => derived, "Its entries are computed from what is needed.";
);

record!(Opening, "opening", "an entry of a filter";
    "peers" => peers, "Components, segments, address ranges, `internet` or `any`; everyone where none is named.";
    "ports" => ports, "`443`, `6800-7300`, `53/udp`; every port where none is named.";
    "action" => action, "`allow` where nothing is said.";
);
