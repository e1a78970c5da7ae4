use std::path::PathBuf;

use super::corpus;
use crate::failure::Failure;
use crate::workspace::Workspace;

const FOLDER: &str = "bindings/node";
/// The oldest Node that is not at its end.
const OLDEST: u32 = 20;

/// The package as it is installed: types, its own tests, vitest, the examples of its README, the corpus.
pub(crate) fn check(workspace: &Workspace) -> Result<String, Failure> {
    let version = workspace.command("node").args(["--version"]).output();
    let major = version.ok().and_then(|text| text.trim_start_matches('v').split('.').next()?.parse().ok());
    if major.is_none_or(|major: u32| major < OLDEST) {
        return Err(Failure::new(format!("Node {OLDEST} or newer is missing; https://nodejs.org has it")));
    }
    install(workspace)?;
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

/// What the lock file names, once for each version of it.
fn install(workspace: &Workspace) -> Result<(), Failure> {
    let wanted = workspace.read("bindings/node/package-lock.json")?;
    let stamp = workspace.root.join(FOLDER).join("node_modules/.installed");
    if std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    workspace.command("npm").args(["ci", "--ignore-scripts", "--prefix", FOLDER]).run()?;
    std::fs::write(&stamp, wanted).map_err(|error| Failure::new(format!("{}: {error}", stamp.display())))
}
