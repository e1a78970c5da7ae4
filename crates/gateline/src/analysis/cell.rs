use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::Hash;

use http::{HeaderName, Method};

use super::language::Class;
use super::paths::Paths;
use super::scene::{Host, Memo, Scene, is_free};
use super::unknown::Reason;
use super::witness::Witness;
use crate::Decision;
use crate::explain::{Criterion, describe};
use crate::model::{HeaderMatch, Match, ValueMatch};
use crate::pattern;
use crate::router::Row;

/// Requests whose hosts and paths the same rules match. What else the rules ask for is left open.
pub(super) struct Cell<'a, 'r> {
    pub(super) scene: &'a Scene<'r>,
    pub(super) host: &'a Host<'r>,
    pub(super) path: &'a str,
    pub(super) paths: &'a Paths<'r>,
    pub(super) class: &'a Class,
    /// For each side, the positions of the matches, in several ascending lists.
    lists: Vec<Vec<&'a [u32]>>,
    /// For each side, those that some request can reach as far as is seen at once: none after one that takes everything.
    live: Vec<Vec<u32>>,
    used: OnceCell<Used<'r>>,
}

/// What the live matches of a cell ask for.
#[derive(Debug, Default)]
pub(super) struct Used<'r> {
    methods: BTreeSet<&'r str>,
    pub(super) values: BTreeMap<Field, BTreeSet<ByText<'r>>>,
}

/// A header, or a query parameter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Field {
    Header(String),
    Query(Box<str>),
}

/// A predicate on a value, in an order: whether it is a pattern, and its text.
pub(super) type ByText<'r> = (bool, &'r str);

pub(super) fn by_text(value: &ValueMatch) -> ByText<'_> {
    match value {
        ValueMatch::Exact(text) => (false, text),
        ValueMatch::Regex(text) => (true, text),
    }
}

/// Methods that read well, for where no rule asks for one.
const METHODS: [Method; 7] =
    [Method::GET, Method::POST, Method::PUT, Method::DELETE, Method::PATCH, Method::HEAD, Method::OPTIONS];

impl<'a, 'r> Cell<'a, 'r> {
    pub(super) fn new(
        scene: &'a Scene<'r>,
        host: &'a Host<'r>,
        path: &'a str,
        paths: &'a Paths<'r>,
        class: &'a Class,
        lists: Vec<Vec<&'a [u32]>>,
    ) -> Self {
        let mut cell =
            Self { scene, host, path, paths, class, lists, live: Vec::new(), used: OnceCell::new() };
        let is_free =
            |side, position: &u32| cell.row(side, *position).is_some_and(|row| is_free(row.matched));
        let live = (0..cell.lists.len()).map(|side| {
            let mut open = true;
            cell.merged(side)
                .take_while(|position| std::mem::replace(&mut open, !is_free(side, position)))
                .collect()
        });
        let live = live.collect();
        cell.live = live;
        cell
    }

    /// All positions of a side that match host and path, ascending.
    pub(super) fn merged(&self, side: usize) -> impl Iterator<Item = u32> + '_ {
        let mut lists: Vec<&[u32]> = self.lists.get(side).cloned().unwrap_or_default();
        std::iter::from_fn(move || {
            let least =
                lists.iter_mut().filter(|list| !list.is_empty()).min_by_key(|list| list.first().copied())?;
            let (first, rest) = least.split_first()?;
            let first = *first;
            *least = rest;
            Some(first)
        })
    }

    pub(super) fn live(&self, side: usize) -> &[u32] {
        self.live.get(side).map(Vec::as_slice).unwrap_or_default()
    }

    /// Positions after those that only age, name or order put after the last of them: it would take its place, were its route
    /// older.
    pub(super) fn beyond(&self, side: usize) -> Vec<u32> {
        let (Some(Some(at)), Some(last)) = (self.scene.sides.get(side), self.live(side).last().copied())
        else {
            return Vec::new();
        };
        let last_row = self.row(side, last);
        let ties = |position: &u32| match (last_row, self.row(side, *position)) {
            (Some(a), Some(b)) => {
                matches!(at.router.precedence(a, b), Criterion::Age | Criterion::Name | Criterion::Order)
            }
            _ => false,
        };
        self.merged(side).skip_while(|position| *position <= last).take_while(ties).collect()
    }

    pub(super) fn row(&self, side: usize, position: u32) -> Option<&Row<'r>> {
        self.host.rows.get(side)?.get(position)
    }

    /// Whether every request of the cell is taken by some rule of a side, whatever else it asks for.
    pub(super) fn is_closed(&self, side: usize) -> bool {
        let last = self.live(side).last().and_then(|position| self.row(side, *position));
        last.is_some_and(|row| is_free(row.matched))
    }

    pub(super) fn used(&self) -> &Used<'r> {
        self.used.get_or_init(|| {
            let mut used = Used::default();
            for (side, live) in self.live.iter().enumerate() {
                for row in live.iter().filter_map(|position| self.row(side, *position)) {
                    used.methods.extend(row.matched.method.as_ref().map(Method::as_str));
                    for header in &row.matched.headers {
                        let values = used.values.entry(Field::Header(header.name.as_str().to_owned()));
                        values.or_default().insert(by_text(&header.value));
                    }
                    for query in &row.matched.query {
                        let values = used.values.entry(Field::Query(query.name.clone()));
                        values.or_default().insert(by_text(&query.value));
                    }
                }
            }
            used
        })
    }

    /// A request of the cell that satisfies nothing that a rule asks for besides.
    pub(super) fn plain(&self) -> Witness {
        let (method, host) = (self.method(), self.host.name.clone());
        Witness { method, host, path: self.path.to_owned(), ..self.scene.connection(self.host) }
    }

    /// The paths of the cell: `/exact`, `/prefix/**`, or the regular expressions that match them.
    pub(super) fn paths_in_words(&self) -> String {
        self.paths.in_words(self.class)
    }

    /// A method that no rule asks for.
    fn method(&self) -> Method {
        let used = &self.used().methods;
        let unused = METHODS.into_iter().find(|method| !used.contains(method.as_str()));
        let made_up = || {
            let names = (0..=used.len()).map(|n| format!("X{n}"));
            let name = names.into_iter().find(|name| !used.contains(name.as_str()));
            name.and_then(|name| Method::from_bytes(name.as_bytes()).ok())
        };
        unused.or_else(made_up).unwrap_or_default()
    }

    /// The positions before this one that a request of this cell satisfies.
    pub(super) fn holding(
        &self,
        side: usize,
        before: u32,
        witness: &Witness,
        memo: &mut Memo<'r>,
    ) -> Vec<u32> {
        let (Some(Some(at)), Some(Some(seat))) = (self.scene.sides.get(side), self.host.seats.get(side))
        else {
            return Vec::new();
        };
        let stronger = self.merged(side).take_while(|position| *position < before);
        let head = witness.head();
        let holding: Vec<u32> = at.router.holding(seat.group, stronger, &head).collect();
        memo.steps += 1 + holding.len() as u64;
        holding
    }

    /// The position that takes a request of this cell; `None` if none does. What was worked out and what the router
    /// decides must be the same.
    pub(super) fn winner(
        &self,
        side: usize,
        witness: &Witness,
        memo: &mut Memo<'r>,
    ) -> Result<Option<u32>, Reason> {
        let head = witness.head();
        let (Some(Some(at)), Some(Some(seat))) = (self.scene.sides.get(side), self.host.seats.get(side))
        else {
            return Ok(None);
        };
        let live = self.live(side);
        let first = at.router.holding(seat.group, live.iter().copied(), &head).next();
        let tried = first.and_then(|first| live.iter().position(|one| *one == first)).unwrap_or(live.len());
        memo.steps += 1 + tried as u64;
        let expected = first.and_then(|first| self.row(side, first)).map(|row| row.hit);
        let decided = match at.router.decide_admitted(at.entry, &head) {
            Decision::Hit(hit) => Some(hit),
            Decision::Miss(_) | Decision::Ask(_) => None,
        };
        if expected == decided { Ok(first) } else { Err(Reason::Disagreement(witness.to_string().into())) }
    }
}

impl Field {
    pub(super) fn header(&self) -> Option<HeaderName> {
        match self {
            Self::Header(name) => HeaderName::from_bytes(name.as_bytes()).ok(),
            Self::Query(_) => None,
        }
    }
}

/// What requests that satisfy these matches have besides host and path: `GET`, `header x-a=b`.
pub(super) fn conditions(matches: &[&Match]) -> Vec<String> {
    let mut conditions: Vec<String> = matches.iter().flat_map(|one| describe::conditions(one)).collect();
    conditions.sort();
    conditions.dedup();
    conditions
}

/// Whether a match holds for a repeated header only because its lines are joined.
pub(super) fn only_joined(matched: &Match, witness: &Witness) -> bool {
    let joined = |header: &HeaderMatch| {
        let lines = witness.headers.get_all(&header.name);
        let alone = |text: &str| {
            let pattern = pattern::Pattern::compile(text);
            pattern.is_ok_and(|pattern| {
                lines.iter().any(|line| pattern.matches(line.as_bytes().iter().copied()))
            })
        };
        let ValueMatch::Regex(text) = &header.value else { return false };
        lines.iter().nth(1).is_some() && !alone(text)
    };
    matched.headers.iter().any(joined)
}

/// What a match asks for besides host and path.
pub(super) fn asks(matched: &Match) -> impl Eq + Hash + '_ {
    (&matched.method, &matched.headers, &matched.query)
}
