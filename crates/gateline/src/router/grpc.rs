use super::Map;
use super::candidates::Candidates;
use super::patterns::{PatternId, Patterns};
use super::search::{Observe, Walk};
use crate::model::{GrpcMethodMatch, ValueMatch};

/// The method matches of gRPC routes, by their exact service or else by their exact method. (Those with both are exact paths.)
#[derive(Debug, Default)]
pub(super) struct Grpc {
    services: Map<Box<str>, Vec<Leaf>>,
    methods: Map<Box<str>, Vec<Leaf>>,
    rest: Vec<Leaf>,
}

/// What is left to check.
#[derive(Debug)]
struct Leaf {
    service: Option<PatternId>,
    method: Option<PatternId>,
    candidates: Candidates,
}

impl Grpc {
    pub(super) fn insert(&mut self, call: &GrpcMethodMatch, candidates: Candidates, patterns: &Patterns) {
        let leaf = Leaf {
            service: regex(call.service.as_ref(), patterns),
            method: regex(call.method.as_ref(), patterns),
            candidates,
        };
        let leaves = match (&call.service, &call.method) {
            (Some(ValueMatch::Exact(service)), _) => self.services.entry(service.clone()).or_default(),
            (_, Some(ValueMatch::Exact(method))) => self.methods.entry(method.clone()).or_default(),
            _ => &mut self.rest,
        };
        let place = leaves.partition_point(|other| other.candidates.first() < leaf.candidates.first());
        leaves.insert(place, leaf);
    }

    pub(super) fn search<O: Observe>(
        &self,
        (service, method): (&str, &str),
        regex: bool,
        patterns: &Patterns,
        walk: &mut Walk<'_, '_, O>,
    ) {
        let matches = |id: Option<PatternId>, text: &str| match id.and_then(|id| patterns.get(id)) {
            Some(pattern) => regex && pattern.matches(text.bytes()),
            None => true,
        };
        for leaves in [self.services.get(service), self.methods.get(method), Some(&self.rest)] {
            for leaf in leaves.into_iter().flatten() {
                if !walk.wants(leaf.candidates.first()) {
                    break;
                }
                if matches(leaf.service, service) && matches(leaf.method, method) {
                    walk.visit(&leaf.candidates);
                }
            }
        }
    }

    pub(super) fn candidates(&self) -> impl Iterator<Item = &Candidates> {
        let leaves = self.services.values().chain(self.methods.values()).flatten();
        leaves.chain(&self.rest).map(|leaf| &leaf.candidates)
    }
}

fn regex(value: Option<&ValueMatch>, patterns: &Patterns) -> Option<PatternId> {
    match value {
        Some(ValueMatch::Regex(text)) => patterns.find(text).map(|(id, _)| id),
        _ => None,
    }
}
