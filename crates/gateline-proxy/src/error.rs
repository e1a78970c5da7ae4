use std::io;
use std::net::SocketAddr;

use gateline::CompileError;

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
    /// TLS as such: not a certificate, which only its listener or backend suffers from.
    #[error("TLS cannot be set up: {0}")]
    Tls(rustls::Error),
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
