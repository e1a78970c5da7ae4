use std::cell::RefCell;

use gateline::model::Place;
use gateline_api::nearest;
use gateline_api::object::Places;
use gateline_api::parse::{Limits, yaml};
use serde_json::Value;

use super::error::SuiteError;

/// The version of the formats.
const VERSION: u64 = 1;

/// Reads the YAML documents of a file of Gateline's own: calls `visit` with each, and returns all that is wrong with them.
#[must_use]
pub fn documents(file: &str, text: &str, mut visit: impl FnMut(&Node<'_>)) -> Vec<SuiteError> {
    let documents = match yaml(file, text, &Limits::default()) {
        Ok(documents) => documents,
        Err(error) => {
            let help = error.problem.help().map(str::to_owned);
            let message = error.problem.to_string();
            return vec![SuiteError { place: error.place, message, help }];
        }
    };
    let mut errors = Vec::new();
    for document in &documents {
        let reader = Reader { file, places: &*document.places, errors: RefCell::default() };
        visit(&Node::root(&document.value, &reader));
        errors.append(&mut reader.errors.into_inner());
    }
    errors
}

/// One document that is being read, and what is wrong with it.
struct Reader<'a> {
    file: &'a str,
    places: &'a dyn Places,
    errors: RefCell<Vec<SuiteError>>,
}

impl Reader<'_> {
    fn report(&self, place: Option<Place>, message: String, help: Option<String>) {
        let place = place.unwrap_or_else(|| Place { file: self.file.into(), line: 1, column: 1 });
        self.errors.borrow_mut().push(SuiteError { place, message, help });
    }
}

/// A value of a document with its path. What is wrong with it is reported where it stands.
#[derive(Clone)]
pub struct Node<'a> {
    pub(super) value: &'a Value,
    path: String,
    reader: &'a Reader<'a>,
}

impl<'a> Node<'a> {
    fn root(value: &'a Value, reader: &'a Reader<'a>) -> Self {
        Self { value, path: String::new(), reader }
    }

    /// The same place with another value: what is left of it once variables are filled in.
    pub(super) fn with(&self, value: &'a Value) -> Self {
        Self { value, ..self.clone() }
    }

    /// How many errors there are so far.
    pub(super) fn errors(&self) -> usize {
        self.reader.errors.borrow().len()
    }

    /// Where it stands.
    #[must_use]
    pub fn place(&self) -> Place {
        let place = self.reader.places.place(&self.path);
        place.unwrap_or_else(|| Place { file: self.reader.file.into(), line: 1, column: 1 })
    }

    /// Reports what is wrong with it.
    pub fn error(&self, message: impl Into<String>) {
        self.reader.report(self.reader.places.place(&self.path), message.into(), None);
    }

    pub(super) fn error_with_help(&self, message: impl Into<String>, help: Option<String>) {
        self.reader.report(self.reader.places.place(&self.path), message.into(), help);
    }

    /// Whether it is a mapping. Keys that are not known are errors.
    #[allow(clippy::must_use_candidate, reason = "what is wrong is reported either way")]
    pub fn mapping(&self, what: &str, known: &[&str]) -> bool {
        let Value::Object(fields) = self.value else {
            self.error(format!("{what} must be a mapping, not {}", type_name(self.value)));
            return false;
        };
        for key in fields.keys().filter(|key| !known.contains(&key.as_str())) {
            let help = match nearest(key, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("it may have {}", known.join(", ")),
            };
            let path = self.child_path(key);
            self.reader.report(
                self.reader.places.key_place(&path),
                format!("unknown key `{key}` in {what}"),
                Some(help),
            );
        }
        true
    }

    /// A field that is written and not null.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<Self> {
        let value = self.value.get(key).filter(|value| !value.is_null())?;
        Some(Self { value, path: self.child_path(key), reader: self.reader })
    }

    /// A field that must be there.
    #[must_use]
    pub fn required(&self, what: &str, key: &str) -> Option<Self> {
        let field = self.get(key);
        if field.is_none() && self.value.is_object() {
            self.error(format!("{what} has no `{key}`"));
        }
        field
    }

    /// Whether its `version` is that of all formats so far.
    pub fn version(&self, what: &str) {
        if let Some(node) = self.required(what, "version").filter(|node| node.value.as_u64() != Some(VERSION))
        {
            node.error(format!("this version of Gateline reads `version: {VERSION}`"));
        }
    }

    /// A scalar as text: numbers and booleans as they would be written.
    #[must_use]
    pub fn text(&self, what: &str) -> Option<String> {
        let text = scalar(self.value);
        if text.is_none() {
            self.error(format!("{what} must be a text, not {}", type_name(self.value)));
        }
        text
    }

    pub(super) fn number<T: TryFrom<u64>>(&self, what: &str) -> Option<T> {
        let number = match self.value {
            Value::String(text) => text.parse().ok(),
            value => value.as_u64(),
        };
        let number = number.and_then(|number| T::try_from(number).ok());
        if number.is_none() {
            self.error(format!("{what} must be a number in its range"));
        }
        number
    }

    /// The items of a list.
    #[must_use]
    pub fn list(&self, what: &str) -> Vec<Self> {
        let Value::Array(items) = self.value else {
            self.error(format!("{what} must be a list, not {}", type_name(self.value)));
            return Vec::new();
        };
        let item =
            |(index, value)| Self { value, path: format!("{}[{index}]", self.path), reader: self.reader };
        items.iter().enumerate().map(item).collect()
    }

    /// A text, or a list of texts.
    pub(super) fn texts(&self, what: &str) -> Vec<String> {
        match self.value {
            Value::Array(_) => self.list(what).iter().filter_map(|item| item.text(what)).collect(),
            _ => self.text(what).into_iter().collect(),
        }
    }

    /// The fields of a mapping whose keys are free.
    pub(super) fn entries(&self, what: &str) -> Vec<(String, Self)> {
        let Value::Object(fields) = self.value else {
            self.error(format!("{what} must be a mapping, not {}", type_name(self.value)));
            return Vec::new();
        };
        let entry = |(key, value): (&String, &'a Value)| {
            (key.clone(), Self { value, path: self.child_path(key), reader: self.reader })
        };
        fields.iter().map(entry).collect()
    }

    fn child_path(&self, key: &str) -> String {
        if key.contains(['.', '[']) || self.path.is_empty() && key.is_empty() {
            format!("{}[{key}]", self.path)
        } else if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }
}

/// A scalar as it would be written.
pub(super) fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a mapping",
    }
}
