//! Keys of components.

use sehat_platform::Fact;
use sehat_platform::component::{
    Ability, Autoscale, Backup, Component, Copies, Encryption, Failover, HealthCheck, Listener, Load,
    LogArchive, Managed, ProcessModel, RateLimit, Restore, Retries, Route, ScaleStep, Security, Storage, Tls,
    Use,
};

use super::place::{at, word};
use crate::decode::record;

record!(Component, "component", "a component";
    "kind" => kind (required), "What it is for.";
    "product" => product, "`nginx`, `mariadb`, `s3`.";
    "version" => version, "`10.11`.";
    "support" => support, "Whose support counts: `upstream` or a distribution such as `debian-12`.";
    "os" => os, "Operating system of its machines, `ubuntu-22.04`.";
    "topology" => topology, "How its instances relate.";
    "replicas" => replicas, "How many instances: `3`, `2..10`.";
    "shards" => shards, "How many parts the data is cut into.";
    "segment" => segment, "The network of its machines.";
    "on" => on, "Sites, zones, nodes or pools that may carry it; all where none is named.";
    "beside" => beside, "Runs on the machines of this component.";
    "spread" => spread, "What its instances must not share.";
    "addresses" => addresses, "One for each instance; chosen where none is stated.";
    "managed" => managed, "A provider runs it.";
    "external" => external, "Another party runs it.";
    "size" => size, "What each instance has.";
    "storage" => storage, "Where its content lies.";
    "listens" => listens, "Ports that it serves, by name.";
    "routes" => routes, "Which requests go where.";
    "uses" => uses, "Components that it cannot work without.";
    "failover" => failover, "Who notices a loss and who takes over.";
    "timers" => timers, "The product's own timers.";
    "health" => health, "How its health is asked for by its own platform.";
    "holds" => holds, "Classes of data.";
    "rebuildable" => rebuildable, "Why the loss of its content is no loss of data.";
    "replication" => replication, "When a write is acknowledged.";
    "backup" => backup, "How copies are made and where they lie.";
    "retention" => retention, "How long it keeps its content.";
    "encryption" => encryption, "What is encrypted and what cannot be changed.";
    "provides" => provides, "Named abilities that the source gives it.";
    "autoscale" => autoscale, "When instances are added and removed.";
    "rate-limits" => rate_limits, "Requests above these are refused.";
    "schedule" => schedule, "When a job runs.";
    "processes" => processes, "How it runs inside its machine: PM2, Gunicorn, PHP-FPM.";
    "security" => security, "The rights that it runs with.";
    "scrapes" => scrapes, "Components whose metrics it collects.";
    "scrape-interval" => scrape_interval, "How often.";
    "evaluation-interval" => evaluation_interval, "How often rules are evaluated.";
    "collects" => collects, "Components whose logs or traces it receives.";
    "part-of" => part_of, "The larger part that it belongs to.";
    "cluster" => cluster, "The cluster that it runs in.";
    "namespace" => namespace, "The cluster's namespace.";
    "host" => host, "Its name for users.";
    "image" => image, "Reference of a container image.";
    "stands-for" => stands_for, "The object of the document's files that it stands for: `Deployment shop/cart`.";
    "objectives" => objectives, "What this component promises, before the platform's own.";
    "load" => load, "What it is asked to carry.";
    "capacity" => capacity, "What each instance can carry.";
    "budgets" => budgets, "Bounds that its product states.";
    "settings" => settings, "The product's own keys, passed through and not judged.";
);

record!(Managed, "managed", "a provider's service", short "the provider, `aws`" = |text, origin, _| {
        Some(Managed { by: Fact::stated(text.to_owned(), origin.clone()), meta: at(origin), ..Managed::default() })
    };
    "by" => by (required), "The provider.";
    "service" => service, "The provider's name for it.";
    "region" => region, "Where it lies.";
    "multi-zone" => multi_zone, "A standby in another zone.";
    "global" => global, "Serves from places in other countries.";
);

record!(Storage, "storage", "storage", short "its size, `100Gi`" = |text, origin, cx| {
        Some(Storage { size: word(text, origin, cx)?, meta: at(origin), ..Storage::default() })
    };
    "size" => size, "`100Gi`.";
    "size-max" => size_max, "Grows up to this.";
    "used" => used, "What lies there now.";
    "growth-per-day" => growth_per_day, "What is added each day.";
    "class" => class, "`ssd`, `fast-ssd`.";
    "copies" => copies, "Copies of each byte.";
    "throughput" => throughput, "`100MB/s`.";
    "on" => on, "The component that provides it.";
    "rotate" => rotate, "Old content is removed.";
    "mode" => mode, "`ReadWriteOnce`.";
    "encrypted" => encrypted, "At rest.";
    "path" => path, "`/shared/backups`.";
);

record!(Listener, "listener", "a listener", short "its port, `8080`" = |text, origin, cx| {
        Some(Listener { port: word(text, origin, cx)?, meta: at(origin), ..Listener::default() })
    };
    "port" => port (required), "`8080`, `53/udp`.";
    "target" => target, "The port inside, where it differs.";
    "tls" => tls, "Encrypted.";
);

record!(Tls, "tls", "encryption on the way", short "who issues the certificate" = |text, origin, _| {
        Some(Tls { issuer: Fact::stated(text.to_owned(), origin.clone()), meta: at(origin), ..Tls::default() })
    };
    "issuer" => issuer, "`letsencrypt`, `internal-ca`.";
    "challenge" => challenge, "`http-01`, `dns-01`.";
    "names" => names, "Host names of the certificate.";
    "minimum" => minimum, "Lowest version of the protocol.";
    "mutual" => mutual, "Clients show a certificate too.";
    "enforced" => enforced, "Plain connections are refused.";
);

record!(Route, "route", "a route";
    "host" => host, "`app.example.id`.";
    "path" => path, "`/v1`.";
    "header" => header, "`x-version: v2`.";
    "to" => to (required), "The component that answers.";
    "listener" => listener, "Its listener, where it has several.";
    "balance" => balance, "How a server is chosen.";
    "check" => check, "How its servers' health is asked for.";
    "sticky" => sticky, "How a user stays with a server.";
    "timeout" => timeout, "Longest time until the answer.";
    "retries" => retries, "Tries after a failure.";
    "limits" => limits, "Connection pool and circuit breaker, by name.";
    "weight" => weight, "Share of the requests.";
    "subset" => subset, "Which version answers.";
);

record!(Retries, "retries", "retries";
    "attempts" => attempts, "How many tries.";
    "per-try" => per_try, "Longest time of each.";
    "on" => on, "After which failures.";
);

record!(HealthCheck, "health-check", "a health check", short "`GET /health`" = |text, origin, _| {
        let path = text.strip_prefix("GET ").unwrap_or(text).trim().to_owned();
        Some(HealthCheck { path: Fact::stated(path, origin.clone()), meta: at(origin), ..HealthCheck::default() })
    };
    "active" => active, "Asks by itself, or only watches the requests of users.";
    "path" => path, "`/health`.";
    "port" => port, "Where it differs from the served one.";
    "command" => command, "What is run to ask.";
    "every" => every, "Time between two questions.";
    "timeout" => timeout, "Longest time until the answer.";
    "delay" => delay, "Time until the first.";
    "fall" => fall, "Failures in a row until it counts as down.";
    "rise" => rise, "Successes in a row until it counts as up.";
);

record!(Use, "use", "what is needed of another component", short "the way there, `through` a proxy" = |text, origin, _| {
        Some(Use { through: Fact::stated(text.to_owned(), origin.clone()), meta: at(origin), ..Use::default() })
    };
    "through" => through, "The proxy that stands between.";
    "listener" => listener, "Which of its listeners.";
    "port" => port, "Which port, where it names no listener.";
    "purpose" => purpose, "What for.";
    "optional" => optional, "Works on, though worse, without it.";
    "pool" => pool, "Connections kept open.";
    "pool-idle" => pool_idle, "Of these, idle ones.";
    "lifetime" => lifetime, "A connection is renewed after this.";
    "idle" => idle, "An idle one is closed after this.";
    "timeout" => timeout, "Longest time until the answer.";
    "tls" => tls, "Encrypted.";
    "secret" => secret, "What it shows to get in.";
    "retries" => retries, "Tries after a failure.";
    "limits" => limits, "Connection pool and circuit breaker, by name.";
);

record!(Failover, "failover", "a failover", short "who acts" = |text, origin, _| {
        Some(Failover { by: Fact::stated(text.to_owned(), origin.clone()), meta: at(origin), ..Failover::default() })
    };
    "by" => by, "What notices and moves: `keepalived`, `galera`, `sentinel`, `provider`.";
    "through" => through, "What carries clients to the survivor.";
    "address" => address, "The address that moves.";
    "automatic" => automatic, "Without a person.";
    "timers" => timers, "The actor's own timers: `advert`, `down-after`.";
);

record!(Backup, "backup", "a backup";
    "full" => full, "Full copies.";
    "incremental" => incremental, "What changed since the last copy.";
    "snapshot" => snapshot, "Snapshots by the storage or provider.";
    "log" => log, "Continuous archive of the product's log.";
    "archive" => archive, "Copies that are kept for the law.";
    "point-in-time" => point_in_time, "Any moment can be restored.";
    "to" => to, "Where all of these go, unless they say otherwise.";
    "encrypted" => encrypted, "How the copies are encrypted.";
    "window" => window, "When the provider may run it.";
    "tool" => tool, "`mariadb-backup`, `pg_dump`.";
    "command" => command, "What is run.";
    "restore" => restore, "How a copy comes back.";
);

record!(Copies, "copies", "copies", short "the schedule, `0 1 * * *`" = |text, origin, cx| {
        Some(Copies { schedule: word(text, origin, cx)?, meta: at(origin), ..Copies::default() })
    };
    "schedule" => schedule, "`0 1 * * *` or `every 6h`.";
    "keep" => keep, "Each is kept this long.";
    "to" => to, "Where they go.";
    "path" => path, "`/backups/full`.";
    "manual" => manual, "Only when somebody asks for it.";
);

record!(LogArchive, "log-archive", "a log archive", short "longest delay, `10s`" = |text, origin, cx| {
        Some(LogArchive { every: word(text, origin, cx)?, meta: at(origin), ..LogArchive::default() })
    };
    "every" => every (required), "Longest time until a write is in the archive.";
    "keep" => keep, "Kept this long.";
    "to" => to, "Where it goes.";
);

record!(Restore, "restore", "a restore";
    "throughput" => throughput, "`100MB/s`.";
    "steps" => steps, "What is done, in order.";
    "reaction" => reaction, "Time until somebody acts.";
    "drill" => drill, "How often it is rehearsed.";
    "verify" => verify, "What is looked at afterwards.";
);

record!(Encryption, "encryption", "encryption", short "the key" = |text, origin, _| {
        let key = Fact::stated(text.to_owned(), origin.clone());
        Some(Encryption { key, at_rest: Fact::stated(true, origin.clone()), meta: at(origin), ..Encryption::default() })
    };
    "at-rest" => at_rest, "What lies there is encrypted.";
    "in-transit" => in_transit, "What goes in and out is encrypted.";
    "key" => key, "Whose key.";
    "immutable" => immutable, "Nothing can change or delete a copy before this time.";
    "versioned" => versioned, "Former versions are kept.";
);

record!(Ability, "ability", "an ability", short "what it is" = |text, origin, _| {
        Some(Ability { is: Fact::stated(text.to_owned(), origin.clone()), meta: at(origin), ..Ability::default() })
    };
    "is" => is, "In one sentence.";
    "enabled" => enabled, "Switched on.";
    "figures" => figures, "Its figures.";
);

record!(Autoscale, "autoscale", "autoscaling";
    "replicas" => replicas, "`3..10`.";
    "cpu" => cpu, "Target share of the request, `70%`.";
    "memory" => memory, "Target share of the request.";
    "metrics" => metrics, "Other metrics with their targets.";
    "up" => up, "How fast instances are added.";
    "down" => down, "How fast they are removed.";
    "by" => by, "What acts.";
);

record!(ScaleStep, "scale-step", "a step";
    "window" => window, "Looks back this long.";
    "share" => share, "Changes by at most this share.";
    "every" => every, "In this time.";
);

record!(RateLimit, "rate-limit", "a rate limit", short "`100/s`" = |text, origin, cx| {
        Some(RateLimit { rate: word(text, origin, cx)?, meta: at(origin), ..RateLimit::default() })
    };
    "rate" => rate, "`100/s`.";
    "by" => by, "Counted for each of these: `address`, `api-key`.";
    "burst" => burst, "So many at once.";
    "shared" => shared, "Counted over all instances together.";
);

record!(ProcessModel, "process-model", "a process model";
    "product" => product, "`pm2`, `gunicorn`, `php-fpm`, `celery`.";
    "version" => version, "";
    "workers" => workers, "How many.";
    "mode" => mode, "`cluster`.";
    "queue" => queue, "The component that holds its work.";
    "settings" => settings, "Not judged.";
);

record!(Security, "security", "rights";
    "user" => user, "User id.";
    "group" => group, "Group id.";
    "non-root" => non_root, "Refuses to run as root.";
    "read-only-root" => read_only_root, "Its root file system cannot be written.";
    "privilege-escalation" => privilege_escalation, "May gain rights.";
    "capabilities" => capabilities, "What it keeps.";
    "service-account" => service_account, "Its identity in the cluster.";
    "pull-secret" => pull_secret, "What it shows to the registry.";
);

record!(Load, "load", "a load";
    "requests" => requests, "`1000/s`.";
    "requests-max" => requests_max, "Up to this.";
    "connections" => connections, "Open at once.";
    "latency" => latency, "Time of one request.";
    "message-size" => message_size, "Of each.";
);
