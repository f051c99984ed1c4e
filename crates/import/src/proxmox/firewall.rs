//! Firewalls of the cluster and of guests.

use sehat_diagnostic::Source;
use sehat_platform::inventory::Stated;
use sehat_platform::inventory::hypervisor::{Firewall, Hypervisor};

use super::lines::{is_on, lines};

pub fn read(source: &Source, hypervisor: &mut Hypervisor) {
    let name = source.path.rsplit('/').next().unwrap_or_default();
    let guest = super::number(name, ".fw");
    if guest.is_none() && name != "cluster.fw" {
        return;
    }
    let mut firewall = Firewall { guest, ..Firewall::default() };
    let mut section = "";
    for line in lines(source) {
        if firewall.origin.line == 0 {
            firewall.origin = line.origin();
        }
        if let Some(heading) = line.text.strip_prefix('[') {
            section = heading.split([']', ' ']).next().unwrap_or_default();
        } else if section.eq_ignore_ascii_case("rules") {
            // A rule that is switched off begins with a bar.
            firewall.rules += usize::from(!line.text.starts_with('|'));
        } else if section.eq_ignore_ascii_case("options")
            && let Some((key, value)) = line.text.split_once(':')
        {
            let value = value.trim();
            match key.trim() {
                "enable" => firewall.is_on = Some(Stated::new(is_on(value), line.place(value))),
                "policy_in" => firewall.policy_in = Some(line.stated(value)),
                "policy_out" => firewall.policy_out = Some(line.stated(value)),
                _ => {}
            }
        }
    }
    hypervisor.firewalls.push(firewall);
}
