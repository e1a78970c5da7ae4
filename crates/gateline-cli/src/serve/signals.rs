use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use tokio::runtime::Builder;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::reload::{Watcher, fingerprint};
use crate::error::CliError;

/// What a serving command waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// SIGTERM or SIGINT.
    Stop,
    /// SIGHUP, or files have changed.
    Reload,
}

/// Signals and changes of files, one after the other.
pub(crate) struct Events {
    receiver: Receiver<Event>,
    /// Watches for as long as somebody listens.
    _watcher: Watcher,
}

impl Events {
    /// Begins to listen for signals and to watch manifests.
    pub(crate) fn start(paths: &[PathBuf]) -> Result<Self, CliError> {
        let manifests = paths.to_vec();
        Self::watching(paths, move || fingerprint(&manifests))
    }

    /// Begins to listen for signals and to watch paths, which have changed when the fingerprint has.
    pub(crate) fn watching(
        paths: &[PathBuf],
        fingerprint: impl Fn() -> u64 + Send + 'static,
    ) -> Result<Self, CliError> {
        let fail = |source| CliError::Io { what: "cannot listen for signals", source };
        let (sender, receiver) = channel();
        let watcher = Watcher::start(paths, fingerprint, sender.clone())?;
        let runtime = Builder::new_current_thread().enable_all().build().map_err(fail)?;
        let signals = {
            let _guard = runtime.enter();
            let listen = |kind| signal(kind).map_err(fail);
            [
                listen(SignalKind::terminate())?,
                listen(SignalKind::interrupt())?,
                listen(SignalKind::hangup())?,
            ]
        };
        let run = move || runtime.block_on(forward(signals, sender));
        thread::Builder::new().name("signals".into()).spawn(run).map_err(fail)?;
        Ok(Self { receiver, _watcher: watcher })
    }

    /// The next event; `None` if there can be none any more.
    pub(crate) fn next(&self) -> Option<Event> {
        self.receiver.recv().ok()
    }
}

async fn forward([mut terminate, mut interrupt, mut hangup]: [Signal; 3], sender: Sender<Event>) {
    loop {
        let event = tokio::select! {
            _ = terminate.recv() => Event::Stop,
            _ = interrupt.recv() => Event::Stop,
            _ = hangup.recv() => Event::Reload,
        };
        if sender.send(event).is_err() {
            return;
        }
    }
}
