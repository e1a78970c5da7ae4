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
            command(workspace, &programs, &name, seconds)?.show()?;
        }
    }
    Ok(())
}

/// A few seconds a target: finds what is plainly wrong, and that the targets build.
pub(crate) fn smoke(workspace: &Workspace) -> Result<String, Failure> {
    let programs = python::programs(workspace)?;
    let targets = targets(workspace)?;
    for name in &targets {
        command(workspace, &programs, name, 5)?.run()?;
    }
    Ok(format!("  {} for 5 s each", targets.join(", ")))
}

/// The stable toolchain and no sanitizer: runs everywhere, and there is no unsafe code to sanitize. What is found goes to
/// `fuzz/corpus`; inputs that once failed, and the examples, are read first.
fn command(workspace: &Workspace, programs: &Path, target: &str, seconds: u32) -> Result<Command, Failure> {
    let corpus = format!("fuzz/corpus/{target}");
    std::fs::create_dir_all(workspace.root.join(&corpus))
        .map_err(|error| Failure::new(format!("{corpus}: {error}")))?;
    let mut folders = vec![corpus, format!("fuzz/regressions/{target}")];
    if target == "parse_resolve" {
        folders.extend(["examples/shop".to_owned(), "examples/guide".to_owned()]);
    }
    folders.retain(|folder| workspace.root.join(folder).is_dir());
    let limits = ["-max_len=16384", "-timeout=20", "-rss_limit_mb=4096"];
    let command = workspace
        .cargo(["fuzz", "run", "--sanitizer", "none", "--features", "libfuzzer", target])
        .args(folders)
        .args(["--", &format!("-max_total_time={seconds}")])
        .args(limits);
    // Quick to link, with places in what is reported; overflow panics, for cargo-fuzz sets debug assertions.
    let profile = [("LTO", "off"), ("CODEGEN_UNITS", "16"), ("DEBUG", "line-tables-only")];
    let command = profile
        .into_iter()
        .fold(command, |command, (name, value)| command.env(&format!("CARGO_PROFILE_RELEASE_{name}"), value));
    Ok(command.path_first(programs).env("CARGO_TARGET_DIR", workspace.target.join("fuzz")))
}

fn targets(workspace: &Workspace) -> Result<Vec<String>, Failure> {
    let files = workspace.files()?;
    let name = |path: &String| Some(path.strip_prefix("fuzz/fuzz_targets/")?.strip_suffix(".rs")?.to_owned());
    Ok(files.iter().filter_map(name).collect())
}
