//! Answers that a layer gives by itself.

use gateline::plan::Answer;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use http::{Response, StatusCode};

use crate::ResponseBody;

/// The response for an answer of the router, in the protocol of the request.
pub(crate) fn planned<B>(request: &HeaderMap, answer: Answer<'_>) -> Response<ResponseBody<B>> {
    respond(request, answer.status, answer.headers, answer.body)
}

/// An answer of a status alone.
pub(crate) fn status<B>(request: &HeaderMap, status: StatusCode) -> Response<ResponseBody<B>> {
    respond(request, status, HeaderMap::new(), &[])
}

/// Servers have to be asked (`ExternalAuth`), and no layer can: nothing passes.
pub(crate) fn unasked<B>(request: &HeaderMap) -> Response<ResponseBody<B>> {
    status(request, StatusCode::INTERNAL_SERVER_ERROR)
}

/// To a gRPC request an error is HTTP 200 with `grpc-status` in the header block ("Trailers-Only" of the gRPC protocol).
pub(crate) fn respond<B>(
    request: &HeaderMap,
    status: StatusCode,
    headers: HeaderMap,
    body: &[u8],
) -> Response<ResponseBody<B>> {
    let mut response = Response::new(ResponseBody::default());
    *response.headers_mut() = headers;
    if is_grpc(request) && (status.is_client_error() || status.is_server_error()) {
        let headers = response.headers_mut();
        headers.remove(CONTENT_LENGTH);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
        headers.insert(HeaderName::from_static("grpc-status"), grpc_status(status));
        return response;
    }
    *response.status_mut() = status;
    *response.body_mut() = ResponseBody::own(body);
    response
}

/// `application/grpc`, alone or with a subtype or parameter.
fn is_grpc(headers: &HeaderMap) -> bool {
    let grpc = headers.get(CONTENT_TYPE).and_then(|value| value.as_bytes().strip_prefix(b"application/grpc"));
    grpc.is_some_and(|rest| matches!(rest.first(), None | Some(b'+' | b';' | b' ')))
}

/// "HTTP to gRPC Status Code Mapping" of the gRPC specification; 500, which it leaves at UNKNOWN, is UNAVAILABLE as
/// GRPCRoute demands for a backendRef that cannot be followed.
fn grpc_status(status: StatusCode) -> HeaderValue {
    HeaderValue::from_static(match status.as_u16() {
        400 => "13",
        401 => "16",
        403 => "7",
        404 => "12",
        429 | 500 | 502 | 503 | 504 => "14",
        _ => "2",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(content_type: &'static str, status: u16) -> (u16, Option<String>) {
        let request = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(content_type))]);
        let response = super::status::<()>(&request, StatusCode::from_u16(status).unwrap());
        let grpc = response.headers().get("grpc-status").map(|value| value.to_str().unwrap().to_owned());
        (response.status().as_u16(), grpc)
    }

    #[test]
    fn errors_to_grpc_requests() {
        for (status, code) in [(404, "12"), (500, "14"), (503, "14"), (429, "14"), (400, "13"), (421, "2")] {
            assert_eq!(answer("application/grpc", status), (200, Some(code.into())));
            assert_eq!(answer("application/grpc+proto", status), (200, Some(code.into())));
            assert_eq!(answer("application/json", status), (status, None));
            assert_eq!(answer("application/grpc-web", status), (status, None));
        }
        assert_eq!(answer("application/grpc", 204), (204, None));
    }
}
