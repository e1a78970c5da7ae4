use std::cmp::Reverse;

use gateline::Router;
use gateline::analysis::{self, Change, ChangeKind, Comparing, Party, Witness};
use gateline::explain::Source;
use gateline::model::Protocol;
use serde::Serialize;

use crate::replay::{Played, Traffic, Weighed, Weighing};

/// What a change of manifests does to requests, as plain data: [`gateline::analysis::diff`] in names and places.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Diff {
    /// By kind, the gravest first.
    pub changes: Vec<Difference>,
    /// What could not be compared, in words. Empty and no changes: proved to do the same.
    pub unknown: Vec<String>,
    /// For each waiver, how many classes of requests it waived.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub waived: Vec<usize>,
    /// The log that it was weighed by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub traffic: Option<Weighed>,
}

/// Requests that have another effect afterwards.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// `LOST`, `OPENED`, …
    pub kind: ChangeKind,
    /// `ns/name`.
    pub gateway: String,
    /// Its port.
    pub port: u16,
    /// `http`, `https`, or `connection` for what is decided below HTTP.
    pub scheme: &'static str,
    /// `a.example.com`, `*.example.com`, or `*` for all that no hostname names.
    pub hosts: Vec<String>,
    /// `/exact`, `/prefix/**`, or regular expressions.
    pub paths: Vec<String>,
    /// What such requests have besides: `GET`, `header x-a=b`.
    pub conditions: Vec<String>,
    /// Before.
    pub before: Side,
    /// After.
    pub after: Side,
    /// A request that shows it.
    pub witness: Shown,
    /// How much of a log it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub traffic: Option<Traffic>,
}

/// One side of a [`Difference`].
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Side {
    /// `shop/cart:80`, `404 (…)`, `302 to https://{host}`.
    pub effect: String,
    /// `HTTPRoute/ns/name`.
    pub route: Option<String>,
    /// Index of the rule in the route.
    pub rule: Option<u16>,
    /// Index of the match in the rule.
    #[serde(rename = "match")]
    pub matched: Option<u16>,
    /// Where the match is written.
    pub source: Option<Source>,
}

/// A [`Witness`].
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Shown {
    /// The method.
    pub method: String,
    /// The URL.
    pub url: String,
    /// Header fields.
    pub headers: Vec<(String, String)>,
    /// Sends it.
    pub curl: String,
}

/// Which requests have another effect on `after` than on `before`, over all requests. See [`gateline::analysis`] for what
/// that means and what it costs.
#[must_use]
pub fn diff(before: &Router, after: &Router) -> Diff {
    diff_with(before, after, &Comparing::default())
}

/// [`diff`], with what the routers do not hold (`Resolution::beside`), of some of the requests, but for what is waived.
#[must_use]
pub fn diff_with(before: &Router, after: &Router, comparing: &Comparing) -> Diff {
    Diff::of(&analysis::diff_with(before, after, comparing), before, after)
}

/// [`diff_with`], each class with how many requests of a log fall into it, the most frequent first. `log` plays the requests, and
/// its error is handed on.
pub fn diff_weighed<E>(
    before: &Router,
    after: &Router,
    comparing: &Comparing,
    log: impl FnOnce(&mut Weighing<'_>) -> Result<(), E>,
) -> Result<Diff, E> {
    let found = analysis::diff_with(before, after, comparing);
    let [one, other] = comparing.beside.clone();
    let sides = [(before, one), (after, other)].map(|(router, beside)| Played { router, beside });
    let mut weighing = Weighing::new(sides, &found);
    log(&mut weighing)?;
    let (classes, weighed) = weighing.finish();
    let mut diff = Diff::of(&found, before, after);
    for (change, traffic) in diff.changes.iter_mut().zip(classes) {
        change.traffic = Some(traffic);
    }
    diff.changes.sort_by_key(|change| Reverse(change.traffic.map(|traffic| traffic.requests)));
    Ok(Diff { traffic: Some(weighed), ..diff })
}

impl Diff {
    fn of(diff: &analysis::Diff, before: &Router, after: &Router) -> Self {
        let changes = diff.changes.iter().map(|change| Difference::new(change, before, after));
        let unknown = diff.unknown.iter().map(ToString::to_string);
        Self {
            changes: changes.collect(),
            unknown: unknown.collect(),
            waived: diff.waived.clone(),
            traffic: None,
        }
    }
}

impl Difference {
    fn new(change: &Change, before: &Router, after: &Router) -> Self {
        let scheme = match change.witness.protocol {
            protocol @ (Protocol::Http | Protocol::Https) => protocol.scheme(),
            Protocol::Tls | Protocol::Tcp | Protocol::Udp => "connection",
        };
        Self {
            kind: change.kind,
            gateway: change.gateway.to_string(),
            port: change.port,
            scheme,
            hosts: change.hosts.iter().map(ToString::to_string).collect(),
            paths: change.paths.iter().cloned().collect(),
            conditions: change.conditions.clone(),
            before: Side::of(change.kind, &change.before, before),
            after: Side::of(change.kind, &change.after, after),
            witness: Shown::from(&change.witness),
            traffic: None,
        }
    }

    /// `https://a.example.com/v1/** (and 2 more hosts)`.
    #[must_use]
    pub fn requests(&self) -> String {
        let first = |list: &[String]| list.first().cloned().unwrap_or_default();
        let default = if self.scheme == "https" { 443 } else { 80 };
        let port = if self.port == default { String::new() } else { format!(":{}", self.port) };
        let path = first(&self.paths);
        let path = if path.is_empty() || path.starts_with('/') { path } else { format!(" {path}") };
        let mut words = vec![format!("{}://{}{port}{path}", self.scheme, first(&self.hosts))];
        let more = [("host", self.hosts.len()), ("path", self.paths.len())];
        for (what, count) in more.into_iter().filter(|(_, count)| *count > 1) {
            let many = if count > 2 { "s" } else { "" };
            words.push(format!(" and {} {what}{many} more", count - 1));
        }
        words.concat()
    }
}

impl Side {
    /// A side of a change of this kind: where the backends are the same, with what goes with them, which is what differs.
    pub(crate) fn of(kind: ChangeKind, party: &Party, router: &Router) -> Self {
        let (side, terms) = (Self::new(party, router), party.effect.terms());
        if !matches!(kind, ChangeKind::Policy | ChangeKind::Tls) || terms.is_empty() {
            return side;
        }
        Self { effect: format!("{} ({terms})", side.effect), ..side }
    }

    /// A side of a change, on the router that it is about.
    #[must_use]
    pub fn new(party: &Party, router: &Router) -> Self {
        let model = router.model();
        let at = party.matched.and_then(|of| Some((of, of.get(model)?)));
        let place = at.and_then(|(_, (_, matched))| matched.origin.place.as_ref().map(Source::from));
        Self {
            effect: party.effect.to_string(),
            route: at.map(|(_, (route, _))| format!("{}/{}", route.kind, route.name)),
            rule: at.map(|(of, _)| of.rule),
            matched: at.map(|(of, _)| of.matched),
            source: place,
        }
    }
}

impl From<&Witness> for Shown {
    fn from(witness: &Witness) -> Self {
        let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let headers = witness.headers.iter().map(|(name, value)| (name.to_string(), text(value)));
        Self {
            method: witness.method.to_string(),
            url: witness.url(),
            headers: headers.collect(),
            curl: witness.curl(),
        }
    }
}
