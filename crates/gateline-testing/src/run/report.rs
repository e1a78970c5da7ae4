use gateline::model::Place;
use serde::Serialize;

use crate::suite::SuiteError;

/// What came of one test.
#[derive(Clone, Debug, Serialize)]
pub struct CaseReport {
    /// The file it is in.
    pub file: String,
    /// Its name, with the values of its matrix.
    pub name: String,
    /// Where it is written.
    pub place: Place,
    /// The request, in one line.
    pub request: String,
    /// The implementation it was run as (`envoy-gateway@1.9`), if profiles are compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    /// What came of it.
    #[serde(flatten)]
    pub verdict: TestVerdict,
}

/// See [`CaseReport`].
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "verdict", rename_all = "lowercase")]
pub enum TestVerdict {
    /// As expected, whatever the order of creation and whatever backend the weights pick.
    Passed,
    /// Not as expected.
    Failed(Failure),
    /// Of an invariant: it holds for every request of its scope.
    Proved {
        /// So many classes of requests were looked at.
        classes: usize,
    },
    /// Of an invariant: it could not be found out.
    Unknown {
        /// Why.
        reason: String,
    },
    /// It could not be run: it names what does not exist.
    Invalid {
        /// What is wrong.
        errors: Vec<SuiteError>,
    },
}

/// Why a test failed.
#[derive(Clone, Debug, Serialize)]
pub struct Failure {
    /// Where the expectation is written.
    pub at: Place,
    /// The first thing that was expected and is not so.
    pub expected: String,
    /// What is so instead.
    pub got: String,
    /// Why.
    pub because: Vec<Line>,
    /// The finding that explains it, if there is one: `GL203`.
    pub code: Option<&'static str>,
    /// The command that shows all of it.
    pub explain: String,
}

/// A line of an explanation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    /// `file:line:column` of what it is about.
    pub place: Option<String>,
    /// What it says.
    pub text: String,
}

impl CaseReport {
    /// Its name, with the profile if profiles are compared.
    #[must_use]
    pub fn title(&self) -> String {
        let profile = self.profile.iter().map(|profile| format!(" [{profile}]"));
        profile.fold(self.name.clone(), |name, profile| name + &profile)
    }

    /// Whether it passed, or was proved.
    #[must_use]
    pub fn passed(&self) -> bool {
        matches!(self.verdict, TestVerdict::Passed | TestVerdict::Proved { .. })
    }
}
