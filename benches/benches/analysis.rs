//! Proofs over all requests of tables of 5,000 rules.
#![allow(clippy::unwrap_used, reason = "a benchmark that cannot be set up must stop")]
#![allow(missing_docs, reason = "the macros of criterion define undocumented functions")]

use std::sync::Arc;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use gateline::analysis::{Reach, diff, reach};
use gateline::model::{HostPattern, Match, Model, PathMatch};
use gateline::{Options, Router};
use gateline_api::{Target, analyse};
use gateline_benches::{header, model, path, prefix};

/// Few where it is only tested that they run.
const RULES: usize = if cfg!(debug_assertions) { 200 } else { 5_000 };

/// Prefixes and twenty regular expressions on one host.
fn paths(changed: Option<usize>) -> Model {
    let text = |n: usize| format!("/team{}/service{n}/v{}", n % 97, if changed == Some(n) { 2 } else { 1 });
    let prefixes = (0..RULES - 20).map(|n| prefix(&text(n)));
    let regexes = (0..20).map(|n| path(PathMatch::Regex(format!("/team{n}/[a-z0-9]+/items/[0-9]+").into())));
    model([(None, prefixes.chain(regexes).collect())])
}

/// Hosts with two prefixes each.
fn hosts(changed: Option<usize>) -> Model {
    let host = |n: usize| {
        let shop = if changed == Some(n) { "moved" } else { "shop" };
        let name = HostPattern::parse(&format!("{shop}{n}.example.com")).ok();
        (name, vec![prefix("/v1"), prefix("")])
    };
    model((0..RULES / 2).map(host))
}

/// Values of one header on one path.
fn headers(changed: Option<usize>) -> Model {
    let value = |n: usize| if changed == Some(n) { "new".to_owned() } else { n.to_string() };
    let rules: Vec<Match> = (0..RULES).map(|n| header("/", "x-user", &value(n))).collect();
    model([(None, rules)])
}

/// A table with one rule changed, or none.
type Table = fn(Option<usize>) -> Model;

fn analysis(c: &mut Criterion) {
    let mut group = c.benchmark_group("analysis");
    group.sample_size(10);
    let tables: [(&str, Table); 3] = [("paths", paths), ("hosts", hosts), ("headers", headers)];
    for (name, table) in tables {
        let compile = |changed| Router::compile(Arc::new(table(changed)), &Options::default()).unwrap();
        let (before, after) = (compile(None), compile(Some(RULES / 4)));
        assert!(diff(&before, &compile(None)).is_equivalent());
        let changes = diff(&before, &after);
        assert!(!changes.changes.is_empty() && changes.unknown.is_empty(), "{name}: {changes:?}");
        group.bench_function(BenchmarkId::new("diff", name), |b| b.iter(|| diff(&before, &after)));
        assert!(reach(&before).values().all(|reach| matches!(reach, Reach::Reached(_))));
        group.bench_function(BenchmarkId::new("reach", name), |b| b.iter(|| reach(&before)));
        let (model, target) = (table(None), Target::default());
        group.bench_function(BenchmarkId::new("check", name), |b| b.iter(|| analyse(&model, &target)));
        group.bench_function(BenchmarkId::new("pairs", name), |b| b.iter(|| covered_pairs(&model)));
    }
}

/// What a linter that compares rules two by two does: how many are covered by one other rule. It misses unions and does not
/// understand regular expressions.
fn covered_pairs(model: &Model) -> usize {
    let rules: Vec<(Option<&HostPattern>, &Match)> = model
        .listeners
        .iter()
        .flat_map(|listener| &listener.attached)
        .flat_map(|attached| {
            let rules = model.routes[attached.route.0 as usize].rules.iter();
            let host = attached.hostnames.first().and_then(|host| host.effective.as_ref());
            rules.flat_map(|rule| &rule.matches).map(move |matched| (host, matched))
        })
        .collect();
    let covers = |a: &(Option<&HostPattern>, &Match), b: &(Option<&HostPattern>, &Match)| {
        let path = match (&a.1.path, &b.1.path) {
            (PathMatch::Prefix(a), PathMatch::Prefix(b) | PathMatch::Exact(b)) => {
                b.strip_prefix(&**a).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            }
            (a, b) => a == b,
        };
        path && a.0 == b.0
            && a.1.method.is_none()
            && a.1.headers.iter().all(|one| b.1.headers.contains(one))
            && a.1.query.iter().all(|one| b.1.query.contains(one))
    };
    let dead = |(index, one): (usize, &(Option<&HostPattern>, &Match))| {
        rules.iter().take(index).any(|earlier| covers(earlier, one))
    };
    rules.iter().enumerate().filter(|one| dead(*one)).count()
}

criterion_group!(benches, analysis);
criterion_main!(benches);
