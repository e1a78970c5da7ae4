use std::path::PathBuf;

use super::corpus;
use crate::failure::Failure;
use crate::tool::node;
use crate::workspace::Workspace;

const FOLDER: &str = "bindings/node";

/// The package as it is installed: types, its own tests, vitest, the examples of its README, the corpus.
pub(crate) fn check(workspace: &Workspace) -> Result<String, Failure> {
    node::packages(workspace, FOLDER)?;
    workspace.command("node").args(["bindings/node/build.mjs"]).run()?;
    let tool =
        |name: &str| workspace.command(workspace.root.join(FOLDER).join("node_modules/.bin").join(name));
    tool("tsc").args(["--project", "bindings/node/tests"]).run()?;
    let tests = ["--test", "--test-reporter=tap", "bindings/node/tests/route.test.mjs"];
    let tests = workspace
        .command("node")
        .args(tests)
        .args(["bindings/node/tests/package.test.cjs", "bindings/node/tests/readme.test.mjs"]);
    let log = tests.env("GATELINE", workspace.gateline()).log()?;
    let passed = log.lines().find_map(|line| line.strip_prefix("# pass ")).unwrap_or_default().to_owned();
    let log = tool("vitest").args(["run", "--config", "bindings/node/tests/vitest.config.mjs"]);
    let log = log.env("NO_COLOR", "1").log()?;
    let vitest = log.lines().find(|line| line.trim_start().starts_with("Tests ")).unwrap_or_default();
    let corpus = corpus(workspace, &PathBuf::from("node"), "bindings/node/tests/answer.mjs")?;
    Ok(format!("  {passed} passed; vitest: {}\n{corpus}", vitest.trim()))
}
