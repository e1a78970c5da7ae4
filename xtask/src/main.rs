//! Every developer job of the workspace: `cargo xtask test`, `bench`, `conformance`, `cluster`, `guide`, `fuzz`, `spec`, `crds`, `playground`.
//!
//! A job is a list of steps, each prints one line with its time; the output of a command is shown only if it fails.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "this is a command line tool")]

mod args;
mod binding;
mod check;
mod command;
mod conformance;
mod crds;
mod failure;
mod fuzz;
mod page;
mod playground;
mod report;
mod test;
mod tool;
mod web;
mod workspace;

use std::process::ExitCode;

use args::Job;
use failure::Failure;
use workspace::Workspace;

fn main() -> ExitCode {
    match Job::parse(std::env::args().skip(1)).and_then(|job| run(&job)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("\n{failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(job: &Job) -> Result<(), Failure> {
    let workspace = Workspace::find();
    match job {
        Job::Help => {
            println!("{}", args::USAGE);
            Ok(())
        }
        Job::ListSteps => {
            test::list();
            Ok(())
        }
        Job::Test { quick, only } => test::run(&workspace, *quick, only),
        Job::Bench { rest } => workspace.cargo(["bench", "--package", "gateline-benches"]).args(rest).show(),
        Job::Spec { rest } => workspace.cargo(["test", "--package", "spec-tests"]).args(rest).show(),
        Job::Conformance(options) => conformance::run(&workspace, options),
        Job::Cluster(options) => conformance::run_own(&workspace, options),
        Job::Guide(options) => conformance::run_guide(&workspace, options),
        Job::Crds => crds::run(&workspace),
        Job::Playground => {
            playground::build(&workspace).map(|built| println!("{}: {}", built.page.display(), built.weight))
        }
        Job::Fuzz { target, seconds } => fuzz::run(&workspace, target.as_deref(), *seconds),
    }
}
