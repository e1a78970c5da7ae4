//! The program `gateline`, one process a request, and the JSON that it prints.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use spec_tests::{Ask, Assumed, Became, Decided, File, Observed, Question, RegexRank, RouteAt, Sent};

/// `gateline explain --format json`.
pub(crate) struct Cli {
    program: PathBuf,
    folder: tempfile::TempDir,
    assume: [String; 4],
    regex_rank: &'static str,
    ingress: Option<String>,
}

impl Cli {
    pub(crate) fn new(program: PathBuf) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { program, folder, assume: Default::default(), regex_rank: "", ingress: None }
    }

    /// Writes the objects down.
    pub(crate) fn enter(&mut self, file: &File) -> Result<(), String> {
        self.assume = assume(file).map(|(kind, value)| format!("{kind}={value}"));
        self.regex_rank = regex_rank(file);
        self.ingress.clone_from(&file.ingress);
        fs::write(self.folder.path().join("objects.yaml"), &file.objects).map_err(|error| error.to_string())
    }

    /// What it prints for a request.
    pub(crate) fn explain(&self, ask: &Ask<'_>) -> Result<String, String> {
        let mut words = vec![request(ask)?];
        for (name, value) in headers(ask) {
            words.extend(["-H".into(), format!("{name}: {value}")]);
        }
        words.extend(["--format", "json", "--random"].map(str::to_owned));
        words.push(ask.x.to_string());
        self.run("explain", &words)
    }

    /// What a command prints about the objects.
    pub(crate) fn run(&self, command: &str, words: &[String]) -> Result<String, String> {
        let name = command;
        let mut command = Command::new(&self.program);
        command.current_dir(&self.folder).args([name, "objects.yaml"]).args(words);
        command.args(["--regex-rank", self.regex_rank]);
        if let Some(class) = &self.ingress {
            command.args(["--ingress", class]);
        }
        for assume in &self.assume {
            command.args(["--assume", assume]);
        }
        let output = command.output().map_err(|error| error.to_string())?;
        if !output.status.success() {
            return Err(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr)));
        }
        String::from_utf8(output.stdout).map_err(|error| error.to_string())
    }
}

/// What to take things for, as the command line and the bindings call it.
pub(crate) fn assume(file: &File) -> [(&'static str, &'static str); 4] {
    let word = |assumed| if assumed == Assumed::Present { "present" } else { "missing" };
    let assume = &file.assume;
    [
        ("services", word(assume.services)),
        ("secrets", word(assume.secrets)),
        ("namespaces", word(assume.namespaces)),
        ("gateways", "present"),
    ]
}

/// The same of the rank of regular expressions.
pub(crate) fn regex_rank(file: &File) -> &'static str {
    match file.regex_rank {
        RegexRank::AbovePrefix => "above-prefix",
        RegexRank::BelowPrefix => "below-prefix",
    }
}

/// The request of a case as a text. Like curl, Gateline takes the server name from the URL and the authority from `Host`.
pub(crate) fn request(ask: &Ask<'_>) -> Result<String, String> {
    let request = ask.request;
    if request.opening().is_some() {
        let (layer, _) = ask.case.request.url.split_once("://").ok_or("no scheme")?;
        return Ok(format!("{layer}://{}:{}", request.sni.as_deref().unwrap_or_default(), request.port));
    }
    let url = match &request.sni {
        Some(sni) => format!("https://{sni}:{}{}", request.port, request.uri),
        None => ask.case.request.url.clone(),
    };
    Ok(format!("{} {url}", request.method))
}

/// Its header fields, `Host` among them.
pub(crate) fn headers(ask: &Ask<'_>) -> Vec<(String, String)> {
    let host = ("Host".to_owned(), ask.request.authority.clone());
    let host = ask.request.opening().is_none().then_some(host);
    host.into_iter().chain(ask.case.request.headers.iter().cloned()).collect()
}

/// Reads the documented JSON, field by field, as a script would.
pub(crate) fn observed(json: &Value) -> Result<Observed, String> {
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
pub(crate) fn program() -> PathBuf {
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
