use std::collections::{BTreeMap, BTreeSet};

use http::{Method, StatusCode, Uri};

use super::cell::Cell;
use super::reach::MatchRef;
use super::scene::{Host, Marks, Memo, Scene, Visit};
use super::unknown::Reason;
use super::witness::Witness;
use crate::filter::PathModifier;
use crate::model::{HostPattern, Listener, Protocol};
use crate::router::Row;
use crate::{Decision, Router};

/// Where a redirect leads that does not end well.
#[derive(Clone, Debug, PartialEq)]
pub struct Lead {
    /// A request that is redirected.
    pub witness: Witness,
    /// The locations that follow it, in order.
    pub trail: Vec<String>,
    /// How it ends.
    pub end: LeadEnd,
}

/// See [`Lead`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeadEnd {
    /// It comes back to where it was, or goes on after as many redirects as a client follows.
    Loop,
    /// The Gateway has no listener on the port of the last location.
    NoListener(u16),
    /// The Gateway answers the last location with this error.
    Error(StatusCode),
}

/// Browsers and curl give up after 20 or more.
const MAX_REDIRECTS: usize = 20;

/// For each match with a redirect, a request that it takes and that ends in a circle, if one of those looked at does; or if none
/// of them ends well, one that ends with an error. One of each class of hosts and paths is looked at. What is returned is
/// certain: it was followed on the router. A match without an entry may still loop for some paths, for a location may
/// depend on more of a path than its class.
///
/// A request is followed as a browser does (301, 302 and 303 make it a GET) with its header fields, within its Gateway; a
/// host that neither the request nor the Gateway names is somewhere else, and not followed.
#[must_use]
pub fn redirects(router: &Router) -> BTreeMap<MatchRef, Lead> {
    let rules = router.model().routes.iter().flat_map(|route| &route.rules);
    if !rules.into_iter().any(|rule| rule.filters.redirect.is_some()) {
        return BTreeMap::new();
    }
    // Hosts that only the listener of the location tells apart end differently.
    let listeners = router.model().listeners.iter();
    let hostnames = listeners.flat_map(|listener| {
        let attached = listener.attached.iter().flat_map(|attached| &attached.hostnames);
        listener.hostname.iter().chain(attached.filter_map(|hostname| hostname.effective.as_ref()))
    });
    let hosts: BTreeSet<&HostPattern> = hostnames.collect();
    let marks = Marks { hosts: hosts.into_iter().cloned().collect(), paths: Vec::new() };
    let mut memo = Memo::default();
    let mut search =
        Search { router, circles: BTreeMap::new(), errors: BTreeMap::new(), well: BTreeSet::new() };
    for scene in Scene::all(&[router], &marks) {
        scene.visit(&mut memo, &mut search);
    }
    let Search { circles, mut errors, well, .. } = search;
    errors.retain(|of, _| !well.contains(of));
    errors.extend(circles);
    errors
}

struct Search<'r> {
    router: &'r Router,
    circles: BTreeMap<MatchRef, Lead>,
    errors: BTreeMap<MatchRef, Lead>,
    /// Those that lead some request to a good end.
    well: BTreeSet<MatchRef>,
}

impl Search<'_> {
    fn redirects(&self, row: &Row<'_>) -> bool {
        row.rule.filters.redirect.is_some() && !self.circles.contains_key(&row.hit.into())
    }
}

impl<'r> Visit<'r> for Search<'r> {
    fn host(&mut self, _: &Scene<'r>, host: &Host<'r>) -> Option<Vec<usize>> {
        let (rows, positions) = (host.rows.first()?, host.positions.first()?);
        let redirects = |position: &u32| rows.get(*position).is_some_and(|row| self.redirects(row));
        Some(vec![positions.iter().rposition(redirects)? + 1])
    }

    fn connection(&mut self, _: &Scene<'r>, _: &Host<'r>) {}

    fn cell(&mut self, cell: &Cell<'_, 'r>, memo: &mut Memo<'r>) {
        for position in cell.live(0) {
            let Some(row) = cell.row(0, *position).filter(|row| self.redirects(row)) else { continue };
            let of = MatchRef::from(row.hit);
            for witness in cell.candidates(&[row.matched], false, memo).unwrap_or_default() {
                memo.steps += 1;
                if cell.winner(0, &witness, memo) != Ok(Some(*position)) {
                    continue;
                }
                match follow(self.router, &witness) {
                    Some(lead) if lead.end == LeadEnd::Loop => drop(self.circles.insert(of, lead)),
                    Some(lead) => drop(self.errors.entry(of).or_insert(lead)),
                    None => drop(self.well.insert(of)),
                }
            }
        }
    }

    fn unknown(&mut self, _: &Host<'r>, _: Reason) {}
}

/// Follows a request to its end. `None`: it ends well, or elsewhere.
fn follow(router: &Router, witness: &Witness) -> Option<Lead> {
    let mut request = witness.clone();
    let mut trail = Vec::new();
    let mut keeps_path = true;
    let mut seen = BTreeSet::from([(request.method.to_string(), request.url())]);
    let end = |trail: Vec<String>, end| Some(Lead { witness: witness.clone(), trail, end });
    loop {
        let ours = is_named(router, &request) || request.host == witness.host;
        let Some(entry) = router.entry_of(&request.gateway, request.port) else {
            return if ours { end(trail, LeadEnd::NoListener(request.port)) } else { None };
        };
        // Filters of a listener are taken to let it pass.
        let hit = match router.decide_admitted(entry, &request.head()) {
            Decision::Hit(hit) => hit,
            Decision::Ask(_) => return None,
            Decision::Miss(_) if !ours => return None,
            // The path is the request's, and another path of the host is served.
            Decision::Miss(_) if keeps_path && is_served(router, &request) => return None,
            Decision::Miss(miss) => return end(trail, LeadEnd::Error(miss.reason.status())),
        };
        let view = router.view(hit)?;
        let redirect = view.rule.filters.redirect.as_ref().filter(|_| view.rule.filters.invalid.is_none())?;
        let location = redirect.location(&request.head(), &view.matched.path, view.listener).ok()?;
        let location = location.to_str().ok()?.to_owned();
        keeps_path = !matches!(redirect.path, Some(PathModifier::Full(_)));
        trail.push(location.clone());
        request = next(&request, &location, redirect.status)?;
        if !seen.insert((request.method.to_string(), request.url())) || trail.len() > MAX_REDIRECTS {
            return end(trail, LeadEnd::Loop);
        }
    }
}

/// The request that a client makes of a location.
fn next(request: &Witness, location: &str, status: StatusCode) -> Option<Witness> {
    let uri: Uri = location.parse().ok()?;
    let tls = uri.scheme_str() == Some("https");
    let host = uri.host()?.to_ascii_lowercase();
    let keeps = matches!(status, StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT)
        || request.method == Method::HEAD;
    Some(Witness {
        gateway: request.gateway.clone(),
        port: uri.port_u16().unwrap_or(if tls { 443 } else { 80 }),
        protocol: if tls { Protocol::Https } else { Protocol::Http },
        sni: tls.then(|| host.clone()),
        host,
        method: if keeps { request.method.clone() } else { Method::GET },
        path: uri.path().to_owned(),
        query: uri.query().map(Into::into),
        headers: request.headers.clone(),
    })
}

/// Whether a listener or a route of the Gateway names the host.
fn is_named(router: &Router, request: &Witness) -> bool {
    let names = |pattern: Option<&HostPattern>| pattern.is_some_and(|pattern| pattern.matches(&request.host));
    listeners(router, request)
        .any(|listener| names(listener.hostname.as_ref()) || attached(listener).any(names))
}

/// Whether a route of the Gateway takes something of the host on that port.
fn is_served(router: &Router, request: &Witness) -> bool {
    let takes = |pattern: Option<&HostPattern>| pattern.is_none_or(|pattern| pattern.matches(&request.host));
    let mut here = listeners(router, request).filter(|listener| listener.port == request.port);
    here.any(|listener| attached(listener).any(takes))
}

fn listeners<'r>(router: &'r Router, request: &'r Witness) -> impl Iterator<Item = &'r Listener> {
    router.model().listeners.iter().filter(|listener| listener.name.gateway == request.gateway)
}

fn attached(listener: &Listener) -> impl Iterator<Item = Option<&HostPattern>> {
    let hostnames = listener.attached.iter().flat_map(|attached| &attached.hostnames);
    hostnames.map(|hostname| hostname.effective.as_ref())
}
