//! `cargo xtask guide`: the pages of docs/guide and the chart, on a cluster on which nothing is installed.

use std::fs;
use std::path::Path;

use super::cluster::Cluster;
use super::options::Channel;
use super::programs::Programs;
use super::{IMAGE, cannot_run, chart, keep, lock, log, prepare, show};
use crate::check::commands::GUIDE;
use crate::failure::Failure;
use crate::page::{Block, Shell, marked, pages};
use crate::report::Report;
use crate::workspace::Workspace;

const JOB: &str = "guide";
/// What the page has its reader download: the CRDs of the Gateway API, in one file.
const DOWNLOAD: &str = "standard-install.yaml";

/// What `cargo xtask guide` is asked for.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Options {
    /// Leave the cluster up afterwards, until it is interrupted.
    keep: bool,
    /// This process is in the namespaces already.
    inside: bool,
}

impl Options {
    /// Reads the arguments after the name of the job.
    pub(crate) fn parse(args: impl Iterator<Item = String>) -> Result<Self, Failure> {
        let mut options = Self::default();
        for arg in args {
            match arg.as_str() {
                "--keep" => options.keep = true,
                "--inside" => options.inside = true,
                other => return Err(Failure::new(format!("unknown: {other}\n\n{}", crate::args::USAGE))),
            }
        }
        Ok(options)
    }

    fn arguments(&self) -> Vec<String> {
        self.keep.then(|| "--keep".to_owned()).into_iter().collect()
    }
}

/// Builds what is needed, then starts itself again inside the namespaces.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<(), Failure> {
    let programs = Programs::find(workspace)?;
    if options.inside {
        return test(workspace, &programs, options);
    }
    prepare(workspace, &programs, true)?;
    chart::download(workspace)?;
    show(workspace, &programs, JOB, options.arguments(), options.keep)
        .map_err(|_| Failure::new("the guide, as told above"))
}

/// All of it, as a step of `cargo xtask test`.
pub(crate) fn check(workspace: &Workspace) -> Result<String, Failure> {
    if let Some(why) = cannot_run(workspace)? {
        return Ok(why);
    }
    chart::download(workspace)?;
    log(workspace, JOB, Options::default().arguments(), &[" commands of ", " objects taken "])
}

fn test(workspace: &Workspace, programs: &Programs, options: &Options) -> Result<(), Failure> {
    let _lock = lock(workspace, JOB)?;
    let mut report = Report::new();
    let mut cluster = Cluster::new(programs, workspace.scratch().join(JOB))?;
    report.step("cluster", || cluster.start(IMAGE, &workspace.gateline()).map(|()| String::new()))?;
    let tried = read(workspace, programs, &cluster, &mut report)
        .and_then(|()| report.step("chart", || chart::check(workspace, programs, &cluster)));
    if options.keep {
        keep(&tried);
    }
    tried?;
    report.finish();
    cluster.check()
}

fn read(
    workspace: &Workspace,
    programs: &Programs,
    cluster: &Cluster<'_>,
    report: &mut Report,
) -> Result<(), Failure> {
    for page in pages(workspace)?.into_iter().filter(|path| path.starts_with(GUIDE)) {
        report.step("page", || {
            let blocks = marked(&workspace.read(&page)?)?;
            let shell = shell(workspace, programs, cluster)?;
            let at = |failure: Failure| Failure::new(format!("{page}: {failure}"));
            blocks.iter().try_for_each(|block| shell.run(block)).map_err(at)?;
            let commands = blocks.iter().filter(|block| matches!(block, Block::Command { .. })).count();
            Ok(format!("  {commands} commands of {page}"))
        })?;
    }
    Ok(())
}

/// What a reader has: a kubeconfig, kubectl, helm, gateline, a checkout and the download.
fn shell<'a>(
    workspace: &'a Workspace,
    programs: &Programs,
    cluster: &Cluster<'_>,
) -> Result<Shell<'a>, Failure> {
    let mut shell = Shell::new(workspace, "guide-page", &["charts/gateline"])?;
    shell.path.push(programs.folder().to_owned());
    shell.variables.push(("KUBECONFIG", cluster.kubeconfig()));
    join(&programs.crds(Channel::Standard), &shell.folder.join(DOWNLOAD))?;
    Ok(shell)
}

/// All manifests of a folder in one file, as a release has them.
fn join(folder: &Path, file: &Path) -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure::new(format!("{}: {error}", folder.display()));
    let mut paths = fs::read_dir(folder)
        .and_then(|entries| {
            entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>()
        })
        .map_err(failed)?;
    paths.sort_unstable();
    let mut text = String::new();
    for path in paths {
        text.push_str("---\n");
        text.push_str(&fs::read_to_string(path).map_err(failed)?);
    }
    fs::write(file, text).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_read_as_what_they_were_written_from() {
        let options = Options::parse(["--keep".to_owned()].into_iter()).unwrap();
        assert_eq!(Options::parse(options.arguments().into_iter()).unwrap(), options);
        assert!(Options::parse(["--run".to_owned()].into_iter()).is_err());
    }
}
