use std::task::{Context, Poll};

use gateline::Plan;
use http::{Request, Response, header};
use tower_service::Service;

use super::future::{FilterFuture, Way};
use crate::matched::head_of;
use crate::{Matched, ResponseBody, ResponseFuture, answer};

/// The service of [`crate::FilterLayer`].
#[derive(Clone, Copy, Debug)]
pub struct FilterService<S> {
    pub(super) inner: S,
}

impl<S, A, B> Service<Request<A>> for FilterService<S>
where
    S: Service<Request<A>, Response = Response<B>>,
{
    type Response = Response<ResponseBody<B>>;
    type Error = S::Error;
    type Future = FilterFuture<S::Future, B>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    /// Calls the very service that was polled ready, at once: nothing has to be cloned or replaced.
    fn call(&mut self, request: Request<A>) -> Self::Future {
        let Some(matched) = request.extensions().get::<Matched>().cloned() else {
            return FilterFuture::new(ResponseFuture::inner(self.inner.call(request)), None);
        };
        let origin = request.headers().get(header::ORIGIN).cloned();
        let request = match matched.plan(&head_of(&request)) {
            Some(Plan::Forward(forward)) => {
                let (mut parts, body) = request.into_parts();
                forward.request(&mut parts);
                Request::from_parts(parts, body)
            }
            // Only for a request that was changed since it was routed.
            Some(Plan::Answer(planned)) => {
                let answer = answer::planned(request.headers(), planned);
                return FilterFuture::new(ResponseFuture::answer(answer), None);
            }
            Some(Plan::Ask(_)) => {
                let answer = answer::unasked(request.headers());
                return FilterFuture::new(ResponseFuture::answer(answer), None);
            }
            None => request,
        };
        let back = Way { matched, origin };
        FilterFuture::new(ResponseFuture::inner(self.inner.call(request)), Some(back))
    }
}
