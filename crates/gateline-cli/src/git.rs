//! `git:REV:PATH`: manifests as a revision has them, read by the `git` of the user.

use std::path::Path;
use std::process::Command;

use gateline_api::parse::{Input, Limits, is_manifest};

use crate::error::CliError;

/// The manifests of `REV:PATH`, in order of name; PATH is a file or folder, relative to here.
pub(crate) fn inputs(text: &str) -> Result<Vec<Input>, CliError> {
    let fail = |message: &str| CliError::Git { what: text.to_owned(), message: message.to_owned() };
    let (revision, path) = text.split_once(':').ok_or_else(|| fail("write git:REVISION:PATH"))?;
    let path = if path.is_empty() { "." } else { path };
    let list = run(&["ls-tree", "-r", "-z", "--name-only", "--end-of-options", revision, "--", path], text)?;
    let names = list.split(|byte| *byte == 0).filter(|name| !name.is_empty());
    let names = names.map(|name| String::from_utf8_lossy(name).into_owned());
    let mut inputs = Vec::new();
    for name in names.filter(|name| name == path || is_shown(name) && is_manifest(Path::new(name))) {
        let bytes = run(&["cat-file", "blob", "--end-of-options", &format!("{revision}:./{name}")], text)?;
        if bytes.len() as u64 > Limits::default().file_bytes {
            return Err(fail(&format!("{name} is larger than what is read")));
        }
        inputs.push(Input::Text { name: format!("{revision}:{name}").into(), bytes });
    }
    if inputs.is_empty() { Err(fail("the revision has no manifests there")) } else { Ok(inputs) }
}

fn is_shown(name: &str) -> bool {
    !name.split('/').any(|part| part.starts_with('.'))
}

fn run(arguments: &[&str], what: &str) -> Result<Vec<u8>, CliError> {
    let output = Command::new("git").args(arguments).output();
    let output = output.map_err(|source| CliError::Io { what: "git", source })?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let message = String::from_utf8_lossy(&output.stderr).trim().trim_start_matches("fatal: ").to_owned();
    Err(CliError::Git { what: what.to_owned(), message })
}
