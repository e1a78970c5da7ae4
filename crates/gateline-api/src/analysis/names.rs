use gateline::analysis::{Effect, MatchRef};
use gateline::model::{Match, Model, Origin, Route, RouteId, RouteKind, Rule};

/// A rule: its route and its index there.
pub(super) type RuleRef = (RouteId, u16);

/// The words for what a model holds.
#[derive(Clone, Copy)]
pub(super) struct Names<'m> {
    pub(super) model: &'m Model,
}

impl<'m> Names<'m> {
    pub(super) fn route(self, id: RouteId) -> Option<&'m Route> {
        self.model.routes.get(id.0 as usize)
    }

    pub(super) fn rule(self, (route, rule): RuleRef) -> Option<&'m Rule> {
        self.route(route)?.rules.get(usize::from(rule))
    }

    pub(super) fn matched(self, of: MatchRef) -> Option<&'m Match> {
        self.rule((of.route, of.rule))?.matches.get(usize::from(of.matched))
    }

    pub(super) fn origin(self, of: MatchRef) -> Origin {
        self.matched(of).map(|matched| matched.origin.clone()).unwrap_or_default()
    }

    pub(super) fn rule_origin(self, of: RuleRef) -> Origin {
        self.rule(of).map(|rule| rule.origin.clone()).unwrap_or_default()
    }

    /// `HTTPRoute ns/name`.
    pub(super) fn route_name(self, id: RouteId) -> String {
        self.route(id).map(|route| format!("{} {}", route.kind, route.name)).unwrap_or_default()
    }

    /// `rule 0 of HTTPRoute ns/name`.
    pub(super) fn rule_name(self, (route, rule): RuleRef) -> String {
        format!("rule {rule} of {}", self.route_name(route))
    }

    /// What a rule of the route takes.
    pub(super) fn taken(self, id: RouteId) -> &'static str {
        match self.route(id).map(|route| route.kind) {
            Some(RouteKind::Tls | RouteKind::Tcp) => "connection",
            Some(RouteKind::Udp) => "datagram",
            Some(RouteKind::Http | RouteKind::Grpc | RouteKind::Ingress) | None => "request",
        }
    }

    /// Whether two matches do the same to a request, on the listener the first is attached to.
    pub(super) fn same_effect(self, a: MatchRef, b: MatchRef) -> bool {
        let listeners = self.model.listeners.iter();
        let of_a = |one: &&gateline::model::Listener| one.attached.iter().any(|to| to.route == a.route);
        let Some(listener) = listeners.into_iter().find(of_a) else { return false };
        let effect = |of: MatchRef| {
            let (route, rule) = (self.route(of.route)?, self.rule((of.route, of.rule))?);
            Some(Effect::of(self.model, listener, route.kind, rule, self.matched(of)?))
        };
        effect(a) == effect(b)
    }
}
