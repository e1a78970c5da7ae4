//! Why a request went where it went: the few lines of its trace that matter to an expectation.

use gateline::explain::{Candidate, Contender, Criterion, Verdict};
use gateline::model::{Model, Route, Target};
use gateline::{Explanation, Router, RuleView};

use super::possible::{self, Possible};
use super::report::Line;
use crate::request::Request;
use crate::suite::{Expect, Named};
use crate::words;

/// Rules that are shown besides the winner.
const SHOWN: usize = 3;

/// Lines about the rule that won, and those that were meant to.
pub(super) fn trace(router: &Router, request: &Request, expect: &Expect) -> Vec<Line> {
    let explanation = crate::explain::explain(router, request, 0);
    let mut lines = vec![Line { place: None, text: explanation.reason.clone() }];
    let won = |one: &&Candidate| matches!(one.verdict, Verdict::Won { .. });
    lines.extend(explanation.candidates.iter().find(won).map(line));
    lines.extend(meant(router.model(), &explanation, expect).map(line).take(SHOWN));
    lines
}

/// The rules that an expectation means and that did not win; the strongest ones if it means none of those looked at.
fn meant<'e>(
    model: &Model,
    explanation: &'e Explanation,
    expect: &Expect,
) -> Box<dyn Iterator<Item = &'e Candidate> + 'e> {
    let lost = |one: &&Candidate| !matches!(one.verdict, Verdict::Won { .. });
    let means = |one: &&Candidate| {
        let route = model.routes.iter().find(|route| one.route == format!("{}/{}", route.kind, route.name));
        route.is_some_and(|route| is_meant(model, route, one.rule, expect))
    };
    let about: Vec<&Candidate> = explanation.candidates.iter().filter(lost).filter(means).collect();
    if about.is_empty() {
        let near = move |one: &&Candidate| {
            lost(one) && !matches!(&one.verdict, Verdict::Failed { predicate, .. } if predicate == "path")
        };
        return Box::new(explanation.candidates.iter().filter(near));
    }
    Box::new(about.into_iter())
}

/// Whether an expectation is about this rule.
fn is_meant(model: &Model, route: &Route, index: usize, expect: &Expect) -> bool {
    if let Some(rule) = &expect.rule {
        return rule.means_rule(route, index);
    }
    let wanted = expect.backend.iter().chain(expect.split.iter().flatten().map(|(name, _)| name));
    let backends = route.rules.get(index).map(|rule| &rule.backends);
    let sends_to = |name: &Named| {
        backends.is_some_and(|backends| {
            backends.iter().any(|backend| match &backend.target {
                Target::Backend(id) => {
                    let known = model.backends.get(id.0 as usize);
                    known.is_some_and(|known| name.means_backend(&known.name.to_string()))
                }
                Target::Invalid { reference, .. } => name.means_backend(reference),
            })
        })
    };
    wanted.into_iter().any(sends_to)
}

fn line(candidate: &Candidate) -> Line {
    let name = format!("{}#{}  {}", candidate.route, candidate.rule, candidate.predicates);
    Line {
        place: candidate.source.as_ref().map(words::place),
        text: format!("{name}  {}", words::verdict(&candidate.verdict)),
    }
}

/// Lines about routes that claim one request alike; empty if there is one route only.
pub(super) fn ties(
    router: &Router,
    request: &Request,
    possible: &[Possible],
    right: impl Fn(&Possible) -> bool,
) -> Vec<Line> {
    let contenders = possible::contenders(router, request);
    if contenders.len() < 2 {
        return Vec::new();
    }
    let text = format!(
        "{} routes claim this request alike: the oldest gets it, then the first by name",
        contenders.len()
    );
    let mut lines = vec![Line { place: None, text }];
    for contender in &contenders {
        let Some(view) = router.view(contender.hit) else { continue };
        let meant = possible.iter().any(|one| one.hit == Some(contender.hit) && right(one));
        lines.push(tied(view, contender, meant));
    }
    lines
}

fn tied(view: RuleView<'_>, contender: &Contender, meant: bool) -> Line {
    let why = match contender.lost {
        None => "wins as the files stand",
        Some(Criterion::Age) => "is younger",
        Some(_) => "wins if it was created first",
    };
    let mark = if meant { "  <- as expected" } else { "" };
    let place = view.matched.origin.place.as_ref().map(ToString::to_string);
    let text = format!("{}/{}#{}  {why}{mark}", view.route.kind, view.route.name, view.hit.rule);
    Line { place, text }
}
