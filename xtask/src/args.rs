use crate::conformance::{GuideOptions, Options, OwnOptions};
use crate::failure::Failure;

/// What `cargo xtask help` prints.
pub(crate) const USAGE: &str = "\
cargo xtask JOB

  test [STEP…]                  everything that CI asks for, or only the named steps
  test --quick                  formatting, lints, unit and spec tests: for the edit loop
  test --list                   the names of the steps
  bench [ARGUMENT…]             the benchmarks; arguments go to `cargo bench`
  fuzz [TARGET] [--seconds N]   fuzz one target, or each, for N seconds (default 60)
  spec [ARGUMENT…]              the cases of spec-tests/; arguments go to `cargo test`
  conformance [OPTION…]         the upstream conformance suite on a cluster of its own (needs root and Go)
      --profile P               claim http, tls, grpc, tcp or udp only (repeatable)
      --run TEST                run that test only (repeatable)
      --channel CHANNEL         of the CRDs: standard (default) or experimental
      --report FILE             write the suite's report there too
      --gateline FILE           test that binary instead of building one
      --latency ROUTES          measure what a change takes at so many HTTPRoutes, instead of the suite
      --short                   wait seconds, not minutes, for what does not come
      --keep                    leave the cluster up until Ctrl-C
  cluster [OPTION…]             tests of our own on a cluster like that
      --run TEST                run that test only (repeatable)
      --routes N                how many HTTPRoutes are applied at once (default 500)
      --gateline FILE           test that binary instead of building one
      --keep                    leave the cluster up until Ctrl-C
  guide [OPTION…]               the commands of docs/guide and the chart, on a cluster like that
      --keep                    leave the cluster up until Ctrl-C
  playground                    build the page that runs the engine in a browser: target/playground/index.html
  crds                          write the schemas of crates/gateline-api/crds anew (needs Go)";

/// One call of `cargo xtask`.
#[derive(Debug, PartialEq)]
pub(crate) enum Job {
    Help,
    ListSteps,
    Test { quick: bool, only: Vec<String> },
    Bench { rest: Vec<String> },
    Spec { rest: Vec<String> },
    Conformance(Options),
    Cluster(OwnOptions),
    Guide(GuideOptions),
    Crds,
    Playground,
    Fuzz { target: Option<String>, seconds: u32 },
}

impl Job {
    pub(crate) fn parse(mut args: impl Iterator<Item = String>) -> Result<Self, Failure> {
        match args.next().as_deref() {
            None | Some("help" | "--help" | "-h") => Ok(Self::Help),
            Some("test") => test(args),
            Some("bench") => Ok(Self::Bench { rest: args.collect() }),
            Some("spec") => Ok(Self::Spec { rest: args.collect() }),
            Some("conformance") => Options::parse(args).map(Self::Conformance),
            Some("guide") => GuideOptions::parse(args).map(Self::Guide),
            Some("cluster") => OwnOptions::parse(args).map(Self::Cluster),
            Some("crds") => Ok(Self::Crds),
            Some("playground") => Ok(Self::Playground),
            Some("fuzz") => fuzz(args),
            Some(other) => Err(unknown(other)),
        }
    }
}

fn test(args: impl Iterator<Item = String>) -> Result<Job, Failure> {
    let (mut quick, mut only) = (false, Vec::new());
    for arg in args {
        match arg.as_str() {
            "--quick" => quick = true,
            "--list" => return Ok(Job::ListSteps),
            option if option.starts_with('-') => return Err(unknown(option)),
            step => only.push(step.to_owned()),
        }
    }
    Ok(Job::Test { quick, only })
}

fn fuzz(mut args: impl Iterator<Item = String>) -> Result<Job, Failure> {
    let (mut target, mut seconds) = (None, 60);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--seconds" => {
                let value = args.next().unwrap_or_default();
                seconds =
                    value.parse().map_err(|_| Failure::new(format!("--seconds {value}: not a number")))?;
            }
            option if option.starts_with('-') => return Err(unknown(option)),
            name => target = Some(name.to_owned()),
        }
    }
    Ok(Job::Fuzz { target, seconds })
}

fn unknown(what: &str) -> Failure {
    Failure::new(format!("unknown: {what}\n\n{USAGE}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Job, Failure> {
        Job::parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn jobs() {
        assert_eq!(parse("").unwrap(), Job::Help);
        assert_eq!(parse("test --quick").unwrap(), Job::Test { quick: true, only: vec![] });
        assert_eq!(
            parse("test docs e2e").unwrap(),
            Job::Test { quick: false, only: vec!["docs".into(), "e2e".into()] }
        );
        assert_eq!(
            parse("fuzz decide --seconds 5").unwrap(),
            Job::Fuzz { target: Some("decide".into()), seconds: 5 }
        );
    }

    #[test]
    fn a_wrong_argument_is_an_error() {
        for line in ["tset", "test --fast", "fuzz --seconds soon", "fuzz --seconds"] {
            assert!(parse(line).is_err(), "{line}");
        }
    }
}
