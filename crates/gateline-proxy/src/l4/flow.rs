use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant, SystemTime};

use gateline::model::Protocol;
use gateline::{Hit, Router};

use crate::access_log;
use crate::metrics::FlowMetrics;
use crate::worker::{Settings, Worker};

/// What is known of a connection or session, for metrics and the access log. Reports when it is dropped.
///
/// It keeps no configuration alive: connections may outlive many.
pub(crate) struct Flow {
    settings: Rc<Settings>,
    metrics: Rc<FlowMetrics>,
    start: Instant,
    /// When something last came or went.
    last: Cell<Instant>,
    received: Cell<u64>,
    sent: Cell<u64>,
    /// Only where it will be written.
    record: Option<RefCell<Box<FlowRecord>>>,
}

/// The parts that are written down.
pub(crate) struct FlowRecord {
    pub(crate) started: SystemTime,
    pub(crate) protocol: Protocol,
    pub(crate) peer: SocketAddr,
    pub(crate) local: SocketAddr,
    pub(crate) sni: Option<String>,
    pub(crate) route: Option<String>,
    pub(crate) backend: Option<String>,
    pub(crate) endpoint: Option<SocketAddr>,
    /// Envoy's: `NR`, `UH`, `UF`, `UC`.
    pub(crate) flags: &'static str,
    pub(crate) details: Option<String>,
}

impl Flow {
    pub(crate) fn begin(
        worker: &Worker,
        (port, protocol): (u16, Protocol),
        (peer, local): (SocketAddr, SocketAddr),
        sni: Option<&str>,
    ) -> Self {
        let metrics = worker.flow_metrics(port, protocol);
        metrics.open();
        let record = || FlowRecord {
            started: SystemTime::now(),
            protocol,
            peer,
            local,
            sni: sni.map(Into::into),
            route: None,
            backend: None,
            endpoint: None,
            flags: "-",
            details: None,
        };
        let now = Instant::now();
        Self {
            settings: worker.settings.clone(),
            metrics,
            start: now,
            last: Cell::new(now),
            received: Cell::new(0),
            sent: Cell::new(0),
            record: worker.settings.log.is_some().then(|| RefCell::new(Box::new(record()))),
        }
    }

    fn note(&self, note: impl FnOnce(&mut FlowRecord)) {
        if let Some(record) = &self.record {
            note(&mut record.borrow_mut());
        }
    }

    pub(super) fn hit(&self, router: &Router, hit: Hit) {
        self.note(|record| record.route = router.view(hit).map(access_log::rule_name));
    }

    pub(super) fn backend(&self, name: &str) {
        self.note(|record| record.backend = Some(name.into()));
    }

    pub(super) fn endpoint(&self, address: SocketAddr) {
        self.note(|record| record.endpoint = Some(address));
    }

    /// How it ended, if not well.
    pub(super) fn failed(&self, flags: &'static str, details: impl Into<String>) {
        self.note(|record| (record.flags, record.details) = (flags, Some(details.into())));
    }

    /// The same for one that no backend gets.
    pub(super) fn refused(&self, flags: &'static str, details: impl Into<String>) {
        self.metrics.no_route();
        self.failed(flags, details);
    }

    pub(super) fn received(&self, bytes: usize) {
        let bytes = wide(bytes);
        self.metrics.received(bytes);
        self.received.set(self.received.get().saturating_add(bytes));
        self.last.set(Instant::now());
    }

    pub(super) fn sent(&self, bytes: usize) {
        let bytes = wide(bytes);
        self.metrics.sent(bytes);
        self.sent.set(self.sent.get().saturating_add(bytes));
        self.last.set(Instant::now());
    }

    pub(super) fn dropped(&self) {
        self.metrics.dropped();
    }

    pub(super) fn idle_limit(&self) -> Duration {
        self.settings.timeouts.idle_tcp
    }

    /// Ends when nothing has come or gone for this long.
    pub(super) async fn idle(&self, limit: Duration) {
        loop {
            let end = self.last.get() + limit;
            if end <= Instant::now() {
                return;
            }
            tokio::time::sleep_until(end.into()).await;
        }
    }
}

impl Drop for Flow {
    fn drop(&mut self) {
        self.metrics.close();
        if let (Some(log), Some(record)) = (&self.settings.log, &self.record) {
            let bytes = (self.received.get(), self.sent.get());
            log.send(access_log::flow_line(&record.borrow(), bytes, self.start.elapsed()));
        }
    }
}

fn wide(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}
