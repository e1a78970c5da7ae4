use std::ops::RangeInclusive;

/// Ports below this one need privileges.
const PRIVILEGED: u16 = 1_024;
/// Where they are moved to: the last 1,024 ports.
const OFFSET: u16 = u16::MAX - PRIVILEGED + 1;

/// Ports that listeners of provisioned Gateways cannot have, because privileged ports are bound there.
pub const RESERVED_PORTS: RangeInclusive<u16> = OFFSET..=u16::MAX;

/// Where a data plane serves its probes and metrics: where port 0 would be, which no listener has.
pub const ADMIN_PORT: u16 = OFFSET;

/// The port that a data plane binds for the port of a listener: itself, or for 1-1023 one that needs no privileges (80
/// is 64592, 443 is 64955). No two ports outside [`RESERVED_PORTS`] share one.
#[must_use]
pub fn container_port(port: u16) -> u16 {
    if port < PRIVILEGED { OFFSET + port } else { port }
}

/// A port of a Service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Port {
    pub(crate) port: u16,
    pub(crate) udp: bool,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_listeners_share_a_port_and_none_is_privileged() {
        let bound: BTreeSet<u16> = (1..OFFSET).map(container_port).collect();
        assert_eq!(bound.len(), usize::from(OFFSET) - 1);
        assert!(bound.iter().all(|port| *port >= PRIVILEGED && *port != ADMIN_PORT));
        assert_eq!((container_port(80), container_port(443), container_port(1023)), (64_592, 64_955, 65_535));
    }
}
