use std::collections::BTreeMap;
use std::sync::Arc;

use gateline::model::Protocol;

use super::{Count, Page, sum};

/// The counters of one thread for the connections or sessions of one TLS, TCP or UDP port.
#[derive(Debug, Default)]
pub(crate) struct FlowCounters {
    total: Count,
    active: Count,
    no_route: Count,
    received: Count,
    sent: Count,
    datagrams_received: Count,
    datagrams_sent: Count,
    dropped: Count,
}

/// What Envoy counts by: its TCP proxy or its UDP proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Layer {
    Tcp,
    Udp,
}

impl Layer {
    /// `tls-443`, `tcp-9300`, `udp-53`.
    fn prefix(port: u16, protocol: Protocol) -> (Self, String) {
        match protocol {
            Protocol::Udp => (Self::Udp, format!("udp-{port}")),
            Protocol::Tls => (Self::Tcp, format!("tls-{port}")),
            _ => (Self::Tcp, format!("tcp-{port}")),
        }
    }
}

/// What a connection or session counts with.
#[derive(Debug)]
pub(crate) struct FlowMetrics(Arc<FlowCounters>);

impl FlowMetrics {
    pub(crate) fn open(&self) {
        self.0.total.add(1);
        self.0.active.add(1);
    }

    pub(crate) fn close(&self) {
        self.0.active.sub(1);
    }

    /// No rule takes it, or one without a backend that can be followed.
    pub(crate) fn no_route(&self) {
        self.0.no_route.add(1);
    }

    /// From the client.
    pub(crate) fn received(&self, bytes: u64) {
        self.0.received.add(bytes);
        self.0.datagrams_received.add(1);
    }

    /// To the client.
    pub(crate) fn sent(&self, bytes: u64) {
        self.0.sent.add(bytes);
        self.0.datagrams_sent.add(1);
    }

    /// A datagram that went nowhere.
    pub(crate) fn dropped(&self) {
        self.0.dropped.add(1);
    }
}

type Family = (&'static str, &'static str, fn(&FlowCounters) -> &Count);

const TCP: [Family; 5] = [
    ("downstream_cx_total", "counter", |counters| &counters.total),
    ("downstream_cx_active", "gauge", |counters| &counters.active),
    ("downstream_cx_no_route", "counter", |counters| &counters.no_route),
    ("downstream_cx_rx_bytes_total", "counter", |counters| &counters.received),
    ("downstream_cx_tx_bytes_total", "counter", |counters| &counters.sent),
];

const UDP: [Family; 8] = [
    ("downstream_sess_total", "counter", |counters| &counters.total),
    ("downstream_sess_active", "gauge", |counters| &counters.active),
    ("downstream_sess_no_route", "counter", |counters| &counters.no_route),
    ("downstream_sess_rx_bytes", "counter", |counters| &counters.received),
    ("downstream_sess_tx_bytes", "counter", |counters| &counters.sent),
    ("downstream_sess_rx_datagrams", "counter", |counters| &counters.datagrams_received),
    ("downstream_sess_tx_datagrams", "counter", |counters| &counters.datagrams_sent),
    ("downstream_sess_dropped_datagrams", "counter", |counters| &counters.dropped),
];

/// By prefix, the counters of each thread.
pub(super) type Flows = BTreeMap<(Layer, String), Vec<Arc<FlowCounters>>>;

/// New counters, for one thread.
pub(super) fn add(flows: &mut Flows, port: u16, protocol: Protocol) -> FlowMetrics {
    let counters = Arc::new(FlowCounters::default());
    flows.entry(Layer::prefix(port, protocol)).or_default().push(counters.clone());
    FlowMetrics(counters)
}

pub(super) fn print(flows: &Flows, page: &mut Page<'_>) {
    for (layer, name, families) in [(Layer::Tcp, "tcp", &TCP[..]), (Layer::Udp, "udp", &UDP[..])] {
        for (family, kind, of) in families {
            page.line(format_args!("# TYPE envoy_{name}_{family} {kind}"));
            for ((_, prefix), threads) in flows.iter().filter(|((own, _), _)| *own == layer) {
                let sum = sum(threads, of);
                page.line(format_args!("envoy_{name}_{family}{{envoy_{name}_prefix=\"{prefix}\"}} {sum}"));
            }
        }
    }
}
