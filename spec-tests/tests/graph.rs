//! The page of `gateline graph`: the box that takes a URL answers as the engine explains, candidate by candidate, for the whole
//! corpus. `cargo xtask test web` runs it with Node, on the very tables of the page.

#![allow(clippy::unwrap_used, reason = "clippy allows it only in functions marked as tests")]

#[expect(dead_code, reason = "the explanations are asked for by other tests")]
mod program;

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use program::Cli;
use serde_json::{Map, Value, json};
use spec_tests::{Ask, Case, Decided, Door, File, Observed, RouteAt, Sees, World, run, worlds};

struct Page {
    child: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
    cli: Cli,
    folder: tempfile::TempDir,
}

impl Page {
    fn start() -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/web/walk.mjs");
        let mut node = Command::new("node");
        let mut child = node.arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (requests, answers) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let (cli, folder) = (Cli::new(program::program()), tempfile::tempdir().unwrap());
        Self { child, requests, answers: BufReader::new(answers), cli, folder }
    }

    fn say(&mut self, message: &Value) -> Result<Value, String> {
        writeln!(self.requests, "{message}").map_err(|error| error.to_string())?;
        let mut line = String::new();
        self.answers.read_line(&mut line).map_err(|error| error.to_string())?;
        serde_json::from_str(&line).map_err(|error| format!("{line:?}: {error}"))
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What `explain` says of candidates, without places; what it leaves out, a page says as null.
fn candidates(explained: &Value) -> Vec<Map<String, Value>> {
    let list = explained["candidates"].as_array().into_iter().flatten();
    let plain = |one: &Value| {
        let mut fields = one.as_object().unwrap().clone();
        fields.remove("source");
        let verdict = fields.remove("verdict").unwrap();
        // Of a candidate the verdict is an object: what became of it, and why.
        match verdict {
            Value::Object(verdict) => fields.extend(verdict),
            verdict => drop(fields.insert("verdict".into(), verdict)),
        }
        fields.retain(|_, value| !value.is_null());
        fields
    };
    list.map(plain).collect()
}

/// What the engine explains.
fn explained(ask: &Ask<'_>) -> Result<Value, String> {
    let router = &*ask.world.router;
    let entry = ask.request.entry(router).ok_or("no listener has this port")?;
    let explanation = match ask.request.opening() {
        Some(opening) => router.explain_connection(entry, &opening, ask.x),
        None => router.explain(entry, &ask.request.head(), ask.x),
    };
    serde_json::to_value(explanation).map_err(|error| error.to_string())
}

impl Door for Page {
    fn sees(&self) -> Sees {
        Sees { decision: true, listener: true, became: false, upstream: false, response: false, asked: false }
    }

    fn skips(&self, file: &File, case: &Case) -> Option<&'static str> {
        if file.admitted {
            return Some("graph reads manifests, and a cluster would refuse these");
        }
        (!case.request.auth.is_empty()).then_some("it asks no server")
    }

    fn takes_connections(&self) -> bool {
        true
    }

    fn samples(&self) -> u32 {
        1
    }

    fn enter(&mut self, file: &File, _: &World) -> Result<(), String> {
        self.cli.enter(file)?;
        let page = self.folder.path().join("page.html");
        fs::write(&page, self.cli.run("graph", &[])?).map_err(|error| error.to_string())?;
        self.say(&json!({ "page": page })).map(|loaded| assert_eq!(loaded, "loaded"))
    }

    fn ask(&mut self, ask: &Ask<'_>) -> Result<Observed, String> {
        let gateway = &ask.case.request.gateway;
        let (request, headers) = (program::request(ask)?, program::headers(ask));
        let said = self.say(&json!({ "request": request, "headers": headers, "gateway": gateway }))?;
        let explained = explained(ask)?;
        let (page, engine) = (candidates(&said), candidates(&explained));
        if page != engine {
            return Err(format!("the page says {page:#?}\nand the engine {engine:#?}"));
        }
        if !said["miss"].is_null() && said["miss"] != explained["code"] {
            return Err(format!("the page says {}, the engine {}", said["miss"], explained["code"]));
        }
        let won = candidates(&said).into_iter().find(|one| one["verdict"] == "won");
        let number = |value: &Value| usize::try_from(value.as_u64().unwrap()).unwrap();
        let decided = match (won, said["miss"].as_str()) {
            (Some(won), _) => Decided::Rule(RouteAt {
                route: won["route"].as_str().unwrap().to_owned(),
                rule: number(&won["rule"]),
                matched: number(&won["match"]),
            }),
            (None, Some("misdirected")) => Decided::Status(421),
            (None, Some("bad-authority")) => Decided::Status(400),
            (None, _) if ask.request.opening().is_some() => Decided::Closed,
            (None, _) => Decided::Status(404),
        };
        let listener = said["listener"].as_str().map(str::to_owned);
        Ok(Observed { decided: Some(decided), listener, ..Observed::default() })
    }
}

#[test]
#[ignore = "needs Node: cargo xtask test web"]
fn cases_through_the_page() {
    let worlds = worlds().unwrap();
    let mut page = Page::start();
    let report = run(&worlds, &mut page);
    println!("graph: {report}");
    let all: usize = worlds.iter().map(|(file, _)| file.requests.len()).sum();
    let skipped: usize = report.skipped.values().sum();
    assert!(report.ran + skipped == all && report.ran >= 600, "{report}");
    assert!(report.failures.is_empty(), "{report}");
}
