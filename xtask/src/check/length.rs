use std::path::Path;

use crate::failure::Failure;
use crate::workspace::Workspace;

/// Beyond this a Rust file has more than one subject.
const MOST: usize = 400;
const MANY: usize = 300;

/// No Rust file is longer than 400 lines; those over 300 are named.
pub(crate) fn check(workspace: &Workspace) -> Result<String, Failure> {
    let (mut long, mut many) = (Vec::new(), 0);
    for path in workspace.files()? {
        if Path::new(&path).extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let lines = workspace.read(&path)?.lines().count();
        if lines > MOST {
            long.push(format!("{path}: {lines} lines"));
        } else if lines > MANY {
            many += 1;
        }
    }
    Failure::of_findings(format!("files of more than {MOST} lines"), &long)?;
    Ok(if many == 0 { String::new() } else { format!("  {many} files of more than {MANY} lines") })
}
