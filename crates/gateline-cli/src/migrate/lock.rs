use std::path::Path;

use gateline_migrate::{Accept, Lock, Verification};

use crate::error::CliError;
use crate::output::Output;

/// What an earlier run accepted; nothing where there is no file.
pub(super) fn read(path: &Path, output: &mut Output) -> Result<Lock, CliError> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Lock::default()),
        Err(source) => return Err(CliError::Read { path: path.to_owned(), source }),
    };
    let (lock, errors) = Lock::parse(&path.to_string_lossy(), &text);
    for error in &errors {
        output.error_line(&error.to_string());
    }
    if errors.is_empty() { Ok(lock) } else { Err(CliError::Unread(1)) }
}

/// Adds what was accepted in this run, unless nothing differs by it.
pub(super) fn record(
    path: &Path,
    lock: Lock,
    accept: &[Accept],
    verification: &Verification,
) -> Result<(), CliError> {
    if accept.is_empty() || !verification.unused.is_empty() {
        return Ok(());
    }
    let text = lock.recorded(verification).yaml();
    std::fs::write(path, text).map_err(|source| CliError::Write { path: path.to_owned(), source })
}
