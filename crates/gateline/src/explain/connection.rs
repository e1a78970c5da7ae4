use super::{Explanation, Outcome, Reason, describe};
use crate::connect::{Connect, Opening};
use crate::decision::{EntryId, Miss, MissReason, RuleView};
use crate::model::{Listener, Protocol, Target, TlsMode};
use crate::plan::AnswerReason;
use crate::{Router, model::ListenerId};

impl Router {
    /// [`Router::connect`] with every candidate in order of precedence, and why it won or lost. `x`, any number spread
    /// evenly over `u64`, picks the backend. O(rules of the listener).
    #[must_use]
    pub fn explain_connection(&self, entry: EntryId, opening: &Opening<'_>, x: u64) -> Explanation {
        let mut explanation = match self.connect(entry, opening) {
            Connect::Http => http("an HTTP listener takes the connection: the host of each request decides"),
            Connect::Https(id) => Explanation {
                listener: self.listener(id).map(|listener| listener.name.to_string()),
                ..http("an HTTPS listener takes the server name: its requests are routed one by one")
            },
            Connect::Rule(hit) => {
                self.view(hit).map_or_else(|| Explanation::nobody(""), |view| self.carried(view, x))
            }
            Connect::Refuse(miss) => self.refused(miss, opening),
        };
        explanation.candidates = self.judge(&self.trace_connection(entry, opening), |_| None);
        explanation
    }

    fn listener(&self, id: ListenerId) -> Option<&Listener> {
        self.model().listeners.get(id.0 as usize)
    }

    pub(super) fn carried(&self, view: RuleView<'_>, x: u64) -> Explanation {
        let backends = &view.rule.backends;
        let picked = backends.pick_index(x);
        let close = |reason| {
            let code = Reason::of_answer(&reason, backends.len());
            (Outcome::Close, code, describe::answer(&reason))
        };
        let (outcome, code, reason) = match backends.pick(x).map(|backend| &backend.target) {
            Some(Target::Backend(_)) => (Outcome::Forward, Reason::Forwarded, carries(view.listener).into()),
            Some(Target::Invalid { reason, .. }) => close(AnswerReason::InvalidBackend(reason.clone())),
            None => close(AnswerReason::NoBackend),
        };
        Explanation { outcome, code, picked, reason, ..self.taken(view) }
    }

    fn refused(&self, miss: Miss, opening: &Opening<'_>) -> Explanation {
        let listener = miss.listener.and_then(|id| self.listener(id));
        let reason = match (miss.reason, opening) {
            (MissReason::NoRule, Opening::Tls { .. }) => {
                "the listener takes the server name, but none of its routes does"
            }
            (MissReason::NoRule, _) => "no route with a rule is attached to the listener",
            (_, Opening::Tls { .. }) => "no listener of this port takes the server name",
            (_, Opening::Tcp) => "no HTTP or TCP listener has this port",
            (_, Opening::Udp) => "no UDP listener has this port",
        };
        Explanation {
            outcome: if listener.is_some() { Outcome::Close } else { Outcome::None },
            code: miss.reason.into(),
            listener: listener.map(|listener| listener.name.to_string()),
            ..Explanation::nobody(reason)
        }
    }
}

fn http(reason: &str) -> Explanation {
    Explanation { outcome: Outcome::Http, code: Reason::Http, ..Explanation::nobody(reason) }
}

fn carries(listener: &Listener) -> &'static str {
    match (listener.protocol, listener.mode) {
        (Protocol::Tls, TlsMode::Passthrough) => {
            "the strongest rule passes the TLS connection on, unopened, to the backend its weights picked"
        }
        (Protocol::Tls, TlsMode::Terminate) => {
            "TLS ends here, and the strongest rule passes the rest on to the backend its weights picked"
        }
        (Protocol::Udp, _) => "the strongest rule passes the session on to the backend its weights picked",
        _ => "the strongest rule passes the connection on to the backend its weights picked",
    }
}
