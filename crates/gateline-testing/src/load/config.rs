//! `gateline.toml`: what a folder of manifests takes for granted, so that nobody has to repeat it on the command line.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use gateline::Profile;
use gateline::model::Timestamp;
use gateline_api::resolve::{Assume, Options};
use gateline_api::{Finding, Severity, Target};
use serde::Deserialize;

use super::error::LoadError;

const DEFAULT: &str = "gateline.toml";

/// The whole file. Unknown keys are errors: a typo must not be taken for an agreement.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The implementations that the manifests are for.
    pub target: TargetConfig,
    /// What to take things for that are not in the input.
    pub assume: AssumeConfig,
    /// Labels of Namespaces that are not in the input.
    pub namespaces: BTreeMap<String, NamespaceConfig>,
    /// What `check` reports.
    pub check: CheckConfig,
    /// What `test` asks for.
    pub test: TestConfig,
}

/// `[target]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TargetConfig {
    /// The one that serves them; default: the specification.
    pub profile: Option<RoutingProfile>,
    /// Others on which they are to mean the same.
    pub also: Vec<AnyProfile>,
}

/// A profile of which all that decides between rules is known, by name.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct RoutingProfile(pub Profile);

/// A profile, by name.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct AnyProfile(pub Profile);

impl TryFrom<String> for AnyProfile {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        Profile::named(&name).map(Self).ok_or_else(|| unknown(&name, |_| true))
    }
}

impl TryFrom<String> for RoutingProfile {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        let found = Profile::named(&name).filter(|profile| profile.routes);
        found.map(Self).ok_or_else(|| unknown(&name, |profile| profile.routes))
    }
}

impl std::str::FromStr for RoutingProfile {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::try_from(name.to_owned())
    }
}

fn unknown(name: &str, among: impl Fn(&Profile) -> bool) -> String {
    let known: Vec<String> = Profile::ALL.iter().filter(|one| among(one)).map(ToString::to_string).collect();
    format!("{name:?} is none of {}", known.join(", "))
}

/// `[assume]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AssumeConfig {
    /// Services and EndpointSlices.
    pub services: Option<Assume>,
    /// Secrets and ConfigMaps.
    pub secrets: Option<Assume>,
    /// Gateways and GatewayClasses.
    pub gateways: Option<Assume>,
    /// Namespaces.
    pub namespaces: Option<Assume>,
}

impl AssumeConfig {
    /// Options in which what is said here goes over what was said before.
    #[must_use]
    pub fn over(&self, mut options: Options) -> Options {
        for (option, chosen) in [
            (&mut options.services, self.services),
            (&mut options.secrets, self.secrets),
            (&mut options.gateways, self.gateways),
            (&mut options.namespaces, self.namespaces),
        ] {
            *option = chosen.unwrap_or(*option);
        }
        options
    }
}

/// `[namespaces.NAME]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NamespaceConfig {
    /// `metadata.labels`.
    pub labels: BTreeMap<String, String>,
}

/// `[check]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct CheckConfig {
    /// Codes, or their beginnings (`GL2`), that count as errors.
    pub deny: Vec<String>,
    /// Codes, or their beginnings, that are not reported.
    pub ignore: Vec<String>,
    /// The least severity that makes the exit code 1.
    pub fail_on: Option<Severity>,
}

/// `[test]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct TestConfig {
    /// The least coverage of rules, in percent.
    pub fail_under: Option<f64>,
}

impl CheckConfig {
    /// Leaves out what is ignored, and makes errors of what is denied.
    pub fn apply(&self, findings: &mut Vec<Finding>) {
        let listed =
            |list: &[String], code: &str| list.iter().any(|prefix| code.starts_with(prefix.as_str()));
        findings.retain(|finding| !listed(&self.ignore, finding.code));
        for finding in findings.iter_mut().filter(|finding| listed(&self.deny, finding.code)) {
            finding.severity = Severity::Error;
        }
    }
}

impl Config {
    /// Reads the file that was named, or `./gateline.toml` if there is one.
    pub fn load(named: Option<&Path>) -> Result<Self, LoadError> {
        let path = named.map_or_else(|| PathBuf::from(DEFAULT), Path::to_path_buf);
        match std::fs::read_to_string(&path) {
            Ok(text) => Self::parse(&path, &text),
            Err(error) if named.is_none() && error.kind() == std::io::ErrorKind::NotFound => {
                Ok(Self::default())
            }
            Err(source) => Err(LoadError::Read { path, source }),
        }
    }

    /// What a resolution takes for granted. `now` is for the expiry of certificates; `None` does not look.
    #[must_use]
    pub fn options(&self, now: Option<Timestamp>) -> Options {
        let mut options = self.assume.over(Options::default());
        let namespaces = self.namespaces.iter();
        options.namespace_labels =
            namespaces.map(|(name, namespace)| (name.clone(), namespace.labels.clone())).collect();
        options.now = now;
        options
    }

    /// The implementations that the manifests are for.
    #[must_use]
    pub fn target(&self) -> Target {
        let mut target = Target::of(self.target.profile.map_or(Profile::SPEC, |profile| profile.0));
        target.also = self.target.also.iter().map(|profile| profile.0).collect();
        target
    }

    fn parse(path: &Path, text: &str) -> Result<Self, LoadError> {
        toml::from_str(text).map_err(|error| {
            let start = error.span().map_or(0, |span| span.start);
            let before = text.get(..start).unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
            LoadError::Config { path: path.to_path_buf(), line, column, message: error.message().to_owned() }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_section() {
        let text = "[target]\nprofile = 'envoy-gateway'\nalso = ['traefik']\n[assume]\nservices = 'present'\n[namespaces.shop.labels]\ntier = 'front'\n\
                    [check]\ndeny = ['GL2']\nignore = ['GL305']\nfail-on = 'error'\n\
                    [test]\nfail-under = 90\n";
        let config = Config::parse(Path::new("gateline.toml"), text).unwrap();
        assert_eq!(config.target().profile.to_string(), "envoy-gateway@1.9");
        assert_eq!(config.target().also, [Profile::named("traefik").unwrap()]);
        assert_eq!(config.assume.services, Some(Assume::Present));
        assert_eq!(config.namespaces["shop"].labels["tier"], "front");
        assert_eq!(config.check.deny, ["GL2"]);
        assert_eq!(config.check.fail_on, Some(Severity::Error));
        assert_eq!(config.test.fail_under, Some(90.0));
    }

    #[test]
    fn a_typo_is_located() {
        let error = Config::parse(Path::new("g.toml"), "[assume]\nservice = 'present'\n").unwrap_err();
        assert!(error.to_string().starts_with("g.toml:2:1: unknown field `service`"), "{error}");
        let error = Config::parse(Path::new("g.toml"), "[target]\nprofile = 'traefik'\n").unwrap_err();
        assert_eq!(error.to_string(), "g.toml:2:11: \"traefik\" is none of spec, envoy-gateway@1.9");
    }
}
