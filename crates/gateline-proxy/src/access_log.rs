//! One JSON object a line, with the field names that Envoy Gateway writes by default. Lines are made on the serving thread
//! and written by a thread of their own; what it cannot take is dropped and counted.

use std::io::{self, BufWriter, Write};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use gateline::RuleView;
use gateline::model::Protocol;
use http::{StatusCode, Version};
use serde_json::{Value, json};

use crate::forward::Record;
use crate::l4::FlowRecord;
use crate::metrics::Metrics;

/// The way to the writing thread.
#[derive(Clone)]
pub(crate) struct Log {
    sender: SyncSender<String>,
    metrics: Arc<Metrics>,
}

/// Waits for the writing thread, which ends once every [`Log`] is gone.
pub(crate) struct Writer(Receiver<()>);

impl Writer {
    pub(crate) fn finish(&self, limit: Duration) {
        // Nothing is ever sent: the thread hangs up when it has written everything.
        let _ = self.0.recv_timeout(limit);
    }
}

impl Log {
    pub(crate) fn start(
        sink: Box<dyn Write + Send>,
        limit: usize,
        metrics: Arc<Metrics>,
    ) -> io::Result<(Self, Writer)> {
        let (sender, receiver) = sync_channel(limit.max(1));
        let (hold, end) = sync_channel(0);
        std::thread::Builder::new().name("gateline-log".into()).spawn(move || {
            write(sink, &receiver);
            drop(hold);
        })?;
        Ok((Self { sender, metrics }, Writer(end)))
    }

    pub(crate) fn send(&self, line: String) {
        if self.sender.try_send(line).is_err() {
            self.metrics.log_dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Ends when every sender is gone. Flushes whenever nothing waits.
fn write(sink: Box<dyn Write + Send>, lines: &Receiver<String>) {
    let mut sink = BufWriter::new(sink);
    while let Ok(first) = lines.recv() {
        let mut next = Some(first);
        while let Some(line) = next {
            if let Err(error) = writeln!(sink, "{line}") {
                tracing::warn!(%error, "a line of the access log cannot be written");
            }
            next = lines.try_recv().ok();
        }
        // The error was reported above, or will be with the next line.
        let _ = sink.flush();
    }
}

pub(crate) fn line(record: &Record, status: StatusCode, duration: Duration) -> String {
    let snapshot = &record.state.snapshot;
    let view = record.hit.and_then(|hit| snapshot.router.view(hit));
    let cluster = view.map(rule_name);
    let route = view.map(|view| format!("{}/match/{}", rule_name(view), view.hit.matched));
    let backend = record.backend.and_then(|id| snapshot.upstreams.get(usize::try_from(id.0).ok()?));
    let client = &record.client;
    json!({
        "start_time": timestamp(record.started),
        "method": record.method.as_str(),
        "x-envoy-origin-path": record.path,
        "protocol": protocol(record.version),
        "response_code": if record.answered { status.as_u16() } else { 0 },
        "response_flags": record.flag,
        "response_code_details": record.reason.as_deref().unwrap_or("via_upstream"),
        "connection_termination_details": Value::Null,
        "upstream_transport_failure_reason": record.transport_failure,
        "bytes_received": record.bytes_received,
        "bytes_sent": record.bytes_sent,
        "duration": milliseconds(duration),
        "x-envoy-upstream-service-time": record.service_time.map(milliseconds),
        "x-forwarded-for": record.forwarded_for,
        "user-agent": record.user_agent,
        "x-request-id": record.request_id,
        ":authority": record.authority,
        "upstream_host": record.endpoint.map(|endpoint| endpoint.to_string()),
        "upstream_cluster": cluster,
        "upstream_local_address": record.upstream_local.map(|address| address.to_string()),
        "downstream_local_address": client.local.to_string(),
        "downstream_remote_address": client.peer.to_string(),
        "requested_server_name": client.sni.as_deref().map_or(Value::Null, Value::from),
        "route_name": route,
        "gateline_backend": backend.map(|backend| &backend.name),
        "gateline_retries": record.retries,
    })
    .to_string()
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// The same for a connection or session. Envoy's names; those of HTTP are left out.
pub(crate) fn flow_line(record: &FlowRecord, (received, sent): (u64, u64), duration: Duration) -> String {
    json!({
        "start_time": timestamp(record.started),
        "protocol": match record.protocol {
            Protocol::Tls => "TLS",
            Protocol::Udp => "UDP",
            _ => "TCP",
        },
        "response_flags": record.flags,
        "connection_termination_details": record.details,
        "bytes_received": received,
        "bytes_sent": sent,
        "duration": milliseconds(duration),
        "upstream_host": record.endpoint.map(|endpoint| endpoint.to_string()),
        "upstream_cluster": record.route,
        "downstream_local_address": record.local.to_string(),
        "downstream_remote_address": record.peer.to_string(),
        "requested_server_name": record.sni,
        "route_name": record.route,
        "gateline_backend": record.backend,
    })
    .to_string()
}

/// `httproute/ns/name/rule/0`.
pub(crate) fn rule_name(view: RuleView<'_>) -> String {
    let kind = view.route.kind.as_str().to_ascii_lowercase();
    format!("{kind}/{}/rule/{}", view.route.name, view.hit.rule)
}

fn protocol(version: Version) -> &'static str {
    match version {
        Version::HTTP_10 => "HTTP/1.0",
        Version::HTTP_2 => "HTTP/2",
        _ => "HTTP/1.1",
    }
}

/// RFC 3339 in UTC with milliseconds, by the civil-from-days algorithm.
fn timestamp(time: SystemTime) -> String {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    let (days, second) = (since.as_secs() / 86_400, since.as_secs() % 86_400);
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let (hour, minute, rest) = (second / 3_600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{rest:02}.{:03}Z", since.subsec_millis())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps() {
        let at = |seconds, millis: u32| timestamp(UNIX_EPOCH + Duration::new(seconds, millis * 1_000_000));
        assert_eq!(at(0, 0), "1970-01-01T00:00:00.000Z");
        assert_eq!(at(951_782_400, 5), "2000-02-29T00:00:00.005Z");
        assert_eq!(at(1_795_522_874, 999), "2026-11-24T12:21:14.999Z");
    }
}
