//! Session persistence (GEP-1619). The endpoint stands in the cookie or header itself: nothing is kept here, and every
//! replica and every reload understands it.

use std::hash::Hasher as _;
use std::net::SocketAddr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fnv::FnvHasher;
use gateline::model::{Route, SessionKind, SessionPersistence};
use http::header::{COOKIE, HeaderMap, HeaderName, HeaderValue, SET_COOKIE};

/// `sessionPersistence` of one rule, ready for requests.
#[derive(Debug)]
pub(crate) struct Session {
    carrier: Carrier,
    /// Stands for the rule: sessions of one rule mean nothing to another, even under one name.
    scope: String,
    absolute: Option<Duration>,
    idle: Option<Duration>,
}

#[derive(Debug)]
enum Carrier {
    Cookie { name: Box<str>, path: Box<str>, permanent: bool },
    Header(HeaderName),
}

/// A session that a request belongs to.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Held {
    endpoint: SocketAddr,
    /// Seconds since 1970.
    started: u64,
}

/// A request under a rule with sessions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Affinity<'a> {
    session: &'a Session,
    held: Option<Held>,
}

impl<'a> Affinity<'a> {
    pub(crate) fn of(session: &'a Session, headers: &HeaderMap, now: SystemTime) -> Self {
        Self { session, held: session.of(headers, now) }
    }

    /// Where the session is.
    pub(crate) fn endpoint(self) -> Option<SocketAddr> {
        self.held.map(|held| held.endpoint)
    }

    /// See [`Session::tell`].
    pub(crate) fn tell(self, endpoint: SocketAddr, secure: bool, now: SystemTime, headers: &mut HeaderMap) {
        self.session.tell(self.held, endpoint, secure, now, headers);
    }
}

impl Session {
    /// `None` where the header it is to travel in has no name.
    pub(crate) fn new(
        route: &Route,
        rule: usize,
        rule_name: Option<&str>,
        written: &SessionPersistence,
    ) -> Option<Self> {
        let rule = rule_name.map_or_else(|| rule.to_string(), |name| format!("={name}"));
        let scope = fingerprint(&format!("{}/{}/{rule}", route.kind.as_str(), route.name));
        let carrier = match &written.kind {
            SessionKind::Header => Carrier::Header(written.name.as_ref()?.parse().ok()?),
            SessionKind::Cookie { permanent, path } => Carrier::Cookie {
                name: written.name.clone().unwrap_or_else(|| format!("gateline-{scope}").into()),
                path: Some(path.clone()).filter(|path| is_attribute(path)).unwrap_or_else(|| "/".into()),
                permanent: *permanent,
            },
        };
        Some(Self { carrier, scope, absolute: written.absolute_timeout, idle: written.idle_timeout })
    }

    /// The session of a request. Of several values under the name the first counts that is one of this rule and not over.
    fn of(&self, headers: &HeaderMap, now: SystemTime) -> Option<Held> {
        let now = seconds(now);
        match &self.carrier {
            Carrier::Header(name) => {
                let mut values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
                values.find_map(|value| self.read(value.trim(), now))
            }
            Carrier::Cookie { name, .. } => {
                let lines = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
                let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.split_once('='));
                let mut values = pairs.filter(|(key, _)| key.trim() == &**name);
                values.find_map(|(_, value)| self.read(value.trim().trim_matches('"'), now))
            }
        }
    }

    fn read(&self, token: &str, now: u64) -> Option<Held> {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
        let mut words = text.split(' ');
        if words.next()? != self.scope {
            return None;
        }
        let endpoint = words.next()?.parse().ok()?;
        let (started, seen): (u64, u64) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
        let over = |since: u64, limit: Option<Duration>| {
            limit.is_some_and(|limit| now.saturating_sub(since) >= limit.as_secs().max(1))
        };
        (!over(started, self.absolute) && !over(seen, self.idle)).then_some(Held { endpoint, started })
    }

    /// Tells the client where its session is: where that is new, and with each answer where idling ends it.
    fn tell(
        &self,
        held: Option<Held>,
        endpoint: SocketAddr,
        secure: bool,
        now: SystemTime,
        headers: &mut HeaderMap,
    ) {
        let held = held.filter(|held| held.endpoint == endpoint);
        if held.is_some() && self.idle.is_none() {
            return;
        }
        let now = seconds(now);
        let started = held.map_or(now, |held| held.started);
        let token = URL_SAFE_NO_PAD.encode(format!("{} {endpoint} {started} {now}", self.scope));
        let (name, value) = match &self.carrier {
            Carrier::Header(name) => (name.clone(), token),
            Carrier::Cookie { name, path, permanent } => {
                let left = self.absolute.map(|limit| limit.as_secs().saturating_sub(now - started));
                let age = left.filter(|_| *permanent).map(|left| format!("; Max-Age={left}"));
                let (age, secure) = (age.unwrap_or_default(), if secure { "; Secure" } else { "" });
                let cookie = format!("{name}={token}; Path={path}{age}; HttpOnly; SameSite=Strict{secure}");
                (SET_COOKIE, cookie)
            }
        };
        let Ok(value) = HeaderValue::from_str(&value) else { return };
        if name == SET_COOKIE {
            headers.append(name, value);
        } else {
            headers.insert(name, value);
        }
    }
}

/// Whether a text can stand as the value of a cookie's attribute (RFC 6265 section 4.1.1).
fn is_attribute(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b';')
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// FNV-1a: the same in every release, which the hash of the standard library does not promise.
fn fingerprint(text: &str) -> String {
    let mut hasher = FnvHasher::default();
    hasher.write(text.as_bytes());
    format!("{:016x}", hasher.finish())
}

#[cfg(test)]
mod tests {
    use gateline::model::{ObjectName, Origin, RouteKind};

    use super::*;

    fn session(rule: usize, kind: SessionKind, idle: Option<u64>) -> Session {
        let name = ObjectName::new("shop", "cart");
        let route =
            Route { kind: RouteKind::Http, name, created: None, rules: vec![], origin: Origin::default() };
        let written = SessionPersistence {
            name: Some("sid".into()),
            kind,
            absolute_timeout: Some(Duration::from_secs(100)),
            idle_timeout: idle.map(Duration::from_secs),
        };
        Session::new(&route, rule, None, &written).unwrap()
    }

    fn cookie(permanent: bool) -> SessionKind {
        SessionKind::Cookie { permanent, path: "/".into() }
    }

    fn at(second: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(1_000 + second)
    }

    fn pod() -> SocketAddr {
        "[fd00::1]:80".parse().unwrap()
    }

    /// What a client sends back.
    fn sent_back(told: &HeaderMap) -> HeaderMap {
        let cookie = told[SET_COOKIE].to_str().unwrap();
        let (pair, _) = cookie.split_once(';').unwrap();
        let cookie = HeaderValue::from_str(&format!("a=b; sid=not-mine; {pair}")).unwrap();
        HeaderMap::from_iter([(COOKIE, cookie)])
    }

    #[test]
    fn lasts_for_its_absolute_time() {
        let session = session(0, cookie(true), None);
        let mut told = HeaderMap::new();
        session.tell(None, pod(), true, at(0), &mut told);
        let cookie = told[SET_COOKIE].to_str().unwrap();
        assert!(cookie.ends_with("; Path=/; Max-Age=100; HttpOnly; SameSite=Strict; Secure"), "{cookie}");
        let back = sent_back(&told);
        let held = session.of(&back, at(99)).unwrap();
        assert_eq!(held.endpoint, pod());
        assert_eq!(session.of(&back, at(100)), None);
        let mut told = HeaderMap::new();
        session.tell(Some(held), pod(), true, at(99), &mut told);
        assert!(told.is_empty(), "the client knows");
    }

    #[test]
    fn idling_ends_it() {
        let session = session(0, cookie(false), Some(10));
        let mut told = HeaderMap::new();
        session.tell(None, pod(), false, at(0), &mut told);
        assert!(!told[SET_COOKIE].to_str().unwrap().contains("Max-Age"));
        assert_eq!(session.of(&sent_back(&told), at(10)), None);
        for second in (9..99).step_by(9) {
            let held = session.of(&sent_back(&told), at(second)).unwrap();
            told.clear();
            session.tell(Some(held), pod(), false, at(second), &mut told);
        }
        assert_eq!(session.of(&sent_back(&told), at(101)), None, "the absolute time counts from the start");
    }

    #[test]
    fn belongs_to_one_rule() {
        let mut told = HeaderMap::new();
        session(0, cookie(false), None).tell(None, pod(), false, at(0), &mut told);
        assert_eq!(session(1, cookie(false), None).of(&sent_back(&told), at(1)), None);
    }

    #[test]
    fn travels_in_a_header() {
        let session = session(0, SessionKind::Header, None);
        let mut told = HeaderMap::new();
        session.tell(None, pod(), false, at(0), &mut told);
        assert_eq!(session.of(&told, at(1)).unwrap().endpoint, pod());
    }
}
