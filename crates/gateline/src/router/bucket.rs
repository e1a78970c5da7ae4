use super::Map;
use super::candidates::Candidates;
use super::grpc::Grpc;
use super::patterns::Patterns;
use super::prefixes::Prefixes;
use super::regexes::Regexes;
use super::search::{Observe, Walk};
use super::slot::{Position, Slots};
use crate::model::{GrpcMethodMatch, PathMatch, ValueMatch};

/// The matches of one hostname, by path.
#[derive(Debug)]
pub(super) struct Bucket {
    pub(super) first: Position,
    exact: Map<Box<str>, Candidates>,
    prefixes: Prefixes,
    regexes: Option<Box<Regexes>>,
    grpc: Option<Box<Grpc>>,
}

/// Positions by path, before they are indexed.
#[derive(Debug, Default)]
pub(super) struct Paths<'m> {
    exact: Map<String, Vec<Position>>,
    prefixes: Map<&'m str, Vec<Position>>,
    regexes: Map<&'m str, Vec<Position>>,
    grpc: Map<&'m GrpcMethodMatch, Vec<Position>>,
}

impl<'m> Paths<'m> {
    /// Positions come in ascending order.
    pub(super) fn insert(&mut self, path: &'m PathMatch, position: Position, patterns: &Patterns) {
        let list = match path {
            PathMatch::Exact(path) => self.exact.entry_ref(&**path).or_default(),
            PathMatch::Prefix(prefix) => self.prefixes.entry(prefix.trim_end_matches('/')).or_default(),
            PathMatch::Regex(text) => {
                match patterns.find(text).and_then(|(_, pattern)| pattern.literal.as_deref()) {
                    // It keeps its rank.
                    Some(literal) => self.exact.entry_ref(literal).or_default(),
                    None => self.regexes.entry(text).or_default(),
                }
            }
            PathMatch::Grpc(GrpcMethodMatch {
                service: Some(ValueMatch::Exact(service)),
                method: Some(ValueMatch::Exact(method)),
            }) => self.exact.entry(format!("/{service}/{method}")).or_default(),
            PathMatch::Grpc(call) => self.grpc.entry(call).or_default(),
        };
        list.push(position);
    }

    pub(super) fn build(self, slots: &Slots<'_>) -> Bucket {
        let build = |positions| Candidates::build(positions, slots, 0);
        let lists = self.exact.values().chain(self.prefixes.values()).chain(self.regexes.values());
        let first = lists.chain(self.grpc.values()).filter_map(|list| list.first()).min();
        let first = first.copied().unwrap_or(Position::MAX);
        let exact = self.exact.into_iter().map(|(path, list)| (path.into(), build(list))).collect();
        let prefixes = self.prefixes.into_iter().map(|(prefix, list)| (prefix, build(list)));
        let prefixes = Prefixes::build(prefixes.collect());
        let pattern = |text| slots.patterns.find(text).map(|(id, _)| id);
        let regexes: Vec<_> =
            self.regexes.into_iter().filter_map(|(text, list)| Some((pattern(text)?, build(list)))).collect();
        let regexes = (!regexes.is_empty()).then(|| Box::new(Regexes::build(regexes, slots.patterns)));
        let mut grpc = None;
        for (call, list) in self.grpc {
            let grpc: &mut Box<Grpc> = grpc.get_or_insert_default();
            grpc.insert(call, build(list), slots.patterns);
        }
        Bucket { first, exact, prefixes, regexes, grpc }
    }
}

impl Bucket {
    pub(super) fn search<O: Observe>(&self, walk: &mut Walk<'_, '_, O>) {
        let request = walk.search.request;
        let patterns = walk.search.slots().patterns;
        if let Some(candidates) = self.exact.get(request.path()) {
            walk.visit(candidates);
        }
        if let Some(regexes) = &self.regexes
            && let Some(path) = request.regex_path()
        {
            regexes.search(path, patterns, walk);
        }
        if let Some(grpc) = &self.grpc
            && let Some(call) = request.call()
        {
            grpc.search(call, request.regex_path().is_some(), patterns, walk);
        }
        let mut prefix = self.prefixes.longest(request.path().as_bytes());
        while let Some(leaf) = prefix {
            walk.visit(&leaf.candidates);
            prefix = self.prefixes.up(leaf).filter(|_| walk.wants(leaf.above));
        }
    }

    pub(super) fn candidates(&self) -> impl Iterator<Item = &Candidates> {
        let exact = self.exact.values();
        let prefixes = self.prefixes.leaves().iter().map(|leaf| &leaf.candidates);
        let regexes = self.regexes.iter().flat_map(|regexes| regexes.candidates());
        exact.chain(prefixes).chain(regexes).chain(self.grpc.iter().flat_map(|grpc| grpc.candidates()))
    }

    pub(super) fn nodes(&self) -> usize {
        self.exact.len() + self.prefixes.leaves().len()
    }

    pub(super) fn residual_regexes(&self) -> usize {
        self.regexes.as_ref().map_or(0, |regexes| regexes.rest())
    }
}
