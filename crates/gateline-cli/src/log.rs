//! What the proxy and the controller have to say beside the access log, on standard error.

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// `--log`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum LogLevel {
    /// Nothing
    Off,
    /// What must not happen
    Error,
    /// Endpoints that fail, names that cannot be looked up, no file descriptors left
    Warn,
    /// Also what is taken from a cluster and written to it
    Info,
    /// Also each connection and TLS handshake that ended in an error
    Debug,
}

impl From<LogLevel> for LevelFilter {
    fn from(level: LogLevel) -> Self {
        match level {
            LogLevel::Off => Self::OFF,
            LogLevel::Error => Self::ERROR,
            LogLevel::Warn => Self::WARN,
            LogLevel::Info => Self::INFO,
            LogLevel::Debug => Self::DEBUG,
        }
    }
}

/// Begins to print. Libraries below Gateline stay silent.
pub(crate) fn start(level: LogLevel, color: bool) {
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_target(false);
    let own = Targets::new().with_target("gateline", level);
    // Fails only where a subscriber is set already.
    let _ = tracing_subscriber::registry().with(lines.with_ansi(color)).with(own).try_init();
}
