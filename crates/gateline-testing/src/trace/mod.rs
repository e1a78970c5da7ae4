//! All there is to say about one request on manifests: the engine's explanation, and what came before it.

mod certificate;
mod change;
mod hostname;
mod listener;
mod route;
mod rule;
mod why_not;

pub use certificate::CertificateTrace;
pub use hostname::{HostnameKind, HostnameTrace};
pub use listener::{ListenerTrace, ListenerVerdict};
pub use route::{AttemptTrace, ParentTrace, RouteTrace};
pub use rule::{NameError, RuleRef, rules};
pub use why_not::{Cover, Obstacle, Remedy, WhyNot};

use std::cell::OnceCell;
use std::collections::BTreeMap;

use gateline::explain::{Reason, Source};
use gateline::model::{Place, RouteId, Timestamp};
use gateline::{Explanation, Router};
use gateline_api::resolve::{Attachment, attachments};
use serde::Serialize;

use crate::explain::explain;
use crate::load::World;
use crate::request::Request;
use crate::run::reachable::Reaching;

/// Where a request goes and why: an [`Explanation`] with the listeners, the certificate and the hostname that led to it.
/// Serialised, it is the documented JSON (docs/explain-schema.json).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Trace {
    /// In one line: `GET shop.example/cart?a=b`, or the connection as written.
    pub request: String,
    /// What becomes of it, and every match that was looked at.
    #[serde(flatten)]
    pub explanation: Explanation,
    /// Every listener of the Gateway, or of all Gateways if the request names none: the one that takes it first, then those
    /// of its port.
    pub listeners: Vec<ListenerTrace>,
    /// What a TLS client is shown.
    pub certificate: Option<CertificateTrace>,
    /// The hostname by which the winning route takes it.
    pub hostname: Option<HostnameTrace>,
    /// Routes that are not among the candidates, and what keeps them from it: all of them if asked for; if nothing takes the
    /// request, those that name its host, and those of any host that are attached nowhere.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub routes: Vec<RouteTrace>,
    /// Why these rules do not take it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub why_not: Vec<WhyNot>,
}

/// What a [`Trace`] tells.
#[derive(Clone, Debug, Default)]
pub struct TraceOptions {
    /// Any number spread evenly over `u64`: picks the backend by weight.
    pub random: u64,
    /// Also the routes that are no candidates.
    pub all: bool,
    /// The time that certificates are held against; `None` does not say whether they are valid.
    pub now: Option<Timestamp>,
    /// Rules that might have taken the request; see [`rules`].
    pub why_not: Vec<RuleRef>,
}

/// Answers about requests on the same manifests. What takes a look at all of them (every parentRef, proofs over all requests) is
/// worked out once, when it is first asked for.
pub struct Tracer<'w> {
    world: &'w World,
    router: &'w Router,
    reaching: Reaching<'w>,
    attachments: OnceCell<Attachments>,
}

/// What became of the parentRefs of each route.
type Attachments = BTreeMap<RouteId, Vec<Attachment>>;

impl<'w> Tracer<'w> {
    /// `router` is that of the world.
    #[must_use]
    pub fn new(world: &'w World, router: &'w Router) -> Self {
        Self { world, router, reaching: Reaching::new(router), attachments: OnceCell::new() }
    }

    /// Where a request goes, and why not elsewhere. O(matches and listeners); with [`TraceOptions::why_not`] some hundred other
    /// requests are tried for each rule, or all are reasoned about ([`gateline::analysis`]).
    #[must_use]
    pub fn trace(&self, request: &Request, options: &TraceOptions) -> Trace {
        let (world, router) = (self.world, self.router);
        let explanation = explain(router, request, options.random);
        let nothing = matches!(
            explanation.code,
            Reason::NoMatchingListener | Reason::NoMatchingRule | Reason::Misdirected
        );
        let absent = match (options.all, request.host().filter(|_| nothing)) {
            (true, _) => self.routes(request, &explanation, |_| true),
            (false, Some(host)) => self.routes(request, &explanation, |route| route.is_meant_for(&host)),
            (false, None) => Vec::new(),
        };
        let why_not = options.why_not.iter();
        Trace {
            request: request.title(),
            listeners: listener::listeners(world, router, request, &explanation),
            certificate: certificate::certificate(world, router, request, options.now),
            hostname: hostname::hostname(world, &explanation),
            routes: absent,
            why_not: why_not.filter_map(|of| self.why_not(request, &explanation, *of)).collect(),
            explanation,
        }
    }

    fn attachments(&self) -> &Attachments {
        self.attachments.get_or_init(|| {
            let mut by_route = Attachments::new();
            for attachment in attachments(&self.world.objects, &self.world.options) {
                by_route.entry(attachment.route).or_default().push(attachment);
            }
            by_route
        })
    }
}

fn source(place: Option<&Place>) -> Option<Source> {
    place.map(Source::from)
}
