#[cfg(feature = "serve")]
use std::io::ErrorKind;
use std::path::PathBuf;

#[cfg(feature = "serve")]
use gateline_proxy::ProxyError;
use gateline_testing::record::RecordError;
use gateline_testing::{LoadError, NameError, RequestError};

/// Why a command cannot do its work: exit code 2.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CliError {
    #[error(transparent)]
    Load(#[from] LoadError),
    #[error("cannot write {}: {source}", path.display())]
    Write { path: PathBuf, source: std::io::Error },
    #[error("cannot read {}: {source}", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("cannot use the baseline {}: {message}", path.display())]
    Baseline { path: PathBuf, message: String },
    #[error("--fix edits files: name them, without --kubernetes and -")]
    NoFiles,
    #[error("{0} of the documents or files could not be read")]
    Unread(usize),
    #[error("{0} of the lines or entries could not be read")]
    Unrecorded(usize),
    #[error("the log has no request: {}", nothing(*.0))]
    NoRequests(u64),
    #[error("there is no entry {entry}: the file has {count}")]
    NoEntry { entry: usize, count: usize },
    #[error(transparent)]
    Record(#[from] RecordError),
    #[error(transparent)]
    Name(#[from] NameError),
    #[error("cannot read git:{what}: {message}")]
    Git { what: String, message: String },
    #[error(transparent)]
    Request(#[from] RequestError),
    #[error("there is no *.routetest.yaml here")]
    NoTests,
    #[error("{0} of the tests or files could not be used")]
    Untested(usize),
    #[error("--init takes one folder")]
    OneFolder,
    #[error("there is no Ingress of networking.k8s.io/v1 here")]
    NoIngress,
    #[error("{0} reads no Ingresses: --ingress is for manifests in files, and not for tests")]
    RoutesAlone(&'static str),
    #[error("{0} of the Ingresses cannot be used")]
    Ingresses(usize),
    #[error("{} is not empty: what an earlier run wrote there may not be guarded", .0.display())]
    NotEmpty(PathBuf),
    #[error("{0:?} is not a finding")]
    NoSuchRule(String),
    #[cfg(feature = "serve")]
    #[error(transparent)]
    Proxy(#[from] ProxyError),
    #[error("{what}: {source}")]
    Io { what: &'static str, source: std::io::Error },
    #[cfg(feature = "serve")]
    #[error("cannot use the cluster: {0}")]
    Cluster(Box<dyn std::error::Error + Send + Sync>),
    #[cfg(feature = "serve")]
    #[error("cannot make a certificate: {0}")]
    Certificate(#[from] rcgen::Error),
    #[cfg(not(feature = "serve"))]
    #[error("this build of gateline {0}")]
    Reduced(&'static str),
}

impl CliError {
    /// What to do about it.
    pub(crate) fn help(&self) -> Option<&'static str> {
        match self {
            Self::Load(LoadError::Unusable(_)) => {
                Some("PATH is a file, a folder, a glob or -, with Kubernetes manifests in YAML or JSON")
            }
            #[cfg(feature = "serve")]
            Self::Proxy(ProxyError::Bind { source, .. }) if source.kind() == ErrorKind::PermissionDenied => {
                Some("ports below 1024 need CAP_NET_BIND_SERVICE; --port 80=8080 binds another one")
            }
            #[cfg(feature = "serve")]
            Self::Proxy(ProxyError::Bind { .. }) => {
                Some("--port 80=8080 binds 8080 where a listener says 80; `ss -ltnp` shows who has the port")
            }
            #[cfg(feature = "serve")]
            Self::Proxy(ProxyError::Admin { .. }) => Some("--admin 127.0.0.1:19001 serves them elsewhere"),
            Self::NoRequests(1..) => Some(
                "--log-format names the format: gateline-json, envoy-json, nginx-combined, ingress-nginx or har; --host \
                 the host of lines that name none",
            ),
            Self::NotEmpty(_) => Some("write to another folder, or empty this one first"),
            Self::Baseline { .. } => Some("--write-baseline writes it anew"),
            Self::NoTests => Some("`gateline test --init PATH` writes one beside the manifests at PATH"),
            Self::NoSuchRule(_) => Some("`gateline rule` lists all of them"),
            #[cfg(feature = "serve")]
            Self::Cluster(_) => {
                Some("the cluster is that of $KUBECONFIG, of ~/.kube/config, or of the pod's ServiceAccount")
            }
            #[cfg(not(feature = "serve"))]
            Self::Reduced(_) => Some("the program does: `cargo install gateline-cli`"),
            Self::Load(LoadError::Config { .. }) => Some("docs/cli.md describes gateline.toml"),
            _ => None,
        }
    }
}

fn nothing(unreadable: u64) -> String {
    match unreadable {
        0 => "it is empty, or none is for these hosts".to_owned(),
        1 => "its only line cannot be read".to_owned(),
        all => format!("none of its {all} lines can be read"),
    }
}
