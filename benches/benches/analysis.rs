//! Proofs over all requests of tables of 5,000 rules.
#![allow(clippy::unwrap_used, reason = "a benchmark that cannot be set up must stop")]
#![allow(missing_docs, reason = "the macros of criterion define undocumented functions")]

use std::sync::Arc;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use gateline::analysis::{Reach, diff, reach};
use gateline::model::{HostPattern, Match, Model, PathMatch};
use gateline::{Options, Router};
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
    }
}

criterion_group!(benches, analysis);
criterion_main!(benches);
