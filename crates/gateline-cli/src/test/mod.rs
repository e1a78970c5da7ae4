//! `gateline test`: requests with what must become of them, run on the manifests they lie beside.

mod args;
mod init;
#[cfg(feature = "serve")]
mod watch;

use std::path::Path;

use gateline_testing::{Coverage, TestOptions, TestReport, report, test, test_files};

pub(crate) use args::Args;
use args::{CoverageFormat, TestFormat};

use crate::Verdict;
use crate::error::CliError;
use crate::input::now;
use crate::output::{self, Output};

pub(crate) fn run(args: &Args, output: &mut Output) -> Result<Verdict, CliError> {
    if args.init || args.suggest {
        return init::run(args, output);
    }
    args.choices.without_ingresses("test")?;
    let config = args.choices.config()?;
    let options = TestOptions {
        resolve: args.choices.options(&config),
        router: args.choices.target(&config).options(),
        filter: args.filter.clone(),
        shard: args.shard,
        profiles: args.profile_matrix.iter().map(|profile| profile.0).collect(),
    };
    let limit = args.fail_under.or(config.test.fail_under);
    #[cfg(feature = "serve")]
    if args.watch {
        return watch::watch(args, &options, output);
    }
    let ran = run_once(args, &options, output)?;
    write_coverage(args, &ran)?;
    verdict(args, &ran, limit, output)
}

fn run_once(args: &Args, options: &TestOptions, output: &mut Output) -> Result<TestReport, CliError> {
    let files = test_files(&args.paths).map_err(|(path, source)| CliError::Io {
        what: "cannot read a folder",
        source: named(&path, &source),
    })?;
    if files.is_empty() {
        return Err(CliError::NoTests);
    }
    let report = test(&files, options, args.now.or_else(now));
    print(args.format, &report, output);
    Ok(report)
}

fn named(path: &Path, error: &std::io::Error) -> std::io::Error {
    std::io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

fn print(format: TestFormat, ran: &TestReport, output: &mut Output) {
    let text = match format {
        TestFormat::Text => {
            report::text(ran).lines().for_each(|line| {
                let line = painted(line, output);
                output.line(&line);
            });
            return;
        }
        TestFormat::Json => return output.json(ran),
        TestFormat::Sarif => return output.json(&report::sarif(ran)),
        TestFormat::Junit => report::junit(ran),
        TestFormat::Tap => report::tap(ran),
        TestFormat::Github => report::github(ran),
    };
    output.line(text.trim_end());
}

/// The first word in its colour.
fn painted(line: &str, output: &Output) -> String {
    let words = [
        (" PASS", output::GOOD),
        ("PROVED", output::GOOD),
        ("UNKNOWN", output::WARNING),
        (" FAIL", output::ERROR),
        ("ERROR", output::ERROR),
    ];
    let found = words.iter().find_map(|(word, style)| Some((word, style, line.strip_prefix(word)?)));
    match found {
        Some((word, style, rest)) => format!("{}{rest}", output.paint(*style, word)),
        None => line.to_owned(),
    }
}

fn verdict(
    args: &Args,
    ran: &TestReport,
    limit: Option<f64>,
    output: &mut Output,
) -> Result<Verdict, CliError> {
    let (_, failed, errors) = ran.counts();
    if errors > 0 {
        return Err(CliError::Untested(errors));
    }
    if failed == 0 && args.strict && ran.unknown() > 0 {
        return Ok(Verdict::Inconclusive);
    }
    let ratios = ran.coverage.iter().map(|one| Coverage::ratio(&one.rules));
    let percent = Coverage::percent_of(ratios.fold((0, 0), |(a, b), (c, d)| (a + c, b + d)));
    let low = limit.is_some_and(|limit| percent < limit);
    if let Some(limit) = limit.filter(|_| low && args.format == TestFormat::Text) {
        output.line(&format!("coverage of rules is {percent:.1} %, less than {limit} %"));
    }
    Ok(if failed > 0 || low { Verdict::Findings } else { Verdict::Clean })
}

fn write_coverage(args: &Args, ran: &TestReport) -> Result<(), CliError> {
    let Some((format, file)) = &args.coverage else { return Ok(()) };
    let text = match format {
        CoverageFormat::Html => report::html(&ran.coverage),
        CoverageFormat::Lcov => report::lcov(&ran.coverage),
        CoverageFormat::Json => serde_json::to_string_pretty(&ran.coverage).unwrap_or_default() + "\n",
    };
    let path = file.clone().unwrap_or_else(|| format.file().into());
    std::fs::write(&path, text).map_err(|source| CliError::Write { path, source })
}
