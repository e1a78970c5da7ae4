use gateline::model::Place;
use gateline_api::parse::ParseError;
use serde::Serialize;

use crate::load::LoadError;
use crate::request::RequestError;
use crate::suite::SuiteError;

/// Something that cannot be used: where it stands, and what to do. The one shape of errors in Python and Node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Located {
    /// `None` for what is in no file: an argument.
    pub place: Option<Place>,
    /// What is wrong.
    pub message: String,
    /// What to do, if that is known.
    pub help: Option<String>,
}

impl Located {
    /// Of an argument.
    #[must_use]
    pub fn nowhere(message: impl Into<String>) -> Self {
        Self { place: None, message: message.into(), help: None }
    }
}

impl From<&ParseError> for Located {
    fn from(error: &ParseError) -> Self {
        let help = error.problem.help().map(str::to_owned);
        Self { place: Some(error.place.clone()), message: error.problem.to_string(), help }
    }
}

impl From<SuiteError> for Located {
    fn from(error: SuiteError) -> Self {
        Self { place: Some(error.place), message: error.message, help: error.help }
    }
}

impl From<RequestError> for Located {
    fn from(error: RequestError) -> Self {
        Self::nowhere(error.to_string())
    }
}

impl From<LoadError> for Located {
    fn from(error: LoadError) -> Self {
        let LoadError::Config { path, line, column, message } = error else {
            return Self::nowhere(error.to_string());
        };
        let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let file = path.display().to_string().into();
        let place = Place { file, line: number(line), column: number(column) };
        Self { place: Some(place), message, help: None }
    }
}
