use http::Method;

use super::cell::{Cell, only_joined};
use super::effect::Effect;
use super::reach::MatchRef;
use super::scene::{Host, Marks, Memo, Scene, Side, Visit};
use super::unknown::{Reason, Unknown};
use super::witness::Witness;
use crate::decision::MissReason;
use crate::explain::Criterion;
use crate::model::{HeaderMatch, HostPattern, Match, ObjectName, Origin, PathMatch, QueryMatch};
use crate::router::{Plane, Row};
use crate::{Connect, Router, pattern};

/// Which requests a claim is about: those for which all of this holds.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// Sent to this Gateway; `None` for any.
    pub gateway: Option<ObjectName>,
    /// Sent to this port; `None` for any.
    pub port: Option<u16>,
    /// In TLS (`https`), or in the clear (`http`); `None` for either.
    pub tls: Option<bool>,
    /// Hosts that match, or with `false` do not.
    pub hosts: Vec<(HostPattern, bool)>,
    /// Paths that match, or with `false` do not.
    pub paths: Vec<(PathMatch, bool)>,
    /// `None` for any.
    pub method: Option<Method>,
    /// At most one entry a name.
    pub headers: Vec<HeaderMatch>,
    /// At most one entry a name.
    pub query: Vec<QueryMatch>,
    /// Routes that only their names put in order may have been created in any order, as files do not tell: a claim must hold
    /// whichever of them is the oldest. Otherwise they come in the order of their names.
    pub any_order: bool,
}

/// What becomes of requests of a scope: what a claim judges.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// What becomes of them.
    pub effect: &'a Effect,
    /// The match that takes them, if one does.
    pub matched: Option<MatchRef>,
}

/// The answer to a claim.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// It holds for every request of the scope.
    Proved {
        /// So many classes of requests were looked at. 0: no request falls into the scope.
        classes: usize,
    },
    /// It does not.
    Counterexample(Box<Counterexample>),
    /// It could not be found out.
    Unknown(Unknown),
}

/// A request for which a claim does not hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Counterexample {
    /// One of the shortest of its class. The router decides it so; with [`Scope::any_order`], perhaps only once the route
    /// that takes it is the oldest ([`Router::contenders`] says so).
    pub witness: Witness,
    /// What becomes of it.
    pub effect: Effect,
    /// The match that takes it, if one does.
    pub matched: Option<MatchRef>,
}

/// Whether a claim holds for every request of a scope, for each Gateway as it serves alone.
///
/// The claim is asked once for each rule that can take a request of a class (with [`Scope::any_order`] also for those that could
/// if their routes were older), and for where none does; it must depend on nothing else. Connections that a TLS, TCP or UDP
/// listener carries are asked about too, where their hosts are in scope.
///
/// ```
/// # use std::sync::Arc;
/// # use gateline::{Model, Options, Router};
/// use gateline::analysis::{Effect, Scope, Verdict, for_all};
/// use gateline::model::PathMatch;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let router = Router::compile(Arc::new(Model::default()), &Options::default())?;
/// // Nothing under /admin gets to a backend.
/// let scope = Scope { paths: vec![(PathMatch::Prefix("/admin".into()), true)], ..Scope::default() };
/// let verdict = for_all(&router, &scope, |case| !matches!(case.effect, Effect::Forward(_)));
/// assert!(matches!(verdict, Verdict::Proved { .. }));
/// # Ok(())
/// # }
/// ```
pub fn for_all(router: &Router, scope: &Scope, claim: impl Fn(Case<'_>) -> bool) -> Verdict {
    let (marks, asks) = (scope.marks(), scope.asks());
    let mut memo = Memo::default();
    let mut trial = Trial { scope, asks: &asks, claim, classes: 0, refuted: None, unknown: None };
    for scene in Scene::all(&[router], &marks).into_iter().filter(|scene| scope.covers(scene)) {
        scene.visit(&mut memo, &mut trial);
    }
    match (trial.refuted, trial.unknown) {
        (Some(counterexample), _) => Verdict::Counterexample(Box::new(counterexample)),
        (None, Some(unknown)) => Verdict::Unknown(unknown),
        (None, None) => Verdict::Proved { classes: trial.classes },
    }
}

impl Scope {
    /// What it tells apart.
    pub(super) fn marks(&self) -> Marks {
        let hosts = self.hosts.iter().map(|(pattern, _)| pattern.clone()).collect();
        Marks { hosts, paths: self.paths.iter().map(|(path, _)| path.clone()).collect() }
    }

    /// What it asks for besides hosts and paths.
    pub(super) fn asks(&self) -> Match {
        Match {
            path: PathMatch::default(),
            method: self.method.clone(),
            headers: self.headers.clone(),
            query: self.query.clone(),
            origin: Origin::default(),
        }
    }

    pub(super) fn covers(&self, scene: &Scene<'_>) -> bool {
        self.gateway.as_ref().is_none_or(|gateway| gateway == scene.gateway)
            && self.port.is_none_or(|port| port == scene.port)
            && self.tls.is_none_or(|tls| tls == (scene.plane == Plane::Secure))
    }

    pub(super) fn has_host(&self, host: &Host<'_>) -> bool {
        self.hosts.iter().all(|(pattern, wanted)| pattern.matches(&host.name) == *wanted)
    }

    pub(super) fn has_path(&self, path: &str) -> bool {
        self.paths.iter().all(|(pattern, wanted)| path_matches(pattern, path) == *wanted)
    }
}

struct Trial<'s, F> {
    scope: &'s Scope,
    asks: &'s Match,
    claim: F,
    classes: usize,
    refuted: Option<Counterexample>,
    unknown: Option<Unknown>,
}

impl<'s, F: Fn(Case<'_>) -> bool> Trial<'s, F> {
    fn refute(&mut self, witness: Witness, effect: Effect, matched: Option<MatchRef>) {
        let shorter = self.refuted.as_ref().is_none_or(|known| witness.weight() < known.witness.weight());
        if shorter {
            self.refuted = Some(Counterexample { witness, effect, matched });
        }
    }

    /// Judges what takes a request: a row, or none.
    fn judge<'r>(
        &mut self,
        cell: &Cell<'_, 'r>,
        taker: Option<(u32, &Row<'r>)>,
        memo: &mut Memo<'r>,
    ) -> Result<(), Reason>
    where
        's: 'r,
    {
        let Some(Some(side)) = cell.scene.sides.first() else { return Ok(()) };
        let effect = match taker {
            Some((_, row)) => {
                Effect::of(side.router.model(), row.listener, row.route.kind, row.rule, row.matched)
            }
            None => match cell.host.seats.first().copied().flatten() {
                None => Effect::miss(MissReason::NoListener),
                Some(seat) => Effect::missed(side.router, side.router.listener_at(seat.group)),
            },
        };
        let matched = taker.map(|(_, row)| MatchRef::from(row.hit));
        if (self.claim)(Case { effect: &effect, matched }) {
            return Ok(());
        }
        let asked: Vec<&'r Match> =
            [self.asks].into_iter().chain(taker.map(|(_, row)| row.matched)).collect();
        let mut joined = false;
        for witness in cell.candidates(&asked, true, memo)? {
            let winner = cell.winner(0, &witness, memo)?;
            let refutes = match taker {
                Some((position, row)) if winner != Some(position) => {
                    self.scope.any_order && could_win(side, cell, (position, row), &witness, memo)?
                }
                _ => winner == taker.map(|(position, _)| position),
            };
            if refutes {
                self.refute(witness, effect, matched);
                return Ok(());
            }
            let row = winner.and_then(|position| cell.row(0, position));
            joined |= row.is_some_and(|row| only_joined(row.matched, &witness));
        }
        if joined { Err(Reason::RepeatedHeader) } else { Ok(()) }
    }
}

impl<'r, 's: 'r, F: Fn(Case<'_>) -> bool> Visit<'r> for Trial<'s, F> {
    fn host(&mut self, _: &Scene<'r>, host: &Host<'r>) -> Option<Vec<usize>> {
        self.scope.has_host(host).then(|| vec![usize::MAX])
    }

    fn connection(&mut self, scene: &Scene<'r>, host: &Host<'r>) {
        let Some(Some(side)) = scene.sides.first() else { return };
        if !self.scope.has_host(host) {
            return;
        }
        self.classes += 1;
        let opening = scene.opening(side, host);
        let mut takers = match side.router.connect(side.entry, &opening) {
            Connect::Rule(hit) => vec![Some(hit)],
            _ => vec![None],
        };
        if self.scope.any_order {
            let others = side.router.connection_contenders(side.entry, &opening).into_iter();
            takers.extend(others.filter(|one| one.lost == Some(Criterion::Name)).map(|one| Some(one.hit)));
        }
        for hit in takers {
            let effect = match hit {
                Some(hit) => Effect::carried(side.router, hit),
                None => Effect::Connect { mode: None, backends: Vec::new() },
            };
            let matched = hit.map(MatchRef::from);
            if !(self.claim)(Case { effect: &effect, matched }) {
                self.refute(scene.connection(host), effect, matched);
            }
        }
    }

    fn cell(&mut self, cell: &Cell<'_, 'r>, memo: &mut Memo<'r>) {
        if !self.scope.has_path(cell.path) {
            return;
        }
        self.classes += 1;
        let beyond = if self.scope.any_order { cell.beyond(0) } else { Vec::new() };
        let positions = cell.live(0).iter().chain(&beyond);
        let rows = positions.map(|position| cell.row(0, *position).map(|row| (*position, row)));
        let takers: Vec<_> = rows.chain((!cell.is_closed(0)).then_some(None)).collect();
        for taker in takers {
            if let Err(reason) = self.judge(cell, taker, memo) {
                let origin = taker.map(|(_, row)| row.matched.origin.clone()).unwrap_or_default();
                self.unknown.get_or_insert(Unknown { reason, origin });
            }
        }
    }

    fn unknown(&mut self, host: &Host<'r>, reason: Reason) {
        let rows = host.rows.iter().zip(&host.positions);
        let origin = rows.into_iter().find_map(|(rows, positions)| rows.get(*positions.first()?));
        let origin = origin.map(|row| row.matched.origin.clone()).unwrap_or_default();
        self.unknown.get_or_insert(Unknown { reason, origin });
    }
}

/// Whether a row would take a request of the cell in place of a stronger one, were its route the oldest.
fn could_win<'r>(
    side: &Side<'r>,
    cell: &Cell<'_, 'r>,
    (position, row): (u32, &Row<'r>),
    witness: &Witness,
    memo: &mut Memo<'r>,
) -> Result<bool, Reason> {
    let stronger = cell.holding(0, position, witness, memo);
    let mut rows = stronger.iter().filter_map(|one| cell.row(0, *one));
    let ties =
        rows.all(|one| one.hit.route != row.hit.route && side.router.precedence(one, row) == Criterion::Name);
    if !ties {
        return Ok(false);
    }
    let contenders = side.router.contenders(side.entry, &witness.head());
    if contenders.iter().any(|one| one.hit == row.hit && one.lost == Some(Criterion::Name)) {
        return Ok(true);
    }
    Err(Reason::Disagreement(witness.to_string().into()))
}

/// Whether a path of a scope is matched.
fn path_matches(pattern: &PathMatch, path: &str) -> bool {
    match pattern {
        PathMatch::Exact(text) => **text == *path,
        PathMatch::Prefix(prefix) => {
            let rest = path.strip_prefix(prefix.trim_end_matches('/'));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        }
        PathMatch::Regex(text) => pattern::Pattern::compile(text).is_ok_and(|one| one.matches(path.bytes())),
        // A scope has no use for it.
        PathMatch::Grpc(_) => false,
    }
}
