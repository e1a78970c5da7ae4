//! `gateline explain --format json`, one process a request, as a user calls it.

#![allow(clippy::unwrap_used, reason = "clippy allows it only in functions marked as tests")]

mod program;

use std::path::PathBuf;
use std::{env, thread};

use program::Cli;
use spec_tests::{Ask, Case, Door, File, Observed, Report, Sees, World, run, worlds};

impl Door for Cli {
    fn sees(&self) -> Sees {
        Sees { decision: true, listener: true, became: true, upstream: true, response: false, asked: true }
    }

    fn skips(&self, file: &File, case: &Case) -> Option<&'static str> {
        if file.admitted {
            return Some("the command line reads manifests, and a cluster would refuse these");
        }
        if !case.request.auth.is_empty() {
            return Some("it asks no server");
        }
        case.request.gateway.as_ref().map(|_| "the command line knows one address for all Gateways")
    }

    fn takes_connections(&self) -> bool {
        true
    }

    /// A process each: fewer than elsewhere.
    fn samples(&self) -> u32 {
        10
    }

    fn enter(&mut self, file: &File, _: &World) -> Result<(), String> {
        Self::enter(self, file)
    }

    fn ask(&mut self, ask: &Ask<'_>) -> Result<Observed, String> {
        let printed = self.explain(ask)?;
        program::observed(&serde_json::from_str(&printed).map_err(|error| error.to_string())?)
    }
}

fn ask_all(program: PathBuf, worlds: &[(File, World)]) -> Report {
    run(worlds, &mut Cli::new(program))
}

/// A process a request takes its time.
fn every_third(file: &mut File) {
    let mut index = 0..;
    file.requests.retain(|_| index.next().is_some_and(|index: usize| index.is_multiple_of(3)));
}

#[test]
fn cases_through_the_command_line() {
    let (program, mut worlds) = (program::program(), worlds().unwrap());
    let all: usize = worlds.iter().map(|(file, _)| file.requests.len()).sum();
    if env::var_os("SPEC_TESTS_ALL").is_none() {
        for (file, _) in &mut worlds {
            every_third(file);
        }
    }
    let asked: usize = worlds.iter().map(|(file, _)| file.requests.len()).sum();
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let reports: Vec<Report> = thread::scope(|scope| {
        let program = &program;
        let start = |part| scope.spawn(move || ask_all(program.clone(), part));
        let threads: Vec<_> = worlds.chunks(worlds.len().div_ceil(workers)).map(start).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let report = reports.into_iter().fold(Report::default(), Report::and);
    println!("command line: {report}; {} not asked (every third, or all with SPEC_TESTS_ALL=1)", all - asked);
    let skipped: usize = report.skipped.values().sum();
    assert!(report.ran + skipped == asked && report.ran >= 200);
    assert!(report.failures.is_empty(), "{report}");
}
