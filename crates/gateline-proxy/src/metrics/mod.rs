//! Counters of one thread, summed when somebody asks. Names and buckets are Envoy's, as its users query them.

mod flows;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use gateline::model::Protocol;
use http::StatusCode;

pub(crate) use flows::FlowMetrics;
use flows::Flows;

/// Upper bounds in milliseconds: Envoy's, of every histogram.
const BOUNDS: [f64; 19] = [
    0.5,
    1.0,
    5.0,
    10.0,
    25.0,
    50.0,
    100.0,
    250.0,
    500.0,
    1_000.0,
    2_500.0,
    5_000.0,
    10_000.0,
    30_000.0,
    60_000.0,
    300_000.0,
    600_000.0,
    1_800_000.0,
    3_600_000.0,
];

/// A number that one thread writes and others read.
#[derive(Debug, Default)]
struct Count(AtomicU64);

impl Count {
    /// There is one writer, so a load and a store do, without the bus lock of a read-modify-write.
    fn add(&self, more: u64) {
        self.0.store(self.0.load(Relaxed).wrapping_add(more), Relaxed);
    }

    fn sub(&self, less: u64) {
        self.0.store(self.0.load(Relaxed).saturating_sub(less), Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// The counters of one thread for one port.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    requests: Count,
    active_requests: Count,
    classes: [Count; 5],
    connections: Count,
    active_connections: Count,
    buckets: [Count; BOUNDS.len()],
    count: Count,
    nanoseconds: Count,
}

/// What a connection counts with.
#[derive(Debug)]
pub(crate) struct PortMetrics(pub(crate) Arc<Counters>);

impl PortMetrics {
    pub(crate) fn open(&self) {
        self.0.connections.add(1);
        self.0.active_connections.add(1);
    }

    pub(crate) fn close(&self) {
        self.0.active_connections.sub(1);
    }

    pub(crate) fn begin(&self) {
        self.0.requests.add(1);
        self.0.active_requests.add(1);
    }

    pub(crate) fn end(&self, status: StatusCode, duration: Duration) {
        let counters = &self.0;
        counters.active_requests.sub(1);
        if let Some(class) = counters.classes.get(usize::from(status.as_u16() / 100).wrapping_sub(1)) {
            class.add(1);
        }
        let milliseconds = duration.as_secs_f64() * 1_000.0;
        let bucket = BOUNDS.partition_point(|&bound| bound < milliseconds);
        if let Some(bucket) = counters.buckets.get(bucket) {
            bucket.add(1);
        }
        counters.count.add(1);
        counters.nanoseconds.add(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX));
    }
}

/// All counters of a process by the prefix that Envoy Gateway would give them: `http-80`, `https-443`.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    ports: Mutex<BTreeMap<String, Vec<Arc<Counters>>>>,
    flows: Mutex<Flows>,
    pub(crate) log_dropped: AtomicU64,
    pub(crate) mirrors_dropped: AtomicU64,
}

impl Metrics {
    /// New counters, for one thread.
    pub(crate) fn port(&self, port: u16, secure: bool) -> PortMetrics {
        let counters = Arc::new(Counters::default());
        let prefix = format!("{}-{port}", if secure { "https" } else { "http" });
        let mut ports = self.ports.lock().unwrap_or_else(PoisonError::into_inner);
        ports.entry(prefix).or_default().push(counters.clone());
        PortMetrics(counters)
    }

    /// New counters for what is passed on whole, for one thread.
    pub(crate) fn flows(&self, port: u16, protocol: Protocol) -> FlowMetrics {
        flows::add(&mut self.flows.lock().unwrap_or_else(PoisonError::into_inner), port, protocol)
    }

    /// The text format of Prometheus.
    pub(crate) fn prometheus(&self) -> String {
        let ports = self.ports.lock().unwrap_or_else(PoisonError::into_inner);
        let mut page = Page { ports: &ports, text: String::new() };
        page.family("envoy_http_downstream_rq_total", "counter", |counters| &counters.requests);
        page.family("envoy_http_downstream_rq_active", "gauge", |counters| &counters.active_requests);
        page.family("envoy_http_downstream_cx_total", "counter", |counters| &counters.connections);
        page.family("envoy_http_downstream_cx_active", "gauge", |counters| &counters.active_connections);
        page.classes();
        page.times();
        flows::print(&self.flows.lock().unwrap_or_else(PoisonError::into_inner), &mut page);
        let dropped = [("access_log", &self.log_dropped), ("mirror", &self.mirrors_dropped)];
        for (name, count) in dropped {
            page.line(format_args!("# TYPE gateline_{name}_dropped_total counter"));
            page.line(format_args!("gateline_{name}_dropped_total{{}} {}", count.load(Relaxed)));
        }
        page.text
    }
}

struct Page<'a> {
    ports: &'a BTreeMap<String, Vec<Arc<Counters>>>,
    text: String,
}

impl Page<'_> {
    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        // Writing to a String does not fail.
        let _ = writeln!(self.text, "{line}");
    }

    fn family(&mut self, name: &str, kind: &str, of: impl Fn(&Counters) -> &Count) {
        self.line(format_args!("# TYPE {name} {kind}"));
        for (prefix, threads) in self.ports {
            let sum = sum(threads, &of);
            self.line(format_args!("{name}{{envoy_http_conn_manager_prefix=\"{prefix}\"}} {sum}"));
        }
    }

    fn classes(&mut self) {
        self.line(format_args!("# TYPE envoy_http_downstream_rq_xx counter"));
        for (prefix, threads) in self.ports {
            for class in 0..5 {
                let sum: u64 =
                    threads.iter().filter_map(|counters| counters.classes.get(class)).map(Count::get).sum();
                self.line(format_args!(
                    "envoy_http_downstream_rq_xx{{envoy_response_code_class=\"{}\",envoy_http_conn_manager_prefix=\"{prefix}\"}} {sum}",
                    class + 1
                ));
            }
        }
    }

    fn times(&mut self) {
        const NAME: &str = "envoy_http_downstream_rq_time";
        self.line(format_args!("# TYPE {NAME} histogram"));
        for (prefix, threads) in self.ports {
            let label = format!("envoy_http_conn_manager_prefix=\"{prefix}\"");
            let mut below = 0;
            for (index, bound) in BOUNDS.iter().enumerate() {
                below += threads
                    .iter()
                    .filter_map(|counters| counters.buckets.get(index))
                    .map(Count::get)
                    .sum::<u64>();
                self.line(format_args!("{NAME}_bucket{{{label},le=\"{bound}\"}} {below}"));
            }
            // Read after the buckets, so that it is never below them.
            let count = sum(threads, |counters| &counters.count).max(below);
            self.line(format_args!("{NAME}_bucket{{{label},le=\"+Inf\"}} {count}"));
            let milliseconds =
                Duration::from_nanos(sum(threads, |counters| &counters.nanoseconds)).as_secs_f64() * 1_000.0;
            self.line(format_args!("{NAME}_sum{{{label}}} {milliseconds}"));
            self.line(format_args!("{NAME}_count{{{label}}} {count}"));
        }
    }
}

fn sum<C>(threads: &[Arc<C>], of: impl Fn(&C) -> &Count) -> u64 {
    threads.iter().map(|counters| of(counters).get()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_threads_and_fills_buckets() {
        let metrics = Metrics::default();
        let threads = [metrics.port(443, true), metrics.port(443, true)];
        for thread in &threads {
            thread.open();
            thread.begin();
            thread.end(StatusCode::NOT_FOUND, Duration::from_millis(3));
        }
        threads[0].close();
        let page = metrics.prometheus();
        let prefix = "envoy_http_conn_manager_prefix=\"https-443\"";
        for line in [
            format!("envoy_http_downstream_rq_total{{{prefix}}} 2"),
            format!("envoy_http_downstream_cx_active{{{prefix}}} 1"),
            format!("envoy_http_downstream_rq_xx{{envoy_response_code_class=\"4\",{prefix}}} 2"),
            format!("envoy_http_downstream_rq_xx{{envoy_response_code_class=\"5\",{prefix}}} 0"),
            format!("envoy_http_downstream_rq_time_bucket{{{prefix},le=\"1\"}} 0"),
            format!("envoy_http_downstream_rq_time_bucket{{{prefix},le=\"5\"}} 2"),
            format!("envoy_http_downstream_rq_time_sum{{{prefix}}} 6"),
        ] {
            assert!(page.lines().any(|own| own == line), "{line} is not in\n{page}");
        }
    }
}
