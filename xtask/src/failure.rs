use std::fmt;

/// Why a step failed: one sentence, and the output of the command if there was one.
#[derive(Debug)]
pub(crate) struct Failure {
    what: String,
    output: Option<String>,
}

impl Failure {
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), output: None }
    }

    pub(crate) fn with_output(what: impl Into<String>, output: String) -> Self {
        Self { what: what.into(), output: Some(output) }
    }

    /// A failure that lists what a check found, one a line.
    pub(crate) fn of_findings(what: impl Into<String>, findings: &[String]) -> Result<(), Self> {
        if findings.is_empty() { Ok(()) } else { Err(Self::with_output(what, findings.join("\n"))) }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(output) = &self.output {
            writeln!(f, "{}", output.trim_end())?;
        }
        write!(f, "error: {}", self.what)
    }
}
