use std::fmt;

use super::{ObjectName, Origin};

/// Index into [`super::Model::backends`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct BackendId(pub u32);

/// What a valid backendRef names.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct BackendName {
    /// `Service`, `Backend`, …
    pub kind: Box<str>,
    /// The object.
    pub object: ObjectName,
    /// The port of the Service (not of its pods); `None` for kinds that bring their own.
    pub port: Option<u16>,
}

impl fmt::Display for BackendName {
    /// `ns/name:port`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.port {
            Some(port) => write!(f, "{}:{port}", self.object),
            None => self.object.fmt(f),
        }
    }
}

/// What is spoken to a backend (`appProtocol` of its Service port, GEP-1911).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub enum BackendProtocol {
    /// Nothing written: HTTP/1.1, or HTTP/2 for a GRPCRoute.
    #[default]
    Unspecified,
    /// `http`.
    Http1,
    /// `kubernetes.io/h2c`: HTTP/2 with prior knowledge.
    H2c,
    /// `kubernetes.io/ws`: HTTP/1.1 that may upgrade.
    WebSocket,
    /// `kubernetes.io/wss`: the same over TLS.
    WebSocketTls,
    /// `https` without a BackendTLSPolicy.
    Https,
}

/// A backend some rule sends requests to. Its endpoints live outside the router, because they change far more often.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Backend {
    /// Unique in a model.
    pub name: BackendName,
    /// What is spoken to it.
    pub protocol: BackendProtocol,
    /// Where its object is written, if the object is in the input.
    pub origin: Option<Origin>,
}
