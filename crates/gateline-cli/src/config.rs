//! `gateline.toml`: what a folder of manifests takes for granted, so that nobody has to repeat it on the command line.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use gateline_api::resolve::Assume;
use serde::Deserialize;

use crate::check::FailOn;
use crate::error::CliError;

const DEFAULT: &str = "gateline.toml";

/// The whole file. Unknown keys are errors: a typo must not be taken for an agreement.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    pub(crate) assume: AssumeConfig,
    pub(crate) namespaces: BTreeMap<String, NamespaceConfig>,
    pub(crate) check: CheckConfig,
}

/// `[assume]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct AssumeConfig {
    pub(crate) services: Option<AssumeValue>,
    pub(crate) secrets: Option<AssumeValue>,
    pub(crate) gateways: Option<AssumeValue>,
    pub(crate) namespaces: Option<AssumeValue>,
}

/// What to take things for that are not in the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum AssumeValue {
    Present,
    Missing,
    Unknown,
}

impl From<AssumeValue> for Assume {
    fn from(value: AssumeValue) -> Self {
        match value {
            AssumeValue::Present => Self::Present,
            AssumeValue::Missing => Self::Missing,
            AssumeValue::Unknown => Self::Unknown,
        }
    }
}

/// `[namespaces.NAME]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct NamespaceConfig {
    pub(crate) labels: BTreeMap<String, String>,
}

/// `[check]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(crate) struct CheckConfig {
    /// Codes, or their beginnings (`GL2`), that count as errors.
    pub(crate) deny: Vec<String>,
    /// Codes, or their beginnings, that are not reported.
    pub(crate) ignore: Vec<String>,
    /// See `--fail-on`.
    pub(crate) fail_on: Option<FailOn>,
}

impl Config {
    /// Reads the file that was named, or `./gateline.toml` if there is one.
    pub(crate) fn load(named: Option<&Path>) -> Result<Self, CliError> {
        let path = named.map_or_else(|| PathBuf::from(DEFAULT), Path::to_path_buf);
        match std::fs::read_to_string(&path) {
            Ok(text) => Self::parse(&path, &text),
            Err(error) if named.is_none() && error.kind() == std::io::ErrorKind::NotFound => {
                Ok(Self::default())
            }
            Err(source) => Err(CliError::Read { path, source }),
        }
    }

    fn parse(path: &Path, text: &str) -> Result<Self, CliError> {
        toml::from_str(text).map_err(|error| {
            let start = error.span().map_or(0, |span| span.start);
            let before = text.get(..start).unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
            CliError::Config { path: path.to_path_buf(), line, column, message: error.message().to_owned() }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_section() {
        let text = "[assume]\nservices = 'present'\n[namespaces.shop.labels]\ntier = 'front'\n\
                    [check]\ndeny = ['GL2']\nignore = ['GL305']\nfail-on = 'error'\n";
        let config = Config::parse(Path::new("gateline.toml"), text).unwrap();
        assert_eq!(config.assume.services, Some(AssumeValue::Present));
        assert_eq!(config.namespaces["shop"].labels["tier"], "front");
        assert_eq!(config.check.deny, ["GL2"]);
        assert_eq!(config.check.fail_on, Some(FailOn::Error));
    }

    #[test]
    fn a_typo_is_located() {
        let error = Config::parse(Path::new("g.toml"), "[assume]\nservice = 'present'\n").unwrap_err();
        assert!(error.to_string().starts_with("g.toml:2:1: unknown field `service`"), "{error}");
    }
}
