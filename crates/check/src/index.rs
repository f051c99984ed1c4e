//! Who is who in an inventory, looked up once for all rules.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use sehat_platform::inventory::limits::Autoscaler;
use sehat_platform::inventory::network::Service;
use sehat_platform::inventory::workload::Workload;
use sehat_platform::inventory::{Inventory, Object, ObjectId, Selector};
use sehat_reach::cluster::Cluster;

/// A namespace, and a label with its value.
type LabelKey<'a> = (&'a str, &'a str, &'a str);

/// Lookups over an inventory.
#[derive(Debug)]
pub struct Index<'a> {
    /// Every object by its name; the first where several have it.
    pub objects: HashMap<&'a ObjectId, &'a Object>,
    pub workloads: BTreeMap<&'a str, Vec<&'a Workload>>,
    pub services: BTreeMap<&'a str, Vec<&'a Service>>,
    /// By namespace and name.
    named: HashMap<(&'a str, &'a str), &'a Service>,
    /// The autoscalers of each target.
    pub autoscalers: HashMap<&'a ObjectId, Vec<&'a Autoscaler>>,
    /// Namespaces with resources from which some operator may make pods and more.
    operated: BTreeSet<&'a str>,
    /// Workloads by the labels of their pods.
    labelled: HashMap<LabelKey<'a>, Vec<&'a Workload>>,
    /// Services by the smallest label that they select.
    by_selected: HashMap<LabelKey<'a>, Vec<&'a Service>>,
    /// Who reaches whom.
    cluster: Cluster<'a>,
}

impl<'a> Index<'a> {
    /// Returns who reaches whom.
    pub const fn cluster(&self) -> &Cluster<'a> {
        &self.cluster
    }

    pub fn new(inventory: &'a Inventory) -> Self {
        let mut index = Self {
            objects: HashMap::new(),
            workloads: BTreeMap::new(),
            services: BTreeMap::new(),
            named: HashMap::new(),
            autoscalers: HashMap::new(),
            operated: BTreeSet::new(),
            labelled: HashMap::new(),
            by_selected: HashMap::new(),
            cluster: Cluster::new(inventory),
        };
        for object in &inventory.objects {
            index.objects.entry(&object.id).or_insert(object);
            if may_make_pods(object) {
                index.operated.insert(&object.id.namespace);
            }
        }
        for workload in &inventory.workloads {
            index.add_workload(workload);
        }
        for service in &inventory.network.services {
            index.add_service(service);
        }
        for autoscaler in &inventory.limits.autoscalers {
            index.autoscalers.entry(&autoscaler.target.value).or_default().push(autoscaler);
        }
        index
    }

    fn add_workload(&mut self, workload: &'a Workload) {
        let namespace = workload.object.id.namespace.as_str();
        self.workloads.entry(namespace).or_default().push(workload);
        for (key, value) in &workload.pod.labels {
            self.labelled.entry((namespace, key, &value.value)).or_default().push(workload);
        }
    }

    fn add_service(&mut self, service: &'a Service) {
        let namespace = service.object.id.namespace.as_str();
        self.services.entry(namespace).or_default().push(service);
        self.named.entry((namespace, &service.object.id.name)).or_insert(service);
        let first = service.selector.as_ref().and_then(|selector| selector.labels.first_key_value());
        if let Some((key, value)) = first {
            self.by_selected.entry((namespace, key, &value.value)).or_default().push(service);
        }
    }

    /// Returns whether an operator may make pods in a namespace that the files do not show.
    pub fn has_operator_in(&self, namespace: &str) -> bool {
        self.operated.contains(namespace)
    }

    /// Returns the workloads of a namespace.
    pub fn workloads_in(&self, namespace: &str) -> &[&'a Workload] {
        self.workloads.get(namespace).map_or(&[], Vec::as_slice)
    }

    /// Returns the services of a namespace.
    pub fn services_in(&self, namespace: &str) -> &[&'a Service] {
        self.services.get(namespace).map_or(&[], Vec::as_slice)
    }

    /// Returns the service of a namespace that has a name.
    pub fn service(&self, namespace: &str, name: &str) -> Option<&'a Service> {
        self.named.get(&(namespace, name)).copied()
    }

    /// Returns the workloads of a namespace whose pods have a label.
    pub fn labelled<'b>(&'b self, namespace: &'b str, key: &'b str, value: &'b str) -> &'b [&'a Workload] {
        self.labelled.get(&(namespace, key, value)).map_or(&[], Vec::as_slice)
    }

    /// Returns the workloads of a namespace whose pods a selector selects.
    pub fn selected<'b>(
        &'b self,
        namespace: &'b str,
        selector: &'b Selector,
    ) -> impl Iterator<Item = &'a Workload> + use<'a, 'b> {
        let candidates = self.candidates(namespace, selector).iter().copied();
        candidates.filter(|workload| selector.selects(&workload.pod.labels))
    }

    /// Returns a short list that holds every workload that is selected.
    fn candidates<'b>(&'b self, namespace: &'b str, selector: &'b Selector) -> &'b [&'a Workload] {
        let lists = selector.labels.iter().map(|(key, value)| self.labelled(namespace, key, &value.value));
        lists.min_by_key(|list| list.len()).unwrap_or_else(|| self.workloads_in(namespace))
    }

    /// Returns the workloads whose pods a service leads to.
    pub fn behind(&self, service: &'a Service) -> impl Iterator<Item = &'a Workload> {
        let namespace = service.object.id.namespace.as_str();
        service.selector.iter().flat_map(move |selector| self.selected(namespace, selector))
    }

    /// Returns the services that lead to the pods of a workload.
    pub fn in_front_of(&self, workload: &'a Workload) -> impl Iterator<Item = &'a Service> {
        let namespace = workload.object.id.namespace.as_str();
        let lists = workload.pod.labels.iter().filter_map(move |(key, value)| {
            self.by_selected.get(&(namespace, key.as_str(), value.value.as_str()))
        });
        lists.flatten().copied().filter(|service| {
            service.selector.as_ref().is_some_and(|selector| selector.selects(&workload.pod.labels))
        })
    }
}

/// Groups of resources that make no pods.
const WITHOUT_PODS: [&str; 9] = [
    "k8s.io",
    "istio.io",
    "cert-manager.io",
    "external-secrets.io",
    "bitnami.com",
    "cilium.io",
    "kyverno.io",
    "projectcalico.org",
    "argoproj.io",
];

fn may_make_pods(object: &Object) -> bool {
    let group = object.group();
    let watches = matches!(
        object.id.kind.as_str(),
        "ServiceMonitor"
            | "PodMonitor"
            | "Probe"
            | "PrometheusRule"
            | "ScrapeConfig"
            | "ScheduledBackup"
            | "Backup"
    );
    group.contains('.') && !watches && !WITHOUT_PODS.iter().any(|known| group.ends_with(known))
}
