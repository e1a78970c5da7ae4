//! Tests run on manifests: what becomes of each request, against what is expected.

mod because;
mod coverage;
mod follow;
mod invariant;
mod judge;
pub(crate) mod names;
pub(crate) mod possible;
pub(crate) mod reachable;
mod report;
pub(crate) mod witness;

use gateline::Router;
use gateline::analysis::{Scope, quoted};
use gateline::model::{ObjectName, Timestamp};

pub use coverage::{Coverage, Covered};
pub use report::{CaseReport, Failure, Line, TestVerdict};

use coverage::Counter;
use judge::{Judge, Mismatch};
use names::Names;
use possible::Possible;

use crate::load::World;
use crate::request::{Request, RequestKind};
use crate::suite::{Case, Expect, Follow, Invariant, SuiteError};

/// Runs tests on one set of manifests, and counts what they go through.
pub struct Runner<'w> {
    world: &'w World,
    router: &'w Router,
    names: Names<'w>,
    counter: Counter<'w>,
    now: Option<Timestamp>,
}

impl<'w> Runner<'w> {
    /// `router` is that of the world; `now` is what certificates are held against.
    #[must_use]
    pub fn new(world: &'w World, router: &'w Router, now: Option<Timestamp>) -> Self {
        Self { world, router, names: Names::of(world), counter: Counter::new(world), now }
    }

    /// Runs one test. It passes if the expectation holds for every order in which routes may have been created (unless the
    /// test pins it) and for every backend with a share of the weights.
    pub fn run(&mut self, case: &Case) -> CaseReport {
        let verdict = match self.prepare(case) {
            Ok(request) => match self.failure(case, &request) {
                None => TestVerdict::Passed,
                Some(failure) => TestVerdict::Failed(failure),
            },
            Err(errors) => TestVerdict::Invalid { errors },
        };
        CaseReport {
            file: case.place.file.to_string(),
            name: case.name.clone(),
            place: case.place.clone(),
            request: case.request.title(),
            profile: None,
            verdict,
        }
    }

    /// Proves or refutes an invariant, for every order in which routes may have been created (unless it pins it). Exact over all
    /// requests: O(classes of requests), see [`gateline::analysis`].
    #[must_use]
    pub fn prove(&self, invariant: &Invariant) -> CaseReport {
        let mut errors = self.names.invariant(invariant);
        let gateway = invariant.gateway.as_ref().map(|name| self.names.gateway(name)).transpose();
        let gateway = gateway.map_err(|error| errors.push(error)).unwrap_or_default();
        let verdict = if errors.is_empty() {
            let scope = Scope { gateway, ..invariant.scope.clone() };
            match invariant::prove(self.router, invariant, &scope) {
                TestVerdict::Proved { classes: 0 } => TestVerdict::Invalid { errors: vec![empty(invariant)] },
                verdict => verdict,
            }
        } else {
            TestVerdict::Invalid { errors }
        };
        CaseReport {
            file: invariant.place.file.to_string(),
            name: format!("invariant  {}", invariant.name),
            place: invariant.place.clone(),
            request: "every request".to_owned(),
            profile: None,
            verdict,
        }
    }

    /// Counts a request as if a test had sent it.
    pub fn count(&mut self, request: &Request) {
        self.counter.count(request, &possible::all(self.router, request, &[]));
    }

    /// What all tests together went through.
    #[must_use]
    pub fn finish(self) -> Coverage {
        self.counter.finish(self.router)
    }

    /// The request, sent to the Gateway that is named.
    fn prepare(&self, case: &Case) -> Result<Request, Vec<SuiteError>> {
        let mut errors = self.names.check(case);
        let gateway = case.gateway.as_ref().map(|name| self.names.gateway(name)).transpose();
        let gateway: Option<ObjectName> = gateway.map_err(|error| errors.push(error)).unwrap_or_default();
        if errors.is_empty() { Ok(Request { gateway, ..case.request.clone() }) } else { Err(errors) }
    }

    fn failure(&mut self, case: &Case, request: &Request) -> Option<Failure> {
        let possible = possible::all(self.router, request, &case.created);
        self.counter.count(request, &possible);
        self.judge(&case.expect, request, &possible)
            .or_else(|| case.follow.as_ref().and_then(|follow| self.follow(case, follow, request, &possible)))
    }

    fn follow(
        &mut self,
        case: &Case,
        follow: &Follow,
        request: &Request,
        possible: &[Possible],
    ) -> Option<Failure> {
        let first = possible.first()?;
        let followed = follow::follow(self.router, request, first, follow.max, &case.created);
        let hops = followed.hops.iter().map(|(_, possible)| possible.as_slice());
        [possible].into_iter().chain(hops).take(followed.hops.len()).for_each(|hop| self.counter.follow(hop));
        for (request, possible) in &followed.hops {
            self.counter.count(request, possible);
        }
        let last = followed.hops.last();
        if let Some(broken) = followed.broken {
            let expected = "redirects that come to an end".to_owned();
            let mismatch = Mismatch { expected, got: broken };
            let request = last.map_or(request, |(request, _)| request);
            return Some(failed(&case.expect, request, mismatch, Vec::new(), None));
        }
        let ends_at = follow.ends_at.as_ref()?;
        if let Some((request, possible)) = last {
            return self.judge(ends_at, request, possible);
        }
        let expected = "a redirect to follow".to_owned();
        let mismatch = Mismatch { expected, got: judge::summary(&first.answer) };
        Some(failed(ends_at, request, mismatch, because::trace(self.router, request, ends_at), None))
    }

    /// What is wrong with one of all possible outcomes; those as the files stand first.
    fn judge(&self, expect: &Expect, request: &Request, possible: &[Possible]) -> Option<Failure> {
        let now = self.now.map(|now| now.0);
        let judge = Judge { world: self.world, router: self.router, request, now };
        let (wrong, mismatch) = possible.iter().find_map(|one| Some((one, judge.judge(expect, one)?)))?;
        let right = |one: &Possible| judge.judge(expect, one).is_none();
        let ties = because::ties(self.router, request, possible, right);
        let depends = !wrong.as_written || possible.iter().any(|one| !one.as_written && right(one));
        if !ties.is_empty() && depends {
            return Some(failed(expect, request, mismatch, ties, Some("GL203")));
        }
        Some(failed(expect, request, mismatch, because::trace(self.router, request, expect), None))
    }
}

fn empty(invariant: &Invariant) -> SuiteError {
    let message = "no request falls under `for-all`, so that it says nothing".to_owned();
    SuiteError { place: invariant.place.clone(), message, help: None }
}

fn failed(
    expect: &Expect,
    request: &Request,
    mismatch: Mismatch,
    because: Vec<Line>,
    code: Option<&'static str>,
) -> Failure {
    let Mismatch { expected, got } = mismatch;
    Failure { at: expect.place.clone(), expected, got, because, code, explain: command(request) }
}

/// `gateline explain PATH 'GET https://host/path' -H 'name: value'`.
fn command(request: &Request) -> String {
    let RequestKind::Http(http) = &request.kind else {
        return format!("gateline explain PATH {}", request.title());
    };
    let fields = http.fields().into_iter();
    let fields = fields.map(|(name, value)| format!(" -H {}", quoted(&format!("{name}: {value}"))));
    format!("gateline explain PATH {}{}", quoted(&http.text()), fields.collect::<String>())
}
