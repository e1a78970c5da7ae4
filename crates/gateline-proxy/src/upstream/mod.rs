//! Where requests go: endpoints, their connections and their health. All of it belongs to one thread.

mod balance;
mod connect;
mod eject;
mod host;
mod name;
mod open;
mod pool;
mod send;

use std::io;

pub(crate) use balance::Balancer;
pub(crate) use connect::Stream;
pub(crate) use host::{Active, Host, HostKey, Hosts, Lease};
pub(crate) use name::{Name, refresh};
pub(crate) use open::Opened;
pub(crate) use send::Sent;

/// Why a try got no response head.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// Nothing was sent: the connection could not be made.
    #[error("connection failed: {0}")]
    Connect(io::Error),
    /// Nothing was sent: the connection took too long.
    #[error("connection timed out")]
    ConnectTimeout,
    /// Nothing was sent: TLS failed.
    #[error("TLS handshake failed: {0}")]
    Tls(io::Error),
    /// Nothing was processed: the backend refused the stream (RFC 9113 section 8.7).
    #[error("stream refused")]
    Refused,
    /// Something was sent, no response head came.
    #[error("reset before the response: {0}")]
    Reset(hyper::Error),
    /// The try took longer than `timeouts.backendRequest`.
    #[error("upstream request timeout")]
    TryTimeout,
}

impl Failure {
    /// Whether the backend cannot have acted on the request, so that it may be sent again (GEP-1731).
    pub(crate) fn is_before_request(&self) -> bool {
        matches!(self, Self::Connect(_) | Self::ConnectTimeout | Self::Tls(_) | Self::Refused)
    }
}
