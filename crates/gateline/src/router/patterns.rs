use super::Map;
use super::conditions::Value;
use crate::model::{Origin, ValueMatch};
use crate::pattern::Pattern;
use crate::router::CompileError;

/// Index into [`Patterns`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct PatternId(u32);

impl PatternId {
    pub(super) fn index(self) -> usize {
        self.0 as usize
    }
}

/// The regular expressions of a router. Each text is compiled once.
#[derive(Debug, Default)]
pub(super) struct Patterns {
    list: Vec<Pattern>,
    by_text: Map<Box<str>, PatternId>,
}

impl Patterns {
    pub(super) fn compile(&mut self, text: &str, origin: &Origin) -> Result<PatternId, CompileError> {
        if let Some(id) = self.by_text.get(text) {
            return Ok(*id);
        }
        let refused = |source| CompileError::Pattern { origin: Box::new(origin.clone()), source };
        let pattern = Pattern::compile(text).map_err(refused)?;
        let too_many = |_| CompileError::TooMany { origin: Box::new(origin.clone()) };
        let id = PatternId(u32::try_from(self.list.len()).map_err(too_many)?);
        self.list.push(pattern);
        self.by_text.insert(text.into(), id);
        Ok(id)
    }

    pub(super) fn value(&mut self, value: &ValueMatch, origin: &Origin) -> Result<Value, CompileError> {
        Ok(match value {
            ValueMatch::Exact(text) => Value::Exact(text.as_bytes().into()),
            ValueMatch::Regex(text) => Value::Regex(self.compile(text, origin)?),
        })
    }

    pub(super) fn get(&self, id: PatternId) -> Option<&Pattern> {
        self.list.get(id.0 as usize)
    }

    /// The pattern of a text that was compiled.
    pub(super) fn find(&self, text: &str) -> Option<(PatternId, &Pattern)> {
        let id = *self.by_text.get(text)?;
        Some((id, self.get(id)?))
    }

    /// By their ids.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Pattern> {
        self.list.iter()
    }

    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    pub(super) fn largest_dfa(&self) -> usize {
        self.list.iter().map(Pattern::dfa_bytes).max().unwrap_or_default()
    }
}
