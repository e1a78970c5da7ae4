//! What the examples have in common: a router over a model that is built by hand. A program that reads manifests lets
//! `gateline-api` build it.

use std::sync::Arc;

use gateline::filter::{DirectResponse, Filters, HeaderModifier, PathModifier, Redirect, Rewrite};
use gateline::limit::Quota;
use gateline::model::{
    AttachedHostname, AttachedRoute, Backend, BackendId, BackendName, BackendProtocol, GrpcMethodMatch,
    Listener, ListenerName, Match, Model, ObjectName, Origin, PathMatch, Protocol, Route, RouteId, RouteKind,
    Rule, Target, TlsMode, ValueMatch, WeightedBackend,
};
use gateline::{CompileError, Options, Router};
use gateline_tower::Limit;
use http::{HeaderName, HeaderValue, StatusCode};

/// The port of the listener, as a manifest would number it.
pub(crate) const PORT: u16 = 80;

/// An HTTPRoute and a GRPCRoute on one listener.
pub(crate) fn router() -> Result<Arc<Router>, CompileError> {
    let model = Model {
        listeners: vec![listener()],
        routes: vec![
            route(RouteKind::Http, "shop", vec![api(), old(), teapot(), broken()]),
            route(RouteKind::Grpc, "catalog", vec![catalog()]),
        ],
        backends: vec![backend("api"), backend("catalog")],
    };
    Router::compile(Arc::new(model), &Options::default()).map(Arc::new)
}

/// Three requests a second for each value of `x-api-key`.
pub(crate) fn limit() -> Limit {
    let quota = Quota::new(3, std::time::Duration::from_secs(1));
    Limit::by_header(HeaderName::from_static("x-api-key"), quota, 1_000, 0)
}

fn listener() -> Listener {
    let any = || vec![AttachedHostname { written: None, effective: None }];
    Listener {
        name: ListenerName { gateway: ObjectName::new("infra", "web"), set: None, section: "http".into() },
        port: PORT,
        protocol: Protocol::Http,
        mode: TlsMode::default(),
        hostname: None,
        filters: vec![],
        attached: [0, 1].map(|route| AttachedRoute { route: RouteId(route), hostnames: any() }).into(),
        origin: Origin::default(),
    }
}

fn route(kind: RouteKind, name: &str, rules: Vec<Rule>) -> Route {
    Route { kind, name: ObjectName::new("shop", name), created: None, rules, origin: Origin::default() }
}

fn rule(path: PathMatch, filters: Filters) -> Rule {
    Rule { matches: vec![Match { path, ..Match::default() }], filters, ..Rule::default() }
}

fn to(backend: u32) -> WeightedBackend {
    let target = Target::Backend(BackendId(backend));
    WeightedBackend { target, weight: 1, filters: Filters::default(), origin: Origin::default() }
}

fn backend(name: &str) -> Backend {
    let name = BackendName { kind: "Service".into(), object: ObjectName::new("shop", name), port: Some(80) };
    Backend { name, protocol: BackendProtocol::Unspecified, origin: None }
}

/// `/api/...` goes to the backend `api` as `/v1/...`, with a header more on both ways.
fn api() -> Rule {
    let set = |name, value| {
        let pair = (HeaderName::from_static(name), HeaderValue::from_static(value));
        Some(HeaderModifier { set: vec![pair], ..HeaderModifier::default() })
    };
    let filters = Filters {
        request_headers: set("x-tenant", "shop"),
        response_headers: set("x-served-by", "gateline"),
        rewrite: Some(Rewrite { hostname: None, path: Some(PathModifier::Prefix("/v1".into())) }),
        ..Filters::default()
    };
    Rule { backends: vec![to(0)].into(), ..rule(PathMatch::Prefix("/api".into()), filters) }
}

/// `/old/...` moved to `/api/...`.
fn old() -> Rule {
    let redirect = Redirect {
        scheme: None,
        hostname: None,
        path: Some(PathModifier::Prefix("/api".into())),
        port: None,
        status: StatusCode::MOVED_PERMANENTLY,
    };
    rule(PathMatch::Prefix("/old".into()), Filters { redirect: Some(redirect), ..Filters::default() })
}

/// `/teapot` is answered by the gateway.
fn teapot() -> Rule {
    let content_type = Some(HeaderValue::from_static("text/plain"));
    let body = Box::from(*b"short and stout");
    let respond = DirectResponse { status: StatusCode::IM_A_TEAPOT, content_type, body };
    rule(PathMatch::Exact("/teapot".into()), Filters { respond: Some(respond), ..Filters::default() })
}

/// `/broken` has no backend.
fn broken() -> Rule {
    rule(PathMatch::Exact("/broken".into()), Filters::default())
}

/// The gRPC service `shop.Catalog`.
fn catalog() -> Rule {
    let service = Some(ValueMatch::Exact("shop.Catalog".into()));
    let path = PathMatch::Grpc(GrpcMethodMatch { service, method: None });
    Rule { backends: vec![to(1)].into(), ..rule(path, Filters::default()) }
}
