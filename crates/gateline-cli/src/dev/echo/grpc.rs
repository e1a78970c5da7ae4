//! A gRPC call gets one empty message and the status OK.
//!
//! An empty message is valid for every proto3 type, while a reflected request is not. It is sent as soon as the first
//! message came in, and the trailers when the client has finished: so unary calls and all three kinds of streams end
//! well, whatever the service.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, header};
use http_body_util::BodyExt;
use hyper::body::{Frame, Incoming};

use super::Body;

const STATUS: HeaderName = HeaderName::from_static("grpc-status");
/// Not compressed, of length 0.
const EMPTY_MESSAGE: Bytes = Bytes::from_static(&[0; 5]);

pub(super) fn asked<B>(request: &Request<B>) -> bool {
    super::header_is(request, header::CONTENT_TYPE, |value| {
        value
            .strip_prefix("application/grpc")
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['+', ';']))
    })
}

pub(super) fn answer(request: Request<Incoming>) -> Response<Body> {
    let content_type = request.headers().get(header::CONTENT_TYPE).cloned();
    let body = Reply { request: request.into_body(), stage: Stage::Waiting };
    let mut response = Response::new(body.boxed_unsync());
    let default = HeaderValue::from_static("application/grpc");
    response.headers_mut().insert(header::CONTENT_TYPE, content_type.unwrap_or(default));
    response
}

/// The body of the answer, driven by the body of the request.
struct Reply {
    request: Incoming,
    stage: Stage,
}

enum Stage {
    Waiting,
    Answered,
    Ended,
}

impl hyper::body::Body for Reply {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        loop {
            if matches!(self.stage, Stage::Ended) {
                return Poll::Ready(None);
            }
            let frame = ready!(Pin::new(&mut self.request).poll_frame(cx)).transpose()?;
            match (&self.stage, frame) {
                (Stage::Waiting, _) => {
                    self.stage = Stage::Answered;
                    return Poll::Ready(Some(Ok(Frame::data(EMPTY_MESSAGE))));
                }
                (_, Some(_)) => {}
                (_, None) => {
                    self.stage = Stage::Ended;
                    let trailers = HeaderMap::from_iter([(STATUS, HeaderValue::from_static("0"))]);
                    return Poll::Ready(Some(Ok(Frame::trailers(trailers))));
                }
            }
        }
    }
}
