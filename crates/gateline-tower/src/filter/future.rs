use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::{HeaderMap, HeaderValue, Response};
use pin_project_lite::pin_project;

use crate::{Matched, ResponseBody, ResponseFuture};

pin_project! {
    /// The future of [`crate::FilterService`].
    #[derive(Debug)]
    pub struct FilterFuture<F, B> {
        #[pin]
        inner: ResponseFuture<F, B>,
        back: Option<Way>,
    }
}

/// What an answer passes on its way back.
#[derive(Debug)]
pub(super) struct Way {
    pub(super) matched: Matched,
    pub(super) origin: Option<HeaderValue>,
}

impl Way {
    fn apply(&self, headers: &mut HeaderMap) {
        if let (Some(view), Some(backend)) = (self.matched.view(), self.matched.backend()) {
            view.response(backend, self.origin.as_ref(), headers);
        }
    }
}

impl<F, B> FilterFuture<F, B> {
    pub(super) fn new(inner: ResponseFuture<F, B>, back: Option<Way>) -> Self {
        Self { inner, back }
    }
}

impl<F, B, E> Future for FilterFuture<F, B>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = Result<Response<ResponseBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut response = ready!(this.inner.poll(cx))?;
        if let Some(back) = this.back.take() {
            back.apply(response.headers_mut());
        }
        Poll::Ready(Ok(response))
    }
}
