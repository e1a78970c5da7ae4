use std::path::PathBuf;

/// Why manifests cannot be asked anything.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// A file of settings cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// The words of the operating system.
        source: std::io::Error,
    },
    /// A file of settings is not what it should be.
    #[error("{}:{line}:{column}: {message}", path.display())]
    Config {
        /// Which.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// From 1, in characters.
        column: usize,
        /// What is wrong.
        message: String,
    },
    /// The input holds nothing to ask. What could not be read is in [`super::World::errors`].
    #[error("nothing in the input can be used: {0}")]
    Unusable(&'static str),
    /// The rules are too many, or one of them cannot be run.
    #[error("the rules do not compile: {0}")]
    Compile(#[from] gateline::CompileError),
}
