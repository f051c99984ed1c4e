//! The labelled stand-in for a service whose program is not at hand: it carries the declared journeys and really uses
//! every component that the service uses. It answers 200 only where every one of them answered.

mod dependency;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::Failure;
use crate::http::{self, Request, Response};
use crate::store::{Patience, Store};
use dependency::{Dependency, Work};

/// The header that says in every answer that this is not the real program.
pub const LABEL_HEADER: &str = "X-Sehat-Stand-In";

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct StandIn {
    pub component: String,
    pub instance: String,
    pub listens: Vec<SocketAddr>,
    pub connections_max: usize,
    /// Connections to each dependency at the same time.
    pub pool_max: usize,
    pub patience: Patience,
    /// Time in which an answer is given, whatever the dependencies do.
    pub answer_ms_max: u64,
    pub uses: BTreeMap<String, Use>,
    /// By name of the journey: what this service does when a request of the journey reaches it.
    pub journeys: BTreeMap<String, Vec<Call>>,
}

/// A component that the service uses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Use {
    Store {
        store: Store,
    },
    /// Another service, or the balancer in front of it.
    Http {
        address: SocketAddr,
        host: String,
    },
}

/// One use of a dependency within a journey.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Call {
    pub dependency: String,
    /// The step of the journey that the service called carries on with; without one it is asked for its health.
    pub step: Option<String>,
}

struct Service {
    config: StandIn,
    dependencies: BTreeMap<String, Dependency>,
}

pub fn run(config: &StandIn) -> Result<(), Failure> {
    let service = Service::new(config.clone());
    let handler: http::Handler = Arc::new(move |request| service.answer(request));
    http::serve(&config.listens, config.connections_max, &handler)
}

impl Service {
    fn new(config: StandIn) -> Self {
        let open = |used: &Use| Dependency::new(used, config.pool_max, config.patience);
        let dependencies = config.uses.iter().map(|(name, used)| (name.clone(), open(used))).collect();
        Self { config, dependencies }
    }

    fn answer(&self, request: &Request) -> Response {
        let parts: Vec<&str> = request.path.trim_matches('/').split('/').collect();
        let response = match parts.as_slice() {
            // A service names its own path of health, `/api/health`.
            [.., "health"] => self.said(200, json!({})),
            ["metrics"] => Response::text(200, "# TYPE sehat_stand_in gauge\nsehat_stand_in 1\n"),
            ["ready"] => self.ready(),
            ["journey", name, step] => self.journey(name, step, request),
            _ => self.said(404, json!({ "reason": "a stand-in has /health, /ready and /journey/NAME/STEP" })),
        };
        response.header(LABEL_HEADER, &self.config.component)
    }

    fn ready(&self) -> Response {
        let names = self.dependencies.keys().map(|name| Call { dependency: name.clone(), step: None });
        self.call_all(&names.collect::<Vec<_>>(), &Work::ping(self.deadline()))
    }

    fn journey(&self, name: &str, step: &str, request: &Request) -> Response {
        let number = request.query.get("id").and_then(|text| text.parse().ok());
        let (Some(calls), Some(number)) = (self.config.journeys.get(name), number) else {
            return self.said(
                404,
                json!({ "journey": name, "step": step, "reason": "unknown journey, or no id=NUMBER" }),
            );
        };
        let write = request.query.get("write").is_some_and(|value| value == "1");
        self.call_all(
            calls,
            &Work { journey: Some(name.to_owned()), number, write, deadline: self.deadline() },
        )
    }

    fn call_all(&self, calls: &[Call], work: &Work) -> Response {
        for call in calls {
            if let Err(failure) = self.call(call, work) {
                return self.said(503, json!({ "failed": call.dependency, "reason": failure.to_string() }));
            }
        }
        let used: Vec<&str> = calls.iter().map(|call| call.dependency.as_str()).collect();
        self.said(200, json!({ "used": used }))
    }

    fn call(&self, call: &Call, work: &Work) -> Result<(), Failure> {
        let unknown = || Failure::new("it is not among `uses`");
        let dependency = self.dependencies.get(&call.dependency).ok_or_else(unknown)?;
        dependency.call(call.step.as_deref(), work)
    }

    fn deadline(&self) -> Instant {
        Instant::now() + Duration::from_millis(self.config.answer_ms_max)
    }

    fn said(&self, status: u16, mut what: serde_json::Value) -> Response {
        what["stand_in_for"] = json!(self.config.component);
        what["instance"] = json!(self.config.instance);
        Response::json(status, &what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(uses: BTreeMap<String, Use>, calls: Vec<Call>) -> Service {
        Service::new(StandIn {
            component: "web".to_owned(),
            instance: "web-1".to_owned(),
            listens: Vec::new(),
            connections_max: 4,
            pool_max: 2,
            patience: Patience { connect_ms: 200, answer_ms: 200 },
            answer_ms_max: 500,
            uses,
            journeys: BTreeMap::from([("book-visit".to_owned(), calls)]),
        })
    }

    fn get(service: &Service, path: &str, query: &[(&str, &str)]) -> String {
        let query = query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let response = service.answer(&Request { path: path.to_owned(), query, ..Request::default() });
        format!("{} {}", response.status, String::from_utf8(response.body).unwrap())
    }

    fn calling(dependency: &str) -> Call {
        Call { dependency: dependency.to_owned(), step: None }
    }

    #[test]
    fn health_says_what_it_is() {
        let service = service(BTreeMap::new(), Vec::new());
        insta::assert_snapshot!(get(&service, "/health", &[]), @r#"200 {"stand_in_for":"web","instance":"web-1"}"#);
        let labelled = service.answer(&Request { path: "/health".to_owned(), ..Request::default() });
        assert!(labelled.headers.contains(&(LABEL_HEADER.to_owned(), "web".to_owned())));
    }

    #[test]
    fn a_dependency_that_refuses_is_named() {
        let closed = "127.0.0.1:1".parse().unwrap();
        let used = Use::Store { store: Store::Redis { address: closed, password: None } };
        let service = service(BTreeMap::from([("sessions".to_owned(), used)]), vec![calling("sessions")]);
        let answer = get(&service, "/journey/book-visit/web", &[("id", "1")]);
        assert!(answer.starts_with(r#"503 {"failed":"sessions","reason":"Connection refused"#), "{answer}");
    }

    #[test]
    fn an_undeclared_journey_is_refused() {
        let service = service(BTreeMap::new(), Vec::new());
        assert!(get(&service, "/journey/other/web", &[("id", "1")]).starts_with("404"));
        assert!(get(&service, "/journey/book-visit/web", &[]).starts_with("404"));
    }
}
