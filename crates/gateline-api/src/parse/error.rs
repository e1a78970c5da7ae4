use gateline::model::Place;
use thiserror::Error;

/// Something that could not be read, and where.
#[derive(Clone, Debug, PartialEq, Error)]
#[error("{place}: {problem}")]
pub struct ParseError {
    /// Where; 1:1 if it concerns the whole file.
    pub place: Place,
    /// What.
    #[source]
    pub problem: Problem,
}

/// Why a file, a document or an object could not be read.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum Problem {
    /// The operating system refused; its words.
    #[error("cannot read: {0}")]
    Read(String),
    /// A pattern that is no pattern, or matches nothing.
    #[error("no file matches this pattern")]
    NoMatch,
    /// More bytes than [`Limits`](super::Limits) allow.
    #[error("{size} bytes are more than the limit of {limit}")]
    TooLarge {
        /// Bytes of the file or of all files.
        size: u64,
        /// Bytes allowed.
        limit: u64,
    },
    /// A byte that is not UTF-8.
    #[error("not UTF-8 text")]
    NotUtf8,
    /// Not YAML.
    #[error("not valid YAML: {0}")]
    Syntax(String),
    /// A tab where YAML wants spaces.
    #[error("a tab is used as indentation; YAML allows only spaces there")]
    Tab,
    /// A Helm or Go template that was not rendered.
    #[error("an unrendered template (`{{{{ … }}}}`): read what `helm template` prints instead")]
    Template,
    /// The key stands twice in a mapping.
    #[error("the key `{key}` stands twice in this mapping, first at {first}")]
    DuplicateKey {
        /// The key.
        key: String,
        /// Its first place; the error's place is the second.
        first: Place,
    },
    /// A mapping key that JSON cannot express.
    #[error("a mapping key must be a scalar")]
    ComplexKey,
    /// A number that JSON cannot express.
    #[error("`{0}` is not a number that Kubernetes accepts")]
    NotFinite(String),
    /// A scalar that contradicts its tag.
    #[error("cannot read `{text}` as {tag}")]
    Tag {
        /// The scalar.
        text: String,
        /// `!!int`.
        tag: String,
    },
    /// An alias within the value it refers to.
    #[error("the alias refers to a value that contains it")]
    RecursiveAlias,
    /// `<<` with something else than a mapping or a sequence of mappings.
    #[error("`<<` merges only mappings")]
    Merge,
    /// Deeper than [`Limits::depth`](super::Limits::depth).
    #[error("nested deeper than {0} levels")]
    TooDeep(usize),
    /// More than [`Limits::nodes`](super::Limits::nodes).
    #[error("more than {0} values, aliases counted as often as they are used")]
    TooManyNodes(usize),
    /// A document that is not a mapping.
    #[error("a Kubernetes object must be a mapping, not {0}")]
    NotAMapping(&'static str),
    /// A field without which there is no object.
    #[error("`{0}` is missing: not a Kubernetes object")]
    Missing(&'static str),
    /// A field that must be a string or a mapping and is not.
    #[error("`{field}` must be {expected}")]
    WrongType {
        /// `metadata.name`.
        field: &'static str,
        /// `a string`.
        expected: &'static str,
    },
}

impl Problem {
    /// What to do about it, where that is known.
    #[must_use]
    pub fn help(&self) -> Option<&'static str> {
        match self {
            Self::NotUtf8 => Some("save the file as UTF-8 without a byte-order mark"),
            Self::Tab => Some("replace the tab with spaces"),
            Self::Template => Some("render it first, as in `helm template … | gateline check -`"),
            Self::TooLarge { .. } => Some("split the input, or name fewer files"),
            Self::Missing("metadata.name") => {
                Some("objects with only `generateName` have no stable identity")
            }
            Self::WrongType { expected: "a string", .. } => Some(
                "write it in quotes: without them `y`, `on` and `no` are true or false, and `1.5` is a number",
            ),
            _ => None,
        }
    }
}
