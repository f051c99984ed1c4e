use crate::support::{platform, shown, verdicts};

#[test]
fn all_as_they_stand() {
    for name in ["health-infraops", "smile", "zarish-his", "hospital-management", "claims-askes"] {
        let document = platform(name);
        println!("=== {name} {:?}", document.diagnostics);
        let start = std::time::Instant::now();
        let report = sehat_check::check(&document.environments, crate::support::as_of());
        println!("{:?}", start.elapsed());
        for finding in report.findings.iter().filter(|f| ["no-single-point-of-failure","quorum-survives","slo-composition","failover-actor-named","lb-feature-supported","n-minus-one-capacity"].contains(&f.rule)) {
            println!("{}", shown(finding));
        }
        if name != "health-infraops" {println!("{}{}", verdicts(&report, "availability"), verdicts(&report, "failover"));}
    }
}
