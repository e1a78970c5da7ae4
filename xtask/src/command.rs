use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{self, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crate::failure::Failure;

/// A hung command must not use up the time of a CI run.
const LIMIT: Duration = Duration::from_mins(30);
const POLL: Duration = Duration::from_millis(20);

/// A child process. Nothing it prints is shown unless it fails (or [`Command::show`] is asked for).
pub(crate) struct Command {
    inner: process::Command,
    logs: PathBuf,
}

impl Command {
    pub(crate) fn new(program: &Path, directory: &Path, logs: PathBuf) -> Self {
        let mut inner = process::Command::new(program);
        inner.current_dir(directory).stdin(Stdio::null());
        Self { inner, logs }
    }

    pub(crate) fn args<A: AsRef<std::ffi::OsStr>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.inner.args(args);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<std::ffi::OsStr>) -> Self {
        self.inner.env(name, value);
        self
    }

    /// Puts a folder before the others on `PATH`.
    pub(crate) fn path_first(self, folder: &Path) -> Self {
        self.paths_first(&[folder.to_owned()])
    }

    /// Puts folders before the others on `PATH`.
    pub(crate) fn paths_first(self, folders: &[PathBuf]) -> Self {
        let old = std::env::var_os("PATH").unwrap_or_default();
        match std::env::join_paths(folders.iter().cloned().chain(std::env::split_paths(&old))) {
            Ok(path) => self.env("PATH", path),
            Err(_) => self,
        }
    }

    /// Runs quietly.
    pub(crate) fn run(self) -> Result<(), Failure> {
        self.log().map(|_| ())
    }

    /// Runs quietly and returns what it printed, to stdout and stderr together.
    pub(crate) fn log(mut self) -> Result<String, Failure> {
        let shown = self.shown();
        let failed = |error: std::io::Error| Failure::new(format!("{shown}: {error}"));
        std::fs::create_dir_all(&self.logs).map_err(failed)?;
        let path = self.logs.join(format!("command-{}.log", process::id()));
        let file = File::create(&path).map_err(failed)?;
        self.inner.stdout(file.try_clone().map_err(failed)?).stderr(file);
        let status = wait(self.inner.spawn().map_err(failed)?);
        let log = String::from_utf8_lossy(&std::fs::read(&path).map_err(failed)?).into_owned();
        std::fs::remove_file(&path).map_err(failed)?;
        match status {
            Ok(status) if status.success() => Ok(log),
            Ok(status) => Err(Failure::with_output(format!("{shown}: {status}"), log)),
            Err(error) => Err(Failure::with_output(format!("{shown}: {error}"), log)),
        }
    }

    /// Returns standard output alone; for commands that print little.
    pub(crate) fn output(mut self) -> Result<String, Failure> {
        let shown = self.shown();
        let output = self.inner.output().map_err(|error| Failure::new(format!("{shown}: {error}")))?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let log = String::from_utf8_lossy(&output.stderr).into_owned();
        Err(Failure::with_output(format!("{shown}: {}", output.status), log))
    }

    /// Runs with its output on the terminal, without a time limit.
    pub(crate) fn show(mut self) -> Result<(), Failure> {
        let shown = self.shown();
        match self.inner.status() {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(Failure::new(format!("{shown}: {status}"))),
            Err(error) => Err(Failure::new(format!("{shown}: {error}"))),
        }
    }

    fn shown(&self) -> String {
        let words = std::iter::once(self.inner.get_program()).chain(self.inner.get_args());
        words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
    }
}

fn wait(mut child: process::Child) -> std::io::Result<ExitStatus> {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if start.elapsed() > LIMIT {
            child.kill()?;
            child.wait()?;
            return Err(std::io::Error::other(format!("stopped after {} s", LIMIT.as_secs())));
        }
        std::thread::sleep(POLL);
    }
}
