//! `cargo xtask conformance`: the upstream suite as it is, against the real binary on a real API server.
//!
//! Everything runs in namespaces of its own (network, processes, mounts): nothing reaches the machine's network, and when the
//! first process of them ends, for whatever reason, the kernel ends the rest. There is nothing to clean up.

mod chart;
mod cluster;
mod guide;
mod options;
mod outcome;
mod own;
mod programs;
mod suite;
mod verdict;

use std::fs::{self, File};

pub(crate) use guide::{Options as GuideOptions, check as check_guide, run as run_guide};
pub(crate) use options::Options;
pub(crate) use own::{Options as OwnOptions, check as check_own, run as run_own};

use self::cluster::{Cluster, output, quiet};
use self::outcome::{Outcome, Verdict};
use self::programs::Programs;
use self::suite::Suite;
use crate::command::Command;
use crate::failure::Failure;
use crate::report::Report;
use crate::tool::debian;
use crate::workspace::Workspace;

const CHART: &str = "charts/gateline";
const IMAGE: &str = "ghcr.io/gateline/gateline";
const CLASS: &str = "gateline";
const JOB: &str = "conformance";

/// Builds what is needed, then starts itself again inside the namespaces.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<(), Failure> {
    let programs = Programs::find(workspace)?;
    if options.inside {
        return test(workspace, &programs, options);
    }
    prepare(workspace, &programs, options.gateline.is_none())?;
    show(workspace, &programs, JOB, options.arguments(), options.keep)
        .map_err(|_| Failure::new("the conformance run, as told above"))
}

/// The whole suite, as a step of `cargo xtask test`.
pub(crate) fn check(workspace: &Workspace) -> Result<String, Failure> {
    if let Some(why) = cannot_run(workspace)? {
        return Ok(why);
    }
    log(workspace, JOB, Options::default().arguments(), &[" passed, "])
}

/// Builds what is needed; of gateline only if it is to be the one of the workspace.
fn prepare(workspace: &Workspace, programs: &Programs, gateline: bool) -> Result<(), Failure> {
    let mut report = Report::new();
    report.step("tools", || tools(workspace).map(|()| String::new()))?;
    if gateline {
        let build = workspace.cargo(["build", "--package", "gateline-cli", "--locked"]);
        report.step("gateline", || build.run().map(|()| String::new()))?;
    }
    report.step("programs", || programs.build(workspace))
}

/// As [`prepare`], quietly. Says so where the machine gives no namespaces.
fn cannot_run(workspace: &Workspace) -> Result<Option<String>, Failure> {
    if unshare(workspace).args(["true"]).log().is_err() {
        let why = "  NOT RUN: it needs Linux and root, for network, mount and process namespaces";
        return Ok(Some(why.to_owned()));
    }
    tools(workspace)?;
    workspace.cargo(["build", "--package", "gateline-cli", "--locked"]).run()?;
    Programs::find(workspace)?.build(workspace)?;
    Ok(None)
}

fn tell_way_in(workspace: &Workspace, programs: &Programs, job: &str) {
    println!(
        "\nTo get into the cluster once it is up, from another terminal, as root:\n  nsenter --all --target \
         $(pgrep --parent $(pgrep --parent {})) env KUBECONFIG={} PATH={}:$PATH bash\n",
        std::process::id(),
        Cluster::kubeconfig_in(&workspace.scratch().join(job)).display(),
        programs.folder().display()
    );
}

/// A job inside the namespaces, for somebody who looks on; with the way in if the cluster is to stay.
fn show(
    workspace: &Workspace,
    programs: &Programs,
    job: &str,
    arguments: Vec<String>,
    keep: bool,
) -> Result<(), Failure> {
    if keep {
        tell_way_in(workspace, programs, job);
    }
    inside(workspace, job, arguments).show()
}

/// A job inside the namespaces, quietly. Of what it prints, the lines with one of these words in them.
fn log(workspace: &Workspace, job: &str, arguments: Vec<String>, told: &[&str]) -> Result<String, Failure> {
    let log = inside(workspace, job, arguments).log()?;
    let lines = log.lines().filter(|line| told.iter().any(|words| line.contains(words)));
    Ok(lines.collect::<Vec<_>>().join("\n"))
}

/// This program once more, in namespaces of its own. Each process dies with the one before it, and the first with this one,
/// even if it is killed.
fn inside(workspace: &Workspace, job: &str, arguments: Vec<String>) -> Command {
    unshare(workspace).args([&workspace.program]).args([job, "--inside"]).args(arguments)
}

fn unshare(workspace: &Workspace) -> Command {
    let namespaces = ["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];
    workspace.command("setpriv").args(["--pdeathsig", "KILL", "unshare"]).args(namespaces)
}

fn tools(workspace: &Workspace) -> Result<(), Failure> {
    for (program, package) in [
        ("go", "golang"),
        ("ip", "iproute2"),
        ("nft", "nftables"),
        ("unshare", "util-linux"),
        ("setpriv", "util-linux"),
    ] {
        debian::need(workspace, program, package)?;
    }
    Ok(())
}

/// The cluster, the chart and the suite.
fn test(workspace: &Workspace, programs: &Programs, options: &Options) -> Result<(), Failure> {
    let folder = workspace.scratch().join(JOB);
    let _lock = lock(workspace, JOB)?;
    let gateline = options.gateline.clone().unwrap_or_else(|| workspace.gateline());
    let mut report = Report::new();
    let mut cluster = Cluster::new(programs, folder.clone())?;
    report.step("cluster", || cluster.start(IMAGE, &gateline).map(|()| String::new()))?;
    report.step("crds", || cluster.install_crds(options.channel).map(|()| String::new()))?;
    report.step("chart", || cluster.install_chart(&workspace.root.join(CHART)).map(|()| String::new()))?;
    if let Some(routes) = options.latency {
        report.step("latency", || latency(&cluster, programs, routes))?;
        report.finish();
        return cluster.check();
    }
    let features = claimed(&cluster, options)?;
    let suite = Suite { programs, options, kubeconfig: cluster.kubeconfig(), class: CLASS, features };
    let written = folder.join("report.yaml");
    let mut outcome = Outcome::default();
    report.step("suite", || {
        outcome = suite.run(&folder.join("suite.log"), &written, progress)?;
        Ok(outcome.slowest(5))
    })?;
    if let Some(path) = &options.report {
        fs::copy(&written, path).map_err(|error| Failure::new(format!("{}: {error}", path.display())))?;
    }
    let judged = verdict::judge("the conformance suite", &outcome, &options.profiles, &cluster.logs());
    if options.keep {
        keep(&judged);
    }
    report.finish();
    cluster.check()?;
    judged
}

/// How long it takes until a changed HTTPRoute is served and has its status.
fn latency(cluster: &Cluster<'_>, programs: &Programs, routes: u32) -> Result<String, Failure> {
    let mut program = std::process::Command::new(programs.path("latency"));
    program.arg("--kubeconfig").arg(cluster.kubeconfig()).args(["--gateway-class", CLASS]);
    output(program.args(["--routes", &routes.to_string()]))
}

/// A line for each test that fails, as soon as it does.
fn progress(outcome: &Outcome, name: &str) {
    if let Some(test) = outcome.tests.get(name).filter(|test| test.verdict == Verdict::Failed) {
        println!("\n  failed after {:.1} s: {name}", test.seconds);
    }
}

/// The features that the GatewayClass says it has, as far as the wanted profiles have them.
fn claimed(cluster: &Cluster<'_>, options: &Options) -> Result<Vec<String>, Failure> {
    let class = format!("gatewayclass/{CLASS}");
    quiet(&mut cluster.kubectl(&["wait", "--for=condition=Accepted", &class, "--timeout=30s"]))?;
    let path = "jsonpath={.status.supportedFeatures[*].name}";
    let text = output(&mut cluster.kubectl(&["get", &class, "--output", path]))?;
    let wanted = |feature: &&str| options.profiles.iter().any(|profile| profile.has(feature));
    Ok(text.split_whitespace().filter(wanted).map(str::to_owned).collect())
}

/// Leaves everything as it is for someone to look at, until this is interrupted.
fn keep(outcome: &Result<(), Failure>) {
    if let Err(failure) = outcome {
        println!("{failure}");
    }
    println!("\nThe cluster stays up until you press Ctrl-C.");
    loop {
        std::thread::park();
    }
}

/// Two runs cannot share a folder. The lock ends with the process.
fn lock(workspace: &Workspace, job: &str) -> Result<File, Failure> {
    let path = workspace.scratch().join(format!("{job}.lock"));
    let failed = |why: String| Failure::new(format!("{}: {why}", path.display()));
    fs::create_dir_all(workspace.scratch()).map_err(|error| failed(error.to_string()))?;
    let file = File::create(&path).map_err(|error| failed(error.to_string()))?;
    file.try_lock().map_err(|_| failed("another run is under way".to_owned()))?;
    Ok(file)
}
