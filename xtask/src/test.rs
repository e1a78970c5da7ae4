use crate::binding;
use crate::check;
use crate::conformance;
use crate::crds;
use crate::failure::Failure;
use crate::fuzz;
use crate::report::Report;
use crate::tool::{debian, python};
use crate::web;
use crate::workspace::Workspace;

/// One line of the report.
struct Step {
    name: &'static str,
    /// Part of `--quick`.
    quick: bool,
    run: fn(&Workspace) -> Result<String, Failure>,
}

const fn quick(name: &'static str, run: fn(&Workspace) -> Result<String, Failure>) -> Step {
    Step { name, quick: true, run }
}

const fn full(name: &'static str, run: fn(&Workspace) -> Result<String, Failure>) -> Step {
    Step { name, quick: false, run }
}

/// What fails soonest comes first. All steps build the workspace with the same features, so things compile once.
const STEPS: [Step; 25] = [
    quick("format", |w| quiet(w, &["fmt", "--all", "--check"])),
    quick("length", check::length::check),
    quick("toolchain", check::toolchain::check),
    full("tools", tools),
    full("python", python_lints),
    full("deps", check::dependencies::check),
    full("deny", deny),
    quick("clippy", |w| {
        quiet(w, &["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"])
    }),
    full("build", |w| quiet(w, &["build", "--workspace", "--all-targets", "--locked"])),
    quick("test", tests),
    full("benches", |w| tested(w.cargo(["test", "--workspace", "--locked", "--bench", "*"]))),
    full("docs", docs),
    full("engine", |w| {
        quiet(w, &["check", "--package", "gateline", "--no-default-features", "--lib", "--locked"])
    }),
    full("loom", loom),
    full("suite", suite),
    full("nginx", nginx),
    full("pages", check::commands::check),
    full("e2e", end_to_end),
    full("python-binding", binding::python),
    full("node-binding", binding::node),
    full("web", web::check),
    full("fuzz", fuzz::smoke),
    full("conformance", conformance::check),
    full("cluster", conformance::check_own),
    full("guide", conformance::check_guide),
];

/// Prints the names of the steps.
pub(crate) fn list() {
    for step in &STEPS {
        println!("{}{}", step.name, if step.quick { " (quick)" } else { "" });
    }
}

/// Runs all steps, those of `--quick`, or the named ones. Stops at the first that fails.
pub(crate) fn run(workspace: &Workspace, quick: bool, only: &[String]) -> Result<(), Failure> {
    if let Some(name) = only.iter().find(|name| STEPS.iter().all(|step| step.name != **name)) {
        return Err(Failure::new(format!("no step is called {name}; `cargo xtask test --list` names them")));
    }
    let mut report = Report::new();
    for step in &STEPS {
        let wanted =
            if only.is_empty() { step.quick || !quick } else { only.iter().any(|name| name == step.name) };
        if wanted {
            report.step(step.name, || (step.run)(workspace))?;
        }
    }
    report.finish();
    Ok(())
}

fn quiet(workspace: &Workspace, args: &[&str]) -> Result<String, Failure> {
    workspace.cargo(args.iter().copied()).run().map(|()| String::new())
}

/// Runs tests and keeps the closing line of each program that ran any.
fn tested(command: crate::command::Command) -> Result<String, Failure> {
    let log = command.log()?;
    let closing = |line: &&str| line.starts_with("test result:") && !line.contains(" 0 passed; 0 failed");
    Ok(log.lines().filter(closing).collect::<Vec<_>>().join("\n"))
}

/// Unit, integration, property, spec and doc tests, and the examples.
fn tests(workspace: &Workspace) -> Result<String, Failure> {
    let cases = if std::env::var_os("CI").is_some() { "1024" } else { "256" };
    tested(workspace.cargo(["test", "--workspace", "--locked"]).env("PROPTEST_CASES", cases))
}

fn tools(workspace: &Workspace) -> Result<String, Failure> {
    for (program, package) in [("curl", "curl"), ("h2load", "nghttp2-client"), ("nginx", "nginx-light")] {
        debian::need(workspace, program, package)?;
    }
    python::programs(workspace).map(|_| String::new())
}

fn python_lints(workspace: &Workspace) -> Result<String, Failure> {
    let programs = python::programs(workspace)?;
    let run = |program: &str, args: &[&str]| workspace.command(programs.join(program)).args(args).run();
    run("ruff", &["check", "--no-cache", "tests"])?;
    run("ruff", &["format", "--no-cache", "--check", "tests"])?;
    run("mypy", &["--config-file", "tests/e2e/pyproject.toml", "tests/e2e"]).map(|()| String::new())
}

/// Licences, banned crates and sources. Advisories need a database that not every machine can reach.
fn deny(workspace: &Workspace) -> Result<String, Failure> {
    let programs = python::programs(workspace)?;
    let check = workspace.cargo(["deny", "--locked", "check", "licenses", "bans", "sources"]);
    check.path_first(&programs).run().map(|()| String::new())
}

fn docs(workspace: &Workspace) -> Result<String, Failure> {
    let doc = workspace.cargo(["doc", "--workspace", "--no-deps", "--locked"]);
    doc.env("RUSTDOCFLAGS", "-D warnings").run().map(|()| String::new())
}

/// Every interleaving of the token bucket's atomics. Another `cfg` means another build, so it has a folder of its own.
fn loom(workspace: &Workspace) -> Result<String, Failure> {
    let test =
        workspace.cargo(["test", "--package", "gateline", "--locked", "--release", "--test", "loom_bucket"]);
    tested(test.env("RUSTFLAGS", "--cfg loom").env("CARGO_TARGET_DIR", workspace.target.join("loom")))
}

/// What the conformance suite asserts of statuses, on its own manifests.
fn suite(workspace: &Workspace) -> Result<String, Failure> {
    let suite = crds::module(workspace, "sigs.k8s.io/gateway-api/conformance@v1.7.0")?;
    let test = workspace.cargo([
        "test",
        "--package",
        "gateline-api",
        "--locked",
        "--test",
        "suite",
        "--",
        "--ignored",
    ]);
    tested(test.env("GATELINE_SUITE", suite))
}

/// The model of ingress-nginx against nginx itself.
fn nginx(workspace: &Workspace) -> Result<String, Failure> {
    debian::need(workspace, "nginx", "nginx-light")?;
    let package = ["test", "--package", "gateline-migrate", "--locked", "--test", "nginx", "--", "--ignored"];
    tested(workspace.cargo(package))
}

/// Real clients against the real binary, over loopback.
fn end_to_end(workspace: &Workspace) -> Result<String, Failure> {
    let programs = python::programs(workspace)?;
    let pytest = workspace.command(programs.join("pytest")).args(["--quiet", "tests/e2e"]);
    let log = pytest.env("GATELINE", workspace.gateline()).log()?;
    Ok(log.lines().last().unwrap_or_default().to_owned())
}
