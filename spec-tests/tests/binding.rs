//! A binding, spoken to over its standard input and output: the whole corpus, and byte for byte what the program prints.
//!
//! `cargo xtask test python-binding` and `node-binding` name an interpreter (`GATELINE_INTERPRETER`) and a script (`GATELINE_SCRIPT`) that
//! answers a line of JSON with a line of JSON.

#![allow(clippy::unwrap_used, reason = "clippy allows it only in functions marked as tests")]

mod program;

use std::env;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread;

use program::Cli;
use serde_json::{Value, json};
use spec_tests::{Ask, Case, Door, File, Observed, Report, Sees, World, run, worlds};

struct Binding {
    child: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
    cli: Cli,
    compared: usize,
}

impl Binding {
    fn start() -> Self {
        let named = |name| env::var_os(name).unwrap();
        let mut child = Command::new(named("GATELINE_INTERPRETER"))
            .arg(named("GATELINE_SCRIPT"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (requests, answers) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let answers = BufReader::new(answers);
        Self { child, requests, answers, cli: Cli::new(program::program()), compared: 0 }
    }

    fn say(&mut self, message: &Value) -> Result<String, String> {
        writeln!(self.requests, "{message}").map_err(|error| error.to_string())?;
        let mut line = String::new();
        self.answers.read_line(&mut line).map_err(|error| error.to_string())?;
        serde_json::from_str(&line).map_err(|error| format!("{line:?}: {error}"))
    }
}

impl Drop for Binding {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Door for Binding {
    fn sees(&self) -> Sees {
        Sees { decision: true, listener: true, became: true, upstream: true, response: false, asked: true }
    }

    fn skips(&self, file: &File, case: &Case) -> Option<&'static str> {
        if file.admitted {
            return Some("bindings read manifests, and a cluster would refuse these");
        }
        if file.ingress.is_some() {
            return Some("bindings read routes, and no Ingresses");
        }
        (!case.request.auth.is_empty()).then_some("they ask no server")
    }

    fn takes_connections(&self) -> bool {
        true
    }

    fn enter(&mut self, file: &File, _: &World) -> Result<(), String> {
        self.cli.enter(file)?;
        let assume: serde_json::Map<String, Value> =
            program::assume(file).into_iter().map(|(kind, value)| (kind.to_owned(), value.into())).collect();
        let regex_rank = program::regex_rank(file);
        self.say(&json!({ "objects": file.objects, "assume": assume, "regex_rank": regex_rank }))
            .map(|loaded| assert_eq!(loaded, "loaded"))
    }

    fn ask(&mut self, ask: &Ask<'_>) -> Result<Observed, String> {
        let gateway = &ask.case.request.gateway;
        let message = json!({
            "request": program::request(ask)?,
            "headers": program::headers(ask),
            "gateway": gateway,
            "random": ask.x.to_string(),
        });
        let answer = self.say(&message)?;
        // The program knows one address for all Gateways. Of a split it is asked once: a process takes its time.
        if gateway.is_none() && ask.x == 0 {
            let printed = self.cli.explain(ask)?;
            if printed.strip_suffix('\n') != Some(&answer) {
                return Err(format!("the program prints\n{printed}and the binding says\n{answer}"));
            }
            self.compared += 1;
        }
        program::observed(&serde_json::from_str(&answer).map_err(|error| error.to_string())?)
    }
}

fn ask_all(worlds: &[(File, World)]) -> (Report, usize) {
    let mut binding = Binding::start();
    let report = run(worlds, &mut binding);
    (report, binding.compared)
}

#[test]
#[ignore = "needs a binding: cargo xtask test python-binding node-binding"]
fn cases_through_a_binding() {
    let worlds = worlds().unwrap();
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let reports: Vec<(Report, usize)> = thread::scope(|scope| {
        let start = |part| scope.spawn(move || ask_all(part));
        let threads: Vec<_> = worlds.chunks(worlds.len().div_ceil(workers)).map(start).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let compared: usize = reports.iter().map(|(_, compared)| compared).sum();
    let report = reports.into_iter().map(|(report, _)| report).fold(Report::default(), Report::and);
    println!("binding: {report}; {compared} explanations compared with the program");
    let all: usize = worlds.iter().map(|(file, _)| file.requests.len()).sum();
    let skipped: usize = report.skipped.values().sum();
    assert!(report.ran + skipped == all && report.ran >= 600 && compared >= 600, "{report}");
    assert!(report.failures.is_empty(), "{report}");
}
