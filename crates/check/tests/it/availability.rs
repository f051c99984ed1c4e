use crate::support::{platform, shown, verdicts};

#[test]
fn health_infraops_as_it_stands() {
    let document = platform("health-infraops");
    println!("{:?}", document.diagnostics);
    let report = sehat_check::check(&document.environments, crate::support::as_of());
    for finding in &report.findings {
        println!("{}", shown(finding));
    }
    println!("{}{}", verdicts(&report, "availability"), verdicts(&report, "failover"));
    for entry in report.verdicts.iter().take(3) {
        println!("{:#?}", entry.because);
    }
}
