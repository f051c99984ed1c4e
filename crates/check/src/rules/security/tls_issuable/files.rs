//! Certificates of cert-manager, and the issuers that the same files make.

use std::collections::HashMap;

use sehat_platform::inventory::operated::{Certificate, Issuer, IssuerKind, Solver};
use sehat_platform::inventory::{ObjectId, Stated};
use sehat_verdict::{Finding, Severity};

use super::NAME;
use crate::Context;

/// Judges every certificate whose issuer is an ACME one among the files.
pub fn judge(context: &Context<'_>) -> Vec<Finding> {
    let operated = &context.inventory.operated;
    let issuers: HashMap<&ObjectId, &Issuer> =
        operated.issuers.iter().map(|issuer| (&issuer.object.id, issuer)).collect();
    let judged = operated.certificates.iter().filter_map(|certificate| {
        let issuer = issuers.get(&issuer_of(certificate)?)?;
        let IssuerKind::Acme { server, solvers } = &issuer.kind else { return None };
        let asked = Asked { certificate, issuer, solvers };
        asked.authority().or_else(|| asked.private(server.as_ref())).or_else(|| asked.challenge())
    });
    judged.collect()
}

fn issuer_of(certificate: &Certificate) -> Option<ObjectId> {
    let name = certificate.issuer.as_ref()?;
    let namespace = match certificate.issuer_kind.as_str() {
        "ClusterIssuer" => "",
        _ => &certificate.object.id.namespace,
    };
    Some(ObjectId::new(certificate.issuer_kind.clone(), namespace, name.value.clone()))
}

struct Asked<'a> {
    certificate: &'a Certificate,
    issuer: &'a Issuer,
    solvers: &'a [Solver],
}

impl Asked<'_> {
    fn broken(&self, says: String, witness: &str, repair: &str) -> Finding {
        Finding::broken(NAME, Severity::High, self.certificate.object.id.to_string())
            .says(says)
            .witness(witness)
            .repair(repair)
    }

    fn with_issuer(&self, finding: Finding) -> Finding {
        finding.at(&self.issuer.object.origin, format!("issued by {}", self.issuer.object.id))
    }

    fn authority(&self) -> Option<Finding> {
        self.certificate.is_authority.then(|| {
            let says =
                format!("{} asks an ACME server for an authority of its own", self.certificate.object.id);
            let witness = "ACME servers issue certificates of servers only";
            let finding = self.broken(says, witness, "use an issuer with `ca` or `selfSigned`");
            self.with_issuer(finding.at(&self.certificate.object.origin, "`isCA: true`"))
        })
    }

    /// A public server certifies public names alone.
    fn private(&self, server: Option<&Stated<String>>) -> Option<Finding> {
        if !server.is_some_and(|server| is_public(&server.value)) {
            return None;
        }
        let addresses =
            self.certificate.addresses.iter().filter(|address| is_private_address(&address.value));
        let name =
            self.certificate.names.iter().filter(|name| is_private(&name.value)).chain(addresses).next()?;
        let says = format!("a public authority cannot certify `{name}` for {}", self.certificate.object.id);
        let witness =
            "the name ends in no public domain, so nobody outside can prove to hold it: the order is refused";
        let finding = self.broken(
            says,
            witness,
            "issue it from an authority of your own (`ca`, Vault), or use a public name",
        );
        Some(self.with_issuer(finding.at(&name.origin, "not a public name")))
    }

    /// Each name needs a solver, and one with a wildcard a solver by DNS.
    fn challenge(&self) -> Option<Finding> {
        let certificate = self.certificate;
        let unsolved =
            |name: &&Stated<String>| !self.solvers.iter().any(|solver| is_for(solver, &name.value));
        if let Some(name) = certificate.names.iter().find(unsolved) {
            let says = format!("no solver of {} is for `{name}`", self.issuer.object.id);
            let witness = "without a solver the challenge is never answered, and the order fails";
            let finding = self.broken(says, witness, "add a solver without a selector, or one for this zone");
            return Some(self.with_issuer(finding.at(&name.origin, "no solver is for it")));
        }
        let by_http_only = |name: &&Stated<String>| {
            name.value.starts_with("*.")
                && !self.solvers.iter().any(|solver| solver.is_dns && is_for(solver, &name.value))
                && self.solvers.iter().any(|solver| solver.is_http && is_for(solver, &name.value))
        };
        let name = certificate.names.iter().find(by_http_only)?;
        let says = format!(
            "`{name}` has a wildcard, and {} answers challenges by HTTP alone",
            self.issuer.object.id
        );
        let witness = "a wildcard is only issued for a challenge by DNS (RFC 8555, 7.1.3 and 8.3)";
        let finding = self.broken(says, witness, "add a solver `dns01` for the zone");
        Some(self.with_issuer(finding.at(&name.origin, "needs a challenge by DNS")))
    }
}

fn is_for(solver: &Solver, name: &str) -> bool {
    let in_zone = |zone: &String| name == zone || name.ends_with(&format!(".{zone}"));
    (solver.names.is_empty() && solver.zones.is_empty())
        || solver.names.iter().any(|known| known == name)
        || solver.zones.iter().any(in_zone)
}

/// Authorities whose certificates browsers trust, by the hosts of their ACME servers.
const PUBLIC: [&str; 6] =
    ["letsencrypt.org", "zerossl.com", "buypass.com", "sectigo.com", "pki.goog", "ssl.com"];

fn is_public(server: &str) -> bool {
    let host = server.split("://").nth(1).unwrap_or(server).split('/').next().unwrap_or_default();
    PUBLIC.iter().any(|known| host == *known || host.ends_with(&format!(".{known}")))
}

/// Source: RFC 6761, RFC 6762, RFC 8375, and the names that ICANN keeps for private use.
const PRIVATE: [&str; 12] = [
    "local",
    "internal",
    "lan",
    "corp",
    "home",
    "localdomain",
    "localhost",
    "intranet",
    "test",
    "invalid",
    "private",
    "svc",
];

fn is_private(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    let last = name.rsplit('.').next().unwrap_or_default();
    !name.contains(['{', '$', '<'])
        && (!name.contains('.') || PRIVATE.contains(&last) || name.ends_with(".home.arpa"))
}

fn is_private_address(address: &str) -> bool {
    match address.parse() {
        Ok(std::net::IpAddr::V4(address)) => address.is_private() || address.is_loopback(),
        Ok(std::net::IpAddr::V6(address)) => address.is_loopback() || address.is_unique_local(),
        Err(_) => false,
    }
}
