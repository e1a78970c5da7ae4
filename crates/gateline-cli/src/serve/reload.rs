use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};

use super::Event;
use crate::error::CliError;

/// Editors write a file in several steps: wait until it is quiet.
const QUIET: Duration = Duration::from_millis(100);
/// Network file systems and swapped symbolic links are not always reported.
const POLL: Duration = Duration::from_secs(5);

/// Watches files and folders and asks for a reload when their contents have changed.
pub(crate) struct Watcher {
    /// Watches for as long as it lives.
    _inner: Option<RecommendedWatcher>,
}

impl Watcher {
    /// From now on. Called before the paths are read, so that no change falls between the two. Whenever something happens to
    /// the paths `fingerprint` is asked, and only another one is a change.
    pub(crate) fn start(
        paths: &[PathBuf],
        fingerprint: impl Fn() -> u64 + Send + 'static,
        events: Sender<Event>,
    ) -> Result<Self, CliError> {
        let (sender, changes) = channel();
        let mut inner = notify::recommended_watcher(move |change: notify::Result<notify::Event>| {
            // Nobody listens any more: the process ends.
            let _ = sender.send(change.is_ok());
        })
        .ok();
        for (folder, whole) in folders(paths) {
            let mode = if whole { RecursiveMode::Recursive } else { RecursiveMode::NonRecursive };
            // What cannot be watched is polled.
            let _ = inner.as_mut().map(|inner| inner.watch(&folder, mode));
        }
        let mut before = fingerprint();
        let watch = move || {
            loop {
                match changes.recv_timeout(POLL) {
                    Ok(_) => while changes.recv_timeout(QUIET).is_ok() {},
                    Err(RecvTimeoutError::Timeout) => {}
                    Err(RecvTimeoutError::Disconnected) => thread::sleep(POLL),
                }
                let now = fingerprint();
                if now != before {
                    before = now;
                    if events.send(Event::Reload).is_err() {
                        return;
                    }
                }
            }
        };
        let spawned = thread::Builder::new().name("reload".into()).spawn(watch);
        spawned.map_err(|source| CliError::Io { what: "cannot watch files", source })?;
        Ok(Self { _inner: inner })
    }
}

/// The folders to watch, and whether with all that is below: for a file only the folder it is in, because editors and
/// kubelets replace files.
fn folders(paths: &[PathBuf]) -> BTreeSet<(PathBuf, bool)> {
    let folder = |path: &PathBuf| {
        if path.is_dir() {
            return Some((path.clone(), true));
        }
        let text = path.to_string_lossy();
        let fixed = text.split(['*', '?', '[']).next().unwrap_or_default();
        let glob = fixed.len() < text.len();
        let parent = if glob {
            Path::new(fixed.rsplit_once('/').map_or("", |(parent, _)| parent))
        } else {
            path.parent()?
        };
        Some((if parent.as_os_str().is_empty() { PathBuf::from(".") } else { parent.to_path_buf() }, false))
    };
    paths.iter().filter(|path| *path != Path::new("-")).filter_map(folder).collect()
}

/// Changes whenever the contents of the manifests do. Reads through the same door as everything else.
pub(crate) fn fingerprint(paths: &[PathBuf]) -> u64 {
    let files = paths.iter().filter(|path| *path != Path::new("-"));
    let inputs: Vec<_> = files.cloned().map(gateline_api::parse::Input::Path).collect();
    let loaded = gateline_api::parse::load(&inputs, &gateline_api::parse::Limits::default());
    let mut hasher = DefaultHasher::new();
    for source in loaded.sources.iter() {
        (&*source.name, &*source.text).hash(&mut hasher);
    }
    loaded.errors.len().hash(&mut hasher);
    hasher.finish()
}
