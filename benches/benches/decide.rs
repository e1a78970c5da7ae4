//! One decision, over tables of many sizes and in the worst cases. Every table's winner is asserted before it is timed.
#![allow(clippy::unwrap_used, reason = "a benchmark that cannot be set up must stop")]
#![allow(missing_docs, reason = "the macros of criterion define undocumented functions")]

use std::hint::black_box;
use std::time::Duration;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion, criterion_group, criterion_main};
use gateline::model::PathMatch;
use gateline::{Decision, Model, Options, reference};
use gateline_benches::{Request, Table, header, hosts, matchit, model, path, prefixes, spread};

const SIZES: [usize; 5] = [10, 100, 1_000, 10_000, 100_000];

fn compile(model: Model) -> Table {
    Table::compile(model).unwrap().unwrap()
}

/// Times one decision: a run goes through all requests in turn.
fn time(group: &mut BenchmarkGroup<'_, WallTime>, id: BenchmarkId, table: &Table, requests: &[Request]) {
    let mut turn = requests.iter().cycle();
    group.bench_function(id, |bencher| {
        bencher.iter(|| table.decide(black_box(&turn.next().unwrap().head())));
    });
}

/// Prefixes on one host, against matchit on the same table and, where it ends, the naive reference.
fn paths(c: &mut Criterion) {
    let mut group = c.benchmark_group("prefixes");
    for size in SIZES {
        let sample = prefixes(size);
        let (model, requests) = (&sample.model, &sample.requests);
        let (table, peer) = (sample.table(), matchit(size));
        time(&mut group, BenchmarkId::new("gateline", size), &table, requests);
        let mut turn = requests.iter().cycle();
        group.bench_function(BenchmarkId::new("matchit", size), |bencher| {
            bencher.iter(|| *peer.at(black_box(turn.next().unwrap().path())).unwrap().value);
        });
        if size <= 1_000 {
            let mut turn = requests.iter().cycle();
            let decide =
                |request: &Request| reference::decide(model, &Options::default(), 80, None, &request.head());
            assert_eq!(decide(&requests[0]), table.decide(&requests[0].head()));
            group.bench_function(BenchmarkId::new("reference", size), |bencher| {
                bencher.iter(|| decide(black_box(turn.next().unwrap())));
            });
        }
    }
}

fn hostnames(c: &mut Criterion) {
    let mut group = c.benchmark_group("hosts");
    for size in SIZES {
        let sample = hosts(size);
        time(&mut group, BenchmarkId::new("gateline", size), &sample.table(), &sample.requests);
    }
}

fn headers(c: &mut Criterion) {
    let mut group = c.benchmark_group("headers");
    for size in [1, 10_000] {
        let table =
            compile(model([(None, (0..size).map(|n| header("", "x-user", &n.to_string())).collect())]));
        let request = |n: usize| Request::get("a.example", "/").header("x-user", &n.to_string());
        let requests: Vec<_> = spread(size).map(request).collect();
        assert!(requests.iter().all(|request| matches!(table.decide(&request.head()), Decision::Hit(_))));
        time(&mut group, BenchmarkId::new("gateline", size), &table, &requests);
    }
}

type Text = fn(usize) -> String;

fn regexes(c: &mut Criterion) {
    let mut group = c.benchmark_group("regexes");
    let families: [(&str, Text, Text); 3] = [
        ("numbers", |n| format!("/svc{n}x/[0-9]+/items/[a-z]+"), |n| format!("/svc{n}x/42/items/lamp")),
        ("shared start", |n| format!("/api/v1/[^/]+/res{n}x/[^/]+"), |n| format!("/api/v1/me/res{n}x/7")),
        ("anywhere", |n| format!(".*/res{n}x/.*"), |n| format!("/a/b/res{n}x/c")),
    ];
    for (name, pattern, text) in families {
        let table =
            compile(model([(None, (0..1_000).map(|n| path(PathMatch::Regex(pattern(n).into()))).collect())]));
        let requests: Vec<_> = spread(1_000).map(|n| Request::get("a.example", text(n))).collect();
        for (request, n) in requests.iter().zip(spread(1_000)) {
            assert_eq!(table.winner(&request.head()), Some(&PathMatch::Regex(pattern(n).into())));
        }
        time(&mut group, BenchmarkId::new(name, 1_000), &table, &requests);
    }
}

fn worst(c: &mut Criterion) {
    let mut group = c.benchmark_group("worst");
    let table =
        compile(model([(None, (0..500).map(|n| header(&"/a".repeat(n), "x-deep", "yes")).collect())]));
    let cases = [
        (
            "500 nested prefixes, the least wins",
            Request::get("a.example", "/a".repeat(500)).header("x-deep", "no"),
            false,
        ),
        ("64 KB host", Request::get("a.".repeat(32_768), "/"), false),
        ("8 KB path", Request::get("a.example", "/a".repeat(4_096)).header("x-deep", "yes"), true),
    ];
    for (name, request, hits) in cases {
        assert_eq!(matches!(table.decide(&request.head()), Decision::Hit(_)), hits);
        time(&mut group, BenchmarkId::from_parameter(name), &table, &[request]);
    }
    let all = |n: usize| path(PathMatch::Regex(format!(".*/r{n:03}/.*x").into()));
    let table = compile(model([(None, (0..1_000).map(all).collect())]));
    let request =
        Request::get("a.example", (0..800).map(|n| format!("/r{n:03}")).collect::<Vec<_>>().concat() + "/");
    assert!(matches!(table.decide(&request.head()), Decision::Miss(_)));
    time(
        &mut group,
        BenchmarkId::from_parameter("800 of 1,000 regexes to check on 4 KB"),
        &table,
        &[request],
    );
}

fn short() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .sample_size(30)
}

criterion_group! { name = benches; config = short(); targets = paths, hostnames, headers, regexes, worst }
criterion_main!(benches);
