use crate::failure::Failure;
use crate::workspace::Workspace;

/// Makes sure that a program is there, from Debian's package if need be (as root, never with a question).
pub(crate) fn need(workspace: &Workspace, program: &str, package: &str) -> Result<(), Failure> {
    if found(program) {
        return Ok(());
    }
    let apt = |args: &[&str]| {
        workspace.command("apt-get").args(args).env("DEBIAN_FRONTEND", "noninteractive").run()
    };
    apt(&["update", "--quiet"])
        .and_then(|()| apt(&["install", "--yes", "--quiet", "--no-install-recommends", package]))
        .map_err(|failure| {
            Failure::new(format!("{program} is missing; install the package {package}\n{failure}"))
        })
}

fn found(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}
