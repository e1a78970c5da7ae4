//! The bindings, built as they are published and tested from their own language.

mod node;
mod python;

use std::path::Path;

use crate::failure::Failure;
use crate::workspace::Workspace;

pub(crate) use node::check as node;
pub(crate) use python::check as python;

/// The corpus through a binding: each answer as the cases want it, each explanation as the program prints it.
fn corpus(workspace: &Workspace, interpreter: &Path, script: &str) -> Result<String, Failure> {
    let test = workspace.cargo([
        "test",
        "--package",
        "spec-tests",
        "--locked",
        "--test",
        "binding",
        "--",
        "--ignored",
    ]);
    let test = test.args(["--nocapture"]).env("GATELINE_INTERPRETER", interpreter);
    let test = test.env("GATELINE_SCRIPT", workspace.root.join(script));
    let log = test.env("GATELINE_BIN", workspace.gateline()).log()?;
    let found = log.lines().find(|line| line.starts_with("binding: "));
    Ok(found.map(|line| format!("  {line}")).unwrap_or_default())
}
