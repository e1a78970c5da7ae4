//! A question over gRPC: `envoy.service.auth.v3.Authorization/Check`.

use std::time::SystemTime;

use ::http::header::{CONTENT_TYPE, HOST, HeaderMap, HeaderValue, TE};
use ::http::{Method, Request, Response, StatusCode, Uri};
use bytes::{BufMut, Bytes, BytesMut};
use http_body_util::BodyExt;

use super::check::{Subject, Verdict};
use super::{Answer, Question, unclear};
use crate::forward::{ClientBody, Local, ResponseBody};
use crate::upstream::Sent;

const PATH: &str = "/envoy.service.auth.v3.Authorization/Check";
/// The longest answer that is read.
const LONGEST: usize = 1 << 20;

pub(super) async fn ask(question: &Question<'_>, request: &mut Request<ClientBody>) -> Result<Answer, Local> {
    let (mut parts, ()) = Request::new(()).into_parts();
    parts.method = Method::POST;
    parts.uri = Uri::from_static(PATH);
    parts.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    parts.headers.insert(TE, HeaderValue::from_static("trailers"));
    let message = message(question, request).ok_or_else(unclear)?;
    let sent = question.send(parts, &message).await?;
    match answer(sent).await.and_then(Verdict::decode).ok_or_else(unclear)? {
        Verdict::Yes(admission) => {
            admission.query.apply(request.uri_mut()).ok_or_else(unclear)?;
            admission.request.apply(request.headers_mut());
            Ok(Answer::Yes(admission.response))
        }
        Verdict::No { status, headers, body } => {
            let mut response = Response::new(ResponseBody::full(body));
            *response.status_mut() = status;
            *response.headers_mut() = headers;
            Ok(Answer::No(Box::new(response)))
        }
    }
}

/// `CheckRequest` as a length-prefixed message, not compressed.
fn message(question: &Question<'_>, request: &Request<ClientBody>) -> Option<Bytes> {
    let client = &**question.asking.client;
    let shown = question.shown(request.headers());
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok());
    let subject = Subject {
        client: client.peer,
        local: client.local,
        time: SystemTime::now(),
        method: request.method(),
        host: host.unwrap_or_default(),
        path: request.uri().path_and_query().map_or("/", |path| path.as_str()),
        secure: client.secure,
        sni: client.sni.as_deref(),
        version: request.version(),
        headers: &shown,
        body: &question.body,
    };
    let message = subject.encode();
    let mut framed = BytesMut::with_capacity(5 + message.len());
    framed.put_u8(0);
    framed.put_u32(u32::try_from(message.len()).ok()?);
    framed.extend_from_slice(&message);
    Some(framed.freeze())
}

/// The one message of a call that ended well.
async fn answer(sent: Sent) -> Option<Bytes> {
    let Sent { response, lease } = sent;
    let (parts, mut body) = response.into_parts();
    let mut read = BytesMut::new();
    let mut trailers = HeaderMap::new();
    while let Some(frame) = body.frame().await {
        match frame.ok()?.into_data() {
            Ok(data) if read.len() + data.len() <= LONGEST => read.extend_from_slice(&data),
            Ok(_) => return None,
            Err(frame) => trailers = frame.into_trailers().ok()?,
        }
    }
    lease.release();
    if parts.status != StatusCode::OK || trailers.get("grpc-status")?.as_bytes() != b"0" {
        return None;
    }
    let mut message = read.freeze();
    let prefix = (message.len() >= 5).then(|| message.split_to(5))?;
    let length = u32::from_be_bytes(prefix.get(1..5)?.try_into().ok()?);
    let whole = prefix.first() == Some(&0) && usize::try_from(length).ok()? == message.len();
    whole.then_some(message)
}
