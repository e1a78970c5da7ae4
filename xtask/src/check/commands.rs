use crate::failure::Failure;
use crate::page::{Block, MARK, Shell, marked, pages};
use crate::workspace::Workspace;

/// Pages that need a cluster: `cargo xtask guide` runs them.
pub(crate) const GUIDE: &str = "docs/guide/";

/// Runs the marked blocks of every Markdown file and compares what is printed with what the page shows. Each page has a
/// folder of its own, with a copy of `examples/`.
pub(crate) fn check(workspace: &Workspace) -> Result<String, Failure> {
    let (mut commands, mut tested) = (0, 0);
    for page in pages(workspace)?.iter().filter(|path| !path.starts_with(GUIDE)) {
        let at = |failure: Failure| Failure::new(format!("{page}: {failure}"));
        let blocks = marked(&workspace.read(page)?).map_err(at)?;
        if blocks.is_empty() {
            continue;
        }
        let shell = Shell::new(workspace, "pages", &["examples"]).map_err(at)?;
        blocks.iter().try_for_each(|block| shell.run(block)).map_err(at)?;
        commands += blocks.iter().filter(|block| matches!(block, Block::Command { .. })).count();
        tested += 1;
    }
    if commands == 0 {
        return Err(Failure::new(format!("no page has a block that is marked with `{MARK} -->`")));
    }
    Ok(format!("  {commands} commands of {tested} pages"))
}
