use crate::decision::{Hit, Miss};
use crate::model::ListenerId;

/// How a client begins, as far as it is known before anything is sent to a backend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening<'a> {
    /// A connection in the clear: nothing is read from it.
    Tcp,
    /// A TLS `ClientHello`.
    Tls {
        /// Its server name (RFC 6066 section 3), in any case.
        sni: Option<&'a str>,
    },
    /// The first datagram of a session.
    Udp,
}

/// The answer of [`crate::Router::connect`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connect {
    /// An HTTP listener serves the connection: [`crate::Router::decide`] answers for each request.
    Http,
    /// So does an HTTPS listener, with the certificates of this one.
    Https(ListenerId),
    /// A rule of a TLSRoute, TCPRoute or UDPRoute takes all of it.
    Rule(Hit),
    /// Nobody does: the connection is closed, the datagram dropped.
    Refuse(Miss),
}
