use std::path::PathBuf;

use gateline_proxy::ProxyError;

use crate::explain::RequestError;

/// Why a command cannot do its work: exit code 2.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CliError {
    #[error("cannot read {}: {source}", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("cannot write {}: {source}", path.display())]
    Write { path: PathBuf, source: std::io::Error },
    #[error("{}:{line}:{column}: {message}", path.display())]
    Config { path: PathBuf, line: usize, column: usize, message: String },
    #[error("nothing in the input can be used: {0}")]
    Unusable(String),
    #[error("{0} of the documents or files could not be read")]
    Unread(usize),
    #[error(transparent)]
    Request(#[from] RequestError),
    #[error("{0:?} is not a finding")]
    NoSuchRule(String),
    #[error("the rules do not compile: {0}")]
    Compile(#[from] gateline::CompileError),
    #[error(transparent)]
    Proxy(#[from] ProxyError),
    #[error("{what}: {source}")]
    Io { what: &'static str, source: std::io::Error },
    #[error("cannot make a certificate: {0}")]
    Certificate(#[from] rcgen::Error),
}

impl CliError {
    /// What to do about it.
    pub(crate) fn help(&self) -> Option<&'static str> {
        match self {
            Self::Unusable(_) => Some("see the errors above; `gateline check PATH` reports them all"),
            Self::NoSuchRule(_) => Some("`gateline rule` lists all of them"),
            Self::Config { .. } => Some("docs/cli.md describes gateline.toml"),
            _ => None,
        }
    }
}
