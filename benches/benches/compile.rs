//! Compiling a model, off the hot path.
#![allow(clippy::unwrap_used, reason = "a benchmark that cannot be set up must stop")]
#![allow(missing_docs, reason = "the macros of criterion define undocumented functions")]

use std::sync::Arc;

use criterion::{BatchSize, BenchmarkId, Criterion, criterion_group, criterion_main};
use gateline::model::PathMatch;
use gateline::{Model, Options, Router};
use gateline_benches::{Table, model, path};

type Text = fn(usize) -> PathMatch;

fn compile(c: &mut Criterion) {
    let mut group = c.benchmark_group("compile");
    group.sample_size(10);
    let tables: [(&str, usize, Text); 3] = [
        ("prefixes", 10_000, |n| PathMatch::Prefix(format!("/team{}/service{n}/v1", n % 97).into())),
        ("prefixes", 100_000, |n| PathMatch::Prefix(format!("/team{}/service{n}/v1", n % 97).into())),
        ("regexes", 1_000, |n| PathMatch::Regex(format!("/svc{n}x/[0-9]+/items/[a-z]+").into())),
    ];
    for (name, size, text) in tables {
        let model = Arc::new(model([(None, (0..size).map(|n| path(text(n))).collect())]));
        let table = Table::compile(Model::clone(&model)).unwrap().unwrap();
        assert_eq!(table.router().stats().matches, size);
        group.bench_function(BenchmarkId::new(name, size), |bencher| {
            let options = Options::default();
            let compile = |model| Router::compile(model, &options).unwrap();
            bencher.iter_batched(|| Arc::clone(&model), compile, BatchSize::PerIteration);
        });
    }
}

criterion_group!(benches, compile);
criterion_main!(benches);
