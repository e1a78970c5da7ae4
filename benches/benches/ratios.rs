//! The targets that are ratios. The rows to compare are timed in turn, some 50 µs each, so that a clock that swings
//! swings for both; what is reported is the median of the ratios of the passes.
#![allow(clippy::unwrap_used, reason = "a benchmark that cannot be set up must stop")]
#![allow(clippy::print_stdout, reason = "the table is the result")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use gateline_benches::{Sample, hosts, prefixes};

const PASSES: usize = 5_001;

/// Decides every request of a sample.
fn gateline(sample: &Sample) -> impl FnMut() {
    let table = sample.table();
    move || {
        for request in &sample.requests {
            black_box(table.decide(black_box(&request.head())));
        }
    }
}

fn matchit(size: usize) -> impl FnMut() {
    let peer = gateline_benches::matchit(size);
    let requests = prefixes(size).requests;
    move || {
        for request in &requests {
            black_box(peer.at(black_box(request.path())).is_ok());
        }
    }
}

fn time(run: &mut impl FnMut()) -> Duration {
    let start = Instant::now();
    run();
    start.elapsed()
}

/// One line of the table: how many times the time of `b` does `a` take.
fn compare(target: &str, most: f64, passes: usize, mut a: impl FnMut(), mut b: impl FnMut()) {
    let mut ratios: Vec<f64> = (0..=passes)
        .map(|_| (time(&mut a), time(&mut b)))
        .skip(1)
        .map(|(a, b)| a.as_secs_f64() / b.as_secs_f64())
        .collect();
    ratios.sort_by(f64::total_cmp);
    let at = |tenths: usize| ratios[(ratios.len() - 1) * tenths / 10];
    let verdict = if at(5) <= most { "met" } else { "missed" };
    println!("| {target} | {most:.1} | {:.2} | {:.2} to {:.2} | {verdict} |", at(5), at(1), at(9));
}

fn main() {
    // Without `--bench`, as in `cargo test`, one pass shows that it runs.
    let full = std::env::args().any(|argument| argument == "--bench");
    let (passes, many) = if full { (PASSES, 100_000) } else { (1, 1_000) };
    println!("| time of | at most | median | 80 % of the passes | |");
    println!("|---|---:|---:|---:|---|");
    let (ten, all) = (prefixes(10), prefixes(many));
    compare("10 prefixes, to matchit", 3.0, passes, gateline(&ten), matchit(10));
    compare(&format!("{many} prefixes, to matchit"), 3.0, passes, gateline(&all), matchit(many));
    compare(&format!("{many} prefixes, to 10"), 2.0, passes, gateline(&all), gateline(&ten));
    let (ten, all) = (hosts(10), hosts(many));
    compare(&format!("{many} hosts, to 10"), 2.0, passes, gateline(&all), gateline(&ten));
}
