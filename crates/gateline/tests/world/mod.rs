//! Models and requests from small alphabets, so that everything collides.
#![allow(dead_code, reason = "each test file uses a part")]

use gateline::filter::Filters;
use gateline::model::*;
use gateline::{Head, Model, Opening};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

pub(crate) const PORT: u16 = 443;

pub(crate) fn origin() -> Origin {
    Origin::default()
}

pub(crate) fn pattern(text: &str) -> Option<HostPattern> {
    if let Some(suffix) = text.strip_prefix('~') {
        return Some(HostPattern::Label(suffix.into()));
    }
    (text != "*").then(|| HostPattern::parse(text).unwrap())
}

pub(crate) fn value() -> impl Strategy<Value = ValueMatch> {
    prop_oneof![
        3 => select(vec!["a", "b", "a,b", "", "a b"]).prop_map(|text| ValueMatch::Exact(text.into())),
        1 => select(vec!["[ab]", "a.*", ".*b", "a,b|b", "(a|b)+", "\\w*", "a\\b.*"])
            .prop_map(|text| ValueMatch::Regex(text.into())),
    ]
}

fn grpc() -> impl Strategy<Value = PathMatch> {
    let part = |exact: Vec<&'static str>, regex: Vec<&'static str>| {
        option::of(prop_oneof![
            select(exact).prop_map(|text| ValueMatch::Exact(text.into())),
            select(regex).prop_map(|text| ValueMatch::Regex(text.into())),
        ])
    };
    (part(vec!["a", "ab"], vec!["a|ab", "a.*"]), part(vec!["b", "bc"], vec!["b.?", "[bc]*"]))
        .prop_filter("one of the two", |(service, method)| service.is_some() || method.is_some())
        .prop_map(|(service, method)| PathMatch::Grpc(GrpcMethodMatch { service, method }))
}

fn path(kind: RouteKind) -> BoxedStrategy<PathMatch> {
    if kind == RouteKind::Grpc {
        return prop_oneof![3 => grpc(), 1 => Just(PathMatch::Prefix("".into()))].boxed();
    }
    let paths = vec!["/a", "/ab", "/a/b", "/a/bc", "/a/b/c", "/b", "/a/", "/"];
    let regexes =
        vec!["/a/.*", "/a/b", "/a|/a/b", "/[ab]+", "^/a/b$", ".*b.*", "/a/(b|bc)/?.*", "(?i)/A.*", "/.*/b.*"];
    prop_oneof![
        2 => select(paths).prop_map(|text| PathMatch::Exact(text.into())),
        3 => select(vec!["", "/a", "/ab", "/a/b", "/a/bc", "/a/b/c", "/b"]).prop_map(|text| PathMatch::Prefix(text.into())),
        2 => select(regexes).prop_map(|text| PathMatch::Regex(text.into())),
    ]
    .boxed()
}

fn one(kind: RouteKind) -> impl Strategy<Value = Match> {
    let name = select(vec!["x-a", "x-b"]).prop_map(HeaderName::from_static);
    let headers = vec((name, value()), 0..3).prop_map(|mut list| {
        list.sort_by(|(a, _), (b, _)| a.as_str().cmp(b.as_str()));
        list.dedup_by(|(a, _), (b, _)| a == b);
        list.into_iter().map(|(name, value)| HeaderMatch { name, value }).collect::<Vec<_>>()
    });
    let query = if kind == RouteKind::Grpc { 0..1 } else { 0..3 };
    let query = vec((select(vec!["v", "w x"]), value()), query).prop_map(|mut list| {
        list.sort_by_key(|(name, _)| *name);
        list.dedup_by_key(|(name, _)| *name);
        list.into_iter().map(|(name, value)| QueryMatch { name: name.into(), value }).collect::<Vec<_>>()
    });
    let method = option::of(select(vec![Method::GET, Method::POST]));
    (path(kind), method, headers, query).prop_map(move |(path, method, headers, query)| {
        let method = method.filter(|_| kind == RouteKind::Http);
        Match { path, method, headers, query, origin: origin() }
    })
}

pub(crate) fn rule(matches: Vec<Match>) -> Rule {
    Rule {
        name: None,
        matches,
        filters: Filters::default(),
        backends: Backends::default(),
        timeouts: Timeouts::default(),
        retry: None,
        session: None,
        origin: origin(),
        ..Rule::default()
    }
}

/// A route with the hostnames it writes; names are made distinct later.
fn route(crowd: std::ops::Range<usize>) -> impl Strategy<Value = (Route, Vec<&'static str>)> {
    use RouteKind::{Grpc, Http, Ingress, Tcp, Tls, Udp};
    let kind = select(vec![Http, Http, Http, Ingress, Grpc, Grpc, Tls, Tls, Tcp, Udp]);
    let hosts = vec!["*", "*.com", "*.a.com", "a.com", "b.a.com", "c.b.a.com", "other.org"];
    kind.prop_flat_map(move |kind| {
        // Below HTTP rules ask for nothing.
        let matches = match kind {
            Http | Grpc | Ingress => vec(one(kind), 1..3).boxed(),
            Tls | Tcp | Udp => Just(vec![Match { origin: origin(), ..Match::default() }]).boxed(),
        };
        let ingress = kind == Ingress;
        let location = (0_u32..4).prop_map(move |location| ingress.then_some(location));
        let rule = (matches, location).prop_map(|(matches, location)| Rule { location, ..rule(matches) });
        let rules = vec(rule, crowd.clone());
        let hosts =
            if ingress { vec!["*", "~com", "~a.com", "~b.a.com", "a.com", "b.a.com"] } else { hosts.clone() };
        let created = option::of((0_i64..2).prop_map(Timestamp));
        let name = (select(vec!["n", "m"]), select(vec!["x", "y", "z"]));
        (rules, created, name, vec(select(hosts), 1..3)).prop_map(
            move |(rules, created, (ns, name), hosts)| {
                (Route { kind, name: ObjectName::new(ns, name), created, rules, origin: origin() }, hosts)
            },
        )
    })
}

pub(crate) fn listener(index: usize, gateway: &str, protocol: Protocol, hostname: &str) -> Listener {
    let section = format!("l{index}").into();
    let name = ListenerName { gateway: ObjectName::new("infra", gateway), set: None, section };
    let hosts = !matches!(protocol, Protocol::Tcp | Protocol::Udp);
    let (mode, hostname) = (TlsMode::default(), pattern(hostname).filter(|_| hosts));
    Listener {
        name,
        port: PORT,
        protocol,
        mode,
        hostname,
        filters: vec![],
        attached: vec![],
        origin: origin(),
    }
}

/// Attaches a route to every listener whose hostname intersects with it.
pub(crate) fn attach(model: &mut Model, route: Route, hosts: &[&str]) {
    let id = RouteId(u32::try_from(model.routes.len()).unwrap());
    let hosts = if matches!(route.kind, RouteKind::Tcp | RouteKind::Udp) { &["*"] } else { hosts };
    for listener in model.listeners.iter_mut().filter(|one| one.protocol.carries(route.kind)) {
        let hostnames: Vec<_> = hosts
            .iter()
            .filter_map(|host| {
                let written = pattern(host);
                let effective = match (&written, &listener.hostname) {
                    (Some(a), Some(b)) => Some(a.intersect(b)?),
                    (a, b) => a.clone().or_else(|| b.clone()),
                };
                Some(AttachedHostname { written, effective })
            })
            .collect();
        if !hostnames.is_empty() {
            listener.attached.push(AttachedRoute { route: id, hostnames });
        }
    }
    model.routes.push(route);
}

/// Routes for a model, of distinct kind and name, with their hostnames.
pub(crate) type Routes = Vec<(Route, Vec<&'static str>)>;

pub(crate) fn listeners() -> impl Strategy<Value = Vec<Listener>> {
    use Protocol::{Http, Https, Tcp, Tls, Udp};
    let hosts = select(vec!["*", "*.com", "*.a.com", "a.com", "b.a.com"]);
    let gateway = select(vec!["g", "h"]);
    let protocol = select(vec![Https, Https, Https, Http, Http, Tls, Tls, Tcp, Udp]);
    vec((gateway, protocol, hosts), 1..6).prop_map(|list| {
        let listener = |(index, (gateway, protocol, host))| listener(index, gateway, protocol, host);
        list.into_iter().enumerate().map(listener).collect()
    })
}

fn distinct(mut routes: Routes) -> Routes {
    let key = |route: &Route| (route.kind, route.name.clone());
    routes.sort_by_key(|(route, _)| key(route));
    routes.dedup_by_key(|(route, _)| key(route));
    routes
}

pub(crate) fn routes() -> impl Strategy<Value = Routes> {
    // Few rules, or so many that the predicates are indexed.
    prop_oneof![vec(route(1..3), 0..6), vec(route(8..20), 2..4)].prop_map(distinct)
}

pub(crate) fn model(listeners: Vec<Listener>, routes: &Routes) -> Model {
    let mut model = Model { listeners, ..Model::default() };
    for (route, hosts) in routes {
        attach(&mut model, route.clone(), hosts);
    }
    model
}

/// A request that owns its parts.
#[derive(Clone, Debug)]
pub(crate) struct Owned {
    pub(crate) method: Method,
    pub(crate) authority: String,
    pub(crate) path: String,
    pub(crate) query: Option<String>,
    pub(crate) headers: HeaderMap,
    pub(crate) sni: Option<String>,
}

impl Owned {
    pub(crate) fn get(authority: &str, path: &str) -> Self {
        let (authority, path) = (authority.into(), path.into());
        Self { method: Method::GET, authority, path, query: None, headers: HeaderMap::new(), sni: None }
    }

    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.append(name, HeaderValue::from_str(value).unwrap());
        self
    }

    pub(crate) fn query(self, query: &str) -> Self {
        Self { query: Some(query.into()), ..self }
    }

    pub(crate) fn sni(self, sni: &str) -> Self {
        Self { sni: Some(sni.into()), ..self }
    }

    pub(crate) fn head(&self) -> Head<'_> {
        Head {
            method: &self.method,
            authority: &self.authority,
            path: &self.path,
            query: self.query.as_deref(),
            headers: &self.headers,
            sni: self.sni.as_deref(),
        }
    }
}

pub(crate) fn request() -> impl Strategy<Value = Owned> {
    let hosts = vec![
        "a.com",
        "A.com:80",
        "b.a.com.",
        "c.b.a.com",
        "x.b.a.com",
        "x.com",
        "other.org",
        "",
        "a..com",
        "[::1]:1",
    ];
    let paths = vec![
        "/", "/a", "/ab", "/a/", "/a/b", "/a/bc", "/ab/bc", "/a/b/c", "/a/b/c/d", "/a//b", "/A/b", "/b/",
        "/c", "*", "",
    ];
    let header = (select(vec!["x-a", "x-b", "x-c"]), select(vec!["a", "b", "a,b", "c", ""]));
    let names = select(vec!["v", "w+x", "%76", "w x", "u"]);
    let pair = (names, select(vec!["a", "b", "%61", "a+b", "a%20b", "%", ""]));
    let query = option::of(vec(pair, 0..4).prop_map(|pairs| {
        pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
    }));
    let method = select(vec![Method::GET, Method::POST, Method::HEAD]);
    let sni = option::of(select(vec!["a.com", "b.a.com", "c.b.a.com", "x.com", "none.org"]));
    (method, select(hosts), select(paths), query, vec(header, 0..4), sni, any::<bool>()).prop_map(
        |(method, authority, path, query, headers, sni, same)| {
            let mut request =
                Owned { method, query, sni: sni.map(Into::into), ..Owned::get(authority, path) };
            if same && let Some(sni) = &request.sni {
                request.authority.clone_from(sni);
            }
            headers.into_iter().fold(request, |request, (name, value)| request.header(name, value))
        },
    )
}

/// How a connection begins; owns its server name.
#[derive(Clone, Debug)]
pub(crate) enum Begin {
    Tcp,
    Tls(Option<String>),
    Udp,
}

impl Begin {
    pub(crate) fn opening(&self) -> Opening<'_> {
        match self {
            Self::Tcp => Opening::Tcp,
            Self::Tls(sni) => Opening::Tls { sni: sni.as_deref() },
            Self::Udp => Opening::Udp,
        }
    }
}

pub(crate) fn begin() -> impl Strategy<Value = Begin> {
    let names =
        vec!["a.com", "A.com", "b.a.com.", "c.b.a.com", "x.b.a.com", "x.com", "other.org", "a..com", ""];
    let sni = option::weighted(0.9, select(names).prop_map(Into::into));
    prop_oneof![4 => sni.prop_map(Begin::Tls), 1 => Just(Begin::Tcp), 1 => Just(Begin::Udp)]
}
