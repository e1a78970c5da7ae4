use std::collections::BTreeMap;
use std::io::Write;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use gateline_api::resolve::Endpoint;

use crate::Finished;

/// What a proxy is started with and keeps until it ends. Everything that manifests say comes later, with
/// [`crate::Proxy::apply`].
#[non_exhaustive]
pub struct Config {
    /// Operating system threads that serve requests; 0 takes one for each core.
    pub threads: usize,
    /// Addresses to bind every listener to. `[::]` (the default) also takes IPv4.
    pub addresses: Vec<IpAddr>,
    /// Which port stands for which port of a listener.
    pub ports: Ports,
    /// Where `/ready`, `/stats/prometheus` and `/config_dump` are served; `None` serves none.
    pub admin: Option<SocketAddr>,
    /// Where access log lines go, one JSON object a line; `None` writes none.
    pub access_log: Option<Box<dyn Write + Send>>,
    /// Called on the serving thread when a request is done, so keep it short. Costs nothing when absent.
    pub observer: Option<Observer>,
    /// How long things may take.
    pub timeouts: Timeouts,
    /// How much there may be of things.
    pub limits: Limits,
    /// Endpoints of backends, by `ns/name:port`: they stand in place of what the manifests say.
    pub backends: BTreeMap<String, Vec<Endpoint>>,
    /// How rules are ranked where the specification leaves it open.
    pub router: gateline::Options,
}

/// See [`Config::observer`].
pub type Observer = Arc<dyn Fn(&Finished<'_>) + Send + Sync>;

impl Default for Config {
    fn default() -> Self {
        Self {
            threads: 0,
            addresses: vec![Ipv6Addr::UNSPECIFIED.into()],
            ports: Ports::AsWritten,
            admin: None,
            access_log: None,
            observer: None,
            timeouts: Timeouts::default(),
            limits: Limits::default(),
            backends: BTreeMap::new(),
            router: gateline::Options::default(),
        }
    }
}

/// Which port is bound for a port of a listener. Routing and redirects always see the listener's own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Ports {
    /// The same.
    #[default]
    AsWritten,
    /// Ports below 1024 plus 8000: 80 becomes 8080 and 443 becomes 8443.
    Unprivileged,
    /// A free one; see [`crate::Proxy::addresses`].
    Ephemeral,
    /// As listed, otherwise the same.
    Map(BTreeMap<u16, u16>),
    /// As listed, otherwise as [`Ports::Unprivileged`].
    UnprivilegedMap(BTreeMap<u16, u16>),
}

impl Ports {
    /// The port to bind; 0 is any free one.
    #[must_use]
    pub fn bound(&self, listener: u16) -> u16 {
        match self {
            Self::Unprivileged if listener < 1024 => listener + 8000,
            Self::AsWritten | Self::Unprivileged => listener,
            Self::Ephemeral => 0,
            Self::Map(map) => map.get(&listener).copied().unwrap_or(listener),
            Self::UnprivilegedMap(map) => {
                map.get(&listener).copied().unwrap_or_else(|| Self::Unprivileged.bound(listener))
            }
        }
    }
}

/// How long things may take.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timeouts {
    /// From accepting a connection to the first request head, the TLS handshake included, and for each further
    /// HTTP/1.1 head from its first byte (or from the answer before). Default 60 s.
    pub request_head: Duration,
    /// The TLS handshake alone. Default 10 s.
    pub handshake: Duration,
    /// From the whole request received to the head of the response, where the rule has no `timeouts.request`. Not for
    /// gRPC and upgrades. Default 15 s, as Envoy Gateway.
    pub response: Option<Duration>,
    /// A server that an `ExternalAuth` filter asks, from the question to the whole answer. Default 5 s.
    pub auth: Duration,
    /// How long no part of a body may move, neither of the request nor of the response, while the answer is awaited or
    /// passed on; also how long a client may take nothing of what is sent to it. Where the rule has `timeouts.request`,
    /// that alone counts. Default 5 min, as Envoy.
    pub stream_idle: Option<Duration>,
    /// A connection to a backend, its TLS handshake included. Default 5 s.
    pub connect: Duration,
    /// A connection to a backend that carries nothing is closed after this time. Default 60 s.
    pub idle_upstream: Duration,
    /// A TCP or TLS connection that is passed on and carries nothing is reset after this time. Default 1 h, as Envoy.
    pub idle_tcp: Duration,
    /// A UDP session in which nothing comes or goes is forgotten after this time. Default 60 s, as Envoy.
    pub idle_udp: Duration,
    /// Between HTTP/2 pings on a quiet connection; one that is not answered in 20 s closes it. Default 60 s.
    pub ping: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            request_head: Duration::from_mins(1),
            handshake: Duration::from_secs(10),
            response: Some(Duration::from_secs(15)),
            auth: Duration::from_secs(5),
            stream_idle: Some(Duration::from_mins(5)),
            connect: Duration::from_secs(5),
            idle_upstream: Duration::from_mins(1),
            idle_tcp: Duration::from_hours(1),
            idle_udp: Duration::from_mins(1),
            ping: Duration::from_mins(1),
        }
    }
}

/// How much there may be of things. Counts are for the whole process, split evenly over the threads.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Open client connections; further ones wait in the kernel's queue. Default 50,000.
    pub connections: usize,
    /// UDP sessions; datagrams of further clients are dropped and counted. Default 10,000.
    pub sessions: usize,
    /// Bytes of a request head; more is answered 431. Default 64 KiB.
    pub head: u32,
    /// Streams that are open at once on one HTTP/2 connection. Default 250.
    pub streams: u32,
    /// Bytes of a request body that are kept for a retry or a mirror. Default 64 KiB.
    pub replay: usize,
    /// Copies under way to mirrors; further ones are dropped and counted. Default 1,024.
    pub mirrors: usize,
    /// Idle HTTP/1.1 connections kept for one endpoint, on each thread. Default 128.
    pub idle_per_endpoint: usize,
    /// HTTP/2 connections to one endpoint, on each thread. Default 8.
    pub h2_per_endpoint: usize,
    /// Access log lines that wait to be written; further ones are dropped and counted. Default 8,192.
    pub access_log: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 50_000,
            sessions: 10_000,
            head: 64 * 1024,
            streams: 250,
            replay: 64 * 1024,
            mirrors: 1_024,
            idle_per_endpoint: 128,
            h2_per_endpoint: 8,
            access_log: 8_192,
        }
    }
}
