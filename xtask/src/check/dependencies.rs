use crate::failure::Failure;
use crate::workspace::Workspace;

/// One crypto provider (with two, rustls panics at run time), and one version of what types are shared through.
const NEVER: [&str; 2] = ["ring", "openssl-sys"];
const ONCE: [&str; 8] = ["bytes", "http", "http-body", "hyper", "rustls", "tokio", "tokio-rustls", "tower"];
/// What an embedder of the engine must not be made to build.
const NOT_IN_ENGINE: [&str; 4] = ["hyper", "kube", "serde_core", "tokio"];

pub(crate) fn check(workspace: &Workspace) -> Result<String, Failure> {
    let all = crates(workspace, &["--workspace"])?;
    let mut findings = Vec::new();
    for name in NEVER {
        if count(&all, name) > 0 {
            findings.push(format!("{name} is in the tree: `cargo tree --workspace -i {name}` says why"));
        }
    }
    for name in ONCE {
        if count(&all, name) > 1 {
            findings.push(format!("{name} is there more than once: `cargo tree --workspace --duplicates`"));
        }
    }
    let engine = crates(workspace, &["--package", "gateline", "--no-default-features"])?;
    for name in NOT_IN_ENGINE {
        if count(&engine, name) > 0 {
            findings.push(format!("the engine without features depends on {name}"));
        }
    }
    Failure::of_findings("dependencies", &findings)?;
    Ok(format!("  {} crates, {} of them for the engine alone", all.len(), engine.len()))
}

/// `name version`, each once, without dev-dependencies.
fn crates(workspace: &Workspace, selection: &[&str]) -> Result<Vec<String>, Failure> {
    let tree = workspace.cargo(["tree", "--edges", "normal,build", "--prefix", "none", "--format", "{p}"]);
    let printed = tree.args(selection).output()?;
    let name_and_version = |line: &str| Some(line.split_whitespace().take(2).collect::<Vec<_>>().join(" "));
    let mut crates: Vec<String> =
        printed.lines().filter_map(name_and_version).filter(|line| !line.is_empty()).collect();
    crates.sort();
    crates.dedup();
    Ok(crates)
}

fn count(crates: &[String], name: &str) -> usize {
    crates.iter().filter(|line| line.split(' ').next() == Some(name)).count()
}
