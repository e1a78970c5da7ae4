//! The marked blocks of a Markdown page, run as a reader would run them.
//!
//! `<!-- test -->` before a `console` block runs its command, `<!-- test=1 -->` states the exit code, `<!-- test wait=10 -->`
//! tries again for that many seconds until it prints what the page shows, and `<!-- test file=a/b.yaml -->` before any
//! other block makes a file of it. A line `…` in a page stands for any number of lines, at the end of a line for the
//! rest of it.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::failure::Failure;
use crate::workspace::Workspace;

/// Stands alone on the line before a block.
pub(crate) const MARK: &str = "<!-- test";

const POLL: Duration = Duration::from_millis(200);

/// Where the blocks of one page are run.
pub(crate) struct Shell<'a> {
    pub(crate) workspace: &'a Workspace,
    /// The folder of the page's files and commands.
    pub(crate) folder: PathBuf,
    /// Folders before the others on `PATH`.
    pub(crate) path: Vec<PathBuf>,
    pub(crate) variables: Vec<(&'static str, PathBuf)>,
}

#[derive(Debug, PartialEq)]
pub(crate) enum Block {
    /// A command line, its exit code, how long it may take to print what the page says it prints, and that.
    Command { line: String, exit: i32, wait: Duration, output: Vec<String> },
    /// A file that the reader is told to write.
    File { path: String, text: String },
}

impl<'a> Shell<'a> {
    /// In an empty folder of that name, with a copy of these files and folders of the repository. `gateline` is the
    /// debug binary, built already.
    pub(crate) fn new(workspace: &'a Workspace, name: &str, copied: &[&str]) -> Result<Self, Failure> {
        let folder = workspace.scratch().join(name);
        let failed = |error: std::io::Error| Failure::new(format!("{}: {error}", folder.display()));
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(failed)?;
        }
        fs::create_dir_all(&folder).map_err(failed)?;
        for path in copied {
            let to = folder.join(path);
            fs::create_dir_all(to.parent().unwrap_or(&folder)).map_err(failed)?;
            workspace.command("cp").args([Path::new("-r"), Path::new(path), &to]).run()?;
        }
        let path = workspace.gateline().parent().map(Path::to_owned).into_iter().collect();
        Ok(Self { workspace, folder, path, variables: Vec::new() })
    }

    /// Runs a block, or writes its file.
    pub(crate) fn run(&self, block: &Block) -> Result<(), Failure> {
        let (line, exit, wait, output) = match block {
            Block::Command { line, exit, wait, output } => (line, *exit, *wait, output),
            Block::File { path, text } => return write(&self.folder.join(path), text),
        };
        let start = Instant::now();
        loop {
            let outcome = self.once(line, exit, output);
            if outcome.is_ok() || start.elapsed() >= wait {
                return outcome;
            }
            std::thread::sleep(POLL);
        }
    }

    fn once(&self, line: &str, exit: i32, output: &[String]) -> Result<(), Failure> {
        let script = format!(
            "cd '{}' && {{ {line}; }} 2>&1; code=$?; [ $code = {exit} ] || {{ echo exit code $code; exit 1; }}",
            self.folder.display()
        );
        let mut shell = self.workspace.command("bash").args(["-c", &script]).paths_first(&self.path);
        for (name, value) in &self.variables {
            shell = shell.env(name, value);
        }
        let printed = shell.log()?;
        let printed: Vec<String> = printed.lines().map(|line| line.trim_end().to_owned()).collect();
        if matches(output, &printed) {
            return Ok(());
        }
        Err(Failure::with_output(format!("`{line}` does not print what the page shows"), printed.join("\n")))
    }
}

/// Every Markdown file of the repository.
pub(crate) fn pages(workspace: &Workspace) -> Result<Vec<String>, Failure> {
    let mut files = workspace.files()?;
    files.retain(|path| Path::new(path).extension().is_some_and(|end| end == "md"));
    Ok(files)
}

/// The blocks that are marked, in their order.
pub(crate) fn marked(page: &str) -> Result<Vec<Block>, Failure> {
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
        let wait = Duration::from_secs(option("wait=").and_then(|seconds| seconds.parse().ok()).unwrap_or(0));
        let first = inside.first().and_then(|line| line.strip_prefix("$ "));
        let first =
            first.ok_or_else(|| Failure::new(format!("the block after `{line}` has no `$ ` line")))?;
        let more = inside.iter().take_while(|line| line.ends_with('\\')).count();
        let rest = inside.iter().skip(1).take(more).map(|line| format!("\n{line}"));
        let line = std::iter::once(first.to_owned()).chain(rest).collect();
        let output = inside.iter().skip(1 + more).map(|&line| line.to_owned()).collect();
        blocks.push(Block::Command { line, exit, wait, output });
    }
    Ok(blocks)
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure::new(format!("{}: {error}", path.display()));
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    fs::write(path, text).map_err(failed)
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
        let command = Block::Command {
            line: "gateline check \\\n  x".into(),
            exit: 1,
            wait: Duration::ZERO,
            output: lines("a\n…"),
        };
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
