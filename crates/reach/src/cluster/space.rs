//! Ports of TCP, UDP and SCTP side by side on one line, so that a set of ports is a list of spans.

use sehat_platform::{Ports, Protocol};

/// First and last place on the line.
pub(crate) type Span = (u32, u32);

const PER_PROTOCOL: u32 = 1 << 16;

/// Every port of every protocol that policies speak of. Port 0 is none.
pub(crate) const ALL: [Span; 3] = [(1, 65_535), (65_537, 131_071), (131_073, 196_607)];

/// Returns the place of a port, where its protocol is one of the three.
pub(crate) fn place(protocol: Protocol, port: u16) -> Option<u32> {
    let line = match protocol {
        Protocol::Tcp => 0,
        Protocol::Udp => 1,
        Protocol::Sctp => 2,
        Protocol::Icmp | Protocol::Vrrp => return None,
    };
    Some(line * PER_PROTOCOL + u32::from(port))
}

/// Returns the span of a range; none where it is empty.
pub(crate) fn span(protocol: Protocol, first: u16, last: u16) -> Option<Span> {
    let span = (place(protocol, first.max(1))?, place(protocol, last)?);
    (span.0 <= span.1).then_some(span)
}

/// Returns the ports of a span, which lies within one protocol.
pub(crate) fn ports(span: Span) -> Ports {
    let protocol = match span.0 / PER_PROTOCOL {
        0 => Protocol::Tcp,
        1 => Protocol::Udp,
        _ => Protocol::Sctp,
    };
    let port = |place: u32| u16::try_from(place % PER_PROTOCOL).unwrap_or(u16::MAX);
    Ports { protocol, first: port(span.0), last: port(span.1) }
}

/// Sorts, and joins what overlaps or touches within a protocol.
pub(crate) fn join(spans: &mut Vec<Span>) {
    spans.sort_unstable();
    let mut kept: usize = 0;
    for at in 0..spans.len() {
        let next = spans[at];
        match kept.checked_sub(1).map(|last| &mut spans[last]) {
            Some(last) if next.0 <= last.1.saturating_add(1) => last.1 = last.1.max(next.1),
            _ => {
                spans[kept] = next;
                kept += 1;
            }
        }
    }
    spans.truncate(kept);
}

pub(crate) fn meet(one: Span, other: Span) -> Option<Span> {
    let both = (one.0.max(other.0), one.1.min(other.1));
    (both.0 <= both.1).then_some(both)
}

/// Takes `wanted` out of `rest` and calls `found` with each part that was there.
pub(crate) fn take(rest: &mut Vec<Span>, wanted: Span, mut found: impl FnMut(Span)) {
    let mut at = 0;
    while at < rest.len() {
        let Some(both) = meet(rest[at], wanted) else {
            at += 1;
            continue;
        };
        let (first, last) = rest[at];
        found(both);
        let before = (first < both.0).then(|| (first, both.0 - 1));
        let after = (both.1 < last).then(|| (both.1 + 1, last));
        match (before, after) {
            (None, None) => {
                rest.remove(at);
            }
            (Some(part), None) | (None, Some(part)) => {
                rest[at] = part;
                at += 1;
            }
            (Some(before), Some(after)) => {
                rest[at] = before;
                rest.insert(at + 1, after);
                at += 2;
            }
        }
    }
}
