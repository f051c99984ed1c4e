//! Whether what is needed passes every filter.

use crate::support::findings;

const RULE: &str = "flow-permitted-end-to-end";

fn clinic(filters: &str) -> String {
    format!(
        "
sehat: 1
platform: clinic
segments: {{ inner: {{ cidr: 10.0.1.0/24 }}, data: {{ cidr: 10.0.2.0/24 }} }}
components:
  web: {{ kind: service, replicas: 2, segment: inner, listens: {{ http: 8080 }}, uses: {{ records: {{}} }} }}
  records: {{ kind: database, product: mariadb, replicas: 1, segment: data }}
filters:
{filters}
"
    )
}

#[test]
fn no_filter_and_derived_filters_let_every_need_pass() {
    assert_eq!(findings(&clinic("").replace("filters:\n", ""), RULE), "");
    assert_eq!(findings(&clinic("  all: { kind: firewall, derived: true, default: deny }"), RULE), "");
}

#[test]
fn both_ends_must_agree() {
    let one_end =
        "  records-sg: { kind: security-group, on: [records], ingress: [{ peers: web, ports: 3306 }] }
  web-sg: { kind: security-group, on: [web], directions: [ingress, egress], ingress: [{ ports: 8080 }] }";
    insta::assert_snapshot!(findings(&clinic(one_end), RULE), @"
    broken High flow-permitted-end-to-end web-sg
      `web-sg` stops on the way out: `web` to `records` on 3306/tcp
      witness: `web` to `records` on 3306/tcp: the client uses it
      repair: add an entry for each, or derive the filter from what is needed (`derived: true`)
      platform.yaml:9:3 no entry lets it pass
      platform.yaml:5:87 needed here
    ");
    let both = one_end.replace(
        "ingress: [{ ports: 8080 }]",
        "ingress: [{ ports: 8080 }], egress: [{ peers: records, ports: 3306 }]",
    );
    assert_eq!(findings(&clinic(&both), RULE), "");
}

#[test]
fn an_access_list_must_let_the_answer_pass() {
    let list = "  data-acl: { kind: acl, on: [data], directions: [ingress, egress], ingress: [{ peers: 10.0.1.0/24, ports: 3306 }], egress: [{ peers: 10.0.1.0/24, ports: 3306 }] }";
    insta::assert_snapshot!(findings(&clinic(list), RULE), @"
    broken High flow-permitted-end-to-end data-acl
      `data-acl` stops the answers of: `web` to `records` on 3306/tcp
      witness: an access list forgets connections, and the client's port is one of 1024-65535
      repair: add an entry for the ports of clients, 1024-65535, in that direction
      platform.yaml:8:126 no entry lets it pass
      platform.yaml:8:3 decided here
      platform.yaml:5:87 needed here
    ");
    assert_eq!(
        findings(
            &clinic(
                &list.replace(
                    "egress: [{ peers: 10.0.1.0/24, ports: 3306 }]",
                    "egress: [{ ports: 1024-65535 }]"
                )
            ),
            RULE
        ),
        ""
    );
}

#[test]
fn policies_that_select_the_same_part_add_up() {
    let deny = "  deny: { kind: network-policy, on: [inner, data], directions: [ingress, egress] }";
    insta::assert_snapshot!(findings(&clinic(deny), RULE), @"
    broken High flow-permitted-end-to-end deny
      `deny` stops on the way in: `web` to `records` on 3306/tcp
      witness: `web` to `records` on 3306/tcp: the client uses it
      repair: add an entry for each, or derive the filter from what is needed (`derived: true`)
      platform.yaml:8:3 no entry lets it pass
      platform.yaml:5:87 needed here
    broken High flow-permitted-end-to-end deny
      `deny` stops on the way out: `web` to `records` on 3306/tcp
      witness: `web` to `records` on 3306/tcp: the client uses it
      repair: add an entry for each, or derive the filter from what is needed (`derived: true`)
      platform.yaml:8:3 no entry lets it pass
      platform.yaml:5:87 needed here
    ");
    let allow = format!(
        "{deny}
  out: {{ kind: network-policy, on: [web], egress: [{{ peers: records, ports: 3306 }}] }}
  in: {{ kind: network-policy, on: [records], ingress: [{{ peers: web, ports: 3306 }}] }}"
    );
    assert_eq!(findings(&clinic(&allow), RULE), "");
}

#[test]
fn a_default_that_is_not_stated_is_unknown() {
    let wall = "  wall: { kind: firewall, on: [data], ingress: [{ peers: inner, ports: 5432 }] }";
    insta::assert_snapshot!(findings(&clinic(wall), RULE), @"
    unknown Low flow-permitted-end-to-end wall
      it is not known whether `wall` stops on the way in: `web` to `records` on 3306/tcp
      witness: it depends on an address or a default that is not stated
      repair: state the addresses (`cidr`, `addresses`) and the filter's `default`
      platform.yaml:8:49 no entry lets it pass
      platform.yaml:8:3 decided here
      platform.yaml:5:87 needed here
    ");
}

#[test]
fn a_port_that_nobody_states_is_unknown() {
    let text = clinic("  deny: { kind: network-policy, on: [data], directions: [ingress] }")
        .replace("product: mariadb", "product: our-own");
    insta::assert_snapshot!(findings(&text, RULE), @"
    unknown Low flow-permitted-end-to-end clinic
      the port of `web` to `records` is not known, so no filter can be asked
      witness: neither `listens` of the server nor the catalog gives one
      repair: state `listens:` of the server
      platform.yaml:5:87 used here
    ");
}

#[test]
fn a_mesh_is_no_hop() {
    let text =
        clinic("  out: { kind: network-policy, on: [web], egress: [{ peers: records, ports: 3306 }] }")
            .replace("records: {}", "records: { through: mesh }")
            .replace(
                "filters:",
                "  mesh: { kind: mesh, product: istio, version: '1.29', segment: inner }\nfilters:",
            );
    assert_eq!(findings(&text, RULE), "");
}
