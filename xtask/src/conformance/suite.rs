use std::path::{Path, PathBuf};
use std::process::Command;

use super::cluster::{UNUSABLE_ADDRESS, USABLE_ADDRESS};
use super::options::Options;
use super::outcome::Outcome;
use super::programs::Programs;
use crate::failure::Failure;

/// More than the suite takes when everything fails.
const LIMIT: &str = "75m";

/// One run of the suite against the cluster of a kubeconfig.
pub(crate) struct Suite<'a> {
    pub(crate) programs: &'a Programs,
    pub(crate) options: &'a Options,
    pub(crate) kubeconfig: PathBuf,
    pub(crate) class: &'a str,
    /// The features that the GatewayClass claims, of the profiles that are asked for.
    pub(crate) features: Vec<String>,
}

impl Suite<'_> {
    /// Runs it. `log` gets all it prints, `report` its report, `finished` is called after each test.
    pub(crate) fn run(
        &self,
        log: &Path,
        report: &Path,
        finished: impl FnMut(&Outcome, &str),
    ) -> Result<Outcome, Failure> {
        let mut command = Command::new(self.programs.path("test2json"));
        command
            .arg("-t")
            .arg(self.programs.path("suite"))
            .arg("-test.v=test2json")
            .args(self.arguments(report));
        Outcome::of(command.env("KUBECONFIG", &self.kubeconfig), log, finished)
    }

    fn arguments(&self, report: &Path) -> Vec<String> {
        let profiles: Vec<_> = self.options.profiles.iter().map(|profile| profile.name()).collect();
        let mut arguments = vec![
            format!("-test.timeout={LIMIT}"),
            format!("-test.run=^TestConformance$/{}", self.pattern()),
            format!("-gateway-class={}", self.class),
            format!("-conformance-profiles={}", profiles.join(",")),
            format!("-supported-features={}", self.features.join(",")),
            format!("-usable-address={USABLE_ADDRESS}"),
            format!("-unusable-address={UNUSABLE_ADDRESS}"),
            format!("-report-output={}", report.display()),
            "-organization=gateline".to_owned(),
            "-project=gateline".to_owned(),
            format!("-url={}", env!("CARGO_PKG_REPOSITORY")),
            format!("-version=v{}", env!("CARGO_PKG_VERSION")),
            format!("-contact={}/issues", env!("CARGO_PKG_REPOSITORY")),
        ];
        if self.options.short {
            arguments.push(format!("-timeout-config-overrides={SHORT}"));
        }
        arguments
    }

    /// The suite's own flag takes one test, the one of Go any number.
    fn pattern(&self) -> String {
        if self.options.tests.is_empty() {
            String::new()
        } else {
            format!("^({})$", self.options.tests.join("|"))
        }
    }
}

/// For `--short`, in seconds.
const SHORT: &str = "GatewayMustHaveAddress:15;GatewayMustHaveCondition:15;GatewayStatusMustHaveListeners:15;\
GatewayListenersMustHaveConditions:15;ListenerSetMustHaveCondition:15;ListenerSetListenersMustHaveConditions:15;\
GWCMustBeAccepted:15;HTTPRouteMustNotHaveParents:15;HTTPRouteMustHaveCondition:15;TLSRouteMustHaveCondition:15;\
TCPRouteMustHaveCondition:15;UDPRouteMustHaveCondition:15;RouteMustHaveParents:15;MaxTimeToConsistency:15;\
NamespacesMustBeReady:30;LatestObservedGenerationSet:15;DefaultTestTimeout:30";
