use std::path::Path;

use crate::command::Command;
use crate::failure::Failure;
use crate::tool::python;
use crate::workspace::Workspace;

/// Fuzzes one target, or each in turn, and shows what libFuzzer prints.
pub(crate) fn run(workspace: &Workspace, target: Option<&str>, seconds: u32) -> Result<(), Failure> {
    let programs = python::programs(workspace)?;
    for name in targets(workspace)? {
        if target.is_none_or(|wanted| wanted == name) {
            command(workspace, &programs, &name, seconds).show()?;
        }
    }
    Ok(())
}

/// A few seconds a target: finds what is plainly wrong, and that the targets build.
pub(crate) fn smoke(workspace: &Workspace) -> Result<String, Failure> {
    let programs = python::programs(workspace)?;
    let targets = targets(workspace)?;
    for name in &targets {
        command(workspace, &programs, name, 5).run()?;
    }
    Ok(format!("  {} for 5 s each", targets.join(", ")))
}

/// The stable toolchain and no sanitizer: runs everywhere, and there is no unsafe code to sanitize.
fn command(workspace: &Workspace, programs: &Path, target: &str, seconds: u32) -> Command {
    workspace
        .cargo(["fuzz", "run", "--sanitizer", "none", target, "--"])
        .args([
            format!("-max_total_time={seconds}"),
            "-max_len=16384".into(),
            "-timeout=10".into(),
            "-rss_limit_mb=4096".into(),
        ])
        .path_first(programs)
        .env("CARGO_TARGET_DIR", workspace.target.join("fuzz"))
}

fn targets(workspace: &Workspace) -> Result<Vec<String>, Failure> {
    let files = workspace.files()?;
    let name = |path: &String| Some(path.strip_prefix("fuzz/fuzz_targets/")?.strip_suffix(".rs")?.to_owned());
    Ok(files.iter().filter_map(name).collect())
}
