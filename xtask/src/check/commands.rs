use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::workspace::Workspace;

/// Stands alone on the line before a block.
const MARK: &str = "<!-- test";

/// Runs the marked blocks of every Markdown file and compares what is printed with what the page shows.
///
/// `<!-- test -->` before a `console` block runs its command, `<!-- test=1 -->` states the exit code, and `<!-- test
/// file=a/b.yaml -->` before any other block makes a file of it. Each page has a folder of its own, with a copy of
/// `examples/`. A line `…` in a page stands for any number of lines, at the end of a line for the rest of it.
pub(crate) fn check(workspace: &Workspace) -> Result<String, Failure> {
    let (mut commands, mut pages) = (0, 0);
    for page in
        workspace.files()?.iter().filter(|path| Path::new(path).extension().is_some_and(|end| end == "md"))
    {
        let at = |failure: Failure| Failure::new(format!("{page}: {failure}"));
        let blocks = marked(&workspace.read(page)?).map_err(at)?;
        if blocks.is_empty() {
            continue;
        }
        let folder = fresh_folder(workspace).map_err(at)?;
        for block in &blocks {
            match block {
                Block::Command { .. } => run(workspace, &folder, block).map_err(at)?,
                Block::File { path, text } => write(&folder.join(path), text).map_err(at)?,
            }
        }
        commands += blocks.iter().filter(|block| matches!(block, Block::Command { .. })).count();
        pages += 1;
    }
    if commands == 0 {
        return Err(Failure::new(format!("no page has a block that is marked with `{MARK} -->`")));
    }
    Ok(format!("  {commands} commands of {pages} pages"))
}

#[derive(Debug, PartialEq)]
enum Block {
    /// A command line, its exit code, and what the page says it prints.
    Command { line: String, exit: i32, output: Vec<String> },
    /// A file that the reader is told to write.
    File { path: String, text: String },
}

fn marked(page: &str) -> Result<Vec<Block>, Failure> {
    let mut blocks = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let Some(options) = line.strip_prefix(MARK) else { continue };
        let inside = lines.by_ref().skip_while(|line| !line.starts_with("```")).skip(1);
        let inside: Vec<&str> = inside.take_while(|line| !line.starts_with("```")).collect();
        let option = |name| options.split(' ').find_map(|word| word.strip_prefix(name));
        if let Some(path) = option("file=") {
            blocks.push(Block::File { path: path.to_owned(), text: inside.join("\n") + "\n" });
            continue;
        }
        let exit = option("=").and_then(|code| code.parse().ok()).unwrap_or(0);
        let first = inside.first().and_then(|line| line.strip_prefix("$ "));
        let first =
            first.ok_or_else(|| Failure::new(format!("the block after `{line}` has no `$ ` line")))?;
        let more = inside.iter().take_while(|line| line.ends_with('\\')).count();
        let rest = inside.iter().skip(1).take(more).map(|line| format!("\n{line}"));
        let line = std::iter::once(first.to_owned()).chain(rest).collect();
        let output = inside.iter().skip(1 + more).map(|&line| line.to_owned()).collect();
        blocks.push(Block::Command { line, exit, output });
    }
    Ok(blocks)
}

/// Where a page's commands run and its files are written.
fn fresh_folder(workspace: &Workspace) -> Result<PathBuf, Failure> {
    let folder = workspace.scratch().join("pages");
    let failed = |error: std::io::Error| Failure::new(format!("{}: {error}", folder.display()));
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(failed)?;
    }
    fs::create_dir_all(&folder).map_err(failed)?;
    workspace.command("cp").args([Path::new("-r"), Path::new("examples"), &folder]).run()?;
    Ok(folder)
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure::new(format!("{}: {error}", path.display()));
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    fs::write(path, text).map_err(failed)
}

/// `gateline` is the debug binary, built already.
fn run(workspace: &Workspace, folder: &Path, block: &Block) -> Result<(), Failure> {
    let Block::Command { line, exit, output } = block else { return Ok(()) };
    let binary = workspace.gateline();
    let script = format!(
        "cd '{}' && {{ {line}; }} 2>&1; code=$?; [ $code = {exit} ] || {{ echo exit code $code; exit 1; }}",
        folder.display()
    );
    let shell = workspace.command("bash").args(["-c", &script]);
    let printed = shell.path_first(binary.parent().unwrap_or(&workspace.root)).log()?;
    let printed: Vec<String> = printed.lines().map(|line| line.trim_end().to_owned()).collect();
    if matches(output, &printed) {
        return Ok(());
    }
    Err(Failure::with_output(format!("`{line}` does not print what the page shows"), printed.join("\n")))
}

fn same(page: &str, printed: &str) -> bool {
    page == printed || page.strip_suffix('…').is_some_and(|start| printed.starts_with(start))
}

fn matches(page: &[String], printed: &[String]) -> bool {
    match page.split_first() {
        None => printed.is_empty(),
        Some((line, rest)) if line == "…" => {
            (0..=printed.len()).any(|skip| matches(rest, printed.get(skip..).unwrap_or_default()))
        }
        Some((line, rest)) => {
            printed.split_first().is_some_and(|(first, others)| same(line, first) && matches(rest, others))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn only_marked_blocks_are_read() {
        let page = "```console\n$ no\n```\n<!-- test=1 -->\n```console\n$ gateline check \\\n  x\na\n…\n```\n\
                    <!-- test file=a/b.yaml -->\n```yaml\na: 1\n```\n";
        let command =
            Block::Command { line: "gateline check \\\n  x".into(), exit: 1, output: lines("a\n…") };
        let file = Block::File { path: "a/b.yaml".into(), text: "a: 1\n".into() };
        assert_eq!(marked(page).unwrap(), [command, file]);
    }

    #[test]
    fn a_marked_block_without_a_command_is_an_error() {
        assert!(marked("<!-- test -->\n```console\ngateline check x\n```\n").is_err());
    }

    #[test]
    fn an_ellipsis_stands_for_lines() {
        assert!(matches(&lines("a\n…\nd"), &lines("a\nb\nc\nd")));
        assert!(matches(&lines("…"), &lines("")));
        assert!(!matches(&lines("a\n…\nd"), &lines("a\nb")));
        assert!(matches(&lines("a: …"), &lines("a: b")));
        assert!(!matches(&lines("a: …"), &lines("b: a")));
        assert!(!matches(&lines("a"), &lines("a\nb")));
    }
}
