//! Nothing is written by a controller that leads no longer.

use std::time::Instant;

use kube::Client;
use kube::client::Body;
use tokio::sync::watch;

use crate::lease::Leadership;

/// The Lease has run out, or is not ours.
#[derive(Debug, thiserror::Error)]
#[error("this controller does not lead any more")]
struct LeadsNoMore;

/// A client that looks at the clock before each request, and sends none after the leadership has ended: however long one waited
/// for its turn, and even if the process was stopped meanwhile.
pub(crate) fn fenced(client: Client, leads: watch::Receiver<Leadership>) -> Client {
    let namespace = client.default_namespace().to_owned();
    let send = move |request: http::Request<Body>| {
        let (client, leads) = (client.clone(), leads.clone());
        async move {
            if !leads.borrow().holds(Instant::now()) {
                return Err(kube::Error::Service(LeadsNoMore.into()));
            }
            client.send(request).await
        }
    };
    Client::new(tower::service_fn(send), namespace)
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn no_request_is_sent_after_the_end_of_the_leadership() {
        let sent = Arc::new(AtomicU64::new(0));
        let count = sent.clone();
        let server = tower::service_fn(move |_: http::Request<Body>| {
            count.fetch_add(1, Relaxed);
            std::future::ready(Ok::<_, Infallible>(http::Response::new(Body::from(b"answer".to_vec()))))
        });
        let (leadership, leads) = watch::channel(Leadership::Always);
        let client = fenced(Client::new(server, "default"), leads);
        let ask = || client.request_text(http::Request::get("/").body(Vec::new()).unwrap());

        assert_eq!(ask().await.unwrap(), "answer");
        let now = Instant::now();
        leadership.send_replace(Leadership::Until(now + Duration::from_mins(1)));
        assert_eq!(ask().await.unwrap(), "answer");
        // Time passes, and nobody says anything.
        for over in [Leadership::Until(now), Leadership::Never] {
            leadership.send_replace(over);
            assert!(ask().await.unwrap_err().to_string().contains("does not lead any more"));
        }
        assert_eq!(sent.load(Relaxed), 2);
    }
}
