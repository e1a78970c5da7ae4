use std::io;
use std::net::SocketAddr;

use gateline::CompileError;
use gateline::model::ListenerName;

/// Why a proxy does not start, or keeps what it had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProxyError {
    /// The address of a listener cannot be had.
    #[error("cannot listen on {address} for port {port}: {source}")]
    Bind {
        /// The port of the listener.
        port: u16,
        /// What was to be bound.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// The address of the admin server cannot be had.
    #[error("cannot serve the admin endpoints on {address}: {source}")]
    Admin {
        /// What was to be bound.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// A certificate or key that rustls does not take.
    #[error("listener {listener}: {reason}")]
    Certificate {
        /// Whose certificate it is.
        listener: ListenerName,
        /// What is wrong with it.
        reason: String,
    },
    /// A TLS policy for a backend that rustls does not take.
    #[error("backend {backend}: {reason}")]
    BackendTls {
        /// `ns/name:port`.
        backend: String,
        /// What is wrong.
        reason: String,
    },
    /// The rules do not compile.
    #[error(transparent)]
    Compile(#[from] CompileError),
    /// A thread or its runtime cannot be made.
    #[error("cannot start a thread: {0}")]
    Thread(io::Error),
    /// The proxy has been shut down.
    #[error("the proxy has stopped")]
    Stopped,
}
