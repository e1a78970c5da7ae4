//! A question over HTTP: a request like the client's, and 200 for yes.

use std::time::Duration;

use ::http::header::CONTENT_LENGTH;
use ::http::uri::PathAndQuery;
use ::http::{HeaderValue, Request, Response, StatusCode, Uri, Version};
use http_body::Body;
use http_body_util::BodyExt;

use super::{Answer, Changes, Question, unclear};
use crate::forward::{ClientBody, Local, ResponseBody};
use crate::headers;
use crate::upstream::Sent;

/// How long the rest of an answer of yes is waited for, so that its connection can be used again.
const REST: Duration = Duration::from_secs(1);

pub(super) async fn ask(question: &Question<'_>, request: &mut Request<ClientBody>) -> Result<Answer, Local> {
    let slash = PathAndQuery::from_static("/");
    let path = question.filter.path(request.uri().path_and_query().unwrap_or(&slash));
    let path =
        path.ok_or_else(|| Local::new(StatusCode::URI_TOO_LONG, "the path is too long to be authorized"))?;
    let (mut parts, ()) = Request::new(()).into_parts();
    parts.method = request.method().clone();
    parts.uri = Uri::from(path);
    parts.headers = question.shown(request.headers());
    parts.headers.insert(CONTENT_LENGTH, HeaderValue::from(question.body.len()));
    let sent = question.send(parts, &question.body).await?;
    match sent.response.status() {
        StatusCode::OK => {
            question.filter.admit(sent.response.headers(), request.headers_mut());
            finish(sent);
            Ok(Answer::Yes(Changes::default()))
        }
        status if status.is_informational() => Err(unclear()),
        _ => Ok(Answer::No(Box::new(denied(question, sent)))),
    }
}

/// The server's answer as the client's. Another success than 200 is a refusal that must not look like one.
fn denied(question: &Question<'_>, sent: Sent) -> Response<ResponseBody> {
    let Sent { response, lease } = sent;
    let (mut parts, body) = response.into_parts();
    headers::strip_hop_by_hop(&mut parts.headers);
    parts.extensions.clear();
    parts.version = Version::HTTP_11;
    if parts.status.is_success() {
        parts.status = StatusCode::FORBIDDEN;
    }
    Response::from_parts(parts, ResponseBody::until(body, lease, question.deadline))
}

/// Reads the rest, so that the connection can be used again.
fn finish(sent: Sent) {
    let Sent { response, lease } = sent;
    let mut body = response.into_body();
    if body.is_end_stream() {
        return lease.release();
    }
    tokio::task::spawn_local(async move {
        let rest = async {
            while let Some(frame) = body.frame().await {
                if frame.is_err() {
                    return false;
                }
            }
            true
        };
        if tokio::time::timeout(REST, rest).await.unwrap_or_default() {
            lease.release();
        }
    });
}
