//! An API server that does not answer: a line in the log when that begins and one when it ends, however many wait for it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use kube::Client;
use kube::client::Body;

/// While it lasts, since when.
#[derive(Debug, Default)]
struct Outage(Option<Instant>);

/// A client that tells of outages. Whatever the API server answers, a refusal too, is an answer.
pub(crate) fn told(client: Client) -> Client {
    let (namespace, outage) = (client.default_namespace().to_owned(), Arc::new(Mutex::default()));
    let send = move |request: http::Request<Body>| {
        let (client, outage) = (client.clone(), outage.clone());
        async move {
            let answer = client.send(request).await;
            let mut outage = outage.lock().unwrap_or_else(PoisonError::into_inner);
            note(&mut outage, answer.as_ref().err());
            answer
        }
    };
    Client::new(tower::service_fn(send), namespace)
}

fn note(outage: &mut Outage, error: Option<&kube::Error>) {
    let now = Instant::now();
    match error {
        Some(error) if outage.begins(now) => tracing::warn!(%error, "the API server does not answer"),
        Some(error) => tracing::debug!(%error, "the API server does not answer"),
        // A warning as well: whoever was told of the beginning is told of the end.
        None => {
            if let Some(lasted) = outage.ends(now) {
                tracing::warn!(after = ?lasted, "the API server answers again");
            }
        }
    }
}

impl Outage {
    /// A request got no answer: whether it is the first.
    fn begins(&mut self, now: Instant) -> bool {
        let first = self.0.is_none();
        self.0.get_or_insert(now);
        first
    }

    /// A request was answered: how long none was, if that ends with it.
    fn ends(&mut self, now: Instant) -> Option<Duration> {
        self.0.take().map(|since| now.duration_since(since))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_an_outage_only_its_beginning_and_its_end_are_told() {
        let begin = Instant::now();
        let after = |seconds| begin + Duration::from_secs(seconds);
        let mut outage = Outage::default();
        assert_eq!(outage.ends(begin), None);
        assert_eq!([1, 2, 3].map(|seconds| outage.begins(after(seconds))), [true, false, false]);
        assert_eq!([9, 10].map(|seconds| outage.ends(after(seconds))), [Some(Duration::from_secs(8)), None]);
        assert!(outage.begins(after(11)), "the next one");
    }
}
