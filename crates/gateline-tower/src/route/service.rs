use std::task::{Context, Poll};

use gateline::{Decision, MissReason, Plan};
use http::{Request, Response};
use tower_service::Service;

use super::RouteLayer;
use crate::matched::head_of;
use crate::{Matched, ResponseBody, ResponseFuture, answer};

/// The service of [`RouteLayer`].
#[derive(Clone, Debug)]
pub struct RouteService<S> {
    pub(super) inner: S,
    pub(super) layer: RouteLayer,
}

impl RouteLayer {
    /// `Err` is the answer.
    fn route<A, B>(&self, request: &Request<A>) -> Result<Matched, Box<Response<ResponseBody<B>>>> {
        let router = self.router.load();
        let fail = |reason: MissReason| Box::new(answer::status(request.headers(), reason.status()));
        let entry = match &self.gateway {
            Some(gateway) => router.entry_of(gateway, self.port),
            None => router.entry(self.port),
        };
        let entry = entry.ok_or_else(|| fail(MissReason::NoListener))?;
        let head = head_of(request);
        let hit = match router.decide(entry, &head) {
            Decision::Hit(hit) => hit,
            Decision::Miss(miss) => return Err(fail(miss.reason)),
            Decision::Ask(_) => return Err(Box::new(answer::unasked(request.headers()))),
        };
        let x = self.sequence.next();
        // A hit of this very router always has a view.
        let view = router.view(hit).ok_or_else(|| fail(MissReason::NoRule))?;
        match router.plan(view, &head, x) {
            Plan::Answer(planned) => Err(Box::new(answer::planned(request.headers(), planned))),
            Plan::Ask(_) => Err(Box::new(answer::unasked(request.headers()))),
            Plan::Forward(_) => Ok(Matched { router, hit, x }),
        }
    }
}

impl<S, A, B> Service<Request<A>> for RouteService<S>
where
    S: Service<Request<A>, Response = Response<B>>,
{
    type Response = Response<ResponseBody<B>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future, B>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    /// Calls the very service that was polled ready, at once: nothing has to be cloned or replaced.
    fn call(&mut self, mut request: Request<A>) -> Self::Future {
        match self.layer.route(&request) {
            Ok(matched) => {
                request.extensions_mut().insert(matched);
                ResponseFuture::inner(self.inner.call(request))
            }
            Err(answer) => ResponseFuture::answer(*answer),
        }
    }
}
