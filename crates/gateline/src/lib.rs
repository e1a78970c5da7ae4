//! The Gateway API routing engine: what happens to this request, and why.
//!
//! A [`Model`] is plain data: listeners, the routes attached to them, their rules and backends, as `gateline-api`
//! resolves them from manifests or as a program builds them. [`Router::compile`] turns it into an immutable index;
//! [`Router::decide`] answers for one request without allocating, locking, reading a clock or drawing a random
//! number; [`Router::explain`] answers the same and says why every other rule lost. What is routed below HTTP (TLSRoute,
//! TCPRoute, UDPRoute) is decided once a connection, by [`Router::connect`].
//!
//! ```text
//! Model --compile--> Router --decide(entry, head)--> Decision --view--> RuleView --plan(head, x)--> Plan
//! ```
//!
//! # Example
//!
//! One listener, one route: `/api` goes to a Service as `/v1`.
//!
//! ```
//! use std::sync::Arc;
//!
//! use gateline::filter::{Filters, PathModifier, Rewrite};
//! use gateline::model::{
//!     AttachedHostname, AttachedRoute, Backend, BackendId, BackendName, BackendProtocol, HostPattern, Listener, ListenerName,
//!     Match, Model, ObjectName, Origin, PathMatch, Protocol, Route, RouteId, RouteKind, Rule, Target, TlsMode,
//!     WeightedBackend,
//! };
//! use gateline::{Decision, Head, Options, Plan, Router};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let path = PathModifier::Prefix("/v1".into());
//! let rule = Rule {
//!     matches: vec![Match { path: PathMatch::Prefix("/api".into()), ..Match::default() }],
//!     filters: Filters { rewrite: Some(Rewrite { hostname: None, path: Some(path) }), ..Filters::default() },
//!     backends: vec![WeightedBackend {
//!         target: Target::Backend(BackendId(0)),
//!         weight: 1,
//!         filters: Filters::default(),
//!         origin: Origin::default(),
//!     }]
//!     .into(),
//!     ..Rule::default()
//! };
//! let route = Route {
//!     kind: RouteKind::Http,
//!     name: ObjectName::new("shop", "api"),
//!     created: None,
//!     rules: vec![rule],
//!     origin: Origin::default(),
//! };
//! let host = HostPattern::parse("shop.example")?;
//! let hostname = AttachedHostname { written: Some(host.clone()), effective: Some(host) };
//! let listener = Listener {
//!     name: ListenerName { gateway: ObjectName::new("infra", "web"), set: None, section: "http".into() },
//!     port: 80,
//!     protocol: Protocol::Http,
//!     mode: TlsMode::default(),
//!     hostname: None,
//!     filters: vec![],
//!     attached: vec![AttachedRoute { route: RouteId(0), hostnames: vec![hostname] }],
//!     origin: Origin::default(),
//! };
//! let service = BackendName { kind: "Service".into(), object: ObjectName::new("shop", "api"), port: Some(80) };
//! let backend = Backend { name: service, protocol: BackendProtocol::Unspecified, origin: None };
//! let model = Model { listeners: vec![listener], routes: vec![route], backends: vec![backend] };
//!
//! let router = Router::compile(Arc::new(model), &Options::default())?;
//! let entry = router.entry(80).ok_or("nothing listens on port 80")?;
//!
//! let request = http::Request::get("http://shop.example/api/items?page=2").body(())?;
//! let head = Head::of(&request, None);
//! let Decision::Hit(hit) = router.decide(entry, &head) else { return Err("no rule takes it".into()) };
//! let view = router.view(hit).ok_or("a hit of another router")?;
//! assert_eq!(view.route.name.to_string(), "shop/api");
//!
//! let Plan::Forward(forward) = router.plan(view, &head, 0) else { return Err("it is answered at once".into()) };
//! assert_eq!(router.model().backends[forward.id.0 as usize].name.to_string(), "shop/api:80");
//! let (mut parts, ()) = request.into_parts();
//! forward.request(&mut parts);
//! assert_eq!(parts.uri, "http://shop.example/v1/items?page=2");
//! # Ok(())
//! # }
//! ```

pub mod analysis;
pub mod explain;
pub mod filter;
pub mod limit;
pub mod model;
pub mod pattern;
pub mod plan;
pub mod reference;
pub mod router;
pub mod weight;

mod connect;
mod decision;
mod head;
mod profile;
mod rank;

pub use connect::{Connect, Opening};
pub use decision::{Decision, EntryId, Hit, Miss, MissReason, RuleView};
pub use explain::Explanation;
pub use head::Head;
pub use model::Model;
pub use pattern::PatternError;
pub use plan::Plan;
pub use profile::{Anchoring, Feature, Profile};
pub use router::{CompileError, Options, Precedence, RegexRank, Router, Stats};
