//! `cargo xtask cluster`: the tests of our own, on a cluster like the suite's.

use std::path::PathBuf;
use std::process::Command;

use super::cluster::Cluster;
use super::options::{Channel, absolute, number};
use super::outcome::Outcome;
use super::programs::Programs;
use super::{CHART, IMAGE, cannot_run, keep, lock, log, prepare, progress, show, verdict};
use crate::failure::Failure;
use crate::report::Report;
use crate::workspace::Workspace;

const JOB: &str = "cluster";
/// More than they take when everything fails.
const LIMIT: &str = "20m";

/// What `cargo xtask cluster` is asked for.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Options {
    /// The only tests to run; all if empty.
    tests: Vec<String>,
    /// How many HTTPRoutes are applied at once.
    routes: Option<u32>,
    /// The binary to test instead of the one that cargo builds.
    gateline: Option<PathBuf>,
    /// Leave the cluster up after the tests, until it is interrupted.
    keep: bool,
    /// This process is in the namespaces already.
    inside: bool,
}

impl Options {
    /// Reads the arguments after the name of the job.
    pub(crate) fn parse(mut args: impl Iterator<Item = String>) -> Result<Self, Failure> {
        let mut options = Self::default();
        while let Some(arg) = args.next() {
            let mut value =
                || args.next().ok_or_else(|| Failure::new(format!("{arg}: what should follow is missing")));
            match arg.as_str() {
                "--run" => options.tests.push(value()?),
                "--routes" => options.routes = Some(number(&arg, &value()?)?),
                "--gateline" => options.gateline = Some(absolute(&value()?)?),
                "--keep" => options.keep = true,
                "--inside" => options.inside = true,
                other => return Err(Failure::new(format!("unknown: {other}\n\n{}", crate::args::USAGE))),
            }
        }
        Ok(options)
    }

    /// The arguments that are read as these options, in any folder.
    fn arguments(&self) -> Vec<String> {
        let mut arguments = Vec::new();
        let mut add = |name: &str, value: String| arguments.extend([name.to_owned(), value]);
        self.tests.iter().for_each(|test| add("--run", test.clone()));
        self.routes.iter().for_each(|routes| add("--routes", routes.to_string()));
        self.gateline.iter().for_each(|path| add("--gateline", path.display().to_string()));
        arguments.extend(self.keep.then(|| "--keep".to_owned()));
        arguments
    }

    /// For the program of the tests.
    fn flags(&self) -> Vec<String> {
        let tests =
            if self.tests.is_empty() { String::new() } else { format!("^({})$", self.tests.join("|")) };
        let mut flags = vec![
            format!("-test.timeout={LIMIT}"),
            // Those that can run beside each other mostly wait.
            "-test.parallel=16".to_owned(),
            format!("-test.run=^TestCluster$/{tests}"),
        ];
        flags.extend(self.routes.map(|routes| format!("-routes={routes}")));
        flags
    }
}

/// Builds what is needed, then starts itself again inside the namespaces.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<(), Failure> {
    let programs = Programs::find(workspace)?;
    if options.inside {
        return test(workspace, &programs, options);
    }
    prepare(workspace, &programs, options.gateline.is_none())?;
    show(workspace, &programs, JOB, options.arguments(), options.keep)
        .map_err(|_| Failure::new("the tests on a cluster, as told above"))
}

/// All of them, as a step of `cargo xtask test`.
pub(crate) fn check(workspace: &Workspace) -> Result<String, Failure> {
    if let Some(why) = cannot_run(workspace)? {
        return Ok(why);
    }
    log(workspace, JOB, Options::default().arguments(), &[" passed, ", " measured: "])
}

/// The cluster, the chart and the tests. They end programs of the cluster and start them again, so that it is not
/// checked afterwards whether those of the beginning still run.
fn test(workspace: &Workspace, programs: &Programs, options: &Options) -> Result<(), Failure> {
    let folder = workspace.scratch().join(JOB);
    let _lock = lock(workspace, JOB)?;
    let gateline = options.gateline.clone().unwrap_or_else(|| workspace.gateline());
    let mut report = Report::new();
    let mut cluster = Cluster::new(programs, folder.clone())?;
    report.step("cluster", || cluster.start(IMAGE, &gateline).map(|()| String::new()))?;
    report.step("crds", || cluster.install_crds(Channel::Standard).map(|()| String::new()))?;
    report.step("chart", || cluster.install_chart(&workspace.root.join(CHART)).map(|()| String::new()))?;
    let mut outcome = Outcome::default();
    report.step("tests", || {
        let mut tests = Command::new(programs.path("test2json"));
        tests.arg("-t").arg(programs.own_tests(workspace)?).arg("-test.v=test2json").args(options.flags());
        tests.env("KUBECONFIG", cluster.kubeconfig());
        for (flag, path) in [
            ("gateline", &gateline),
            ("crds", &programs.crds(Channel::Standard)),
            ("older-crds", &programs.older_crds()),
            ("logs", &cluster.logs()),
        ] {
            tests.arg(format!("-{flag}={}", path.display()));
        }
        outcome = Outcome::of(&mut tests, &folder.join("tests.log"), progress)?;
        Ok(outcome.slowest(usize::MAX))
    })?;
    let judged = verdict::judge("the tests on a cluster", &outcome, &[], &cluster.logs());
    for line in outcome.measured() {
        println!("  {line}");
    }
    if options.keep {
        keep(&judged);
    }
    report.finish();
    judged
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Options, Failure> {
        Options::parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn arguments_are_read_as_what_they_were_written_from() {
        let options = parse("--run A --run B --routes 9 --gateline g --keep").unwrap();
        assert_eq!(options.flags()[2..], ["-test.run=^TestCluster$/^(A|B)$", "-routes=9"]);
        assert_eq!(Options::parse(options.arguments().into_iter()).unwrap(), options);
    }

    #[test]
    fn a_wrong_argument_is_an_error() {
        for line in ["--routes", "--routes 0", "--routes many", "--profile http"] {
            assert!(parse(line).is_err(), "{line}");
        }
    }
}
