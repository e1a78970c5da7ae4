use std::collections::BTreeSet;

use gateline::Router;
use gateline::analysis::{MatchRef, Scope, Witness, takers};
use gateline::filter::Redirect;
use gateline::model::{PathMatch, RouteId, RouteKind};
use http::{Method, StatusCode};

use super::names::{Names, RuleRef};
use crate::finding::{Finding, codes};

/// Where an ACME server looks for the answer to an HTTP-01 challenge (RFC 8555, 8.3).
const CHALLENGE: &str = "/.well-known/acme-challenge/token";

/// GL402 and GL410: redirects that take more than they were meant for. One for each rule.
pub(super) fn findings(names: Names<'_>, router: &Router) -> Vec<Finding> {
    let to_https = of(names, |redirect| redirect.scheme.as_deref() == Some("https"));
    let may_turn =
        of(names, |redirect| matches!(redirect.status, StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND));
    let challenges = Scope {
        tls: Some(false),
        paths: vec![(PathMatch::Exact(CHALLENGE.into()), true)],
        method: Some(Method::GET),
        ..Scope::default()
    };
    let posts = Scope { method: Some(Method::POST), ..Scope::default() };
    let captured = once(router, &challenges, &to_https);
    let captured = captured.into_iter().filter(|(of, _)| !names.is_exact(*of));
    let captured = captured.map(|(of, witness)| captures(names, (of.route, of.rule), &witness));
    let turned = once(router, &posts, &may_turn);
    let turned = turned.into_iter().filter_map(|(of, witness)| turns(names, (of.route, of.rule), &witness));
    captured.chain(turned).collect()
}

/// The matches of rules whose redirect is of a kind.
fn of(names: Names<'_>, kind: impl Fn(&Redirect) -> bool) -> BTreeSet<MatchRef> {
    let mut matches = BTreeSet::new();
    let http = |id: &(RouteId, _)| names.route(id.0).is_some_and(|route| route.kind == RouteKind::Http);
    for (route, written) in (0..).map(RouteId).zip(&names.model.routes).filter(http) {
        for (rule, written) in (0..).zip(&written.rules) {
            if written.filters.redirect.as_ref().is_some_and(&kind) {
                let each = (0..).zip(&written.matches);
                matches.extend(each.map(|(matched, _)| MatchRef { route, rule, matched }));
            }
        }
    }
    matches
}

/// One match of each rule that takes such requests.
fn once(router: &Router, scope: &Scope, matches: &BTreeSet<MatchRef>) -> Vec<(MatchRef, Witness)> {
    if matches.is_empty() {
        return Vec::new();
    }
    let mut taken: Vec<(MatchRef, Witness)> = takers(router, scope, matches).into_iter().collect();
    taken.dedup_by_key(|(of, _)| (of.route, of.rule));
    taken
}

impl Names<'_> {
    fn is_exact(self, of: MatchRef) -> bool {
        self.matched(of).is_some_and(|matched| matches!(matched.path, PathMatch::Exact(_)))
    }
}

fn captures(names: Names<'_>, rule: RuleRef, witness: &Witness) -> Finding {
    let message = format!("{} also redirects ACME challenges: {witness}", names.rule_name(rule));
    Finding::new(&codes::GL402, names.rule_origin(rule), message).help(
        "if certificates come by HTTP-01, route /.well-known/acme-challenge/ to what answers the challenges",
    )
}

fn turns(names: Names<'_>, rule: RuleRef, witness: &Witness) -> Option<Finding> {
    let status = names.rule(rule)?.filters.redirect.as_ref()?.status;
    let keeps = if status == StatusCode::FOUND { 307 } else { 308 };
    let message = format!(
        "{} answers {} with {}, after which clients may send GET without the body",
        names.rule_name(rule),
        witness,
        status.as_u16()
    );
    Some(
        Finding::new(&codes::GL410, names.rule_origin(rule), message)
            .help(format!("statusCode: {keeps} keeps the method, where the implementation has it")),
    )
}
