use gateline::Model;
use gateline::model::{HostPattern, Match, PathMatch};

use crate::{Request, Table, model, path};

/// Requests of a run: distinct, spread over the table, so that caches help only as they would in service.
const REQUESTS: usize = 512;

/// A table, requests, and the prefix that must win each of them.
#[derive(Debug)]
pub struct Sample {
    /// The table.
    pub model: Model,
    /// The requests.
    pub requests: Vec<Request>,
    winners: Vec<PathMatch>,
}

impl Sample {
    /// Compiled.
    ///
    /// # Panics
    ///
    /// If a request has another winner than it must.
    #[must_use]
    #[expect(clippy::panic, reason = "a benchmark that cannot be set up must stop")]
    pub fn table(&self) -> Table {
        let table = Table::compile(self.model.clone()).ok().flatten();
        let Some(table) = table else { panic!("the table does not compile") };
        for (request, winner) in self.requests.iter().zip(&self.winners) {
            assert_eq!(table.winner(&request.head()), Some(winner));
        }
        table
    }
}

/// The match `n` of each request of a run over a table of that size.
pub fn spread(size: usize) -> impl Iterator<Item = usize> {
    (0..REQUESTS).map(move |n| n * 7_919 % size)
}

/// Prefixes on one host.
#[must_use]
pub fn prefixes(size: usize) -> Sample {
    let text = |n: usize| format!("/team{}/service{n}/v1", n % 97);
    let model = model([(None, (0..size).map(|n| prefix(&text(n))).collect())]);
    let requests = spread(size).map(|n| Request::get("a.example", text(n) + "/items/42")).collect();
    Sample { model, requests, winners: spread(size).map(|n| prefix(&text(n)).path).collect() }
}

/// The same prefixes in matchit, each as a path and as a path with a catch-all.
///
/// # Panics
///
/// If a request has another winner than it must.
#[must_use]
pub fn matchit(size: usize) -> matchit::Router<usize> {
    let mut peer = matchit::Router::new();
    for n in 0..size {
        let text = format!("/team{}/service{n}/v1", n % 97);
        assert!(peer.insert(format!("{text}/{{*rest}}"), n).is_ok() && peer.insert(text, n).is_ok());
    }
    for (request, n) in prefixes(size).requests.iter().zip(spread(size)) {
        assert_eq!(peer.at(request.path()).map(|found| *found.value), Ok(n));
    }
    peer
}

/// Hosts, each with two prefixes.
#[must_use]
pub fn hosts(size: usize) -> Sample {
    let name = |n: usize| format!("shop{n}.example.com");
    let text = |n: usize| format!("/v{n}");
    let host = |n: usize| (HostPattern::parse(&name(n)).ok(), vec![prefix(&text(n)), prefix("")]);
    let requests = spread(size).map(|n| Request::get(name(n), text(n) + "/x")).collect();
    let winners = spread(size).map(|n| prefix(&text(n)).path).collect();
    Sample { model: model((0..size).map(host)), requests, winners }
}

/// A match by prefix alone.
#[must_use]
pub fn prefix(text: &str) -> Match {
    path(PathMatch::Prefix(text.into()))
}
