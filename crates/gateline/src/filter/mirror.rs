use crate::model::{Origin, Target};

/// `RequestMirror`: a copy is sent and its answer ignored. An invalid target is dropped; the request goes on.
#[derive(Clone, Debug, PartialEq)]
pub struct Mirror {
    /// Where the copy goes.
    pub target: Target,
    /// Which part of the requests is copied.
    pub share: Share,
    /// Where it is written.
    pub origin: Origin,
}

/// A fraction of requests: `percent`, `fraction`, or all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// At most the denominator.
    pub numerator: u32,
    /// At least 1.
    pub denominator: u32,
}
