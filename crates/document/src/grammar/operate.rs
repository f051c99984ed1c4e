//! Keys of how the platform is operated.

use sehat_platform::Fact;
use sehat_platform::operate::{
    Access, Alerts, Channel, Delivery, Pipeline, Quota, Release, Runbook, Secret, Threshold,
};

use super::place::at;
use crate::decode::record;

record!(Alerts, "alerts", "alerting";
    "by" => by, "Components that raise and carry alerts.";
    "thresholds" => thresholds, "When.";
    "channels" => channels, "To whom.";
);

record!(Threshold, "threshold", "a threshold", short "the bound, `85%`" = |text, origin, _| {
        Some(Threshold { above: Fact::stated(text.to_owned(), origin.clone()), meta: at(origin), ..Threshold::default() })
    };
    "above" => above, "`85%`, `200ms`, `1Gbps`.";
    "below" => below, "";
    "share" => share, "Of the requests or time.";
    "time" => time, "Looks back this long.";
    "hold" => hold, "Until it has held this long, nobody is told.";
    "severity" => severity, "`critical`, `warning`.";
    "of" => of, "Components that it watches.";
);

record!(Channel, "channel", "a channel";
    "product" => product, "`slack`, `pagerduty`.";
    "severities" => severities, "Which alerts; all where none is named.";
    "delivery" => delivery, "`real-time`, `summary`, `escalation`.";
    "schedule" => schedule, "When summaries are sent.";
    "to" => to, "Address or room.";
);

record!(Access, "access", "a way in";
    "who" => who, "Person, role or program.";
    "through" => through, "Components on the way.";
    "to" => to, "What is reached.";
    "rights" => rights, "What may be done there.";
    "authentication" => authentication, "`key`, `jwt`, `api-key`.";
    "refresh" => refresh, "Credentials are renewed.";
    "logged" => logged, "Sessions are recorded.";
    "least-privilege" => least_privilege, "Nothing beyond what is needed.";
);

record!(Secret, "secret", "a secret";
    "from" => from, "The component that keeps it.";
    "reference" => reference, "Its name there; never its value.";
    "keys" => keys, "Names of its parts.";
    "for" => for_, "Components that read it.";
    "rotate" => rotate, "When it is changed.";
    "audited" => audited, "Each reading is recorded.";
);

record!(Quota, "quota", "a quota";
    "of" => of, "Namespace or part.";
    "cpu" => cpu, "Cores, asked for.";
    "cpu-limit" => cpu_limit, "Cores, at most.";
    "memory" => memory, "Asked for.";
    "memory-limit" => memory_limit, "At most.";
    "counts" => counts, "How many of each sort.";
);

record!(Delivery, "delivery", "delivery";
    "pipelines" => pipelines, "From change to artefact.";
    "releases" => releases, "From artefact to users.";
);

record!(Pipeline, "pipeline", "a pipeline";
    "product" => product, "`github-actions`.";
    "on" => on, "What starts it.";
    "steps" => steps, "In order.";
    "to" => to, "Environments that it reaches.";
);

record!(Release, "release", "a release";
    "strategy" => strategy, "`blue-green`, `canary`, `rolling`.";
    "of" => of, "Components.";
    "share" => share, "Of the requests at first.";
    "surge" => surge, "Instances beyond the count.";
    "unavailable" => unavailable, "Instances that may lack.";
    "validate" => validate, "What decides.";
);

record!(Runbook, "runbook", "a runbook";
    "says" => says, "What it is for.";
    "steps" => steps, "In order.";
    "of" => of, "Components.";
);
