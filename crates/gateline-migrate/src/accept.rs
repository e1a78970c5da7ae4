use gateline::model::Place;
use gateline_api::finding;

use crate::difference::Difference;

/// A difference that is as meant: a code, and the Ingress if it is for one alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accept {
    pub(crate) code: &'static str,
    pub(crate) ingress: Option<String>,
    /// What the differences said when they were accepted; empty: whatever they say.
    pub(crate) says: Vec<String>,
    /// Why.
    pub(crate) reason: Option<String>,
    /// Where it is written, if it is in a file.
    pub(crate) place: Option<Place>,
}

/// Why a text names no difference.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not accepted: write a code GL7xx, alone or with an Ingress, as in GL703@shop/web")]
pub struct AcceptError(pub String);

impl std::str::FromStr for Accept {
    type Err = AcceptError;

    fn from_str(text: &str) -> Result<Self, AcceptError> {
        let (code, ingress) = match text.split_once('@') {
            Some((code, ingress)) => (code, Some(ingress.to_owned())),
            None => (text, None),
        };
        let known = finding::code(code).filter(|code| code.code.starts_with("GL7"));
        let named = ingress.as_ref().is_none_or(|ingress| ingress.contains('/'));
        known
            .filter(|_| named)
            .map(|code| Self { code: code.code, ingress, says: Vec::new(), reason: None, place: None })
            .ok_or_else(|| AcceptError(text.into()))
    }
}

impl std::fmt::Display for Accept {
    /// As it is written.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code)?;
        self.ingress.as_ref().map_or(Ok(()), |ingress| write!(f, "@{ingress}"))
    }
}

impl Accept {
    /// Says why.
    #[must_use]
    pub fn because(self, reason: Option<String>) -> Self {
        Self { reason, ..self }
    }

    /// Whether it is about this code and Ingress.
    #[must_use]
    pub fn covers(&self, code: &str, ingress: Option<&str>) -> bool {
        self.code == code && self.ingress.as_deref().is_none_or(|name| ingress == Some(name))
    }

    /// Whether it names the same differences, whatever they say.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        (self.code, &self.ingress) == (other.code, &other.ingress)
    }

    pub(crate) fn is_of(&self, difference: &Difference) -> bool {
        let said = self.says.is_empty() || self.says.contains(&difference.message);
        said && self.covers(difference.code, difference.ingress.as_deref())
    }

    /// What of it nothing differs by, in words.
    pub(crate) fn unused(&self, differences: &[Difference]) -> Vec<String> {
        let place = self.place.as_ref().map(|place| format!("{place}: ")).unwrap_or_default();
        let covered = |one: &&Difference| self.covers(one.code, one.ingress.as_deref());
        let said: Vec<&str> = differences.iter().filter(covered).map(|one| &*one.message).collect();
        if said.is_empty() {
            return vec![format!("{place}{self}")];
        }
        let gone = self.says.iter().filter(|message| !said.contains(&message.as_str()));
        gone.map(|message| format!("{place}{self}, which said {message:?}")).collect()
    }
}
