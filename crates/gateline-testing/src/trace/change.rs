//! The smallest change that brings a request to a rule: tried on the engine, one part of the request after another.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use gateline::Router;
use gateline::analysis::Witness;
use gateline::explain::Verdict;
use gateline::model::{HostPattern, Match, ObjectName, Protocol};
use http::{HeaderMap, HeaderName};

use super::rule::RuleRef;
use crate::example;
use crate::request::{Request, RequestKind};
use crate::run::witness::{METHODS, base, paths, taken_by};

/// Requests that are tried, at most.
const TRIES: usize = 256;

/// A request on its way to a match of the rule.
struct Draft {
    witness: Witness,
    matched: usize,
}

/// Drafts by how much of them is changed, the least first.
struct Search<'a> {
    router: &'a Router,
    gateway: Option<&'a ObjectName>,
    original: &'a Witness,
    of: RuleRef,
    matches: &'a [Match],
    waiting: BTreeMap<usize, VecDeque<Draft>>,
    seen: BTreeSet<(String, usize)>,
}

/// The request with the fewest changed parts that the rule takes, of those that are tried: what a match of the rule asks for is
/// put in where the engine says that it fails, what a stronger rule asks for is taken out. `None` if none was found, which
/// does not mean that there is none.
pub(super) fn smallest(
    router: &Router,
    request: &Request,
    original: &Witness,
    of: RuleRef,
) -> Option<Witness> {
    let rule = router.model().routes.get(of.route.0 as usize)?.rules.get(of.rule)?;
    let mut search = Search {
        router,
        gateway: request.gateway.as_ref(),
        original,
        of,
        matches: &rule.matches,
        waiting: BTreeMap::new(),
        seen: BTreeSet::new(),
    };
    search.start();
    for _ in 0..TRIES {
        let draft = search.next()?;
        if let Some(reached) = search.step(draft) {
            return Some(reached);
        }
    }
    None
}

impl Search<'_> {
    /// The request at every listener and hostname of the route: where it is, if it can be.
    fn start(&mut self) {
        let route = self.of.route;
        let listeners = &self.router.model().listeners;
        let ours = |gateway: &ObjectName| self.gateway.is_none_or(|wanted| wanted == gateway);
        let mut places = Vec::new();
        for listener in listeners.iter().filter(|one| ours(&one.name.gateway)) {
            let attached = listener.attached.iter().filter(|attached| attached.route == route);
            for hostname in attached.flat_map(|attached| &attached.hostnames) {
                let place = base(listener, hostname);
                if !place.is_connection() {
                    places.push(self.moved(&place, hostname.effective.as_ref()));
                }
            }
        }
        for matched in 0..self.matches.len() {
            for place in &places {
                self.add(place.clone(), matched);
            }
        }
    }

    /// The request, sent to the listener of a place; for its own host if the hostname is for it.
    fn moved(&self, place: &Witness, hostname: Option<&HostPattern>) -> Witness {
        let original = self.original;
        let stays = hostname.is_none_or(|hostname| hostname.matches(&original.host));
        let host = if stays { original.host.clone() } else { place.host.clone() };
        let same = stays && original.protocol == place.protocol;
        let tls = place.protocol == Protocol::Https;
        Witness {
            gateway: place.gateway.clone(),
            port: place.port,
            protocol: place.protocol,
            sni: if same { original.sni.clone() } else { tls.then(|| host.clone()) },
            host,
            ..original.clone()
        }
    }

    fn add(&mut self, witness: Witness, matched: usize) {
        if self.seen.insert((format!("{:?} {witness}", witness.gateway), matched)) {
            let cost = differences(self.original, &witness).len();
            self.waiting.entry(cost).or_default().push_back(Draft { witness, matched });
        }
    }

    fn next(&mut self) -> Option<Draft> {
        let mut first = self.waiting.first_entry()?;
        let draft = first.get_mut().pop_front();
        if first.get().is_empty() {
            first.remove();
        }
        draft
    }

    /// The draft if the rule takes it; otherwise what might come next.
    fn step(&mut self, draft: Draft) -> Option<Witness> {
        let Draft { witness, matched } = draft;
        let request = Request { gateway: self.gateway.cloned(), ..Request::of(&witness)? };
        let taker = taken_by(self.router, &request);
        if taker.is_some_and(|hit| hit.route == self.of.route && usize::from(hit.rule) == self.of.rule) {
            return Some(witness);
        }
        let RequestKind::Http(http) = &request.kind else { return None };
        let explanation = self.router.explain(request.entry(self.router)?, &http.head(), 0);
        let route = self.router.model().routes.get(self.of.route.0 as usize)?;
        let name = format!("{}/{}", route.kind, route.name);
        let ours = explanation.candidates.into_iter();
        let mut ours = ours.filter(|one| one.route == name && one.rule == self.of.rule);
        let verdict = ours.find(|one| one.matched == matched)?.verdict;
        let wanted = self.matches.get(matched)?;
        let next = match verdict {
            Verdict::Failed { predicate, .. } => satisfied(&witness, wanted, &predicate),
            Verdict::Lost { .. } | Verdict::Won { .. } => {
                let view = self.router.view(taker?)?;
                evading(&witness, wanted, view.matched)
            }
        };
        for witness in next {
            self.add(witness, matched);
        }
        None
    }
}

/// A request with what it lacks for a predicate of a match.
fn satisfied(witness: &Witness, wanted: &Match, predicate: &str) -> Vec<Witness> {
    let with_path = |path: String| Witness { path, ..witness.clone() };
    if predicate == "path" {
        return paths(&wanted.path).into_iter().map(with_path).collect();
    }
    if predicate == "method" {
        let method = wanted.method.clone();
        return method.map(|method| Witness { method, ..witness.clone() }).into_iter().collect();
    }
    let header = predicate.strip_prefix("header ").and_then(|name| {
        let header = wanted.headers.iter().find(|header| header.name == *name)?;
        let mut headers = witness.headers.clone();
        headers.insert(header.name.clone(), example::value(&header.value)?.parse().ok()?);
        Some(Witness { headers, ..witness.clone() })
    });
    let query = predicate.strip_prefix("query ").and_then(|name| {
        let parameter = wanted.query.iter().find(|parameter| *parameter.name == *name)?;
        let parameter = example::parameter(parameter)?;
        let others = others(witness.query.as_deref(), &parameter);
        let query = Some(others.into_iter().chain([parameter.as_str()]).collect::<Vec<_>>().join("&"));
        Some(Witness { query, ..witness.clone() })
    });
    header.into_iter().chain(query).collect()
}

/// A request without something that a stronger match asks for and ours does not.
fn evading(witness: &Witness, ours: &Match, stronger: &Match) -> Vec<Witness> {
    let mut next = Vec::new();
    for header in stronger.headers.iter().filter(|one| ours.headers.iter().all(|our| our.name != one.name)) {
        let mut headers = witness.headers.clone();
        headers.remove(&header.name);
        next.push(Witness { headers, ..witness.clone() });
    }
    for parameter in stronger.query.iter().filter(|one| ours.query.iter().all(|our| our.name != one.name)) {
        let kept = others(witness.query.as_deref(), &parameter.name).join("&");
        next.push(Witness { query: (!kept.is_empty()).then_some(kept), ..witness.clone() });
    }
    if ours.method.is_none() && stronger.method.is_some() {
        next.extend(METHODS.map(|method| Witness { method, ..witness.clone() }));
    }
    next.extend(paths(&ours.path).into_iter().map(|path| Witness { path, ..witness.clone() }));
    next
}

/// The parameters of a query that have another name.
fn others<'q>(query: Option<&'q str>, parameter: &str) -> Vec<&'q str> {
    let written = query.unwrap_or_default().split('&').filter(|one| !one.is_empty());
    written.filter(|one| name(one) != name(parameter)).collect()
}

fn name(parameter: &str) -> &str {
    parameter.split_once('=').map_or(parameter, |(name, _)| name)
}

/// What is different about a request, part by part.
pub(super) fn differences(before: &Witness, after: &Witness) -> Vec<String> {
    let mut differences = Vec::new();
    let mut differs = |what: &str, before: &str, after: &str| match (before, after) {
        (before, after) if before == after => {}
        ("", after) => differences.push(format!("{what} {after}")),
        (before, "") => differences.push(format!("no {what} {before}")),
        (before, after) => differences.push(format!("{what} {after} instead of {before}")),
    };
    differs("listener", &socket(before), &socket(after));
    differs("host", &before.host, &after.host);
    let same_name = before.sni.as_ref().is_none_or(|sni| *sni == before.host)
        && after.sni.as_ref().is_none_or(|sni| *sni == after.host);
    if !same_name {
        let sni = |witness: &Witness| witness.sni.clone().unwrap_or_default();
        differs("server name", &sni(before), &sni(after));
    }
    differs("method", before.method.as_str(), after.method.as_str());
    differs("path", &before.path, &after.path);
    let (old, new) = (parameters(before), parameters(after));
    for name in old.keys().chain(new.keys()).collect::<BTreeSet<_>>() {
        let text = |of: &BTreeMap<&str, Vec<&str>>| of.get(name).map(|all| all.join("&")).unwrap_or_default();
        differs("query", &text(&old), &text(&new));
    }
    let names: BTreeSet<&str> =
        before.headers.keys().chain(after.headers.keys()).map(HeaderName::as_str).collect();
    for name in names {
        differs("header", &field(&before.headers, name), &field(&after.headers, name));
    }
    differences
}

/// `https on port 443`.
fn socket(witness: &Witness) -> String {
    format!("{} on port {}", witness.protocol.scheme(), witness.port)
}

fn parameters(witness: &Witness) -> BTreeMap<&str, Vec<&str>> {
    let mut parameters: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let written = witness.query.as_deref().unwrap_or_default().split('&');
    for one in written.filter(|one| !one.is_empty()) {
        parameters.entry(name(one)).or_default().push(one);
    }
    parameters
}

/// `name: value`, or nothing.
fn field(headers: &HeaderMap, name: &str) -> String {
    let values = headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
    let values: Vec<_> = values.collect();
    if values.is_empty() { String::new() } else { format!("{name}: {}", values.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn witness(text: &str, fields: &[&str]) -> Witness {
        let fields: Vec<String> = fields.iter().map(|&field| field.to_owned()).collect();
        Request::parse(text, &fields).unwrap().witness()
    }

    #[test]
    fn differences_are_told_part_by_part() {
        let before = witness("http://a.example/x?q=1&r=2", &["x-a: 1", "x-b: 2"]);
        let after = witness("PUT https://b.example/y?r=3&s=4", &["x-a: 1", "x-b: 3", "x-c: 4"]);
        assert_eq!(
            differences(&before, &after),
            [
                "listener https on port 443 instead of http on port 80",
                "host b.example instead of a.example",
                "method PUT instead of GET",
                "path /y instead of /x",
                "no query q=1",
                "query r=3 instead of r=2",
                "query s=4",
                "header x-b: 3 instead of x-b: 2",
                "header x-c: 4",
            ]
        );
        assert_eq!(differences(&before, &before), Vec::<String>::new());
    }
}
