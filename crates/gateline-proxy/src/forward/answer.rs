use std::borrow::Cow;

use bytes::Bytes;
use gateline::MissReason;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use http::{Response, StatusCode};

use super::ResponseBody;
use crate::upstream::Failure;

/// An answer the gateway gives for want of a backend's.
#[derive(Debug)]
pub(crate) struct Local {
    pub(crate) status: StatusCode,
    /// The body, or the message of a gRPC status. Says nothing that only the operator should know.
    pub(crate) text: Cow<'static, str>,
    /// Envoy's word for it in the access log (`response_flags`).
    pub(crate) flag: &'static str,
}

impl Local {
    pub(crate) fn new(status: StatusCode, text: &'static str) -> Self {
        Self { status, text: text.into(), flag: "-" }
    }

    pub(crate) fn owned(status: StatusCode, text: String) -> Self {
        Self { status, text: text.into(), flag: "-" }
    }

    pub(crate) fn flag(mut self, flag: &'static str) -> Self {
        self.flag = flag;
        self
    }

    pub(crate) fn miss(reason: MissReason) -> Self {
        let text = match reason {
            MissReason::Misdirected => "misdirected request",
            MissReason::BadAuthority => "bad authority",
            _ => "",
        };
        Self::new(reason.status(), text).flag("NR")
    }

    pub(crate) fn failure(failure: &Failure) -> Self {
        let (status, text, flag) = match failure {
            Failure::TryTimeout => (StatusCode::GATEWAY_TIMEOUT, "upstream request timeout", "UT"),
            Failure::Reset(_) => (StatusCode::BAD_GATEWAY, "upstream reset before the response", "UC"),
            Failure::Refused => (StatusCode::SERVICE_UNAVAILABLE, "upstream refused the stream", "UR"),
            _ => (StatusCode::SERVICE_UNAVAILABLE, "upstream connection failed", "UF"),
        };
        Self::new(status, text).flag(flag)
    }

    /// For gRPC a response of trailers only: HTTP 200 and the code that stands for the status
    /// (grpc/doc/http-grpc-status-mapping.md, and as Envoy 500 is UNAVAILABLE for a backend that cannot be reached).
    pub(crate) fn into_response(self, grpc: bool) -> Response<ResponseBody> {
        if grpc {
            return self.into_grpc();
        }
        let mut response = Response::new(ResponseBody::full(Bytes::from(self.text.into_owned())));
        *response.status_mut() = self.status;
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
        response
    }

    fn into_grpc(self) -> Response<ResponseBody> {
        let code = match self.status.as_u16() {
            400 => "13",
            401 => "16",
            403 => "7",
            404 | 405 => "12",
            421 | 429 | 500..=599 => "14",
            _ => "2",
        };
        let mut response = Response::new(ResponseBody::empty());
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
        headers.insert(HeaderName::from_static("grpc-status"), HeaderValue::from_static(code));
        if !self.text.is_empty()
            && let Ok(message) = HeaderValue::from_str(&self.text)
        {
            headers.insert(HeaderName::from_static("grpc-message"), message);
        }
        response
    }
}
