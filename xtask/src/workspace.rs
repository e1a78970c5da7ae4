use std::path::{Path, PathBuf};

use crate::command::Command;
use crate::failure::Failure;

/// Where the repository is and where builds go.
pub(crate) struct Workspace {
    pub(crate) root: PathBuf,
    /// `CARGO_TARGET_DIR`, or `target/`. One for all steps, so that things compile once.
    pub(crate) target: PathBuf,
    /// This very program. Asked for before a step builds it anew, because Linux then says that its file is deleted.
    pub(crate) program: PathBuf,
}

impl Workspace {
    pub(crate) fn find() -> Self {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
        let root = manifest.parent().unwrap_or(manifest).to_owned();
        let target =
            std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |dir| root.join(dir));
        let program = std::env::current_exe().unwrap_or_else(|_| target.join("debug/xtask"));
        Self { root, target, program }
    }

    /// A command that runs at the root.
    pub(crate) fn command(&self, program: impl AsRef<Path>) -> Command {
        Command::new(program.as_ref(), &self.root, self.scratch())
    }

    /// Cargo, with the lock file as it is committed.
    pub(crate) fn cargo<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Command {
        self.command("cargo").args(args).env("CARGO_TERM_COLOR", "never")
    }

    /// A file of the repository as text.
    pub(crate) fn read(&self, path: &str) -> Result<String, Failure> {
        std::fs::read_to_string(self.root.join(path))
            .map_err(|error| Failure::new(format!("{path}: {error}")))
    }

    /// The files that are committed or about to be, relative to the root.
    pub(crate) fn files(&self) -> Result<Vec<String>, Failure> {
        let listed =
            self.command("git").args(["ls-files", "--cached", "--others", "--exclude-standard"]).output()?;
        Ok(listed.lines().filter(|path| self.root.join(path).is_file()).map(str::to_owned).collect())
    }

    /// The debug binary that `cargo build` made.
    pub(crate) fn gateline(&self) -> PathBuf {
        self.target.join("debug/gateline")
    }

    /// Logs, tools and other things that may be deleted at any time.
    pub(crate) fn scratch(&self) -> PathBuf {
        self.target.join("xtask")
    }
}
