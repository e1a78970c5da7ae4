use std::hash::Hash;

use hashbrown::Equivalent;
use http::{HeaderName, Method};

use super::Map;
use super::candidates::Candidates;
use super::conditions::{Conditions, Value, joined};
use super::query::Encoded;
use super::search::Search;
use super::slot::{Position, Slots};

/// Longer exact values are not indexed: those of a request are joined and decoded into a buffer of this size.
const MAX_VALUE: usize = 1024;

/// Many matches of one path, found by a predicate that few of them share. Each match stands under its rarest exact
/// predicate; a search looks up what the request has of these: O(attributes of the request + matches found).
#[derive(Debug)]
pub(super) struct Index {
    pub(super) first: Position,
    methods: Vec<(Method, Candidates)>,
    headers: Names<HeaderName>,
    query: Names<Box<str>>,
    /// Matches without an exact predicate that tells them apart.
    rest: Option<Candidates>,
}

/// The values by name.
#[derive(Debug)]
struct Names<N> {
    ids: Map<N, u32>,
    list: Vec<N>,
    values: Map<Key, Candidates>,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Key(u32, Box<[u8]>);

#[derive(Hash)]
struct KeyRef<'a>(u32, &'a [u8]);

impl Equivalent<Key> for KeyRef<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        self.0 == key.0 && *self.1 == *key.1
    }
}

/// An exact predicate.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Predicate<'c> {
    Method(&'c Method),
    Header(&'c HeaderName, &'c [u8]),
    Query(&'c str, &'c [u8]),
}

impl Index {
    /// Gives the positions back where no predicate tells them apart.
    pub(super) fn build(
        positions: Vec<Position>,
        slots: &Slots<'_>,
        depth: usize,
    ) -> Result<Self, Vec<Position>> {
        let mut shares: Map<Predicate<'_>, usize> = Map::default();
        for predicate in positions.iter().flat_map(|position| predicates(slots.conditions(*position))) {
            *shares.entry(predicate).or_default() += 1;
        }
        let share = |predicate: Predicate<'_>| shares.get(&predicate).copied().unwrap_or_default();
        let access = |position: &Position| {
            let own = predicates(slots.conditions(*position));
            // What all share tells nothing.
            own.filter(|own| share(*own) < positions.len()).min_by_key(|own| share(*own))
        };
        let mut lists: Map<Option<Predicate<'_>>, Vec<Position>> = Map::default();
        let mut order = Vec::new();
        for position in &positions {
            let access = access(position);
            lists.entry(access).or_insert_with(|| {
                order.push(access);
                Vec::new()
            });
            lists.entry(access).or_default().push(*position);
        }
        if order == [None] {
            return Err(positions);
        }
        let mut index = Self {
            first: positions.first().copied().unwrap_or(Position::MAX),
            methods: Vec::new(),
            headers: Names::default(),
            query: Names::default(),
            rest: None,
        };
        for access in order {
            let list = lists.remove(&access).unwrap_or_default();
            index.insert(access, Candidates::build(list, slots, depth + 1));
        }
        Ok(index)
    }

    fn insert(&mut self, access: Option<Predicate<'_>>, candidates: Candidates) {
        match access {
            Some(Predicate::Method(method)) => self.methods.push((method.clone(), candidates)),
            Some(Predicate::Header(name, value)) => self.headers.insert(name, value, candidates),
            Some(Predicate::Query(name, value)) => self.query.insert(&name.into(), value, candidates),
            None => self.rest = Some(candidates),
        }
    }

    pub(super) fn search(&self, search: &mut Search<'_>) {
        if !search.wants(self.first) {
            return;
        }
        if let Some((_, candidates)) =
            self.methods.iter().find(|(name, _)| name == search.request.head.method)
        {
            candidates.search(search);
        }
        if !self.headers.list.is_empty() {
            self.search_headers(search);
        }
        if !self.query.list.is_empty() {
            self.search_query(search);
        }
        if let Some(rest) = &self.rest {
            rest.search(search);
        }
    }

    /// By the names of the index or by those of the request, whichever are fewer.
    fn search_headers(&self, search: &mut Search<'_>) {
        let headers = search.request.headers();
        if self.headers.list.len() <= headers.keys_len() {
            for (id, name) in (0..).zip(&self.headers.list) {
                self.search_header(id, name, search);
            }
        } else {
            for name in headers.keys() {
                if let Some(id) = self.headers.ids.get(name) {
                    self.search_header(*id, name, search);
                }
            }
        }
    }

    fn search_header(&self, id: u32, name: &HeaderName, search: &mut Search<'_>) {
        let values = search.request.headers().get_all(name);
        let mut count = 0;
        for value in &values {
            count += 1;
            self.headers.search(id, value.as_bytes(), search);
        }
        if count > 1 {
            self.headers.search_bytes(id, joined(&values), search);
        }
    }

    /// Only the first parameter of a name counts, but a match is checked in full before it wins, so any may be tried.
    fn search_query(&self, search: &mut Search<'_>) {
        let request = search.request;
        if let [name] = &*self.query.list {
            if let Some(value) = request.query.first(name) {
                self.query.search_encoded(0, value, search);
            }
            return;
        }
        for parameter in request.query.parameters() {
            if let Some(id) = self.query.id(parameter.name) {
                self.query.search_encoded(id, parameter.value, search);
            }
        }
    }

    pub(super) fn parts(&self) -> impl Iterator<Item = &Candidates> {
        let methods = self.methods.iter().map(|(_, candidates)| candidates);
        let values = self.headers.values.values().chain(self.query.values.values());
        methods.chain(values).chain(&self.rest)
    }
}

/// The exact predicates of a match that can be indexed.
fn predicates(conditions: Option<&Conditions>) -> impl Iterator<Item = Predicate<'_>> {
    conditions.into_iter().flat_map(|conditions| {
        let headers = conditions.headers.iter();
        let headers = headers.filter_map(|(name, value)| Some(Predicate::Header(name, exact(value)?)));
        let query = conditions.query.iter().filter(|(name, _)| name.len() <= MAX_VALUE);
        let query = query.filter_map(|(name, value)| Some(Predicate::Query(name, exact(value)?)));
        headers.chain(query).chain(conditions.method.as_ref().map(Predicate::Method))
    })
}

fn exact(value: &Value) -> Option<&[u8]> {
    match value {
        Value::Exact(text) if text.len() <= MAX_VALUE => Some(text),
        _ => None,
    }
}

impl<N> Default for Names<N> {
    fn default() -> Self {
        Self { ids: Map::default(), list: Vec::new(), values: Map::default() }
    }
}

impl<N: Clone + Eq + Hash> Names<N> {
    fn insert(&mut self, name: &N, value: &[u8], candidates: Candidates) {
        let next = u32::try_from(self.list.len()).unwrap_or(u32::MAX);
        let id = *self.ids.entry(name.clone()).or_insert_with(|| {
            self.list.push(name.clone());
            next
        });
        self.values.insert(Key(id, value.into()), candidates);
    }

    fn search(&self, id: u32, value: &[u8], search: &mut Search<'_>) {
        if let Some(candidates) = self.values.get(&KeyRef(id, value))
            && search.wants(candidates.first())
        {
            candidates.search(search);
        }
    }

    /// A value that stands nowhere in one piece.
    #[inline(never)]
    fn search_bytes(&self, id: u32, value: impl Iterator<Item = u8>, search: &mut Search<'_>) {
        with_bytes(value, |value| self.search(id, value, search));
    }

    fn search_encoded(&self, id: u32, value: Encoded<'_>, search: &mut Search<'_>) {
        if value.is_plain() {
            self.search(id, value.0.as_bytes(), search);
        } else {
            self.search_bytes(id, value.decode(), search);
        }
    }
}

impl Names<Box<str>> {
    fn id(&self, name: Encoded<'_>) -> Option<u32> {
        if name.is_plain() {
            return self.ids.get(name.0).copied();
        }
        let mut id = None;
        with_bytes(name.decode(), |name| {
            id = std::str::from_utf8(name).ok().and_then(|name| self.ids.get(name).copied());
        });
        id
    }
}

/// Gathers bytes on the stack; more than any indexed value has are not looked at.
fn with_bytes(bytes: impl Iterator<Item = u8>, look: impl FnOnce(&[u8])) {
    let mut buffer = [0; MAX_VALUE];
    let mut len = 0;
    for byte in bytes {
        let Some(slot) = buffer.get_mut(len) else { return };
        *slot = byte;
        len += 1;
    }
    look(buffer.get(..len).unwrap_or_default());
}
