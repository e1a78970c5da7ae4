use http::{HeaderName, HeaderValue};

/// `RequestHeaderModifier` or `ResponseHeaderModifier` (HTTPHeaderFilter). Names and values are parsed already.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeaderModifier {
    /// Replaces all values of a name, or creates it.
    pub set: Vec<(HeaderName, HeaderValue)>,
    /// Adds a value after those that are there.
    pub add: Vec<(HeaderName, HeaderValue)>,
    /// Removes all values of a name.
    pub remove: Vec<HeaderName>,
}
