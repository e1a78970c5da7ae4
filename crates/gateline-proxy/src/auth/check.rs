//! `CheckRequest` and `CheckResponse` of `envoy.service.auth.v3`, as far as they are used. The numbers are those of
//! `external_auth.proto`, `attribute_context.proto`, address.proto, base.proto and google/rpc/status.proto.

use std::net::SocketAddr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ::http::header::HOST;
use ::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version};
use bytes::{Bytes, BytesMut};
use gateline::filter::is_framing;

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

/// What a server says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Header fields to change in the request.
    Yes(Changes),
    No {
        status: StatusCode,
        headers: HeaderMap,
        body: Bytes,
    },
}

#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Changes {
    set: Vec<Change>,
    remove: Vec<HeaderName>,
}

#[derive(Debug, PartialEq, Eq)]
struct Change {
    name: HeaderName,
    value: HeaderValue,
    how: How,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    Overwrite,
    Append,
    AddIfAbsent,
    OverwriteIfPresent,
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
            (Some(0), _, ok) => Some(Self::Yes(ok.map_or_else(|| Some(Changes::default()), changes)?)),
            (None, None, Some(ok)) => Some(Self::Yes(changes(ok)?)),
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

/// `OkHttpResponse`.
fn changes(ok: &Field) -> Option<Changes> {
    let mut changes = Changes::default();
    for field in fields(ok.bytes()?)? {
        match field.number {
            2 => changes.set.extend(change(&field)?),
            5 => changes.remove.extend(name(&field.text()?)?),
            _ => {}
        }
    }
    Some(changes)
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
                if let Some(Change { name, value, .. }) = change(&field)? {
                    headers.append(name, value);
                }
            }
            3 => body = field.bytes()?,
            _ => {}
        }
    }
    Some(Verdict::No { status, headers, body })
}

/// `HeaderValueOption`. `Some(None)` for a name that is not a server's to change.
#[expect(clippy::option_option, reason = "one that is passed over is fine, one that cannot be read is not")]
fn change(option: &Field) -> Option<Option<Change>> {
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
    // "append defaults to false when used in this message" (OkHttpResponse.headers).
    let how = match (append, action) {
        (Some(true), _) => How::Append,
        (None, 1) => How::AddIfAbsent,
        (None, 3) => How::OverwriteIfPresent,
        _ => How::Overwrite,
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

impl Changes {
    pub(super) fn apply(self, headers: &mut HeaderMap) {
        for name in self.remove {
            headers.remove(name);
        }
        let mut overwritten = Vec::new();
        for Change { name, value, how } in self.set {
            let present = headers.contains_key(&name);
            match how {
                How::Append => drop(headers.append(name, value)),
                How::AddIfAbsent if !present => drop(headers.insert(name, value)),
                How::OverwriteIfPresent if present => drop(headers.insert(name, value)),
                How::AddIfAbsent | How::OverwriteIfPresent => {}
                // Several values of one name are all the server's.
                How::Overwrite if overwritten.contains(&name) => drop(headers.append(name, value)),
                How::Overwrite => {
                    overwritten.push(name.clone());
                    headers.insert(name, value);
                }
            }
        }
    }
}
