use std::sync::Arc;
use std::task::{Context, Poll};

use gateline::limit::{Charge, Nanos, RetryAfter, take_all};
use http::header::{HeaderMap, HeaderValue, RETRY_AFTER};
use http::{Request, Response, StatusCode};
use smallvec::SmallVec;
use tower_service::Service;

use super::Limit;
use crate::{ResponseBody, ResponseFuture, answer};

/// The service of [`crate::LimitLayer`].
#[derive(Clone, Debug)]
pub struct LimitService<S, C> {
    pub(super) inner: S,
    pub(super) limits: Arc<[Limit]>,
    pub(super) clock: C,
}

impl<S, C: Fn() -> Nanos> LimitService<S, C> {
    fn take<A>(&self, request: &Request<A>) -> Result<(), RetryAfter> {
        let now = (self.clock)();
        let bucket = |limit: &Limit| Some((limit.bucket(request, now)?, limit.quota()));
        let buckets: SmallVec<[_; 4]> = self.limits.iter().filter_map(bucket).collect();
        let charge = |(bucket, quota)| Charge { bucket, quota, tokens: 1 };
        let charges = buckets.iter().map(|(bucket, quota)| charge((&**bucket, *quota)));
        take_all(&charges.collect::<SmallVec<[_; 4]>>(), now).map(|_| ())
    }
}

impl<S, C, A, B> Service<Request<A>> for LimitService<S, C>
where
    S: Service<Request<A>, Response = Response<B>>,
    C: Fn() -> Nanos,
{
    type Response = Response<ResponseBody<B>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future, B>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    /// Calls the very service that was polled ready, at once: nothing has to be cloned or replaced.
    fn call(&mut self, request: Request<A>) -> Self::Future {
        match self.take(&request) {
            Ok(()) => ResponseFuture::inner(self.inner.call(request)),
            Err(retry_after) => ResponseFuture::answer(too_many(request.headers(), retry_after)),
        }
    }
}

/// `Retry-After` counts in whole seconds (RFC 9110 section 10.2.3): rounded up, or the client comes too early.
fn too_many<B>(request: &HeaderMap, retry_after: RetryAfter) -> Response<ResponseBody<B>> {
    let mut headers = HeaderMap::new();
    if let RetryAfter::After(wait) = retry_after {
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    answer::respond(request, StatusCode::TOO_MANY_REQUESTS, headers, &[])
}
