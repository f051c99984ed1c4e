//! Keys of objectives and of where things run.

use sehat_diagnostic::Origin;
use sehat_platform::Fact;
use sehat_platform::objective::{
    Availability, Claim, DurationObjective, Objectives, RateObjective, ResponseTime, ShareObjective,
};
use sehat_platform::place::{Node, Pool, Segment, Site, Size, Zone};

use crate::decode::{Cx, record};
use crate::word::Word;

record!(Objectives, "objectives", "promised numbers";
    "availability" => availability, "Share of a window without failed requests.";
    "response-time" => response_time, "Time until the answer.";
    "throughput" => throughput, "Requests or events that are carried.";
    "error-rate" => error_rate, "Share of requests that may fail.";
    "rpo" => rpo, "Longest time whose data may be lost.";
    "rto" => rto, "Longest time until the platform is back.";
    "failover" => failover, "Longest outage that one failure may cause.";
    "latency" => latency, "Longest time on the way.";
    "backup-retention" => backup_retention, "Backups are kept at least this long.";
    "archive-retention" => archive_retention, "Archives are kept at least this long.";
);

record!(Availability, "availability", "an availability", short "`99.9%`" = |text, origin, cx| {
        let at_least = word(text, origin, cx)?;
        Some(Availability { at_least, meta: at(origin), ..Availability::default() })
    };
    "at-least" => at_least (required), "`99.9%`";
    "window" => window, "Over which time, `30d`.";
);

record!(ResponseTime, "response-time", "a response time", short "`200ms`" = |text, origin, cx| {
        Some(ResponseTime { at_most: word(text, origin, cx)?, meta: at(origin), ..ResponseTime::default() })
    };
    "at-most" => at_most, "Where the source names no percentile.";
    "p50" => p50, "Half of the requests.";
    "p95" => p95, "95 of 100 requests.";
    "p99" => p99, "99 of 100 requests.";
);

record!(DurationObjective, "time-objective", "a promised time", short "`15m`" = |text, origin, cx| {
        let value = word(text, origin, cx)?;
        Some(DurationObjective { at_most: value, meta: at(origin), ..DurationObjective::default() })
    };
    "at-most" => at_most, "No longer than this.";
    "at-least" => at_least, "No shorter than this (retentions).";
);

record!(RateObjective, "rate-objective", "a promised rate", short "`1000/s`" = |text, origin, cx| {
        Some(RateObjective { at_least: word(text, origin, cx)?, meta: at(origin), ..RateObjective::default() })
    };
    "at-least" => at_least, "At least this many.";
    "at-most" => at_most, "Up to this many.";
);

record!(ShareObjective, "share-objective", "a promised share", short "`1%`" = |text, origin, cx| {
        Some(ShareObjective { at_most: word(text, origin, cx)?, meta: at(origin) })
    };
    "at-most" => at_most, "No more than this.";
);

record!(Claim, "claim", "a claim", short "the claim in one sentence" = |text, origin, _| {
        Some(Claim { says: Fact::stated(text.to_owned(), origin.clone()), meta: at(origin), ..Claim::default() })
    };
    "says" => says, "The claim in one sentence.";
    "about" => about, "Parts of the platform that it speaks of.";
    "count" => count, "How many.";
    "figures" => figures, "Figures that belong to it alone.";
);

/// Reads the short form of a record that has one main value.
pub(super) fn word<T: Word>(text: &str, origin: &Origin, cx: &mut Cx<'_>) -> Option<Fact<T>> {
    match T::read(text) {
        Ok(value) => Some(Fact::stated(value, origin.clone())),
        Err(expected) => {
            cx.expected(origin, &expected);
            None
        }
    }
}

pub(super) fn at(origin: &Origin) -> sehat_platform::Meta {
    sehat_platform::Meta { origin: origin.clone(), ..Default::default() }
}

record!(Site, "site", "a site";
    "country" => country, "ISO 3166 code.";
    "provider" => provider, "Who runs it: `aws`, `own`.";
    "region" => region, "The provider's name for the place.";
    "account" => account, "Sites of one account are lost together when the account is.";
    "zones" => zones, "Failure domains inside it.";
);

record!(Zone, "zone", "a failure domain";
    "nodes" => nodes, "Hypervisors, physical servers or workers.";
);

record!(Node, "node", "a node";
    "host" => host, "Its name in the network.";
    "product" => product, "What it runs: `proxmox-ve`.";
    "version" => version, "";
    "role" => role, "As the source calls it.";
    "os" => os, "Operating system.";
    "size" => size, "What it has.";
);

record!(Size, "size", "a size";
    "cpu" => cpu, "`2`, `500m` or `500m..2000m`; asked for.";
    "cpu-limit" => cpu_limit, "Not more than this.";
    "memory" => memory, "`512Mi`; asked for.";
    "memory-limit" => memory_limit, "Not more than this.";
    "disk" => disk, "`500GB`.";
    "disk-max" => disk_max, "Grows up to this.";
    "gpu" => gpu, "How many.";
    "instance-type" => instance_type, "`db.r5.large`.";
    "purchase" => purchase, "`on-demand`, `reserved`, `spot`.";
);

record!(Pool, "pool", "nodes that are counted";
    "nodes" => nodes (required), "`3` or `2..50`.";
    "desired" => desired, "How many at the start.";
    "zones" => zones, "Where they are.";
    "segment" => segment, "Their network.";
    "instance-types" => instance_types, "`[m5.large]`.";
    "spot" => spot, "May be taken away at any time.";
    "taints" => taints, "`[spot=true:NoSchedule]`.";
    "labels" => labels, "Kubernetes labels of its nodes.";
    "product" => product, "`kubernetes`, `eks`.";
    "version" => version, "";
    "os" => os, "`amazon-linux-2`.";
    "runtime" => runtime, "`docker`, `containerd`.";
    "size" => size, "What each node has.";
    "workers" => workers, "Components that run on it.";
    "settings" => settings, "Not judged.";
);

record!(Segment, "segment", "a network";
    "cidr" => cidr, "`192.168.10.0/24`.";
    "faces" => faces, "`internet` where outsiders are met.";
    "within" => within, "The segment that contains it.";
    "zones" => zones, "Zones that it reaches.";
    "subnets" => subnets, "How many it is cut into.";
    "nat" => nat, "Exits to the internet: how many.";
    "bandwidth" => bandwidth, "`1Gbps`.";
    "bandwidth-max" => bandwidth_max, "Up to this.";
    "latency" => latency, "Between its ends.";
    "purpose" => purpose, "What it is for.";
    "events" => events, "Messages per second that it carries.";
);
