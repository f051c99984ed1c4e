//! The machine's side of its network: addresses, routes, kernel settings, filters.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::Pid;
use sehat_lab::plan::MachinePlan;

use crate::error::{Doing, Error, Result};
use crate::netlink::Netlink;

const FORWARD: &str = "/proc/sys/net/ipv4/ip_forward";

/// Everything but the filters, with the links still down.
pub fn configure(plan: &MachinePlan) -> Result<()> {
    // Only where it differs: the kernel answers this write with "try again" as long as any link of the
    // real machine is being changed, and many writers at once would turn for seconds.
    let forward = if plan.forwards { "1" } else { "0" };
    if fs::read_to_string(FORWARD).is_ok_and(|now| now.trim() != forward) {
        set(FORWARD, forward)?;
    }
    // Servers run as their own user from the start, and some of them listen on 80 or 53.
    set("/proc/sys/net/ipv4/ip_unprivileged_port_start", "0")?;
    // The real machine's own choice is inherited; forged sources are dropped by the router's rules alone.
    let links = plan.links.iter().map(|link| link.name.as_str());
    for link in links.chain(["all", "default"]) {
        set(&format!("/proc/sys/net/ipv4/conf/{link}/rp_filter"), "0")?;
    }
    let mut netlink = Netlink::open()?;
    netlink.set_up("lo", true)?;
    plan.links.iter().try_for_each(|link| {
        netlink.leave_without_ipv6(&link.name)?;
        netlink.add_address(&link.name, link.address)
    })
}

/// Waits for the filters and only then lets packets in, so that none ever finds the machine open.
pub fn connect(plan: &MachinePlan, filter: Pid) -> Result<()> {
    if !matches!(waitpid(filter, None), Ok(WaitStatus::Exited(_, 0))) {
        // Once more, for the reason.
        apply_ruleset(&plan.ruleset)?;
    }
    let mut netlink = Netlink::open()?;
    plan.links.iter().try_for_each(|link| netlink.set_up(&link.name, true))?;
    plan.gateway.map_or(Ok(()), |gateway| netlink.add_default_route(gateway))
}

/// Gives a ruleset in JSON to nft, which takes all of it or nothing.
pub fn apply_ruleset(text: &str) -> Result<()> {
    run_nft("/usr/sbin/nft", Command::new("/usr/sbin/nft"), text)
}

/// Runs a prepared nft command with the ruleset at its standard input.
pub fn run_nft(name: &str, mut command: Command, text: &str) -> Result<()> {
    let doing = || format!("run {name}");
    command.args(["-j", "-f", "-"]).env_clear();
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().doing(doing)?;
    if let Some(mut input) = child.stdin.take() {
        input.write_all(text.as_bytes()).doing(doing)?;
    }
    let output = child.wait_with_output().doing(doing)?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(Error::Refused(format!("nft refused the ruleset: {}", said.trim())))
}

/// Sets a kernel setting of this network; a kernel without it has nothing to set.
pub fn set(path: &str, value: &str) -> Result<()> {
    if !Path::new(path).exists() {
        return Ok(());
    }
    fs::write(path, value).doing(|| format!("set {path}"))
}
