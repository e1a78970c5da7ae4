//! `gateline`: where does this request go, and why? Explains, tests, compares, checks and serves Gateway API manifests.
//!
//! This is the command line as a library, for front doors that bring it along: `python -m gateline` and `npx gateline` are
//! [`main`]. Without the feature `serve` only the commands are left that read, think and print; sockets and clusters need
//! the program.

#[cfg(feature = "serve")]
mod apply;
mod changes;
mod check;
mod conditions;
#[cfg(feature = "serve")]
mod controller;
#[cfg(feature = "serve")]
mod dev;
mod diff;
mod error;
mod explain;
mod fingerprint;
mod git;
mod graph;
mod input;
#[cfg(feature = "serve")]
mod kubernetes;
#[cfg(feature = "serve")]
mod live;
#[cfg(not(feature = "serve"))]
#[path = "no_live.rs"]
mod live;
#[cfg(feature = "serve")]
mod log;
mod logs;
mod migrate;
mod output;
#[cfg(feature = "serve")]
mod probes;
mod replay;
mod rule;
#[cfg(feature = "serve")]
mod serve;
mod sides;
mod snippet;
mod test;

use std::ffi::OsString;

use clap::Parser;

pub use crate::explain::trace_text;

use crate::error::CliError;
use crate::output::{ColorChoice, Output};

const DEV: &str = "
  gateline dev examples/shop                       run the manifests on this machine, with stand-ins";
const EXAMPLES: &str = "
  gateline explain k8s/ 'GET https://shop.example.com/cart' -H 'x-beta: 1'
  gateline check k8s/ --assume services=present    findings, with file and line
  gateline test k8s/                               run the *.routetest.yaml beside the manifests
  gateline diff git:main:k8s k8s                   which requests a change treats otherwise
  gateline replay access.log --a git:main:k8s --b k8s   and how much of the traffic that is
  gateline migrate ingress.yaml --out gw/           Gateway API objects, with a proof or the differences
  gateline graph k8s/ -o graph.html                a page with all routes, and a box to type a URL into
  gateline rule GL103                              what a finding means
  helm template chart | gateline check -

Exit codes:
  0  no findings       1  findings, changes, failed tests       2  unusable input or wrong usage
  3  inconclusive";

fn after_help() -> String {
    let dev = if cfg!(feature = "serve") { DEV } else { "" };
    format!("Examples:{dev}{EXAMPLES}")
}

/// Know, and decide, where a request goes under the Kubernetes Gateway API.
#[derive(Debug, Parser)]
#[command(name = "gateline", version, after_help = after_help(), max_term_width = 100)]
struct Args {
    #[command(subcommand)]
    command: Command,
    /// When to use colours [auto: on a terminal, unless `NO_COLOR` is set]
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", hide_default_value = true)]
    color: ColorChoice,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    #[cfg(feature = "serve")]
    /// Serve the Gateways of the manifests
    Serve(serve::Args),
    #[cfg(feature = "serve")]
    /// Run in a cluster: keep statuses true and make data planes for Gateways
    Controller(controller::Args),
    #[cfg(feature = "serve")]
    /// Run the manifests on this machine: other ports, echo backends, certificates of its own
    Dev(dev::Args),
    /// Show where one request goes, and why not elsewhere
    Explain(explain::Args),
    /// Report what is wrong with the manifests, with file and line
    Check(check::Args),
    /// Run the tests that lie beside the manifests (*.routetest.yaml)
    Test(test::Args),
    /// Draw hosts, listeners, routes, rules and backends, with what is wrong: a page that answers for a URL, Mermaid, DOT or JSON
    Graph(graph::Args),
    /// Show which requests a change treats otherwise, over all requests
    Diff(diff::Args),
    /// Play an access log through manifests: does the model agree, and what would others change?
    Replay(replay::Args),
    /// Write Gateway API objects for Ingresses, and prove that they do the same
    Migrate(Box<migrate::Args>),
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

/// Runs a command line, on standard output and standard error. `words` begin with the name of the program. Returns the
/// exit code.
pub fn main(words: impl IntoIterator<Item = OsString>) -> u8 {
    match Args::try_parse_from(words) {
        Ok(args) => run(&args, &mut Output::standard(args.color)),
        Err(error) => {
            // A closed pipe is nobody's trouble.
            let _ = error.print();
            code(&error)
        }
    }
}

/// What a command line did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Captured {
    /// The exit code.
    pub code: u8,
    /// What is on standard output.
    pub out: String,
    /// What is on standard error.
    pub err: String,
}

/// Runs a command line and keeps what it prints, without colours unless it asks for them.
pub fn capture(words: impl IntoIterator<Item = OsString>) -> Captured {
    match Args::try_parse_from(words) {
        Ok(args) => {
            let mut output = Output::kept(args.color);
            let code = run(&args, &mut output);
            let (out, err) = output.into_texts();
            Captured { code, out, err }
        }
        Err(error) => {
            let text = error.to_string();
            let (out, err) = if error.use_stderr() { (String::new(), text) } else { (text, String::new()) };
            Captured { code: code(&error), out, err }
        }
    }
}

/// Wrong usage is 2; `--help` and `--version` are no mistakes.
fn code(error: &clap::Error) -> u8 {
    if error.use_stderr() { 2 } else { 0 }
}

fn run(args: &Args, output: &mut Output) -> u8 {
    let result = match &args.command {
        #[cfg(feature = "serve")]
        Command::Serve(args) => serve::run(args, output),
        #[cfg(feature = "serve")]
        Command::Controller(args) => controller::run(args, output),
        #[cfg(feature = "serve")]
        Command::Dev(args) => dev::run(args, output),
        Command::Explain(args) => explain::run(args, output),
        Command::Check(args) => check::run(args, output),
        Command::Test(args) => test::run(args, output),
        Command::Diff(args) => diff::run(args, output),
        Command::Replay(args) => replay::run(args, output),
        Command::Graph(args) => graph::run(args, output),
        Command::Migrate(args) => migrate::run(args, output),
        Command::Prove(args) => diff::prove(args, output),
        Command::Rule(args) => rule::run(args, output),
    };
    output.flush();
    match result {
        Ok(Verdict::Clean) => 0,
        Ok(Verdict::Findings) => 1,
        Ok(Verdict::Inconclusive) => 3,
        Err(error) => {
            report(&error, output);
            2
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
