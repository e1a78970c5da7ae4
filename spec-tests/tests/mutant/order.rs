//! Precedence, with its faults.

use std::cmp::{Ordering, Reverse};

use gateline::model::{GrpcMethodMatch, HostPattern, PathMatch, ValueMatch};

use super::{Candidate, Fault, Mutant};

/// Less is more specific: exact, then wildcards by length, then any.
pub(super) fn specificity(pattern: Option<&HostPattern>) -> (u8, Reverse<usize>) {
    match pattern {
        Some(HostPattern::Exact(name)) => (0, Reverse(name.len())),
        Some(HostPattern::Wildcard(suffix) | HostPattern::Label(suffix)) => (1, Reverse(suffix.len())),
        None => (2, Reverse(0)),
    }
}

impl Mutant {
    /// The least takes the request.
    pub(super) fn compare(self, a: &Candidate<'_>, b: &Candidate<'_>) -> Ordering {
        let by = |key: &dyn Fn(&Candidate<'_>) -> Vec<i64>| key(a).cmp(&key(b));
        by(&|one| self.place(one))
            .then_with(|| by(&|one| self.counts(one)))
            .then_with(|| by(&|one| self.age(one)))
            .then_with(|| self.name(a, b))
            .then_with(|| by(&|one| self.position(one)))
    }

    pub(super) fn host_rank(self, one: &Candidate<'_>) -> Vec<i64> {
        let hostname = if self.is(Fault::IntersectedHostname) { one.effective } else { one.written };
        let (class, Reverse(length)) = specificity(hostname);
        let class = match class {
            0 | 1 if self.is(Fault::WildcardBeforeExact) => 1 - class,
            class => class,
        };
        let length = number(length);
        vec![i64::from(class), if self.is(Fault::ShorterWildcard) { length } else { -length }]
    }

    fn place(self, one: &Candidate<'_>) -> Vec<i64> {
        let (mut host, path) = (self.host_rank(one), self.path(&one.matched.path));
        if self.is(Fault::PathBeforeHost) {
            return [path, host].concat();
        }
        host.extend(path);
        host
    }

    fn path(self, path: &PathMatch) -> Vec<i64> {
        let exact = if self.is(Fault::PrefixBeforeExact) { 3 } else { 0 };
        let (class, length) = match path {
            PathMatch::Exact(_) if !self.is(Fault::LengthOnly) => (exact, 0),
            PathMatch::Exact(text) => (exact, text.len()),
            PathMatch::Prefix(text) => (2, text.trim_end_matches('/').len()),
            PathMatch::Regex(text) => (if self.is(Fault::RegexLast) { 3 } else { 1 }, text.len()),
            PathMatch::Grpc(grpc) => return self.grpc(grpc),
        };
        let length = match class {
            1 if !self.is(Fault::RegexLength) && !self.is(Fault::LengthOnly) => 0,
            2 if self.is(Fault::ShorterPrefix) => -number(length),
            _ => number(length),
        };
        if self.is(Fault::LengthOnly) { vec![-length] } else { vec![class, -length, 1, 1] }
    }

    /// Where an HTTP match of the same paths would stand; then by service and method.
    fn grpc(self, call: &GrpcMethodMatch) -> Vec<i64> {
        let rank = |value: &Option<ValueMatch>| match value {
            Some(ValueMatch::Exact(text)) => -number(text.len()),
            Some(ValueMatch::Regex(_)) => 0,
            None => 1,
        };
        let (service, method) = (rank(&call.service), rank(&call.method));
        if self.is(Fault::GrpcMethodFirst) {
            return vec![method, service];
        }
        match (service, method) {
            (..0, ..0) => vec![0, 0, service, method],
            (..0, _) => vec![2, service - 1, service, method],
            _ => vec![2, 0, service, method],
        }
    }

    fn counts(self, one: &Candidate<'_>) -> Vec<i64> {
        let method = i64::from(one.matched.method.is_some());
        let headers = number(one.matched.headers.len());
        let query = number(one.matched.query.len());
        let counts = match self.fault {
            Some(Fault::MethodAfterHeaders) => [headers, method, query],
            Some(Fault::MethodIsTenHeaders) => [10 * method + headers, query, 0],
            Some(Fault::QueryBeforeHeaders) => [method, query, headers],
            Some(Fault::HeadersDoNotCount) => [method, query, 0],
            Some(Fault::QueryDoesNotCount) => [method, headers, 0],
            _ => [method, headers, query],
        };
        counts.map(|count| -count).to_vec()
    }

    fn age(self, one: &Candidate<'_>) -> Vec<i64> {
        let created = one.route.created.map(|created| created.0);
        match self.fault {
            Some(Fault::NoAge) => vec![],
            Some(Fault::Youngest) => vec![i64::from(created.is_none()), -created.unwrap_or_default()],
            Some(Fault::UndatedFirst) => vec![i64::from(created.is_some()), created.unwrap_or_default()],
            _ => vec![i64::from(created.is_none()), created.unwrap_or_default()],
        }
    }

    fn name(self, a: &Candidate<'_>, b: &Candidate<'_>) -> Ordering {
        let (a, b) = (&a.route.name, &b.route.name);
        match self.fault {
            Some(Fault::NameOnly) => a.name.cmp(&b.name),
            Some(Fault::LastName) => (&b.namespace, &b.name).cmp(&(&a.namespace, &a.name)),
            _ => (&a.namespace, &a.name).cmp(&(&b.namespace, &b.name)),
        }
    }

    fn position(self, one: &Candidate<'_>) -> Vec<i64> {
        let rule = number(one.rule);
        vec![if self.is(Fault::LastRule) { -rule } else { rule }, number(one.index)]
    }
}

fn number(length: usize) -> i64 {
    i64::try_from(length).unwrap()
}
