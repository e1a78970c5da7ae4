use std::fmt::Write as _;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::lease::Leadership;

/// What a controller has done so far, for probes and Prometheus.
#[derive(Debug, Default)]
pub struct Metrics {
    pub(crate) ready: AtomicBool,
    pub(crate) leads: Mutex<Leadership>,
    pub(crate) objects: AtomicU64,
    pub(crate) resolutions: AtomicU64,
    pub(crate) resolving_microseconds: AtomicU64,
    pub(crate) statuses_written: AtomicU64,
    pub(crate) conflicts: AtomicU64,
    pub(crate) write_errors: AtomicU64,
    pub(crate) data_planes_applied: AtomicU64,
    pub(crate) apply_errors: AtomicU64,
    pub(crate) repairs: AtomicU64,
}

impl Metrics {
    /// Whether every kind has been listed.
    #[must_use]
    pub fn ready(&self) -> bool {
        self.ready.load(Relaxed)
    }

    pub(crate) fn leads(&self, now: Leadership) {
        *self.leads.lock().unwrap_or_else(PoisonError::into_inner) = now;
    }

    pub(crate) fn resolved(&self, objects: usize, took: Duration) {
        self.ready.store(true, Relaxed);
        self.objects.store(objects.try_into().unwrap_or(u64::MAX), Relaxed);
        add(&self.resolutions);
        self.resolving_microseconds.fetch_add(took.as_micros().try_into().unwrap_or(u64::MAX), Relaxed);
    }

    /// The text that Prometheus reads.
    #[must_use]
    pub fn prometheus(&self) -> String {
        let seconds = |microseconds: u64| Duration::from_micros(microseconds).as_secs_f64();
        let leads = self.leads.lock().unwrap_or_else(PoisonError::into_inner).holds(Instant::now());
        let number = |value: &AtomicU64| value.load(Relaxed).to_string();
        let resolving = seconds(self.resolving_microseconds.load(Relaxed)).to_string();
        let metrics = [
            ("leader", "gauge", "Whether this controller writes.", u8::from(leads).to_string()),
            ("objects", "gauge", "Objects that are watched.", number(&self.objects)),
            ("resolutions_total", "counter", "Resolutions of all objects.", number(&self.resolutions)),
            ("resolving_seconds_total", "counter", "Time they took.", resolving),
            ("statuses_written_total", "counter", "Statuses written.", number(&self.statuses_written)),
            ("status_conflicts_total", "counter", "Writes that others overtook.", number(&self.conflicts)),
            (
                "status_errors_total",
                "counter",
                "Statuses that could not be written.",
                number(&self.write_errors),
            ),
            (
                "data_planes_applied_total",
                "counter",
                "Data planes made or changed.",
                number(&self.data_planes_applied),
            ),
            (
                "data_plane_errors_total",
                "counter",
                "Data planes that could not be.",
                number(&self.apply_errors),
            ),
            (
                "data_plane_repairs_total",
                "counter",
                "Objects of data planes that others had changed or deleted.",
                number(&self.repairs),
            ),
        ];
        metrics.into_iter().fold(String::new(), |mut text, (name, kind, help, value)| {
            // Writing to a string does not fail.
            let _ = write!(
                text,
                "# HELP gateline_controller_{name} {help}\n# TYPE gateline_controller_{name} {kind}\n\
                 gateline_controller_{name} {value}\n"
            );
            text
        })
    }
}

pub(crate) fn add(counter: &AtomicU64) {
    counter.fetch_add(1, Relaxed);
}
