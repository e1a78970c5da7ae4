//! The order of precedence, in one place. Compilation sorts by it once; afterwards a position *is* the precedence.

use std::cmp::{Ordering, Reverse};

use crate::explain::Criterion;
use crate::model::{GrpcMethodMatch, HostPattern, ListenerName, Match, PathMatch, Route, ValueMatch};
use crate::router::{Options, Precedence, RegexRank};

/// A match of an attached route as precedence sees it.
#[derive(Debug)]
pub(crate) struct Rank<'m> {
    hostname: (HostClass, Reverse<usize>),
    path: PathClass,
    location: Option<u32>,
    length: Reverse<usize>,
    service: Specificity,
    method: Specificity,
    http_method: bool,
    /// How many, and on equal terms how many exact ones.
    headers: (usize, usize),
    query: (usize, usize),
    route: &'m Route,
    order: (usize, usize),
    listener: &'m ListenerName,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum HostClass {
    Exact,
    Wildcard,
    Any,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum PathClass {
    Exact,
    RegexAbovePrefix,
    Prefix,
    RegexBelowPrefix,
    Location,
}

/// A service or method of a GRPCRoute: exact ones by length, then regular expressions, then none.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Specificity {
    Exact(Reverse<usize>),
    Regex,
    None,
}

/// What Envoy Gateway puts where a pattern leaves out the service or the method.
const ANY_SERVICE: &str = r"(?i)\.?[a-z_][a-z_0-9]*(\.[a-z_][a-z_0-9]*)*";
const ANY_METHOD: &str = "[A-Za-z_][A-Za-z_0-9]*";

type Compare = fn(&Rank<'_>, &Rank<'_>) -> Ordering;

/// "Precedence must be given to the rule with the largest number of …, continuing on ties": HTTPRouteRule and
/// GRPCRouteRule, `apis/v1/httproute_types.go` and `apis/v1/grpcroute_types.go`.
///
/// The specification leaves open how the two kinds rank on one host. A gRPC match stands where an HTTP match of the
/// paths it takes would stand: service and method like `Exact`, a service alone (or with a pattern) like the prefix
/// `/service`, anything else like the prefix `/`. On equal terms the one that names more of the call is first. For matches
/// that take the same call this is the order of GRPCRouteRule.
const CRITERIA: [(Criterion, Compare); 12] = [
    // "Characters in a matching non-wildcard hostname. Characters in a matching hostname." As written on the route
    // (GatewayRouteHostnameIntersectionPrecedence).
    (Criterion::Hostname, |a, b| a.hostname.cmp(&b.hostname)),
    // "'Exact' path match." Where regular expressions stand is left to implementations: `Options::regex_rank`.
    (Criterion::PathKind, |a, b| a.path.cmp(&b.path)),
    // Not of the Gateway API: an Ingress controller says in which order its locations are tried (`Rule::location`).
    (Criterion::Location, |a, b| a.location.cmp(&b.location)),
    // "'Prefix' path match with largest number of characters."
    (Criterion::PathLength, |a, b| a.length.cmp(&b.length)),
    // "Characters in a matching service." A pattern is not compared by its length.
    (Criterion::GrpcService, |a, b| a.service.cmp(&b.service)),
    // "Characters in a matching method."
    (Criterion::GrpcMethod, |a, b| a.method.cmp(&b.method)),
    // "Method match."
    (Criterion::Method, |a, b| b.http_method.cmp(&a.http_method)),
    // "Largest number of header matches."
    (Criterion::Headers, |a, b| b.headers.cmp(&a.headers)),
    // "Largest number of query param matches."
    (Criterion::Query, |a, b| b.query.cmp(&a.query)),
    // "The oldest Route based on creation timestamp." Without one it was never created: younger than all.
    (Criterion::Age, |a, b| a.age().cmp(&b.age())),
    // "The Route appearing first in alphabetical order by '{namespace}/{name}'." Then HTTPRoute before GRPCRoute.
    (Criterion::Name, |a, b| a.name().cmp(&b.name())),
    // "The FIRST matching rule (in list order)." Then the first match of the rule, then the listener's name.
    (Criterion::Order, |a, b| (a.order, a.listener).cmp(&(b.order, b.listener))),
];

/// Which precedes, and the first criterion on which they differ.
pub(crate) fn compare(a: &Rank<'_>, b: &Rank<'_>) -> (Ordering, Criterion) {
    for (criterion, compare) in CRITERIA {
        let ordering = compare(a, b);
        if ordering.is_ne() {
            return (ordering, criterion);
        }
    }
    (Ordering::Equal, Criterion::Order)
}

impl<'m> Rank<'m> {
    /// `written` is the hostname on the route; `order` the indexes of the rule and of the match.
    pub(crate) fn new(
        listener: &'m ListenerName,
        written: Option<&HostPattern>,
        route: &'m Route,
        order: (usize, usize),
        matched: &'m Match,
        options: &Options,
    ) -> Self {
        let hostname = hostname(written);
        let location = route.rules.get(order.0).and_then(|rule| rule.location);
        let (path, length) = match location {
            Some(_) => (PathClass::Location, 0),
            None => path(&matched.path, options.regex_rank),
        };
        let (service, method) = match &matched.path {
            PathMatch::Grpc(grpc) => (specificity(grpc.service.as_ref()), specificity(grpc.method.as_ref())),
            _ => (Specificity::None, Specificity::None),
        };
        let rank = Self {
            hostname,
            path,
            location,
            length: Reverse(length),
            service,
            method,
            http_method: matched.method.is_some(),
            headers: (matched.headers.len(), 0),
            query: (matched.query.len(), 0),
            route,
            order,
            listener,
        };
        match options.precedence {
            Precedence::EnvoyGateway if location.is_none() => rank.envoy_gateway(matched),
            Precedence::Standard | Precedence::EnvoyGateway => rank,
        }
    }

    /// As `XdsIRRoutes` of Envoy Gateway 1.9 compares (`internal/gatewayapi/sort.go`), on what its translator makes of a match
    /// (`internal/gatewayapi/route.go`): a method is a header, and so is the method of a gRPC match without a service.
    fn envoy_gateway(self, matched: &Match) -> Self {
        let exact = |value: &ValueMatch| usize::from(matches!(value, ValueMatch::Exact(_)));
        let mut headers =
            (matched.headers.len(), matched.headers.iter().map(|one| exact(&one.value)).sum::<usize>());
        let query = (matched.query.len(), matched.query.iter().map(|one| exact(&one.value)).sum());
        if matched.method.is_some() {
            headers = (headers.0 + 1, headers.1 + 1);
        }
        let (path, length) = match &matched.path {
            PathMatch::Exact(text) => (PathClass::Exact, text.len()),
            PathMatch::Prefix(text) => (PathClass::Prefix, text.len().max("/".len())),
            PathMatch::Regex(text) => (self.path, text.len()),
            PathMatch::Grpc(GrpcMethodMatch { service, method }) => match (service, method) {
                (None, None) => (PathClass::Prefix, 0),
                (None, Some(ValueMatch::Exact(_))) => {
                    headers.0 += 1;
                    (PathClass::Prefix, 0)
                }
                (Some(ValueMatch::Exact(service)), None) => (PathClass::Prefix, "/".len() + service.len()),
                (Some(ValueMatch::Exact(service)), Some(ValueMatch::Exact(method))) => {
                    (PathClass::Exact, "//".len() + service.len() + method.len())
                }
                (service, method) => {
                    let length = |value: &Option<ValueMatch>, any: &str| match value {
                        Some(ValueMatch::Exact(text) | ValueMatch::Regex(text)) => text.len(),
                        None => any.len(),
                    };
                    let length = "//".len() + length(service, ANY_SERVICE) + length(method, ANY_METHOD);
                    (PathClass::RegexAbovePrefix, length)
                }
            },
        };
        let (service, method) = (Specificity::None, Specificity::None);
        Self { path, length: Reverse(length), service, method, http_method: false, headers, query, ..self }
    }

    fn age(&self) -> (bool, Option<crate::model::Timestamp>) {
        (self.route.created.is_none(), self.route.created)
    }

    fn name(&self) -> (&crate::model::ObjectName, crate::model::RouteKind) {
        (&self.route.name, self.route.kind)
    }
}

fn hostname(written: Option<&HostPattern>) -> (HostClass, Reverse<usize>) {
    match written {
        Some(HostPattern::Exact(name)) => (HostClass::Exact, Reverse(name.len())),
        // Of two with the same suffix the one that takes fewer hosts is first.
        Some(HostPattern::Label(suffix)) => (HostClass::Wildcard, Reverse(2 * suffix.len() + 1)),
        Some(HostPattern::Wildcard(suffix)) => (HostClass::Wildcard, Reverse(2 * suffix.len())),
        None => (HostClass::Any, Reverse(0)),
    }
}

fn path(path: &PathMatch, regex: RegexRank) -> (PathClass, usize) {
    match path {
        PathMatch::Exact(_) => (PathClass::Exact, 0),
        PathMatch::Prefix(prefix) => (PathClass::Prefix, prefix.trim_end_matches('/').len()),
        PathMatch::Regex(_) if regex == RegexRank::AbovePrefix => (PathClass::RegexAbovePrefix, 0),
        PathMatch::Regex(_) => (PathClass::RegexBelowPrefix, 0),
        PathMatch::Grpc(GrpcMethodMatch { service: Some(ValueMatch::Exact(service)), method }) => {
            match method {
                Some(ValueMatch::Exact(_)) => (PathClass::Exact, 0),
                _ => (PathClass::Prefix, "/".len() + service.len()),
            }
        }
        PathMatch::Grpc(_) => (PathClass::Prefix, 0),
    }
}

fn specificity(value: Option<&ValueMatch>) -> Specificity {
    match value {
        Some(ValueMatch::Exact(text)) => Specificity::Exact(Reverse(text.len())),
        Some(ValueMatch::Regex(_)) => Specificity::Regex,
        None => Specificity::None,
    }
}
