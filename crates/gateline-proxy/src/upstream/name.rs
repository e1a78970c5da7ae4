use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use hickory_resolver::TokioResolver;

/// A host name with what it stands for now. Looked up by one background task, read by all threads without a lock.
#[derive(Debug)]
pub(crate) struct Name {
    host: String,
    port: u16,
    addresses: ArcSwap<Vec<SocketAddr>>,
}

/// How long an answer counts, whatever its time to live says.
const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_mins(5);
/// When to ask again after a failure; what was known stays.
const AFTER_FAILURE: Duration = Duration::from_secs(5);

impl Name {
    pub(crate) fn new(host: &str, port: u16) -> Self {
        Self { host: host.into(), port, addresses: ArcSwap::default() }
    }

    pub(crate) fn is(&self, host: &str, port: u16) -> bool {
        self.host == host && self.port == port
    }

    pub(crate) fn addresses(&self) -> Arc<Vec<SocketAddr>> {
        self.addresses.load_full()
    }

    /// Whether nothing has changed since `before` was read.
    pub(crate) fn is_still(&self, before: &Arc<Vec<SocketAddr>>) -> bool {
        Arc::ptr_eq(&self.addresses.load(), before)
    }

    fn set(&self, mut addresses: Vec<SocketAddr>) {
        addresses.sort_unstable();
        addresses.dedup();
        if **self.addresses.load() != addresses {
            self.addresses.store(Arc::new(addresses));
        }
    }
}

/// Looks a name up once and says when to do it again.
pub(crate) async fn refresh(name: &Name, resolver: &TokioResolver) -> Instant {
    let now = Instant::now();
    if let Ok(address) = name.host.parse() {
        name.set(vec![SocketAddr::new(address, name.port)]);
        return now + LONGEST;
    }
    match resolver.lookup_ip(name.host.as_str()).await {
        Ok(answer) => {
            let valid = answer.valid_until().saturating_duration_since(now);
            name.set(answer.iter().map(|address| SocketAddr::new(address, name.port)).collect());
            now + valid.clamp(SHORTEST, LONGEST)
        }
        Err(error) => {
            tracing::warn!(host = name.host, %error, "the name of an endpoint cannot be looked up; what was known stays");
            now + AFTER_FAILURE
        }
    }
}
