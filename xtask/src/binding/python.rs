use std::fs;
use std::path::PathBuf;

use super::corpus;
use crate::failure::Failure;
use crate::tool::python;
use crate::workspace::Workspace;

const FOLDER: &str = "bindings/python";

/// The wheel in an environment of its own: lints, types, tests, the examples of its README, the corpus.
pub(crate) fn check(workspace: &Workspace) -> Result<String, Failure> {
    let tools = python::programs(workspace)?;
    let programs = python::environment(workspace, "python-binding", "bindings/python/requirements.txt")?;
    let wheel = build(workspace)?;
    let run = |program: PathBuf, args: &[&str]| workspace.command(program).args(args);
    let ruff = |args: &[&str]| run(tools.join("ruff"), args).args([FOLDER]).run();
    ruff(&["check", "--no-cache"])?;
    ruff(&["format", "--no-cache", "--check"])?;
    run(programs.join("pip"), &["install", "--quiet", "--no-deps", "--force-reinstall"])
        .args([&wheel])
        .run()?;
    let settings = "bindings/python/pyproject.toml";
    let typed = ["--config-file", settings, "bindings/python/python/gateline", "bindings/python/tests"];
    run(programs.join("mypy"), &typed).env("MYPYPATH", "bindings/python/python").run()?;
    run(programs.join("stubtest"), &["--mypy-config-file", settings, "gateline._native"]).run()?;
    let tests = ["--quiet", "--doctest-glob=README.md", "bindings/python/tests", "bindings/python/README.md"];
    let log = run(programs.join("pytest"), &tests).env("GATELINE", workspace.gateline()).log()?;
    let summary = log.lines().last().unwrap_or_default().to_owned();
    let corpus = corpus(workspace, &programs.join("python"), "bindings/python/tests/answer.py")?;
    Ok(format!("  {summary}\n{corpus}"))
}

/// Builds the wheel as it is published, but for the optimiser.
fn build(workspace: &Workspace) -> Result<PathBuf, Failure> {
    let folder = workspace.scratch().join("wheels");
    let failed = |error: std::io::Error| Failure::new(format!("{}: {error}", folder.display()));
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(failed)?;
    }
    let maturin = python::programs(workspace)?.join("maturin");
    let build = workspace.command(maturin).args(["build", "--profile", "dev", "--compatibility", "linux"]);
    let build = build.args(["--locked", "--manifest-path", "bindings/python/Cargo.toml", "--out"]);
    build.args([&folder]).run()?;
    let mut wheels = fs::read_dir(&folder).map_err(failed)?.filter_map(Result::ok).map(|entry| entry.path());
    let wheel = wheels.find(|path| path.extension().is_some_and(|end| end == "whl"));
    let wheel = wheel.ok_or_else(|| Failure::new("maturin built no wheel"))?;
    // One wheel for all of them.
    let name = wheel.file_name().unwrap_or_default().to_string_lossy().into_owned();
    if name.contains("-cp310-abi3-") {
        Ok(wheel)
    } else {
        Err(Failure::new(format!("{name} is not for every Python from 3.10 on")))
    }
}
