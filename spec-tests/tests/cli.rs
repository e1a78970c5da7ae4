//! `gateline explain --format json`, one process a request, as a user calls it.

#![allow(clippy::unwrap_used, reason = "clippy allows it only in functions marked as tests")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, thread};

use serde_json::Value;
use spec_tests::{
    Ask, Assumed, Became, Case, Decided, Door, File, Observed, Question, RegexRank, Report, RouteAt, Sees,
    Sent, World, run, worlds,
};

struct Cli {
    program: PathBuf,
    folder: tempfile::TempDir,
    assume: [String; 4],
    regex_rank: &'static str,
}

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
        let word = |assumed| if assumed == Assumed::Present { "present" } else { "missing" };
        let assume = &file.assume;
        self.assume = [
            format!("services={}", word(assume.services)),
            format!("secrets={}", word(assume.secrets)),
            format!("namespaces={}", word(assume.namespaces)),
            "gateways=present".to_owned(),
        ];
        self.regex_rank = match file.regex_rank {
            RegexRank::AbovePrefix => "above-prefix",
            RegexRank::BelowPrefix => "below-prefix",
        };
        fs::write(self.folder.path().join("objects.yaml"), &file.objects).map_err(|error| error.to_string())
    }

    fn ask(&mut self, ask: &Ask<'_>) -> Result<Observed, String> {
        let request = ask.request;
        // Like curl, the command line takes the server name from the URL and the authority from `Host`.
        let url = match &request.sni {
            _ if request.opening().is_some() => {
                let (layer, _) = ask.case.request.url.split_once("://").ok_or("no scheme")?;
                format!("{layer}://{}:{}", request.sni.as_deref().unwrap_or_default(), request.port)
            }
            Some(sni) => format!("https://{sni}:{}{}", request.port, request.uri),
            None => ask.case.request.url.clone(),
        };
        let mut command = Command::new(&self.program);
        command.current_dir(&self.folder).args(["explain", "objects.yaml"]);
        if request.opening().is_some() {
            command.arg(url);
        } else {
            command.arg(format!("{} {url}", request.method));
            command.arg("-H").arg(format!("Host: {}", request.authority));
        }
        for (name, value) in &ask.case.request.headers {
            command.arg("-H").arg(format!("{name}: {value}"));
        }
        command.args(["--format", "json", "--random", &ask.x.to_string(), "--regex-rank", self.regex_rank]);
        for assume in &self.assume {
            command.args(["--assume", assume]);
        }
        let output = command.output().map_err(|error| error.to_string())?;
        if !output.status.success() {
            return Err(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr)));
        }
        observed(&serde_json::from_slice(&output.stdout).map_err(|error| error.to_string())?)
    }
}

/// Reads the documented JSON, field by field, as a script would.
fn observed(json: &Value) -> Result<Observed, String> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let number = |value: &Value| value.as_u64().and_then(|number| usize::try_from(number).ok());
    let status = || json["status"].as_u64().and_then(|status| u16::try_from(status).ok()).ok_or("no status");
    let decided = match (text(&json["route"]), number(&json["rule"]), number(&json["match"])) {
        (Some(route), Some(rule), Some(matched)) => Decided::Rule(RouteAt { route, rule, matched }),
        _ if json["outcome"] == "close" || (json["outcome"] == "none" && json["status"].is_null()) => {
            Decided::Closed
        }
        _ => Decided::Status(status()?),
    };
    let became = if json["outcome"] == "close" || decided == Decided::Closed {
        Became::Closed
    } else if json["outcome"] == "forward" {
        let picked = number(&json["picked"]).ok_or("nothing is picked")?;
        Became::Forwarded(text(&json["backends"][picked]["ref"]).ok_or("no reference")?)
    } else {
        Became::Answered { status: status()?, location: text(&json["location"]) }
    };
    let upstream = &json["upstream"];
    let sent = (!upstream.is_null()).then(|| sent(upstream)).transpose()?;
    let listener = text(&json["listener"]);
    let question = |asked: &Value| text(&asked["ref"]).map(|server| Question { server, told: None });
    let asked = json["asks"].as_array().into_iter().flatten().filter_map(question).collect();
    let (decided, became) = (Some(decided), Some(became));
    Ok(Observed { decided, listener, became, upstream: sent, response: None, asked })
}

fn sent(upstream: &Value) -> Result<Sent, String> {
    let text =
        |name: &str| upstream[name].as_str().map(str::to_owned).ok_or(format!("upstream without {name}"));
    let mut sent =
        Sent { method: text("method")?, path: text("path")?, host: text("host")?, ..Sent::default() };
    for field in upstream["headers"].as_array().ok_or("upstream without headers")? {
        let part = |index: usize| field[index].as_str().ok_or("a header field is no pair");
        let name = http::HeaderName::from_bytes(part(0)?.as_bytes()).map_err(|error| error.to_string())?;
        sent.headers.append(name, part(1)?.parse().map_err(|_| "no header value")?);
    }
    Ok(sent)
}

/// `GATELINE_BIN`, or the binary that cargo builds now and says where.
fn program() -> PathBuf {
    if let Some(program) = env::var_os("GATELINE_BIN") {
        return program.into();
    }
    let output = Command::new(env!("CARGO"))
        .args(["build", "--package", "gateline-cli", "--bin", "gateline", "--message-format", "json"])
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let messages = String::from_utf8(output.stdout).unwrap();
    let executable =
        |line| serde_json::from_str::<Value>(line).ok()?["executable"].as_str().map(PathBuf::from);
    messages.lines().filter_map(executable).next_back().unwrap()
}

fn ask_all(program: PathBuf, worlds: &[(File, World)]) -> Report {
    let folder = tempfile::tempdir().unwrap();
    run(worlds, &mut Cli { program, folder, assume: Default::default(), regex_rank: "" })
}

/// A process a request takes its time.
fn every_third(file: &mut File) {
    let mut index = 0..;
    file.requests.retain(|_| index.next().is_some_and(|index: usize| index.is_multiple_of(3)));
}

#[test]
fn cases_through_the_command_line() {
    let (program, mut worlds) = (program(), worlds().unwrap());
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
