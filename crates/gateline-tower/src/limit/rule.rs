use std::net::IpAddr;
use std::sync::Arc;

use gateline::limit::{Bucket, Keyed, Nanos, Quota};
use http::{HeaderName, Request};

/// The address of the client, which a server inserts into the extensions of each request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClientAddr(pub IpAddr);

/// Values longer than this have no bucket of their own, so that memory stays bounded.
const LONGEST_KEY: usize = 256;

/// One limit on requests. Its buckets are shared by all clones of the layer.
#[derive(Debug)]
pub struct Limit {
    quota: Quota,
    by: By,
}

#[derive(Debug)]
enum By {
    All(Arc<Bucket>),
    Header(HeaderName, Keyed<Vec<u8>>),
    Client(Keyed<IpAddr>),
}

impl Limit {
    /// All requests together.
    #[must_use]
    pub fn all(quota: Quota) -> Self {
        Self { quota, by: By::All(Arc::default()) }
    }

    /// Each value of a header by itself: the first value counts; requests without the header are not limited. Room for
    /// `capacity` values, in [`Keyed`]; values past that, and those longer than 256 bytes, share one bucket.
    #[must_use]
    pub fn by_header(name: HeaderName, quota: Quota, capacity: usize, seed: u64) -> Self {
        Self { quota, by: By::Header(name, Keyed::new(capacity, seed)) }
    }

    /// Each client address ([`ClientAddr`]) by itself. Room for `capacity` addresses, in [`Keyed`]; addresses past that,
    /// and requests without one, share one bucket.
    #[must_use]
    pub fn by_client(quota: Quota, capacity: usize, seed: u64) -> Self {
        Self { quota, by: By::Client(Keyed::new(capacity, seed)) }
    }

    pub(super) fn quota(&self) -> Quota {
        self.quota
    }

    /// The bucket that a request is charged to; `None` if the limit is not for it.
    pub(super) fn bucket<A>(&self, request: &Request<A>, now: Nanos) -> Option<Arc<Bucket>> {
        Some(match &self.by {
            By::All(bucket) => bucket.clone(),
            By::Header(name, keyed) => match request.headers().get(name)?.as_bytes() {
                value if value.len() <= LONGEST_KEY => keyed.bucket(value, now),
                _ => keyed.overflow().clone(),
            },
            By::Client(keyed) => match request.extensions().get::<ClientAddr>() {
                Some(ClientAddr(address)) => keyed.bucket(address, now),
                None => keyed.overflow().clone(),
            },
        })
    }
}
