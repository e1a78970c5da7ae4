use crate::failure::Failure;
use crate::workspace::Workspace;

const PAGES: [&str; 4] = ["README.md", "docs/getting-started.md", "docs/operations.md", "docs/cli.md"];
/// Stands alone on the line before a block; `test=N` states the exit code.
const MARK: &str = "<!-- test";

/// Runs the `console` blocks of the pages that are marked with `<!-- test -->`, and compares what is printed with what
/// the page shows. A line `…` in a page stands for any number of lines.
pub(crate) fn check(workspace: &Workspace) -> Result<String, Failure> {
    let mut blocks = 0;
    for page in PAGES {
        if !workspace.root.join(page).is_file() {
            continue;
        }
        for block in marked(&workspace.read(page)?) {
            run(workspace, &block).map_err(|failure| Failure::new(format!("{page}: {failure}")))?;
            blocks += 1;
        }
    }
    Ok(format!("  {blocks} blocks"))
}

/// A command line and what the page says it prints.
#[derive(Debug, PartialEq)]
struct Block {
    command: String,
    exit: i32,
    output: Vec<String>,
}

fn marked(page: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let Some(options) = line.strip_prefix(MARK) else { continue };
        let exit = options.split(['=', ' ']).find_map(|word| word.parse().ok()).unwrap_or(0);
        let mut inside = lines.by_ref().skip_while(|line| !line.starts_with("```")).skip(1);
        let Some(command) = inside.next().and_then(|line| line.strip_prefix("$ ")) else { continue };
        let output = inside.take_while(|line| !line.starts_with("```")).map(str::to_owned).collect();
        blocks.push(Block { command: command.to_owned(), exit, output });
    }
    blocks
}

/// `gateline` and `cargo run --release --` are the debug binary, built already.
fn run(workspace: &Workspace, block: &Block) -> Result<(), Failure> {
    let binary = workspace.gateline();
    let command = block.command.replace("cargo run --release --", "gateline");
    let script =
        format!("{command} 2>&1; code=$?; [ $code = {} ] || {{ echo exit code $code; exit 1; }}", block.exit);
    let shell = workspace.command("bash").args(["-c", &script]);
    let printed = shell.path_first(binary.parent().unwrap_or(&workspace.root)).log()?;
    let printed: Vec<String> = printed.lines().map(|line| line.trim_end().to_owned()).collect();
    if matches(&block.output, &printed) {
        return Ok(());
    }
    Err(Failure::with_output(
        format!("`{}` does not print what the page shows", block.command),
        printed.join("\n"),
    ))
}

fn matches(page: &[String], printed: &[String]) -> bool {
    match page.split_first() {
        None => printed.is_empty(),
        Some((line, rest)) if line == "…" => {
            (0..=printed.len()).any(|skip| matches(rest, printed.get(skip..).unwrap_or_default()))
        }
        Some((line, rest)) => {
            printed.split_first().is_some_and(|(first, others)| first == line && matches(rest, others))
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
        let page = "```console\n$ no\n```\n<!-- test=1 -->\n```console\n$ gateline check x\na\n…\n```\n";
        let block = Block { command: "gateline check x".into(), exit: 1, output: lines("a\n…") };
        assert_eq!(marked(page), [block]);
    }

    #[test]
    fn an_ellipsis_stands_for_lines() {
        assert!(matches(&lines("a\n…\nd"), &lines("a\nb\nc\nd")));
        assert!(matches(&lines("…"), &lines("")));
        assert!(!matches(&lines("a\n…\nd"), &lines("a\nb")));
        assert!(!matches(&lines("a"), &lines("a\nb")));
    }
}
