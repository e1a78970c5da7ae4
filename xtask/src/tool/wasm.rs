use std::path::PathBuf;

use crate::failure::Failure;
use crate::workspace::Workspace;

const TARGET: &str = "wasm32-unknown-unknown";

/// Builds a package as WebAssembly for browsers; the path of the module.
pub(crate) fn build(workspace: &Workspace, package: &str) -> Result<PathBuf, Failure> {
    let library =
        workspace.command("rustc").args(["--target", TARGET, "--print", "target-libdir"]).output()?;
    if !PathBuf::from(library.trim()).is_dir() {
        workspace.command("rustup").args(["target", "add", TARGET]).run()?;
    }
    let build = ["build", "--package", package, "--target", TARGET, "--profile", "wasm", "--locked"];
    workspace.cargo(build).run()?;
    Ok(workspace.target.join(TARGET).join("wasm").join(format!("{}.wasm", package.replace('-', "_"))))
}

/// The program `wasm-bindgen` of the very version that the lock file has of the crate: with any other it refuses. Built once for each
/// version, unoptimised: that is soonest ready.
pub(crate) fn bindgen(workspace: &Workspace) -> Result<PathBuf, Failure> {
    let lock = workspace.read("Cargo.lock")?;
    let version =
        locked(&lock, "wasm-bindgen").ok_or_else(|| Failure::new("Cargo.lock has no wasm-bindgen"))?;
    let root = workspace.scratch().join(format!("wasm-bindgen-{version}"));
    let program = root.join("bin/wasm-bindgen");
    if !program.is_file() {
        let install = workspace.cargo(["install", "wasm-bindgen-cli", "--debug", "--bin", "wasm-bindgen"]);
        let install = install.args(["--version", &format!("={version}"), "--root"]).args([&root]);
        let folder = workspace.scratch().join("wasm-bindgen-build");
        install.args(["--target-dir"]).args([&folder]).run()?;
    }
    Ok(program)
}

fn locked<'l>(lock: &'l str, name: &str) -> Option<&'l str> {
    let mut lines = lock.lines().skip_while(|line| *line != format!("name = \"{name}\""));
    lines.nth(1)?.strip_prefix("version = \"")?.strip_suffix('"')
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_version_of_the_lock_file() {
        let lock = "[[package]]\nname = \"wasm-bindgen-macro\"\nversion = \"1\"\n\n[[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\n";
        assert_eq!(super::locked(lock, "wasm-bindgen"), Some("0.2.130"));
        assert_eq!(super::locked(lock, "wasm"), None);
    }
}
