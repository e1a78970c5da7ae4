//! `gateline`: where does this request go, and why? Explains, checks and serves Gateway API manifests.

mod apply;
mod changes;
mod check;
mod conditions;
mod controller;
mod dev;
mod diff;
mod error;
mod explain;
mod fingerprint;
mod git;
mod input;
mod kubernetes;
mod live;
mod log;
mod migrate;
mod output;
mod probes;
mod rule;
mod serve;
mod snippet;
mod test;

use std::process::ExitCode;

use clap::Parser;

use crate::error::CliError;
use crate::output::{ColorChoice, Output};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const EXAMPLES: &str = "\
Examples:
  gateline dev examples/shop                       run the manifests on this machine, with stand-ins
  gateline explain k8s/ 'GET https://shop.example.com/cart' -H 'x-beta: 1'
  gateline check k8s/ --assume services=present    findings, with file and line
  gateline test k8s/                               run the *.routetest.yaml beside the manifests
  gateline diff git:main:k8s k8s                   which requests a change treats otherwise
  gateline migrate ingress.yaml --out gw/           Gateway API objects, with a proof or the differences
  gateline rule GL103                              what a finding means
  helm template chart | gateline check -

Exit codes:
  0  no findings       1  findings, changes, failed tests       2  unusable input or wrong usage
  3  inconclusive";

/// Know, and decide, where a request goes under the Kubernetes Gateway API.
#[derive(Debug, Parser)]
#[command(name = "gateline", version, after_help = EXAMPLES, max_term_width = 100)]
struct Args {
    #[command(subcommand)]
    command: Command,
    /// When to use colours [auto: on a terminal, unless `NO_COLOR` is set]
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", hide_default_value = true)]
    color: ColorChoice,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Serve the Gateways of the manifests
    Serve(serve::Args),
    /// Run in a cluster: keep statuses true and make data planes for Gateways
    Controller(controller::Args),
    /// Run the manifests on this machine: other ports, echo backends, certificates of its own
    Dev(dev::Args),
    /// Show where one request goes, and why not elsewhere
    Explain(explain::Args),
    /// Report what is wrong with the manifests, with file and line
    Check(check::Args),
    /// Run the tests that lie beside the manifests (*.routetest.yaml)
    Test(test::Args),
    /// Show which requests a change treats otherwise, over all requests
    Diff(diff::Args),
    /// Write Gateway API objects for Ingresses, and prove that they do the same
    Migrate(migrate::Args),
    /// Prove something over all requests
    Prove(diff::ProveArgs),
    /// Print the page of a finding
    Rule(rule::Args),
}

/// What a command that came to an end says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Clean,
    Findings,
    /// Nothing is wrong that is known, and not everything is known.
    Inconclusive,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let mut output = Output::new(args.color);
    let result = match &args.command {
        Command::Serve(args) => serve::run(args, &mut output),
        Command::Controller(args) => controller::run(args, &mut output),
        Command::Dev(args) => dev::run(args, &mut output),
        Command::Explain(args) => explain::run(args, &mut output),
        Command::Check(args) => check::run(args, &mut output),
        Command::Test(args) => test::run(args, &mut output),
        Command::Diff(args) => diff::run(args, &mut output),
        Command::Migrate(args) => migrate::run(args, &mut output),
        Command::Prove(args) => diff::prove(args, &mut output),
        Command::Rule(args) => rule::run(args, &mut output),
    };
    output.flush();
    match result {
        Ok(Verdict::Clean) => ExitCode::SUCCESS,
        Ok(Verdict::Findings) => ExitCode::from(1),
        Ok(Verdict::Inconclusive) => ExitCode::from(3),
        Err(error) => {
            report(&error, &mut output);
            ExitCode::from(2)
        }
    }
}

/// Prints an error on standard error. Input that cannot be used was printed with its places already.
fn report(error: &CliError, output: &mut Output) {
    let label = output.paint_error(output::ERROR, "error:");
    output.error_line(&format!("{label} {error}"));
    if let Some(help) = error.help() {
        output.error_line(&format!("  help: {help}"));
    }
}
