//! `gateline rule GL103`: the page of a finding.

use gateline_api::finding::{CODES, code};

use crate::Verdict;
use crate::error::CliError;
use crate::output::Output;

/// Options of `rule`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The code (GL103) or the name (no-matching-listener); all codes, if none is given
    #[arg(value_name = "CODE")]
    code: Option<String>,
}

pub(crate) fn run(args: &Args, output: &mut Output) -> Result<Verdict, CliError> {
    match &args.code {
        Some(name) => {
            let found = code(name).ok_or_else(|| CliError::NoSuchRule(name.clone()))?;
            output.line(found.page.trim_end());
        }
        None => {
            for code in CODES {
                output.line(&format!("{} {:26} {}", code.code, code.slug, code.summary));
            }
        }
    }
    Ok(Verdict::Clean)
}
