//! What the schemas say of files that people write.

use proptest::prelude::*;
use sehat_diagnostic::Sources;
use sehat_import::{Imported, import};

fn read(files: &[(&str, &str)]) -> Imported {
    let mut sources = Sources::default();
    for (path, text) in files {
        sources.add(path, text);
    }
    import(&sources)
}

fn faults(files: &[(&str, &str)]) -> String {
    let all = read(files).inventory.format;
    let line = |fault: &_| {
        let fault: &sehat_platform::inventory::format::Fault = fault;
        format!("{}:{} {}", fault.origin.line, fault.origin.column, fault.message)
    };
    all.iter().map(|fault| line(fault) + "\n").collect()
}

const DEPLOYMENT: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: { name: patients, namespace: clinic, labels: { app: patients } }
spec:
  replicas: 3
  selector: { matchLabels: { app: patients } }
  template:
    metadata: { labels: { app: patients } }
    spec:
      containers:
        - name: patients
          image: registry.example/patients:1
";

#[test]
fn what_fits_is_not_told() {
    assert_eq!(faults(&[("a.yaml", DEPLOYMENT)]), "");
}

#[test]
fn a_slip_names_the_field_that_is_meant() {
    let text = DEPLOYMENT
        .replace("replicas: 3", "replica: 3")
        .replace("image:", "imagePullPolicy: always\n          image:");
    let read = read(&[("a.yaml", &text)]);
    let told: Vec<_> = read
        .inventory
        .format
        .iter()
        .map(|fault| (fault.message.as_str(), fault.instead.as_deref()))
        .collect();
    assert_eq!(
        told,
        [
            ("Deployment of `apps/v1` has no field `spec.replica`", Some("replicas")),
            (
                "`spec.template.spec.containers[0].imagePullPolicy` of Deployment of `apps/v1` cannot be `always`",
                Some("Always")
            ),
        ]
    );
}

#[test]
fn a_patch_lacks_what_its_base_has() {
    let patch = "{apiVersion: apps/v1, kind: Deployment, metadata: {name: patients}, spec: {replicas: 5}}";
    assert_eq!(faults(&[("base.yaml", DEPLOYMENT), ("patch.yaml", patch)]), "");
    assert!(faults(&[("patch.yaml", patch)]).contains("has no `spec.selector`"));
}

#[test]
fn what_a_template_fills_in_is_not_judged() {
    let text = DEPLOYMENT.replace("replicas: 3", "replicas: ${REPLICAS}");
    assert_eq!(faults(&[("a.yaml", &text)]), "");
}

#[test]
fn a_key_that_stands_twice_is_a_fault_and_not_a_diagnostic() {
    let text = DEPLOYMENT.replace("replicas: 3", "replicas: 3\n  replicas: 5");
    let read = read(&[("a.yaml", &text)]);
    assert!(read.diagnostics.is_empty());
    assert_eq!(read.inventory.format.len(), 1);
}

#[test]
fn an_operator_makes_pods_services_and_secrets() {
    let text = "
apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata: { name: records, namespace: clinic }
spec: { instances: 3, imageName: 'ghcr.io/cloudnative-pg/postgresql:17.5', storage: { size: 50Gi } }
";
    let inventory = read(&[("a.yaml", text)]).inventory;
    let store = &inventory.operated.stores[0];
    assert_eq!(
        (store.product, store.version.as_ref().map(|version| version.value.as_str())),
        ("postgresql", Some("17.5"))
    );
    let services: Vec<_> =
        inventory.network.services.iter().map(|service| service.object.id.name.as_str()).collect();
    assert_eq!(services, ["records-rw", "records-ro", "records-r"]);
    assert!(inventory.config.secrets.iter().any(|secret| secret.object.id.name == "records-app"));
}

proptest! {
    /// Whatever stands where the schema has something else, reading goes on.
    #[test]
    fn odd_values_do_not_stop_it(
        at in 0..DEPLOYMENT.len(),
        odd in prop::sample::select(vec!["[]", "{}", "1e99", "~", "\"", "- ", "0777", "💥", ": ", "on", "\n"]),
    ) {
        let mut text = DEPLOYMENT.to_owned();
        text.insert_str(at, odd);
        let _ = read(&[("a.yaml", &text)]);
    }

    #[test]
    fn every_kind_takes_any_spec(
        kind in prop::sample::select(vec![
            ("postgresql.cnpg.io/v1", "Cluster"), ("redis.redis.opstreelabs.io/v1beta1", "RedisCluster"),
            ("k8s.mariadb.com/v1alpha1", "MariaDB"), ("kafka.strimzi.io/v1", "Kafka"), ("velero.io/v1", "Schedule"),
            ("cert-manager.io/v1", "ClusterIssuer"), ("external-secrets.io/v1", "ExternalSecret"),
            ("bitnami.com/v1alpha1", "SealedSecret"), ("argoproj.io/v1alpha1", "Application"),
        ]),
        spec in "[a-z{}\\[\\],: 0-9]{0,60}",
    ) {
        let text = format!("apiVersion: {}\nkind: {}\nmetadata: {{ name: a }}\nspec: {spec}\n", kind.0, kind.1);
        let _ = read(&[("a.yaml", &text)]);
    }
}
