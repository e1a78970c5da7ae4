use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use regex_syntax::hir::{Class, ClassBytes, ClassBytesRange, Hir, HirKind, Look, Repetition};

use super::language::{Alphabet, Automaton, Class as PathClass, Language, classes};
use super::unknown::Reason;
use crate::explain::describe;
use crate::model::{GrpcMethodMatch, PathMatch, ValueMatch};
use crate::pattern;
use crate::router::MAX_REGEX_PATH;

/// The path patterns that matter for some hosts, each once.
#[derive(Debug, Default)]
pub(super) struct Paths<'m> {
    exact: Vec<String>,
    exact_ids: HashMap<String, u32>,
    prefixes: Vec<&'m str>,
    prefix_ids: HashMap<&'m str, u32>,
    regexes: Vec<&'m PathMatch>,
    regex_ids: HashMap<&'m PathMatch, u32>,
}

/// A pattern of [`Paths`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum PathId {
    Exact(u32),
    Prefix(u32),
    /// A regular expression, or a call of gRPC that is like one.
    Regex(u32),
}

/// Automata by their patterns: hosts often share them.
pub(super) type Automata<'m> = BTreeMap<Vec<String>, Rc<Result<Automaton, Reason>>>;

impl<'m> Paths<'m> {
    pub(super) fn insert(&mut self, path: &'m PathMatch) -> PathId {
        let call = |service: &str, method: &str| format!("/{service}/{method}");
        match path {
            PathMatch::Exact(text) => self.insert_exact(text.to_string()),
            PathMatch::Grpc(GrpcMethodMatch {
                service: Some(ValueMatch::Exact(service)),
                method: Some(ValueMatch::Exact(method)),
            }) => self.insert_exact(call(service, method)),
            PathMatch::Prefix(text) => {
                let text = text.trim_end_matches('/');
                let next = u32::try_from(self.prefixes.len()).unwrap_or(u32::MAX);
                let id = *self.prefix_ids.entry(text).or_insert(next);
                if id == next {
                    self.prefixes.push(text);
                }
                PathId::Prefix(id)
            }
            PathMatch::Regex(_) | PathMatch::Grpc(_) => {
                let next = u32::try_from(self.regexes.len()).unwrap_or(u32::MAX);
                let id = *self.regex_ids.entry(path).or_insert(next);
                if id == next {
                    self.regexes.push(path);
                }
                PathId::Regex(id)
            }
        }
    }

    fn insert_exact(&mut self, text: String) -> PathId {
        let next = u32::try_from(self.exact.len()).unwrap_or(u32::MAX);
        let id = *self.exact_ids.entry(text.clone()).or_insert(next);
        if id == next {
            self.exact.push(text);
        }
        PathId::Exact(id)
    }

    /// All paths, told apart by these patterns.
    pub(super) fn classes(&self, automata: &mut Automata<'m>) -> Result<Vec<PathClass>, Reason> {
        let exact: Vec<&str> = self.exact.iter().map(String::as_str).collect();
        let automaton = if self.regexes.is_empty() { None } else { Some(self.automaton(automata)) };
        let regexes = match automaton.as_deref() {
            None => None,
            Some(Ok(automaton)) => Some(automaton),
            Some(Err(reason)) => return Err(reason.clone()),
        };
        let (prefixes, longest) = (&*self.prefixes, MAX_REGEX_PATH);
        let language = Language { alphabet: Alphabet::Path, exact: &exact, prefixes, regexes, longest };
        classes(&language).map_err(|_| Reason::TooManyPaths)
    }

    /// The shape of a call is the last pattern: what is like a call is one only if it has that shape.
    fn automaton(&self, automata: &mut Automata<'m>) -> Rc<Result<Automaton, Reason>> {
        let key: Vec<String> = self.regexes.iter().map(|path| format!("{path:?}")).collect();
        let build = || {
            let mut patterns = self.regexes.iter().map(|path| hir(path)).collect::<Result<Vec<Hir>, _>>()?;
            patterns.push(Hir::concat(vec![slash(), element(), slash(), element()]));
            Automaton::build(&patterns).ok_or(Reason::AutomatonTooLarge)
        };
        Rc::clone(automata.entry(key).or_insert_with(|| Rc::new(build())))
    }

    /// The patterns that the paths of a class match.
    pub(super) fn matching(&self, class: &PathClass) -> Vec<PathId> {
        let shape = u32::try_from(self.regexes.len()).unwrap_or(u32::MAX);
        let is_call = class.regexes.contains(&shape);
        let holds = |id: &&u32| match self.regexes.get(**id as usize) {
            Some(PathMatch::Grpc(_)) => is_call,
            Some(_) => true,
            None => false,
        };
        let regexes = class.regexes.iter().filter(holds).map(|id| PathId::Regex(*id));
        let longest = class.prefix.and_then(|id| self.prefixes.get(id as usize));
        let prefixes = std::iter::successors(longest.copied(), |prefix| self.shorter(prefix));
        let prefixes = prefixes.filter_map(|prefix| self.prefix_ids.get(prefix).copied().map(PathId::Prefix));
        class.exact.map(PathId::Exact).into_iter().chain(prefixes).chain(regexes).collect()
    }

    /// `/exact`, `/prefix/**`, or the regular expressions that match.
    pub(super) fn in_words(&self, class: &PathClass) -> String {
        if let Some(text) = class.exact.and_then(|id| self.exact.get(id as usize)) {
            return text.clone();
        }
        let regexes = self.matching(class).into_iter().filter_map(|id| match id {
            PathId::Regex(id) => self.regexes.get(id as usize),
            PathId::Exact(_) | PathId::Prefix(_) => None,
        });
        let regexes: Vec<String> = regexes.map(|path| describe::path(path)).collect();
        let prefix = class.prefix.and_then(|id| self.prefixes.get(id as usize)).copied().unwrap_or_default();
        match regexes.is_empty() {
            true => format!("{prefix}/**"),
            false if prefix.is_empty() => regexes.join(" and "),
            false => format!("{prefix}/** and {}", regexes.join(" and ")),
        }
    }

    /// The next shorter prefix by elements.
    fn shorter<'p>(&self, prefix: &'p str) -> Option<&'p str> {
        let ends = prefix.match_indices('/').map(|(end, _)| end).collect::<Vec<_>>();
        let mut shorter = ends.into_iter().rev().chain([0]).filter_map(|end| prefix.get(..end));
        shorter.find(|text| text.len() < prefix.len() && self.prefix_ids.contains_key(text))
    }
}

fn hir(path: &PathMatch) -> Result<Hir, Reason> {
    let parse = |text: &str| pattern::parse(text).map_err(|_| Reason::Pattern(text.into()));
    match path {
        PathMatch::Regex(text) => parse(text),
        PathMatch::Grpc(call) => {
            let part = |value: &Option<ValueMatch>| match value {
                None => Ok(element()),
                Some(ValueMatch::Exact(text)) => Ok(Hir::literal(text.as_bytes())),
                Some(ValueMatch::Regex(text)) => {
                    bare(parse(text)?).ok_or_else(|| Reason::Pattern(text.clone()))
                }
            };
            Ok(Hir::concat(vec![slash(), part(&call.service)?, slash(), part(&call.method)?]))
        }
        PathMatch::Exact(text) => Ok(Hir::literal(text.as_bytes())),
        PathMatch::Prefix(_) => Ok(Hir::fail()),
    }
}

/// Without the anchors at its ends, which hold of a whole value. `None` if some are left within.
fn bare(hir: Hir) -> Option<Hir> {
    let anchor = |hir: &Hir| matches!(hir.kind(), HirKind::Look(Look::Start | Look::End));
    let hir = match hir.into_kind() {
        HirKind::Concat(mut parts) => {
            let first = parts.iter().take_while(|part| *part.kind() == HirKind::Look(Look::Start)).count();
            parts.drain(..first);
            while parts.last().is_some_and(|part| *part.kind() == HirKind::Look(Look::End)) {
                parts.pop();
            }
            Hir::concat(parts)
        }
        HirKind::Look(Look::Start | Look::End) => Hir::empty(),
        kind => rebuilt(kind),
    };
    let looks = hir.properties().look_set();
    let word = [Look::WordAscii, Look::WordAsciiNegate];
    let within = looks.iter().any(|look| !word.contains(&look));
    (!within && !anchor(&hir)).then_some(hir)
}

fn rebuilt(kind: HirKind) -> Hir {
    match kind {
        HirKind::Empty => Hir::empty(),
        HirKind::Literal(literal) => Hir::literal(literal.0),
        HirKind::Class(class) => Hir::class(class),
        HirKind::Look(look) => Hir::look(look),
        HirKind::Repetition(repetition) => Hir::repetition(repetition),
        HirKind::Capture(capture) => Hir::capture(capture),
        HirKind::Concat(parts) => Hir::concat(parts),
        HirKind::Alternation(branches) => Hir::alternation(branches),
    }
}

fn slash() -> Hir {
    Hir::literal(*b"/")
}

/// One or more bytes that are no `/`.
fn element() -> Hir {
    let ranges = [ClassBytesRange::new(0, b'/' - 1), ClassBytesRange::new(b'/' + 1, 0xff)];
    let class = Hir::class(Class::Bytes(ClassBytes::new(ranges)));
    Hir::repetition(Repetition { min: 1, max: None, greedy: true, sub: Box::new(class) })
}
