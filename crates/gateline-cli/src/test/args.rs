use std::path::PathBuf;

use gateline::model::Timestamp;
use gateline_testing::{RoutingProfile, Shard};

use crate::input::{Choices, time};

/// Options of `test`.
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "switches of a command line")]
pub(crate) struct Args {
    /// Files of tests, or folders in which to look for *.routetest.yaml
    #[arg(value_name = "PATH", default_value = ".")]
    pub(super) paths: Vec<PathBuf>,
    /// Run only tests with this in their name
    #[arg(long, value_name = "TEXT")]
    pub(super) filter: Option<String>,
    /// Run only one part of the tests, so that several machines share the work
    #[arg(long, value_name = "I/N")]
    pub(super) shard: Option<Shard>,
    /// Run every test as each of these implementations would decide [default: all that are known]
    #[arg(
        long,
        value_name = "PROFILE,…",
        value_delimiter = ',',
        num_args = 0..,
        require_equals = true,
        default_missing_values = ["spec", "envoy-gateway"],
        conflicts_with_all = ["suggest", "init"]
    )]
    pub(super) profile_matrix: Vec<RoutingProfile>,
    /// The time that certificates are held against, as 2026-12-24T08:00:00Z [default: now]
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(super) now: Option<Timestamp>,
    /// How to print what came of the tests
    #[arg(long, value_enum, default_value_t)]
    pub(super) format: TestFormat,
    /// Write what the tests went through: html, lcov or json, to a file [default: coverage.html, lcov.info, coverage.json]
    #[arg(long, value_name = "FORMAT[=FILE]", value_parser = coverage)]
    pub(super) coverage: Option<(CoverageFormat, Option<PathBuf>)>,
    /// Fail if the tests go through less of the rules
    #[arg(long, value_name = "PERCENT")]
    pub(super) fail_under: Option<f64>,
    /// Exit with 3 if an invariant could neither be proved nor refuted
    #[arg(long)]
    pub(super) strict: bool,
    /// Run the tests again when a file changes
    #[cfg(feature = "serve")]
    #[arg(long, conflicts_with_all = ["coverage", "fail_under"])]
    pub(super) watch: bool,
    /// Print a test for each rule of the manifests at PATH, as they work today
    #[arg(long)]
    #[cfg_attr(feature = "serve", arg(conflicts_with = "watch"))]
    pub(super) suggest: bool,
    /// Write those tests to gateline.routetest.yaml in the folder PATH
    #[arg(long, conflicts_with = "suggest")]
    #[cfg_attr(feature = "serve", arg(conflicts_with = "watch"))]
    pub(super) init: bool,
    #[command(flatten)]
    pub(super) choices: Choices,
}

/// `--format`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum TestFormat {
    /// For people
    #[default]
    Text,
    /// The XML of `JUnit`
    Junit,
    /// Test Anything Protocol 14
    Tap,
    /// Annotations of GitHub Actions
    Github,
    /// All that is known of every test
    Json,
    /// For code scanning
    Sarif,
}

/// `--coverage`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CoverageFormat {
    Html,
    Lcov,
    Json,
}

impl CoverageFormat {
    pub(super) fn file(self) -> &'static str {
        match self {
            Self::Html => "coverage.html",
            Self::Lcov => "lcov.info",
            Self::Json => "coverage.json",
        }
    }
}

fn coverage(text: &str) -> Result<(CoverageFormat, Option<PathBuf>), String> {
    let (format, file) = match text.split_once('=') {
        Some((format, file)) => (format, Some(PathBuf::from(file))),
        None => (text, None),
    };
    let format = match format {
        "html" => CoverageFormat::Html,
        "lcov" => CoverageFormat::Lcov,
        "json" => CoverageFormat::Json,
        _ => return Err(format!("{format:?} is none of html, lcov, json")),
    };
    Ok((format, file))
}
