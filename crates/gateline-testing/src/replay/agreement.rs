use gateline::analysis::{Effect, Part};
use http::Method;

use super::rule_name::LoggedRule;
use super::taken::{Playing, Taken};
use crate::record::RecordedOutcome;
use crate::request::{Request, RequestKind};

/// What ingress-nginx asks where no Ingress takes a request.
const NOBODY: &str = "upstream-default-backend";

/// What a record is held to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Basis {
    /// The rule, and the backend if it is recorded: one of those it may pick.
    Rule,
    /// The backend.
    Backend,
    /// The status, and `Location` if it is recorded.
    Answer,
}

/// What it says of a prediction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Agreement {
    Agrees,
    Differs,
    /// It would be recorded so either way.
    Untold,
}

/// A record, read for what can be compared.
pub(super) struct Truth<'t> {
    outcome: &'t RecordedOutcome,
    /// The rule it names.
    pub(super) rule: Option<&'t LoggedRule>,
    pub(super) basis: Basis,
}

impl<'t> Truth<'t> {
    pub(super) fn new(outcome: &'t RecordedOutcome, rule: Option<&'t LoggedRule>) -> Self {
        // A name that is none of a rule tells nothing of rules.
        let of_rules = outcome.names_rules && outcome.route.is_some() == rule.is_some();
        let basis = match (of_rules, &outcome.upstream) {
            (true, _) => Basis::Rule,
            (false, Some(_)) => Basis::Backend,
            (false, None) => Basis::Answer,
        };
        Self { outcome, rule, basis }
    }

    /// `HTTPRoute/ns/name#0: ns/svc:80`, `shop-cart-80`, `404`.
    pub(super) fn words(&self) -> String {
        let outcome = self.outcome;
        let status = outcome.status.map(|status| status.to_string()).unwrap_or_default();
        match (self.basis, self.rule, &outcome.upstream) {
            (Basis::Rule, Some(rule), _) => {
                let backend = outcome.backend.as_ref().map(|backend| format!(": {backend}"));
                format!("{}{}", rule.words(), backend.unwrap_or_default())
            }
            (Basis::Rule, None, _) => format!("no rule, {status}"),
            (Basis::Backend, _, Some(upstream)) => upstream.clone(),
            _ => status,
        }
    }

    /// Where the answer led, if that is what is compared.
    pub(super) fn location(&self) -> Option<&'t str> {
        self.outcome.location.as_deref().filter(|_| self.basis == Basis::Answer)
    }

    /// Holds it to what the model does.
    pub(super) fn judge(&self, playing: &Playing<'_>, taken: Taken, request: &Request) -> Agreement {
        let effect = playing.effect(taken);
        match (self.basis, self.rule) {
            (Basis::Rule, Some(rule)) => self.by_rule(rule, playing, taken),
            (Basis::Rule, None) if taken.hit().is_some() => match self.outcome.status {
                None => Agreement::Untold,
                Some(status) if comes_before(status) => Agreement::Untold,
                Some(_) => Agreement::Differs,
            },
            (Basis::Backend, _) => {
                let upstream = self.outcome.upstream.as_deref().unwrap_or_default();
                let asked = parts(effect).iter().any(|part| is_upstream(&part.backend, upstream));
                of(asked || upstream == NOBODY && effect.is_error())
            }
            _ => self.by_answer(effect, playing, request),
        }
    }

    fn by_rule(&self, rule: &LoggedRule, playing: &Playing<'_>, taken: Taken) -> Agreement {
        let view = taken.hit().and_then(|hit| playing.router.view(hit));
        let same = view.is_some_and(|view| {
            format!("{}/{}", view.route.kind, view.route.name) == rule.route
                && rule.rule.is_none_or(|rule| rule == view.hit.rule)
        });
        let possible =
            |backend: &String| parts(playing.effect(taken)).iter().any(|part| *part.backend == **backend);
        of(same && self.outcome.backend.as_ref().is_none_or(possible))
    }

    fn by_answer(&self, effect: &Effect, playing: &Playing<'_>, request: &Request) -> Agreement {
        let Some(status) = self.outcome.status else { return Agreement::Untold };
        let expected = match effect {
            // gRPC has statuses of its own.
            Effect::Error { grpc: true, .. } => return Agreement::Untold,
            Effect::Error { status, .. } => Some(*status),
            Effect::Answer(answer) => {
                let redirect = answer.filters.redirect.as_ref().map(|redirect| redirect.status);
                redirect
                    .or(answer.filters.respond.as_ref().map(|respond| respond.status))
                    .map(|code| code.as_u16())
            }
            Effect::Forward(_) if effect.is_error() => Some(500),
            Effect::Forward(_) if matches!(status, 100..=299 | 304) => return Agreement::Agrees,
            // The backend may answer so, or somebody before it.
            Effect::Forward(_) | Effect::Connect { .. } => return Agreement::Untold,
            Effect::Closed | Effect::Requests | Effect::Secured(_) => None,
        };
        if expected == Some(status) {
            return self.leads_there(playing, request);
        }
        if comes_before(status) || asks_first(effect) || is_preflight(request) {
            Agreement::Untold
        } else {
            Agreement::Differs
        }
    }

    fn leads_there(&self, playing: &Playing<'_>, request: &Request) -> Agreement {
        let Some(recorded) = &self.outcome.location else { return Agreement::Agrees };
        let predicted = crate::answer::route(playing.router, request, 0).location;
        of(predicted.is_none_or(|predicted| predicted == *recorded))
    }
}

fn of(agrees: bool) -> Agreement {
    if agrees { Agreement::Agrees } else { Agreement::Differs }
}

/// A server answers so before it looks for a rule, or a guard or a limit does.
fn comes_before(status: u16) -> bool {
    matches!(status, 400 | 401 | 403 | 408 | 413 | 414 | 429 | 431 | 499)
}

/// Somebody is asked who may answer in its place.
fn asks_first(effect: &Effect) -> bool {
    match effect {
        Effect::Error { auth, .. } => !auth.is_empty(),
        Effect::Answer(answer) => !answer.filters.auth.is_empty(),
        _ => false,
    }
}

/// Logs do not hold the header fields that make a preflight one.
fn is_preflight(request: &Request) -> bool {
    matches!(&request.kind, RequestKind::Http(http) if *http.head().method == Method::OPTIONS)
}

fn parts(effect: &Effect) -> &[Part] {
    match effect {
        Effect::Forward(forward) => &forward.backends,
        Effect::Connect { backends, .. } => backends,
        _ => &[],
    }
}

/// Whether `ns/name:port` is what ingress-nginx calls `ns-name-port`. It takes the port as the Ingress has it, which may be a name.
fn is_upstream(backend: &str, upstream: &str) -> bool {
    let Some((object, port)) = backend.rsplit_once(':') else { return false };
    let rest = upstream.strip_prefix(&object.replacen('/', "-", 1)).and_then(|rest| rest.strip_prefix('-'));
    rest.is_some_and(|rest| {
        let named = rest.bytes().any(|byte| byte.is_ascii_alphabetic())
            && rest.rsplit('-').next().is_some_and(|last| last.parse::<u16>().is_err());
        rest == port || named
    })
}

#[cfg(test)]
mod tests {
    use super::is_upstream;

    #[test]
    fn names_of_upstreams() {
        for (backend, upstream, is) in [
            ("shop/cart:80", "shop-cart-80", true),
            ("shop/cart:80", "shop-cart-http", true),
            ("shop/cart:80", "shop-cart-81", false),
            ("shop/cart:80", "shop-cart-next-80", false),
            ("shop/cart-next:80", "shop-cart-next-80", true),
            ("shop/cart:80", "shop-car-80", false),
            ("shop/cart", "shop-cart-80", false),
        ] {
            assert_eq!(is_upstream(backend, upstream), is, "{backend} {upstream}");
        }
    }
}
