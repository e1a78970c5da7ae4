use std::error::Error;
use std::io;
use std::rc::Rc;

use http::{Request, Response};
use hyper::body::Incoming;

use super::Failure;
use super::host::{Active, Host, Lease};
use crate::forward::RequestBody;

/// A response head, and what keeps its connection in use until the body has been read.
#[derive(Debug)]
pub(crate) struct Sent {
    pub(crate) response: Response<Incoming>,
    pub(crate) lease: Lease,
}

impl Host {
    /// Sends a request and waits for the head of the response.
    ///
    /// A connection that was used before may be closed by its peer just as the request leaves. Where nothing was written,
    /// or the method is idempotent and the body still there (RFC 9110 section 9.2.2), the request is sent once more over
    /// another connection.
    pub(crate) async fn send(
        self: &Rc<Self>,
        request: Request<RequestBody>,
        h2: bool,
    ) -> Result<Sent, Failure> {
        let active = Active::new(self);
        let result =
            if h2 { self.send_http2(request, active).await } else { self.send_http1(request, active).await };
        self.judge(&result);
        result
    }

    async fn send_http1(
        self: &Rc<Self>,
        mut request: Request<RequestBody>,
        active: Active,
    ) -> Result<Sent, Failure> {
        let mut fresh = false;
        loop {
            let pooled = if fresh { None } else { self.http1.take() };
            let reused = pooled.is_some();
            let mut connection = match pooled {
                Some(connection) => connection,
                None => self.connect_http1().await?,
            };
            let sender = &mut connection.sender;
            if !sender.is_ready() && sender.ready().await.is_err() && reused {
                continue;
            }
            let spare = if reused { spare(&request) } else { None };
            match sender.try_send_request(request).await {
                Ok(response) => return Ok(Sent { response, lease: Lease::http1(active, connection) }),
                Err(mut error) => match (error.take_message(), again(spare, error.error())) {
                    (Some(unsent), _) if reused => request = unsent,
                    (None, Some(again)) => (request, fresh) = (again, true),
                    _ => return Err(Failure::Reset(error.into_error())),
                },
            }
        }
    }

    async fn send_http2(
        self: &Rc<Self>,
        mut request: Request<RequestBody>,
        active: Active,
    ) -> Result<Sent, Failure> {
        for last in [false, true] {
            let stream = self.stream().await?;
            let spare = if stream.connection.answered.get() && !last { spare(&request) } else { None };
            let mut sender = stream.connection.sender.clone();
            match sender.try_send_request(request).await {
                Ok(response) => {
                    stream.connection.answered.set(true);
                    return Ok(Sent { response, lease: Lease::http2(active, stream) });
                }
                Err(mut error) => match (error.take_message(), again(spare, error.error())) {
                    (Some(request_back), _) | (None, Some(request_back)) if !last => {
                        self.http2.forget(&stream);
                        request = request_back;
                    }
                    _ if is_refused(error.error()) => return Err(Failure::Refused),
                    _ => return Err(Failure::Reset(error.into_error())),
                },
            }
        }
        Err(Failure::Refused)
    }
}

/// The request once more, where it may be sent twice.
fn spare(request: &Request<RequestBody>) -> Option<Request<RequestBody>> {
    let body = if request.method().is_idempotent() { request.body().spare()? } else { return None };
    let mut spare = Request::new(body);
    *spare.method_mut() = request.method().clone();
    *spare.uri_mut() = request.uri().clone();
    *spare.version_mut() = request.version();
    *spare.headers_mut() = request.headers().clone();
    Some(spare)
}

/// The spare, where the connection was lost before the response and no part of the body is gone.
fn again(spare: Option<Request<RequestBody>>, error: &hyper::Error) -> Option<Request<RequestBody>> {
    spare.filter(|spare| is_lost(error) && spare.body().is_whole())
}

/// Whether the connection ended, rather than that the peer or the body did something wrong.
fn is_lost(error: &hyper::Error) -> bool {
    let io = error.source().is_some_and(<dyn Error>::is::<io::Error>);
    io || error.is_incomplete_message() || h2_error(error).is_some_and(is_farewell)
}

/// GOAWAY without an error reaches only streams that the peer has not processed (RFC 9113 section 6.8).
fn is_farewell(error: &h2::Error) -> bool {
    error.is_go_away() && error.is_remote() && error.reason() == Some(h2::Reason::NO_ERROR)
}

fn is_refused(error: &hyper::Error) -> bool {
    h2_error(error)
        .is_some_and(|error| is_farewell(error) || error.reason() == Some(h2::Reason::REFUSED_STREAM))
}

fn h2_error(error: &hyper::Error) -> Option<&h2::Error> {
    error.source()?.downcast_ref()
}
