use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use http::{HeaderMap, Method};

use super::cell::Cell;
use super::hosts::{Atom, Hosts, atoms};
use super::paths::{Automata, PathId, Paths};
use super::unknown::Reason;
use super::values::Values;
use super::witness::Witness;
use crate::Opening;
use crate::decision::EntryId;
use crate::model::{HostPattern, Match, ObjectName, PathMatch, Protocol};
use crate::router::{GroupId, Plane, Router, Row, Seat};

/// What a Gateway does at a port, in one router or in two that are compared.
pub(super) struct Scene<'r> {
    pub(super) gateway: &'r ObjectName,
    pub(super) port: u16,
    pub(super) plane: Plane,
    /// `None`: nothing listens there.
    pub(super) sides: Vec<Option<Side<'r>>>,
    /// Told apart besides what the rules ask for.
    pub(super) marks: &'r Marks,
}

/// Hosts and paths that somebody asks about.
#[derive(Clone, Debug, Default)]
pub(super) struct Marks {
    pub(super) hosts: Vec<HostPattern>,
    pub(super) paths: Vec<PathMatch>,
}

/// A router and the entry that is looked at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Side<'r> {
    pub(super) router: &'r Router,
    pub(super) entry: EntryId,
}

/// The matches of a seat, the strongest first.
#[derive(Debug, Default)]
pub(super) struct Rows<'r> {
    pub(super) rows: Vec<Row<'r>>,
    by_host: HashMap<Option<&'r HostPattern>, Vec<u32>>,
}

/// What is worked out once.
#[derive(Debug, Default)]
pub(super) struct Memo<'r> {
    automata: Automata<'r>,
    pub(super) values: Values,
    rows: HashMap<(usize, GroupId), Rc<Rows<'r>>>,
    /// Steps done so far; see [`MAX_STEPS`].
    pub(super) steps: u64,
}

/// Matches that are tried on requests in one analysis, at most.
const MAX_STEPS: u64 = 100_000_000;

impl Memo<'_> {
    /// Whether no more work may be done.
    pub(super) fn is_spent(&self) -> bool {
        self.steps > MAX_STEPS
    }
}

/// The hosts of one class.
pub(super) struct Host<'r> {
    pub(super) hosts: Hosts,
    pub(super) name: String,
    /// For each side, where they belong.
    pub(super) seats: Vec<Option<Seat>>,
    pub(super) rows: Vec<Rc<Rows<'r>>>,
    /// For each side, the positions of the matches for these hosts, ascending.
    pub(super) positions: Vec<Vec<u32>>,
}

/// What an analysis does on its way through a scene.
pub(super) trait Visit<'r> {
    /// Comes to the hosts of a class. How many of the positions of each side count; `None` passes them by.
    fn host(&mut self, _scene: &Scene<'r>, _host: &Host<'r>) -> Option<Vec<usize>> {
        Some(vec![usize::MAX; 2])
    }

    /// Hosts at least one side of which carries connections whole.
    fn connection(&mut self, scene: &Scene<'r>, host: &Host<'r>);

    /// Requests that the same rules match as far as hosts and paths go.
    fn cell(&mut self, cell: &Cell<'_, 'r>, memo: &mut Memo<'r>);

    /// Something about these matches stays unknown.
    fn unknown(&mut self, host: &Host<'r>, reason: Reason);
}

impl<'r> Scene<'r> {
    /// Every scene of these routers, by Gateway, port and plane.
    pub(super) fn all(routers: &[&'r Router], marks: &'r Marks) -> Vec<Self> {
        let mut keys = BTreeSet::new();
        for router in routers {
            for (gateway, port, entry) in router.gateways() {
                keys.extend(router.planes(entry).into_iter().map(|plane| (gateway, port, plane)));
            }
        }
        let scene = |(gateway, port, plane): (&'r ObjectName, u16, Plane)| {
            let side = |router: &&'r Router| {
                let entry = router.entry_of(gateway, port)?;
                router.planes(entry).contains(&plane).then_some(Side { router, entry })
            };
            Self { gateway, port, plane, sides: routers.iter().map(side).collect(), marks }
        };
        keys.into_iter().map(scene).collect()
    }

    /// Visits every class of hosts, the least specific first, and within it every class of paths.
    pub(super) fn visit(&self, memo: &mut Memo<'r>, visitor: &mut impl Visit<'r>) {
        for atom in atoms(&self.patterns()) {
            let known = atom.witness.is_some();
            let host = self.host(atom, memo);
            if !known {
                visitor.unknown(&host, Reason::NoHost(host.hosts.to_string().into()));
                continue;
            }
            if host.seats.iter().flatten().any(|seat| !seat.http) {
                visitor.connection(self, &host);
                continue;
            }
            let Some(limits) = visitor.host(self, &host) else { continue };
            if let Err(reason) = self.paths(&host, &limits, memo, visitor) {
                visitor.unknown(&host, reason);
            }
        }
    }

    /// How a connection of these hosts begins on one side.
    pub(super) fn opening<'h>(&self, side: &Side<'_>, host: &'h Host<'_>) -> Opening<'h> {
        side.router.opening(side.entry, self.plane, &host.name)
    }

    /// A connection of these hosts.
    pub(super) fn connection(&self, host: &Host<'_>) -> Witness {
        let secure = self.plane == Plane::Secure;
        let requests = host.seats.iter().flatten().all(|seat| seat.http);
        Witness {
            gateway: self.gateway.clone(),
            port: self.port,
            protocol: match self.plane {
                Plane::Http => Protocol::Http,
                Plane::Secure if requests => Protocol::Https,
                Plane::Secure => Protocol::Tls,
                Plane::Tcp => Protocol::Tcp,
                Plane::Udp => Protocol::Udp,
            },
            sni: secure.then(|| host.name.clone()),
            host: if secure { host.name.clone() } else { String::new() },
            method: Method::GET,
            path: String::new(),
            query: None,
            headers: HeaderMap::new(),
        }
    }

    /// The hostnames that tell hosts apart here.
    fn patterns(&self) -> BTreeSet<&HostPattern> {
        let mut patterns: BTreeSet<&HostPattern> = self.marks.hosts.iter().collect();
        if !matches!(self.plane, Plane::Http | Plane::Secure) {
            return patterns;
        }
        for side in self.sides.iter().flatten() {
            let listeners = side.router.model().listeners.iter();
            let here = listeners.filter(|one| one.name.gateway == *self.gateway && one.port == self.port);
            for listener in here {
                patterns.extend(&listener.hostname);
                let hostnames = listener.attached.iter().flat_map(|attached| &attached.hostnames);
                patterns.extend(hostnames.filter_map(|hostname| hostname.effective.as_ref()));
            }
        }
        patterns
    }

    fn host(&self, atom: Atom, memo: &mut Memo<'r>) -> Host<'r> {
        let name = atom.witness.unwrap_or_default();
        let mut host =
            Host { hosts: atom.hosts, name, seats: Vec::new(), rows: Vec::new(), positions: Vec::new() };
        for (index, side) in self.sides.iter().enumerate() {
            let seat = side.and_then(|side| side.router.seat(side.entry, self.plane, &host.name));
            let rows = match (side, seat) {
                (Some(side), Some(seat)) => {
                    let rows = memo.rows.entry((index, seat.group));
                    Rc::clone(rows.or_insert_with(|| Rc::new(Rows::new(side.router, seat.group))))
                }
                _ => Rc::default(),
            };
            host.seats.push(seat);
            let fallback = side.is_none_or(|side| side.router.falls_back());
            host.positions.push(rows.of(&host.name, fallback));
            host.rows.push(rows);
        }
        host
    }

    fn paths(
        &self,
        host: &Host<'r>,
        limits: &[usize],
        memo: &mut Memo<'r>,
        visitor: &mut impl Visit<'r>,
    ) -> Result<(), Reason> {
        let mut paths = Paths::default();
        for mark in &self.marks.paths {
            paths.insert(mark);
        }
        let mut by_path: Vec<HashMap<PathId, Vec<u32>>> = Vec::new();
        for (index, (rows, positions)) in host.rows.iter().zip(&host.positions).enumerate() {
            let mut lists: HashMap<PathId, Vec<u32>> = HashMap::new();
            for position in positions.iter().take(limits.get(index).copied().unwrap_or(usize::MAX)) {
                if let Some(row) = rows.get(*position) {
                    lists.entry(paths.insert(&row.matched.path)).or_default().push(*position);
                }
            }
            by_path.push(lists);
        }
        for class in paths.classes(&mut memo.automata)? {
            // Only UTF-8 reaches the router.
            let Ok(path) = std::str::from_utf8(&class.witness) else { continue };
            let ids = paths.matching(&class);
            let matching: Vec<Vec<&[u32]>> = by_path
                .iter()
                .map(|lists| ids.iter().filter_map(|id| lists.get(id).map(Vec::as_slice)).collect())
                .collect();
            visitor.cell(&Cell::new(self, host, path, &paths, &class, matching), memo);
            if memo.is_spent() {
                return Err(Reason::TooMuchWork);
            }
        }
        Ok(())
    }
}

impl<'r> Rows<'r> {
    fn new(router: &'r Router, group: GroupId) -> Self {
        let rows: Vec<Row<'r>> = router.rows(group).collect();
        let mut by_host: HashMap<Option<&HostPattern>, Vec<u32>> = HashMap::new();
        for (position, row) in (0..).zip(&rows) {
            by_host.entry(row.hostname.effective.as_ref()).or_default().push(position);
        }
        Self { rows, by_host }
    }

    pub(super) fn get(&self, position: u32) -> Option<&Row<'r>> {
        self.rows.get(position as usize)
    }

    /// Ascending. Without `fallback` only those of the most specific hostname.
    fn of(&self, host: &str, fallback: bool) -> Vec<u32> {
        let dots = host.char_indices().filter(|(_, char)| *char == '.');
        let suffixes = dots.filter_map(|(index, _)| host.get(index + 1..));
        let wildcards = suffixes.map(|suffix| Some(HostPattern::Wildcard(suffix.into())));
        let label = host.split_once('.').map(|(_, parent)| HostPattern::Label(parent.into()));
        let patterns = [Some(HostPattern::Exact(host.into()))].into_iter().chain(label.map(Some));
        let patterns = patterns.chain(wildcards).chain([None]);
        let mut positions = Vec::new();
        for pattern in patterns {
            positions.extend(self.by_host.get(&pattern.as_ref()).into_iter().flatten());
            if !fallback && !positions.is_empty() {
                break;
            }
        }
        positions.sort_unstable();
        positions
    }
}

/// Whether a match asks for nothing but its host and path.
pub(super) fn is_free(matched: &Match) -> bool {
    matched.method.is_none() && matched.headers.is_empty() && matched.query.is_empty()
}
