//! What commands of scripts do to data: copy it, load it, look at it.

use sehat_platform::inventory::delivery::{Command, Host, Line, Script, Shell};
use sehat_platform::inventory::workload::{Workload, WorkloadKind};
use sehat_platform::inventory::{Inventory, ObjectId};

/// A command that writes a copy of something.
#[derive(Clone, Debug, PartialEq)]
pub struct Dump {
    pub program: String,
    /// What it copies: `postgresql`, `mysql`, `mongodb`, `redis`, `etcd`, `files`.
    pub store: &'static str,
    pub command: Command,
}

/// Returns the copy that a command makes.
pub fn dump(command: &Command) -> Option<Dump> {
    let command = command.innermost();
    let store = match command.name() {
        "pg_dump" | "pg_dumpall" | "pg_basebackup" => "postgresql",
        "mysqldump" | "mariadb-dump" | "mydumper" | "mariabackup" | "mariadb-backup" | "xtrabackup" => {
            "mysql"
        }
        "mongodump" => "mongodb",
        "redis-cli" if command.has("--rdb") || command.texts().any(|text| text == "BGSAVE") => "redis",
        "etcdctl" if command.has("snapshot") && command.has("save") => "etcd",
        "tar" if packs(&command) => "files",
        _ => return None,
    };
    Some(Dump { program: command.name().to_owned(), store, command })
}

fn packs(command: &Command) -> bool {
    let first = command.words.get(1).map_or("", |word| word.text.as_str());
    let letters = first.strip_prefix('-').filter(|rest| !rest.starts_with('-')).unwrap_or(first);
    command.has("--create") || !first.starts_with("--") && letters.contains('c') && !letters.contains('/')
}

/// Returns the dump of a line, with its place among the commands.
pub fn dump_of(line: &Line) -> Option<(usize, Dump)> {
    line.commands.iter().enumerate().find_map(|(at, command)| Some((at, dump(command)?)))
}

/// A command that loads a copy.
#[derive(Clone, Debug, PartialEq)]
pub struct Load {
    pub program: String,
    pub store: &'static str,
    pub command: Command,
}

/// Returns what a line loads into a database.
pub fn load_of(line: &Line) -> Option<Load> {
    line.commands.iter().enumerate().find_map(|(at, command)| {
        let has_input = at > 0 || command.redirects.iter().any(|redirect| redirect.operator == "<");
        load(command, has_input)
    })
}

fn load(command: &Command, has_input: bool) -> Option<Load> {
    let command = command.innermost();
    let has_file = |names: &[&str]| command.option(names).is_some();
    let store = match command.name() {
        "psql" if has_file(&["-f", "--file"]) || has_input && !has_file(&["-c", "--command"]) => "postgresql",
        "pg_restore" if !command.has("-l") && !command.has("--list") => "postgresql",
        "mysql" | "mariadb" if has_input && !has_file(&["-e", "--execute"]) => "mysql",
        "mongorestore" => "mongodb",
        _ => return None,
    };
    Some(Load { program: command.name().to_owned(), store, command })
}

/// Returns whether a script brings a copy back: it loads something, and it speaks of a copy.
pub fn restores(script: &Script) -> bool {
    let speaks = |text: &str| {
        let text = text.to_ascii_lowercase();
        ["restor", "recover", "backup", "dump", ".sql.gz", ".sql.zst"].iter().any(|word| text.contains(word))
    };
    let loads = script.seen().iter().any(|seen| load_of(seen.line).is_some());
    loads
        && (speaks(&script.name)
            || script.notes.iter().any(|note| speaks(&note.text))
            || script.commands().any(|command| command.texts().any(speaks)))
}

/// Returns whether a script makes copies.
pub fn backs_up(script: &Script) -> bool {
    script.commands().any(|command| dump(command).is_some())
}

/// Returns whether a program runs it from its first line to its last, and not a person line by line.
pub fn runs_by_itself(script: &Script) -> bool {
    match script.host {
        Host::Runbook => false,
        Host::File => script.shell != Shell::Unstated || script.name.ends_with("sh"),
        _ => true,
    }
}

/// A pod that a command enters: `kubectl exec -n clinic postgres-0 -- psql`.
#[derive(Clone, Debug, PartialEq)]
pub struct Entered {
    pub namespace: Option<String>,
    pub pod: String,
    pub origin: sehat_diagnostic::Origin,
    /// A shell, in which the lines that follow run.
    pub stays: bool,
}

const VALUED: [&str; 9] =
    ["-n", "--namespace", "-c", "--container", "--context", "--kubeconfig", "-s", "--server", "--cluster"];

/// Returns the pod that a command enters, where its name is written out.
pub fn entered(command: &Command) -> Option<Entered> {
    if !matches!(command.name(), "kubectl" | "oc") {
        return None;
    }
    let words = command.plain(&VALUED);
    let [verb, pod, ..] = words.as_slice() else { return None };
    if verb.text != "exec" || !pod.is_known() || pod.text.contains(['<', '{']) {
        return None;
    }
    let last = command.words.last().map_or("", |word| word.text.rsplit('/').next().unwrap_or_default());
    Some(Entered {
        namespace: command
            .option(&["-n", "--namespace"])
            .filter(|name| !name.contains('$'))
            .map(str::to_owned),
        pod: pod.text.clone(),
        origin: pod.origin.clone(),
        stays: matches!(last, "bash" | "sh" | "ash"),
    })
}

/// What is known of a pod's name.
#[derive(Clone, Debug, PartialEq)]
pub enum PodName<'a> {
    /// A workload makes a pod of this name.
    Of(&'a Workload),
    /// An operator makes pods of this name.
    Operated(ObjectId),
    /// The namespace's database is run by an operator, which names its pods otherwise.
    Otherwise {
        cluster: ObjectId,
        pods: String,
    },
    Unknown,
}

/// Looks a pod's name up: `postgres-0`, `deploy/web`.
pub fn pod<'a>(inventory: &'a Inventory, entered: &Entered) -> PodName<'a> {
    let here = |id: &ObjectId| entered.namespace.as_ref().is_none_or(|namespace| *namespace == id.namespace);
    let (kind, name) = match entered.pod.split_once('/') {
        Some((kind, name)) => (Some(kind), name),
        None => (None, entered.pod.as_str()),
    };
    let mut workloads = inventory.workloads.iter().filter(|workload| here(&workload.object.id));
    if let Some(found) = workloads.find(|workload| makes(workload, kind, name)) {
        return PodName::Of(found);
    }
    let clusters = || inventory.objects.iter().filter(|object| is_cnpg(object) && here(&object.id));
    match clusters().find(|cluster| ordinal(name, &cluster.id.name).is_some()) {
        Some(cluster) => PodName::Operated(cluster.id.clone()),
        None => clusters().next().map_or(PodName::Unknown, |cluster| PodName::Otherwise {
            cluster: cluster.id.clone(),
            pods: format!("{0}-1, {0}-2", cluster.id.name),
        }),
    }
}

fn is_cnpg(object: &sehat_platform::inventory::Object) -> bool {
    object.id.kind == "Cluster" && object.group() == "postgresql.cnpg.io"
}

fn makes(workload: &Workload, kind: Option<&str>, name: &str) -> bool {
    let own = &workload.object.id.name;
    match workload.kind {
        _ if kind.is_some_and(|kind| !matches!(kind, "pod" | "pods" | "po")) => own == name,
        WorkloadKind::Pod => own == name,
        WorkloadKind::StatefulSet => ordinal(name, own).is_some(),
        // The end of such a name is chosen by the cluster.
        _ => name.strip_prefix(own.as_str()).is_some_and(|rest| rest.starts_with('-')),
    }
}

fn ordinal(name: &str, set: &str) -> Option<u32> {
    name.strip_prefix(set)?.strip_prefix('-')?.parse().ok()
}

/// Returns the environment of a script's container, and whether names in it are not all known.
pub fn workload_of<'a>(inventory: &'a Inventory, script: &Script) -> Option<&'a Workload> {
    let Host::Container { workload, .. } = &script.host else { return None };
    inventory.workloads.iter().find(|known| known.object.id == *workload)
}

/// The name and the version of an image: `docker.io/library/postgres:16.4-alpine` is `postgres` and `16.4-alpine`.
pub fn image(text: &str) -> (&str, Option<&str>) {
    let bare = text.split('@').next().unwrap_or(text);
    let last = bare.rsplit('/').next().unwrap_or(bare);
    match last.split_once(':') {
        Some((name, tag)) => (name, Some(tag)),
        None => (last, None),
    }
}

/// The leading number of a tag.
pub fn major(tag: &str) -> Option<u32> {
    let digits: String = tag.trim_start_matches('v').chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// A Secret that a script writes somewhere in plain text.
#[derive(Clone, Debug, PartialEq)]
pub struct SecretCopy<'a> {
    pub script: &'a Script,
    pub command: &'a Command,
    /// The file, or the program behind the pipe.
    pub target: String,
    /// Where the copy is then sent.
    pub sent: Option<&'a Command>,
}

/// Finds `kubectl get …,secret,… -o yaml > file`: the values are encoded, not encrypted.
pub fn secret_copies(script: &Script) -> Vec<SecretCopy<'_>> {
    let seen = script.seen();
    let lines = || seen.iter().map(|seen| seen.line);
    let copies = lines().filter_map(|line| {
        let at = line.commands.iter().position(shows_secrets)?;
        let command = &line.commands[at];
        let file = line.commands.iter().flat_map(|command| &command.redirects);
        let file = file.into_iter().find(|redirect| redirect.operator.starts_with('>'));
        let sink = line.commands.get(at + 1).filter(|next| sends(next));
        let target = file.map(|file| file.target.text.clone()).or_else(|| Some(sink?.name().to_owned()))?;
        let sent = lines().flat_map(|line| &line.commands).find(|other| sends(other) && other.has(&target));
        Some(SecretCopy { script, command, target, sent: sent.or(sink) })
    });
    copies.collect()
}

fn shows_secrets(command: &Command) -> bool {
    let words = command.plain(&VALUED);
    let [verb, kinds, ..] = words.as_slice() else { return false };
    let names_secrets = kinds.text.split(',').any(|kind| matches!(kind, "secret" | "secrets"));
    let whole = command.option(&["-o", "--output"]).is_some_and(|format| matches!(format, "yaml" | "json"));
    command.name() == "kubectl" && verb.text == "get" && names_secrets && whole
}

fn sends(command: &Command) -> bool {
    matches!(command.name(), "aws" | "gsutil" | "gcloud" | "az" | "rclone" | "scp" | "rsync" | "mc" | "curl")
}
