use gateline::explain::{Contender, Criterion};
use gateline::{Explanation, Hit, Router};

use crate::answer::Answer;
use crate::request::{Request, RequestKind};
use crate::suite::RuleName;

/// One thing that may become of a request: which depends on the age of the routes, which files do not tell, and on the share
/// of the weights it falls to.
#[derive(Clone, Debug)]
pub(super) struct Possible {
    pub(super) answer: Answer,
    pub(super) hit: Option<Hit>,
    /// Whether it comes about as the files stand: no route older than its name makes it.
    pub(super) as_written: bool,
}

/// All that may become of a request, as written first. `created` names routes in the order they were created.
pub(super) fn all(router: &Router, request: &Request, created: &[RuleName]) -> Vec<Possible> {
    let contenders = chosen(router, contenders(router, request), created);
    if contenders.is_empty() {
        let answer = crate::answer::route(router, request, 0);
        return vec![Possible { answer, hit: None, as_written: true }];
    }
    contenders.iter().flat_map(|one| of_hit(router, request, one.hit, one.lost.is_none())).collect()
}

/// The winner, and what would win in its place. Empty if no rule takes the request.
pub(crate) fn contenders(router: &Router, request: &Request) -> Vec<Contender> {
    let Some(entry) = request.entry(router) else { return Vec::new() };
    match &request.kind {
        RequestKind::Http(http) => router.contenders(entry, &http.head()),
        RequestKind::Connection(connection) => router.connection_contenders(entry, &connection.opening()),
    }
}

/// Those that can win: with `created` the one it names first, otherwise all that only their name holds back.
fn chosen(router: &Router, contenders: Vec<Contender>, created: &[RuleName]) -> Vec<Contender> {
    if created.is_empty() {
        let open = |one: &Contender| one.lost != Some(Criterion::Age);
        return contenders.into_iter().filter(open).collect();
    }
    let age = |one: &Contender| {
        let route = router.view(one.hit).map(|view| view.route);
        let position = created.iter().position(|name| route.is_some_and(|route| name.means_route(route)));
        position.unwrap_or(created.len())
    };
    let oldest = contenders.into_iter().min_by_key(age);
    oldest.map(|one| Contender { lost: None, ..one }).into_iter().collect()
}

/// One for each backendRef that gets a share; one if the gateway answers before it picks.
fn of_hit(router: &Router, request: &Request, hit: Hit, as_written: bool) -> Vec<Possible> {
    let Some(view) = router.view(hit) else { return Vec::new() };
    let numbers = (0..view.rule.backends.len()).filter_map(|index| view.rule.backends.number(index));
    let mut possible = Vec::new();
    for number in numbers {
        let Some(answer) = answer_by(router, request, hit, number) else { continue };
        let picks = answer.backend.is_some();
        possible.push(Possible { answer, hit: Some(hit), as_written });
        if !picks {
            return possible;
        }
    }
    if possible.is_empty() {
        let answer = answer_by(router, request, hit, 0);
        possible.extend(answer.map(|answer| Possible { answer, hit: Some(hit), as_written }));
    }
    possible
}

fn answer_by(router: &Router, request: &Request, hit: Hit, number: u64) -> Option<Answer> {
    let explanation: Explanation = match &request.kind {
        RequestKind::Http(http) => router.answer_by(hit, &http.head(), number)?,
        RequestKind::Connection(_) => router.connection_by(hit, number)?,
    };
    Some(explanation.into())
}
