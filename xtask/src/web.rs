use crate::failure::Failure;
use crate::playground;
use crate::tool::{debian, node};
use crate::workspace::Workspace;

const FOLDER: &str = "tests/web";

/// The page of `gateline graph`: its tables against the engine, for the whole corpus; and that page and the playground in a real
/// browser, against the program.
pub(crate) fn check(workspace: &Workspace) -> Result<String, Failure> {
    debian::need(workspace, "chromium", "chromium")?;
    node::packages(workspace, FOLDER)?;
    workspace.cargo(["build", "--package", "gateline-cli", "--bin", "gateline", "--locked"]).run()?;
    let corpus =
        ["test", "--package", "spec-tests", "--locked", "--test", "graph", "--", "--ignored", "--nocapture"];
    let log = workspace.cargo(corpus).env("GATELINE_BIN", workspace.gateline()).log()?;
    let corpus = log.lines().find(|line| line.starts_with("graph: ")).unwrap_or_default().to_owned();
    let playground = playground::build(workspace)?;
    let tests =
        ["--test", "--test-reporter=tap", "tests/web/graph.test.mjs", "tests/web/playground.test.mjs"];
    let tests = workspace.command("node").args(tests).env("GATELINE", workspace.gateline());
    let log = tests.env("PLAYGROUND", playground.page).log()?;
    let passed = log.lines().find_map(|line| line.strip_prefix("# pass ")).unwrap_or_default();
    Ok(format!("  {passed} passed in Chromium; {corpus}\n  {}", playground.weight))
}
