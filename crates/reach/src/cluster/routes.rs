//! Which pods requests from outside are routed to, and on which ports.

use sehat_platform::Protocol;
use sehat_platform::inventory::edge::{Backend, Route};
use sehat_platform::inventory::network::{Service, ServicePort};
use sehat_platform::inventory::workload::{Pod, PortRef};

use super::Cluster;
use super::hash::FastMap;

/// A backend of an Ingress or a route, and one workload behind it.
#[derive(Clone, Debug)]
pub struct Routed<'a> {
    pub route: &'a Route,
    pub backend: &'a Backend,
    pub service: &'a Service,
    pub workload: usize,
    pub protocol: Protocol,
    /// In the pods.
    pub ports: Vec<u16>,
}

impl<'a> Cluster<'a> {
    /// Returns what every backend leads to.
    pub fn routed(&self) -> Vec<Routed<'a>> {
        let mut services: FastMap<(&str, &str), &Service> = FastMap::default();
        for service in &self.inventory.network.services {
            services.insert((&service.object.id.namespace, &service.object.id.name), service);
        }
        let backends = self
            .inventory
            .edge
            .routes
            .iter()
            .flat_map(|route| route.backends.iter().map(move |backend| (route, backend)));
        let led = backends.filter_map(|(route, backend)| {
            let target = &backend.target.value;
            let service = services.get(&(target.namespace.as_str(), target.name.as_str()))?;
            (target.kind == "Service").then_some((route, backend, *service))
        });
        led.flat_map(|(route, backend, service)| self.behind(route, backend, service)).collect()
    }

    fn behind(&self, route: &'a Route, backend: &'a Backend, service: &'a Service) -> Vec<Routed<'a>> {
        let protocol = if route.object.id.kind == "UDPRoute" { Protocol::Udp } else { Protocol::Tcp };
        let workloads = self.selected_by(service).into_iter();
        workloads
            .map(|workload| {
                let pod = &self.pods.workloads[workload].pod;
                let wanted = service.ports.iter().filter(|port| port.protocol == protocol);
                let matching = wanted.filter(|port| is_meant(route, backend, port, pod));
                let ports = matching.filter_map(|port| target_port(port, pod)).collect();
                Routed { route, backend, service, workload, protocol, ports }
            })
            .collect()
    }

    /// Returns the workloads that a service leads to.
    pub fn selected_by(&self, service: &Service) -> Vec<usize> {
        let Some(selector) = &service.selector else { return Vec::new() };
        let Some(namespace) = self.pods.namespace(&service.object.id.namespace) else { return Vec::new() };
        let members = self.pods.namespaces[namespace as usize].members.iter().map(|at| *at as usize);
        members.filter(|at| selector.selects(&self.pods.workloads[*at].pod.labels)).collect()
    }
}

/// Returns the port of the pods that a service's port leads to.
///
/// Source: Kubernetes API, `ServicePort`: a name is looked up in the target pod's container ports.
pub fn target_port(port: &ServicePort, pod: &Pod) -> Option<u16> {
    match &port.target {
        PortRef::Number(number) => Some(**number),
        PortRef::Name(name) => {
            let same = |stated: &&sehat_platform::inventory::workload::ContainerPort| {
                stated.name.as_ref() == Some(&name.value) && stated.protocol == port.protocol
            };
            pod.ports().find(same).map(|stated| stated.number)
        }
    }
}

/// An Ingress and a route of the Gateway API name a port of the service; `OpenShift`'s Route names one of the pods.
fn is_meant(route: &Route, backend: &Backend, port: &ServicePort, pod: &Pod) -> bool {
    let Some(wanted) = &backend.port else { return true };
    let of_service = match wanted {
        PortRef::Number(number) => **number == port.port,
        PortRef::Name(name) => port.name.as_ref() == Some(&name.value),
    };
    let of_pods = || match (wanted, &port.target) {
        (PortRef::Name(wanted), PortRef::Name(target)) => wanted.value == target.value,
        (PortRef::Number(wanted), _) => target_port(port, pod) == Some(**wanted),
        _ => false,
    };
    of_service || (route.object.id.kind == "Route" && of_pods())
}
