//! The Helm chart: what it renders, and what it refuses.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::CHART;
use super::cluster::{Cluster, output, quiet};
use super::programs::Programs;
use crate::crds;
use crate::failure::Failure;
use crate::workspace::Workspace;

/// Every optional value on.
const ALL: &str = "charts/gateline/ci/all-values.yaml";
const NAMESPACE: &str = "chart-test";
/// Has the CRDs of the kinds in the chart's `monitors.yaml`.
const PROMETHEUS: &str = "github.com/prometheus-operator/prometheus-operator@v0.85.0";

/// Values that the schema must refuse, and the words it must do so with.
const REFUSED: [(&str, &str); 8] = [
    ("controller.replica=3", "controller"),
    ("controller.replicas=-1", "replicas"),
    ("controller.log=loud", "log"),
    ("image.pullPolicy=Sometimes", "pullPolicy"),
    ("controllerName=gateline", "controllerName"),
    ("dataPlane.replicas=many", "replicas"),
    ("metrics.podMonitor.interval=often", "interval"),
    ("gatewayclass.create=true", "gatewayclass"),
];

/// Lints and renders the chart, with its defaults and with everything on, has the API server look at what comes out, and
/// tries values that there are not. The cluster has the CRDs of the Gateway API already.
pub(crate) fn check(
    workspace: &Workspace,
    programs: &Programs,
    cluster: &Cluster<'_>,
) -> Result<String, Failure> {
    let (chart, all) = (workspace.root.join(CHART), workspace.root.join(ALL));
    let monitoring = download(workspace)?;
    for kind in ["servicemonitors", "podmonitors"] {
        let file = monitoring.join(format!("monitoring.coreos.com_{kind}.yaml"));
        quiet(cluster.kubectl(&["apply", "--server-side", "--filename"]).arg(file))?;
    }
    quiet(&mut cluster.kubectl(&["wait", "--for=condition=Established", "crd", "--all", "--timeout=60s"]))?;
    quiet(&mut cluster.kubectl(&["create", "namespace", NAMESPACE]))?;
    let mut objects = 0;
    for values in [None, Some(all.as_path())] {
        quiet(with(helm(programs, &["lint", "--strict"]).arg(&chart), values))?;
        let mut template = helm(programs, &["template", "release", "--namespace", NAMESPACE]);
        let rendered = output(with(template.arg(&chart), values))?;
        objects += dry_run(cluster, &rendered, &workspace.scratch().join("rendered.yaml"))?;
    }
    for (value, word) in REFUSED {
        refuses(helm(programs, &["template"]).arg(&chart).args(["--set", value]), value, word)?;
    }
    Ok(format!("  {objects} objects taken by the API server, {} values refused by the schema", REFUSED.len()))
}

/// The folder of the CRDs of monitors. To be asked for once outside the namespaces, from which nothing can be downloaded.
pub(crate) fn download(workspace: &Workspace) -> Result<PathBuf, Failure> {
    Ok(crds::module(workspace, PROMETHEUS)?.join("example/prometheus-operator-crd"))
}

fn helm(programs: &Programs, args: &[&str]) -> Command {
    let mut helm = Command::new(programs.path("helm"));
    helm.args(args).stdin(Stdio::null());
    helm
}

fn with<'a>(helm: &'a mut Command, values: Option<&Path>) -> &'a mut Command {
    match values {
        Some(path) => helm.arg("--values").arg(path),
        None => helm,
    }
}

/// How many objects the API server would take: all, or it is an error.
fn dry_run(cluster: &Cluster<'_>, rendered: &str, file: &Path) -> Result<usize, Failure> {
    let failed = |error: std::io::Error| Failure::new(format!("{}: {error}", file.display()));
    std::fs::write(file, rendered).map_err(failed)?;
    let apply = ["apply", "--server-side", "--dry-run=server", "--output=name", "--filename"];
    Ok(output(cluster.kubectl(&apply).arg(file))?.lines().count())
}

fn refuses(helm: &mut Command, value: &str, word: &str) -> Result<(), Failure> {
    match output(helm) {
        Ok(_) => Err(Failure::new(format!("the chart takes {value}"))),
        Err(failure) if failure.to_string().contains(word) => Ok(()),
        Err(failure) => Err(failure),
    }
}
