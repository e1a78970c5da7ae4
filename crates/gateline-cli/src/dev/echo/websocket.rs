//! A WebSocket gets its own messages back.

use futures_util::StreamExt;
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;

use super::Body;

pub(super) fn asked<B>(request: &Request<B>) -> bool {
    super::header_is(request, header::UPGRADE, |value| value.eq_ignore_ascii_case("websocket"))
}

pub(super) fn answer(mut request: Request<Incoming>) -> Response<Body> {
    let mut response = Response::new(Empty::new().map_err(|never| match never {}).boxed_unsync());
    let key = request.headers().get(header::SEC_WEBSOCKET_KEY).map(|key| derive_accept_key(key.as_bytes()));
    let Some(Ok(accept)) = key.map(HeaderValue::try_from) else {
        *response.status_mut() = StatusCode::BAD_REQUEST;
        return response;
    };
    let upgrade = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        if let Ok(connection) = upgrade.await {
            let socket = WebSocketStream::from_raw_socket(TokioIo::new(connection), Role::Server, None).await;
            let (write, read) = socket.split();
            let messages = read.filter(|message| {
                std::future::ready(
                    message.as_ref().is_ok_and(|message| message.is_text() || message.is_binary()),
                )
            });
            // Ends when the client closes.
            let _ = messages.forward(write).await;
        }
    });
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    response
}
