use std::collections::{HashMap, HashSet};

use gateline::Router;
use gateline::model::Route;
use http::HeaderName;

use super::rule_name::LoggedRule;
use crate::example;
use crate::request::{Request, RequestKind};

/// The manifests that served a log, asked for what the log leaves out.
pub(super) struct Recorder<'r> {
    /// By `HTTPRoute/ns/name`.
    routes: HashMap<String, &'r Route>,
    /// Header fields that some match asks for.
    asked: HashSet<&'r HeaderName>,
}

impl<'r> Recorder<'r> {
    /// `others`: where its requests go through besides.
    pub(super) fn new(router: &'r Router, other: Option<&'r Router>) -> Self {
        let own = router.model().routes.iter();
        let all = [Some(router), other].into_iter().flatten().flat_map(|router| &router.model().routes);
        let matches = all.flat_map(|route| &route.rules).flat_map(|rule| &rule.matches);
        Self {
            routes: own.map(|route| (format!("{}/{}", route.kind, route.name), route)).collect(),
            asked: matches.flat_map(|matched| &matched.headers).map(|header| &header.name).collect(),
        }
    }

    pub(super) fn has(&self, rule: &LoggedRule) -> bool {
        self.routes.contains_key(&rule.route)
    }

    /// The request with what the match that is recorded wants of header fields: access logs hold next to none. `None` if it wants
    /// nothing that is missing.
    pub(super) fn completed(&self, request: &Request, rule: &LoggedRule) -> Option<Request> {
        let route = self.routes.get(&rule.route)?;
        let matched = route.rules.get(usize::from(rule.rule?))?.matches.get(rule.matched?)?;
        let RequestKind::Http(http) = &request.kind else { return None };
        let missing = matched.headers.iter().filter(|header| !http.head().headers.contains_key(&header.name));
        let missing =
            missing.map(|header| Some(format!("{}: {}", header.name, example::value(&header.value)?)));
        let missing = missing.collect::<Option<Vec<_>>>().filter(|missing| !missing.is_empty())?;
        let own = http.fields().into_iter().map(|(name, value)| format!("{name}: {value}"));
        let fields: Vec<String> = own.chain(missing).collect();
        let completed = Request::parse(&http.text(), &fields).ok()?;
        Some(Request { gateway: request.gateway.clone(), ..completed })
    }

    /// Sends it, with those header fields that a match asks for.
    pub(super) fn curl(&self, request: &Request) -> String {
        let mut witness = request.witness();
        let fields = std::mem::take(&mut witness.headers);
        for name in fields.keys().filter(|name| self.asked.contains(name)) {
            for value in fields.get_all(name) {
                witness.headers.append(name, value.clone());
            }
        }
        witness.curl()
    }
}
