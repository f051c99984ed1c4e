//! Versions, laws and places.

use proptest::prelude::*;
use sehat_check::check;

use crate::support::{document, findings};

fn part(fields: &str) -> String {
    format!("sehat: 1\nplatform: clinic\ncomponents:\n  web: {{ kind: service, {fields} }}\n")
}

#[test]
fn support_is_that_of_whom_the_document_names() {
    let rule = "version-supported";
    assert_eq!(findings(&part("product: nginx, version: '1.22', support: debian-12"), rule), "");
    insta::assert_snapshot!(findings(&part("product: nginx, version: '1.22'"), rule), @"
    broken High version-supported web
      support for nginx 1.22 ended on 2023-04-11
      witness: on 2026-11-21 nobody mends a hole that is found in it
      repair: move to a supported release
      platform.yaml:4:50 used by web
    ");
    insta::assert_snapshot!(findings(&part("product: nginx, version: '1.28', support: debian-12"), rule), @"
    unknown Low version-supported web
      whether debian-12 supports nginx 1.28 is not known
      witness: the catalog does not list it among what the distribution ships
      repair: state the version that the distribution ships, or `support: upstream`
      platform.yaml:4:50 used by web
    ");
    insta::assert_snapshot!(findings(&part("product: nodejs, version: '22'"), rule), @"
    broken Medium version-supported web
      support for nodejs 22 ends on 2027-04-30, within 180 days
      witness: 2027-04-30 is nearer to 2026-11-21 than a planned change takes
      repair: plan the move to a supported release
      platform.yaml:4:51 used by web
    ");
    insta::assert_snapshot!(findings(&part("product: eks, version: '1.24'"), rule), @"
    broken High version-supported web
      support for eks 1.24 ended on 2025-01-31
      witness: on 2026-11-21 nobody mends a hole that is found in it
      repair: move to a supported release
      platform.yaml:4:48 used by web
    ");
    insta::assert_snapshot!(findings(&part("product: nginx"), rule), @"
    unknown Low version-supported web
      nginx is stated without a version, so nobody can say until when it is supported
      witness: nothing says which release runs
      repair: state `version:`
      platform.yaml:4:34 used by web
    ");
    insta::assert_snapshot!(findings(&part("product: nginx, version: '0.1'"), rule), @"
    unknown Low version-supported web
      until when nginx 0.1 is supported is not known
      witness: the catalog holds no lifetime of it
      repair: state `support:` of the distribution that ships it, or look it up
      platform.yaml:4:50 used by web
    ");
}

#[test]
fn what_has_no_release_of_its_own_is_not_asked_for_one() {
    let rule = "version-supported";
    assert_eq!(findings(&part("product: our-own-program"), rule), "");
    assert_eq!(findings(&part("product: s3, managed: { by: aws }"), rule), "");
    assert_eq!(findings(&part("product: nginx, version: '1.22', external: true"), rule), "");
}

#[test]
fn one_version_in_many_places_is_one_finding() {
    let text = "
        sehat: 1
        platform: clinic
        sites: { here: { zones: { a: { nodes: { n1: { os: ubuntu-20.04 }, n2: { os: ubuntu-20.04 } } } } } }
    ";
    insta::assert_snapshot!(findings(text, "version-supported"), @"
    broken Medium version-supported ubuntu
      standard support for ubuntu 20.04 ended on 2025-05-31
      witness: only paid support is left, until 2030-04-02
      repair: move to a release in standard support, or state who pays for the rest
      platform.yaml:3:51 used by n1
      platform.yaml:3:77 used by n2
    ");
}

proptest! {
    #[test]
    fn what_has_ended_stays_ended(day in 0..2000_i32, later in 0..2000_i32, product in prop::sample::select(vec!["nginx', version: '1.22", "eks', version: '1.24", "nodejs', version: '22"])) {
        let document = document(&part(&format!("product: '{product}'")));
        let ended = |days: i32| {
            let as_of = jiff::civil::date(2024, 1, 1) + jiff::Span::new().days(days);
            check(&document.environments, as_of).findings.iter().any(|finding| finding.message.contains("ended"))
        };
        prop_assert!(!ended(day) || ended(day + later));
    }
}

fn kept(class: &str, store: &str) -> String {
    format!(
        "sehat: 1\nplatform: clinic\njurisdictions: [ID]\ndata: {{ patient: {{ class: phi, {class} }} }}\ncomponents:\n  records: {{ kind: database, product: mariadb, holds: [patient], {store} }}\n  vault: {{ kind: backup-store }}\n"
    )
}

#[test]
fn the_law_asks_for_a_least_time() {
    let rule = "retention-meets-law";
    assert_eq!(findings(&kept("retain: 25y", ""), rule), "");
    insta::assert_snapshot!(findings(&kept("retain: 10y", ""), rule), @"
    broken High retention-meets-law patient
      `patient` is kept for 10y, and Permenkes 24/2022, art. 39 (ID) asks for 25y from the patient's last visit
      witness: a record that is 10y old is gone
      repair: state `retain: 25y`, and an archive that keeps it
      platform.yaml:4:40 kept too short
    ");
    insta::assert_snapshot!(findings(&kept("note: nothing", ""), rule), @"
    unknown Medium retention-meets-law patient
      nothing says how long `patient` is kept, and Permenkes 24/2022, art. 39 (ID) asks for 25y from the patient's last visit
      witness: without a stated time nobody knows when a record may go
      repair: state `retain: 25y` or longer, and what keeps it
      platform.yaml:4:27 of this class
    ");
    insta::assert_snapshot!(findings(&kept("retain: 25y, delete-after: 5y", ""), rule), @"
    broken High retention-meets-law patient
      `patient` is deleted after 5y, and Permenkes 24/2022, art. 39 (ID) asks for 25y from the patient's last visit
      witness: a record that is 5y old is gone
      repair: state `retain: 25y`, and an archive that keeps it
      platform.yaml:4:59 deleted too early
    ");
}

#[test]
fn a_store_that_forgets_needs_an_archive() {
    let rule = "retention-meets-law";
    insta::assert_snapshot!(findings(&kept("retain: 25y", "retention: 90d"), rule), @"
    broken High retention-meets-law records
      `records` forgets `patient` after 90d and nothing archives it, and Permenkes 24/2022, art. 39 (ID) asks for 25y from the patient's last visit
      witness: after 90d nothing holds `patient`
      repair: archive it for 25y, or keep it there that long
      platform.yaml:6:77 forgets it here
    ");
    insta::assert_snapshot!(findings(&kept("retain: 25y", "retention: 90d, backup: { archive: { keep: 10y }, to: [vault] }"), rule), @"
    broken High retention-meets-law records
      `records` forgets `patient` after 90d and archives it for 10y, and Permenkes 24/2022, art. 39 (ID) asks for 25y from the patient's last visit
      witness: after 90d nothing holds `patient`
      repair: archive it for 25y, or keep it there that long
      platform.yaml:6:77 forgets it here
      platform.yaml:6:109 archived too short
    ");
    assert_eq!(
        findings(
            &kept(
                "retain: 25y, archive: [vault]",
                "retention: 90d, backup: { archive: { keep: 25y }, to: [vault] }"
            ),
            rule
        ),
        ""
    );
}

#[test]
fn other_countries_have_other_laws() {
    let brazil = kept("retain: 20y", "").replace("[ID]", "[BR]");
    assert_eq!(findings(&brazil, "retention-meets-law"), "");
    let nowhere = kept("note: nothing", "").replace("jurisdictions: [ID]\n", "");
    assert_eq!(findings(&nowhere, "retention-meets-law"), "");
    let by_regime = kept("retain: 5y", "").replace("jurisdictions: [ID]", "regimes: [permenkes-24-2022]");
    assert!(findings(&by_regime, "retention-meets-law").contains("25y"));
}

fn placed(class: &str, parts: &str) -> String {
    format!(
        "
sehat: 1
platform: clinic
data: {{ patient: {{ class: {class} }} }}
sites: {{ here: {{ country: ID, zones: {{ a: {{ nodes: {{ n1: {{}} }} }} }} }} }}
components:
  records: {{ kind: database, product: mariadb, replicas: 1, holds: [patient], on: [here], backup: {{ full: {{ schedule: every 1d }}, to: [vault] }} }}
  app: {{ kind: service, replicas: 1, on: [here], uses: {{ records: {{}} }} }}
{parts}
"
    )
}

const VAULT_ABROAD: &str =
    "  vault: { kind: backup-store, product: s3, managed: { by: aws, region: ap-southeast-1 } }";
const VAULT_HERE: &str =
    "  vault: { kind: backup-store, product: s3, managed: { by: aws, region: ap-southeast-3 } }";
const CDN: &str = "\n  cdn: { kind: cdn, product: cloudfront, managed: { by: aws, global: true }, routes: { all: { to: app } } }";

#[test]
fn every_copy_lies_in_the_country() {
    let rule = "data-resident";
    assert_eq!(findings(&placed("phi, resident: [ID]", VAULT_HERE), rule), "");
    insta::assert_snapshot!(findings(&placed("phi, resident: [ID]", VAULT_ABROAD), rule), @"
    broken High data-resident vault
      `vault` holds copies of `patient` in SG, and it must lie in ID
      witness: `vault` is in SG
      repair: move `vault` to ID
      platform.yaml:8:73 lies here
      platform.yaml:3:43 promised here
    ");
    insta::assert_snapshot!(findings(&placed("phi, resident: [ID]", &format!("{VAULT_HERE}{CDN}")), rule), @"
    broken High data-resident cdn
      `cdn` serves `patient` from places in many countries, and it must lie in ID
      witness: a request is decrypted and its answer cached where `cdn` meets the user
      repair: let only public data pass there, and terminate the rest in the country
      platform.yaml:9:70 lies here
      platform.yaml:3:43 promised here
    ");
    assert_eq!(findings(&placed("public, resident: [ID]", &format!("{VAULT_ABROAD}{CDN}")), rule), "");
}

#[test]
fn places_that_are_not_stated_are_unknown() {
    let vault = "  vault: { kind: backup-store, product: s3, managed: { by: aws } }";
    insta::assert_snapshot!(findings(&placed("phi, resident: [ID]", vault), "data-resident"), @"
    unknown Low data-resident vault
      nothing says in which country `vault` keeps `patient`
      witness: neither a site's `country` nor a known `managed.region` is stated
      repair: state where each lies (`country` of the site, `managed.region`)
      platform.yaml:8:3 `vault` lies somewhere
    ");
}

#[test]
fn a_law_of_transfer_leaves_it_open() {
    let text =
        placed("phi", VAULT_ABROAD).replace("platform: clinic", "platform: clinic\njurisdictions: [ID]");
    insta::assert_snapshot!(findings(&text, "data-resident"), @"
    unknown Medium data-resident vault
      `vault` holds copies of `patient` in SG, and the law of ID puts conditions on that
      witness: places do not show whether the conditions are met
      repair: state `resident:` for the data, or keep it in the country
      platform.yaml:9:73 lies here
    ");
    assert_eq!(findings(&placed("billing", VAULT_ABROAD), "data-resident"), "");
}

#[test]
fn logs_abroad_are_asked_about() {
    let logs = format!(
        "{VAULT_HERE}\n  logs: {{ kind: logs, product: cloudwatch-logs, managed: {{ by: aws, region: ap-southeast-1 }}, collects: [app] }}"
    );
    insta::assert_snapshot!(findings(&placed("phi, resident: [ID]", &logs), "data-resident"), @"
    unknown Low data-resident logs
      `logs` keeps logs in SG of parts that handle `patient`
      witness: what the logs hold of it is not stated, and it must lie in ID
      repair: keep the logs in the country, or state what they hold
      platform.yaml:9:77 lies here
      platform.yaml:3:43 promised here
    ");
}
