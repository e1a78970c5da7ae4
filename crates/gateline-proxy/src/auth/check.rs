//! `CheckRequest` and `CheckResponse` of `envoy.service.auth.v3`, as far as they are used. The numbers are those of
//! `external_auth.proto`, `attribute_context.proto`, address.proto, base.proto and google/rpc/status.proto.

use std::net::SocketAddr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ::http::header::HOST;
use ::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version};
use bytes::{Bytes, BytesMut};
use gateline::filter::is_framing;

use super::changes::{Change, Changes, How};
use super::query::QueryChanges;
use super::wire::{Field, Writer, fields};

/// What a server is told of a request.
pub(super) struct Subject<'a> {
    pub(super) client: SocketAddr,
    pub(super) local: SocketAddr,
    pub(super) time: SystemTime,
    pub(super) method: &'a Method,
    pub(super) host: &'a str,
    /// With the query.
    pub(super) path: &'a str,
    pub(super) secure: bool,
    pub(super) sni: Option<&'a str>,
    pub(super) version: Version,
    pub(super) headers: &'a HeaderMap,
    pub(super) body: &'a Bytes,
}

impl Subject<'_> {
    /// `CheckRequest`.
    pub(super) fn encode(&self) -> BytesMut {
        let since = self.time.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        let time = Writer::default().number(1, since.as_secs()).number(2, since.subsec_nanos().into());
        let request = Writer::default().message(1, time).message(2, self.http());
        let mut attributes =
            Writer::default().message(1, peer(self.client)).message(2, peer(self.local)).message(4, request);
        if let Some(sni) = self.sni {
            attributes = attributes.message(12, Writer::default().bytes(1, sni.as_bytes()));
        }
        Writer::default().message(1, attributes).finish()
    }

    fn http(&self) -> Writer {
        let mut http = Writer::default().bytes(2, self.method.as_str().as_bytes());
        for name in self.headers.keys() {
            let values: Vec<&[u8]> = self.headers.get_all(name).iter().map(HeaderValue::as_bytes).collect();
            // A string of protocol buffers is UTF-8.
            let value = String::from_utf8_lossy(&values.join(&b',')).into_owned();
            let entry = Writer::default().bytes(1, name.as_str().as_bytes()).bytes(2, value.as_bytes());
            http = http.message(3, entry);
        }
        let protocol = if self.version == Version::HTTP_2 { "HTTP/2" } else { "HTTP/1.1" };
        let scheme = if self.secure { "https" } else { "http" };
        let size = u64::try_from(self.body.len()).unwrap_or(u64::MAX);
        let body = if std::str::from_utf8(self.body).is_ok() { 11 } else { 12 };
        http.bytes(4, self.path.as_bytes())
            .bytes(5, self.host.as_bytes())
            .bytes(6, scheme.as_bytes())
            .number(9, size)
            .bytes(10, protocol.as_bytes())
            .bytes(body, self.body)
    }
}

fn peer(address: SocketAddr) -> Writer {
    let ip = address.ip().to_canonical().to_string();
    let socket = Writer::default().bytes(2, ip.as_bytes()).number(3, address.port().into());
    Writer::default().message(1, Writer::default().message(1, socket))
}

/// What a server says (`CheckResponse`).
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Yes(Box<Admission>),
    No { status: StatusCode, headers: HeaderMap, body: Bytes },
}

/// `OkHttpResponse`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Admission {
    /// Header fields to change in the request.
    pub(super) request: Changes,
    /// Query parameters to change in it.
    pub(super) query: QueryChanges,
    /// Header fields to change in whatever the client is answered.
    pub(super) response: Changes,
}

impl Verdict {
    /// `CheckResponse`. `None` where it is none, or says neither yes nor no: an empty one is no yes.
    pub(super) fn decode(message: Bytes) -> Option<Self> {
        let fields = fields(message)?;
        let last = |number| fields.iter().rev().find(|field| field.number == number);
        let code = match last(1) {
            Some(status) => Some(code(status.bytes()?)?),
            None => None,
        };
        match (code, last(2), last(3)) {
            (Some(0), _, None) => Some(Self::Yes(Box::default())),
            (Some(0), _, Some(ok)) | (None, None, Some(ok)) => Some(Self::Yes(Box::new(admission(ok)?))),
            (_, Some(denied), _) => refusal(denied),
            (Some(_), None, _) => Some(Self::No {
                status: StatusCode::FORBIDDEN,
                headers: HeaderMap::new(),
                body: Bytes::new(),
            }),
            (None, None, None) => None,
        }
    }
}

/// `google.rpc.Status.code`, 0 where it is not written.
fn code(status: Bytes) -> Option<u64> {
    let fields = fields(status)?;
    match fields.iter().rev().find(|field| field.number == 1) {
        Some(code) => code.number(),
        None => Some(0),
    }
}

fn admission(ok: &Field) -> Option<Admission> {
    let mut admission = Admission::default();
    for field in fields(ok.bytes()?)? {
        match field.number {
            // "append defaults to false when used in this message". So it says of responses, too, but there Envoy appends.
            2 => admission.request.set.extend(change(&field, How::Overwrite)?),
            5 => admission.request.remove.extend(name(&field.text()?)?),
            6 => admission.response.set.extend(change(&field, How::Append)?),
            7 => admission.query.set.push(parameter(&field)?),
            8 => admission.query.remove.push(field.text()?),
            _ => {}
        }
    }
    Some(admission)
}

/// `QueryParameter`.
fn parameter(field: &Field) -> Option<(String, String)> {
    let (mut key, mut value) = (None, String::new());
    for field in fields(field.bytes()?)? {
        match field.number {
            1 => key = Some(field.text()?),
            2 => value = field.text()?,
            _ => {}
        }
    }
    Some((key?, value))
}

/// `DeniedHttpResponse`.
fn refusal(denied: &Field) -> Option<Verdict> {
    let (mut status, mut headers, mut body) = (StatusCode::FORBIDDEN, HeaderMap::new(), Bytes::new());
    for field in fields(denied.bytes()?)? {
        match field.number {
            1 => {
                let code = code(field.bytes()?)?;
                let known = u16::try_from(code).ok().and_then(|code| StatusCode::from_u16(code).ok());
                let refuses = |status: &StatusCode| !status.is_success() && !status.is_informational();
                status = known.filter(refuses).unwrap_or(StatusCode::FORBIDDEN);
            }
            2 => {
                if let Some(Change { name, value, .. }) = change(&field, How::Overwrite)? {
                    headers.append(name, value);
                }
            }
            3 => body = field.bytes()?,
            _ => {}
        }
    }
    Some(Verdict::No { status, headers, body })
}

/// `HeaderValueOption`; `unwritten` is what to do where it does not say. `Some(None)` for a name that is not a server's to change.
#[expect(clippy::option_option, reason = "one that is passed over is fine, one that cannot be read is not")]
fn change(option: &Field, unwritten: How) -> Option<Option<Change>> {
    let (mut key, mut value, mut append, mut action) = (None, Bytes::new(), None, 0);
    for field in fields(option.bytes()?)? {
        match field.number {
            1 => {
                for field in fields(field.bytes()?)? {
                    match field.number {
                        1 => key = Some(field.text()?),
                        2 | 3 => value = field.bytes()?,
                        _ => {}
                    }
                }
            }
            // `BoolValue` has its value where `Status` has its code.
            2 => append = Some(code(field.bytes()?)? != 0),
            3 => action = field.number()?,
            _ => {}
        }
    }
    let how = match (append, action) {
        (Some(true), _) => How::Append,
        (Some(false), _) | (None, 2) => How::Overwrite,
        (None, 1) => How::AddIfAbsent,
        (None, 3) => How::OverwriteIfPresent,
        (None, _) => unwritten,
    };
    let Some(name) = name(&key?)? else { return Some(None) };
    Some(Some(Change { name, value: HeaderValue::from_maybe_shared(value).ok()?, how }))
}

/// `Some(None)` for `Host`, pseudo-headers (GEP-5224: "MUST NOT allow that modification to take effect") and framing.
#[expect(clippy::option_option, reason = "one that is passed over is fine, one that is no name is not")]
fn name(text: &str) -> Option<Option<HeaderName>> {
    if text.starts_with(':') {
        return Some(None);
    }
    let name = HeaderName::from_bytes(text.as_bytes()).ok()?;
    Some(Some(name).filter(|name| *name != HOST && !is_framing(name)))
}
