use crate::failure::Failure;
use crate::workspace::Workspace;

/// The oldest Node that is not at its end.
const OLDEST: u32 = 20;

/// Makes sure that Node is there, and in a folder the packages that its lock file names: once for each version of it.
pub(crate) fn packages(workspace: &Workspace, folder: &str) -> Result<(), Failure> {
    let version = workspace.command("node").args(["--version"]).output();
    let major = version.ok().and_then(|text| text.trim_start_matches('v').split('.').next()?.parse().ok());
    if major.is_none_or(|major: u32| major < OLDEST) {
        return Err(Failure::new(format!("Node {OLDEST} or newer is missing; https://nodejs.org has it")));
    }
    let wanted = workspace.read(&format!("{folder}/package-lock.json"))?;
    let stamp = workspace.root.join(folder).join("node_modules/.installed");
    if std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    workspace.command("npm").args(["ci", "--ignore-scripts", "--prefix", folder]).run()?;
    std::fs::write(&stamp, wanted).map_err(|error| Failure::new(format!("{}: {error}", stamp.display())))
}
