use gateline::filter::Filters;
use gateline::model::{Match, Retry, Rule, SessionKind, SessionPersistence, Timeouts, WeightedBackend};

use super::backends::Registry;
use super::durations;
use super::fault::Faults;
use super::filters::Reader;
use super::matches;
use super::world::World;
use crate::finding::{Finding, codes};
use crate::object::Object;
use crate::objects::{self, BackendRef, Filter, GrpcRule, HttpRule, L4Rule, Session};

/// Reads the rules of one route.
pub(super) struct Reading<'r, 'w, 'a> {
    pub(super) world: &'w World<'a>,
    pub(super) registry: &'r mut Registry<'w, 'a>,
    pub(super) object: &'w Object,
    pub(super) faults: Faults,
}

impl Reading<'_, '_, '_> {
    pub(super) fn http(&mut self, i: usize, written: &HttpRule) -> Rule {
        let path = format!("spec.rules[{i}]");
        let (object, faults) = (self.object, &mut self.faults);
        let read = |(j, one)| matches::http(object, &format!("{path}.matches[{j}]"), one, faults);
        let matches: Vec<Match> = written.matches.iter().enumerate().filter_map(read).collect();
        let mut rule = self.rule(&path, written.name.as_deref(), matches, written.matches.is_empty());
        self.fill(&path, &mut rule, &written.filters, &written.backend_refs);
        rule.timeouts = self.timeouts(&path, written.timeouts.as_ref());
        rule.retry = written.retry.as_ref().map(|retry| self.retry(&path, retry));
        rule.session = written.session_persistence.as_ref().map(|session| self.session(&path, session));
        rule
    }

    pub(super) fn grpc(&mut self, i: usize, written: &GrpcRule) -> Rule {
        let path = format!("spec.rules[{i}]");
        let (object, faults) = (self.object, &mut self.faults);
        let read = |(j, one)| matches::grpc(object, &format!("{path}.matches[{j}]"), one, faults);
        let matches: Vec<Match> = written.matches.iter().enumerate().filter_map(read).collect();
        let mut rule = self.rule(&path, written.name.as_deref(), matches, written.matches.is_empty());
        self.fill(&path, &mut rule, &written.filters, &written.backend_refs);
        rule.session = written.session_persistence.as_ref().map(|session| self.session(&path, session));
        rule
    }

    pub(super) fn l4(&mut self, i: usize, written: &L4Rule) -> Rule {
        let path = format!("spec.rules[{i}]");
        let mut rule = self.rule(&path, written.name.as_deref(), Vec::new(), true);
        self.fill(&path, &mut rule, &[], &written.backend_refs);
        rule
    }

    fn rule(&self, path: &str, name: Option<&str>, mut matches: Vec<Match>, everything: bool) -> Rule {
        let origin = self.object.origin(path);
        if everything {
            matches.push(matches::everything(origin.clone()));
        }
        Rule {
            name: name.map(Into::into),
            matches,
            filters: Filters::default(),
            backends: Vec::new().into(),
            timeouts: Timeouts::default(),
            retry: None,
            session: None,
            origin,
            ..Rule::default()
        }
    }

    fn fill(&mut self, path: &str, rule: &mut Rule, filters: &[Filter], backends: &[BackendRef]) {
        rule.filters = self.filters(&format!("{path}.filters"), filters, &rule.matches);
        let mut list = Vec::with_capacity(backends.len());
        for (i, written) in backends.iter().enumerate() {
            let place = format!("{path}.backendRefs[{i}]");
            let target = self.registry.target(self.object, &place, written, &mut self.faults);
            let filters = self.filters(&format!("{place}.filters"), &written.filters, &rule.matches);
            let weight = written.weight.unwrap_or(1);
            list.push(WeightedBackend { target, weight, filters, origin: self.object.origin(&place) });
        }
        if !list.is_empty() && list.iter().all(|backend| backend.weight == 0) {
            let message = format!("{} {} {path}: all weights are 0", self.object.kind, self.object.name);
            let finding =
                Finding::new(&codes::GL306, self.object.origin(&format!("{path}.backendRefs")), message);
            self.faults
                .findings
                .push(finding.help(format!("{}; give one backend a weight", lost(&self.object.kind))));
        }
        self.faults.findings.extend(odd_weights(self.object, path, &list));
        self.faults.findings.extend(mirrors_to_itself(self.object, &rule.filters, &list));
        rule.backends = list.into();
    }

    fn filters(&mut self, path: &str, written: &[Filter], matches: &[Match]) -> Filters {
        let (world, object) = (self.world, self.object);
        Reader { world, registry: self.registry, object, matches, faults: &mut self.faults }
            .read(path, written)
    }

    fn timeouts(&mut self, path: &str, written: Option<&objects::Timeouts>) -> Timeouts {
        let Some(written) = written else { return Timeouts::default() };
        let request = self.duration(&format!("{path}.timeouts.request"), written.request.as_deref());
        let backend_request =
            self.duration(&format!("{path}.timeouts.backendRequest"), written.backend_request.as_deref());
        if request.zip(backend_request).is_some_and(|(all, one)| one > all) {
            let message = format!(
                "{} {} {path}: backendRequest is longer than request, which covers all tries, and so never ends one",
                self.object.kind, self.object.name
            );
            let origin = self.object.origin(&format!("{path}.timeouts.backendRequest"));
            let finding = Finding::new(&codes::GL409, origin, message);
            self.faults.findings.push(finding.help("make backendRequest at most as long as request"));
        }
        Timeouts { request, backend_request }
    }

    /// `0s` switches a limit off.
    fn duration(&mut self, path: &str, text: Option<&str>) -> Option<std::time::Duration> {
        let text = text?;
        match durations::parse(text) {
            Some(duration) => (!duration.is_zero()).then_some(duration),
            None => self.faults.unsupported(self.object, path, text),
        }
    }

    fn retry(&mut self, path: &str, written: &objects::Retry) -> Retry {
        let backoff = self.duration(&format!("{path}.retry.backoff"), written.backoff.as_deref());
        Retry { attempts: written.attempts.unwrap_or(1), codes: written.codes.clone(), backoff }
    }

    fn session(&mut self, path: &str, written: &Session) -> SessionPersistence {
        let place = format!("{path}.sessionPersistence");
        let cookie = written.cookie.as_ref();
        let (name, kind) = if written.r#type.as_deref() == Some("Header") {
            (written.header.as_ref().map(|header| &header.name), SessionKind::Header)
        } else {
            let permanent = cookie.and_then(|cookie| cookie.lifetime_type.as_deref()) == Some("Permanent");
            let path = cookie.and_then(|cookie| cookie.path.as_deref()).unwrap_or("/").into();
            (cookie.and_then(|cookie| cookie.name.as_ref()), SessionKind::Cookie { permanent, path })
        };
        SessionPersistence {
            name: name.or(written.session_name.as_ref()).map(|name| name.as_str().into()),
            kind,
            absolute_timeout: self
                .duration(&format!("{place}.absoluteTimeout"), written.absolute_timeout.as_deref()),
            idle_timeout: self.duration(&format!("{place}.idleTimeout"), written.idle_timeout.as_deref()),
        }
    }
}

/// GL307: shares that were meant as percent and are not. Any other sum says nothing.
fn odd_weights(object: &Object, path: &str, backends: &[WeightedBackend]) -> Option<Finding> {
    let sum: u64 = backends.iter().map(|backend| u64::from(backend.weight)).sum();
    if backends.len() < 2 || sum == 100 || !(90..=110).contains(&sum) {
        return None;
    }
    let message = format!("{} {} {path}: the weights add up to {sum}", object.kind, object.name);
    let origin = object.origin(&format!("{path}.backendRefs"));
    Some(
        Finding::new(&codes::GL307, origin, message)
            .help("if they are meant as percent, let them add up to 100"),
    )
}

/// GL411: what gets the request anyway gets it twice.
fn mirrors_to_itself(object: &Object, filters: &Filters, backends: &[WeightedBackend]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for mirror in &filters.mirrors {
        let Some(id) = mirror.target.backend() else { continue };
        let same = |backend: &&WeightedBackend| backend.weight > 0 && backend.target.backend() == Some(id);
        if let Some(backend) = backends.iter().find(same) {
            let message = format!(
                "{} {}: {} sends copies to a backend of the same rule, which gets requests twice",
                object.kind, object.name, mirror.origin.path
            );
            let finding = Finding::new(&codes::GL411, mirror.origin.clone(), message);
            let finding = finding.help("mirror to another Service, or remove the filter");
            findings.push(finding.related("the backend", backend.origin.clone()));
        }
    }
    findings
}

/// What becomes of what a rule cannot send anywhere.
fn lost(kind: &str) -> &'static str {
    match kind {
        "TLSRoute" | "TCPRoute" => "every connection of this rule is reset",
        "UDPRoute" => "every datagram of this rule is dropped",
        _ => "every request of this rule is answered 500",
    }
}
