use regex_automata::Span;
use regex_automata::meta::Regex;
use regex_automata::util::captures::Captures;

use super::FilterError;
use super::path::push_escaped;
use crate::pattern::{self, PatternError};

/// The longest URI that the `http` crate holds; the result of a substitution is cut off before it grows past this.
const MAX_PATH: usize = u16::MAX as usize - 1;

/// The largest compiled pattern, in bytes.
const MAX_NFA: usize = 1 << 20;

/// HTTPRouteFilter `ReplaceRegexMatch`: replaces every match of a pattern in the path; `\1` to `\9` are groups, `\0` the
/// whole match, `\\` a backslash. Compiled when it is made, so that a request never meets a bad pattern.
#[derive(Clone, Debug)]
pub struct ReplaceRegexMatch {
    pattern: Box<str>,
    substitution: Box<str>,
    regex: Regex,
    pieces: Box<[Piece]>,
}

#[derive(Clone, Debug)]
enum Piece {
    /// Escaped already, so that it fits a path.
    Literal(Box<str>),
    Group(usize),
}

impl ReplaceRegexMatch {
    /// Compiles both texts. Refuses what RE2 refuses: a bad pattern, a reference to a group that it does not have, a
    /// backslash before anything but a digit or a backslash.
    pub fn new(pattern: &str, substitution: &str) -> Result<Self, PatternError> {
        let fail = |reason: String| PatternError { pattern: pattern.into(), reason: reason.into() };
        let hir = pattern::parse(pattern).map_err(fail)?;
        let regex = Regex::builder()
            .configure(Regex::config().utf8_empty(false).nfa_size_limit(Some(MAX_NFA)))
            .build_from_hir(&hir)
            .map_err(|error| fail(error.to_string()))?;
        let pieces = pieces(substitution, regex.captures_len()).map_err(fail)?;
        Ok(Self { pattern: pattern.into(), substitution: substitution.into(), regex, pieces: pieces.into() })
    }

    /// The pattern as written.
    #[must_use]
    pub fn pattern(&self) -> &str {
        &self.pattern
    }

    /// The substitution as written.
    #[must_use]
    pub fn substitution(&self) -> &str {
        &self.substitution
    }

    /// The prefix that is replaced and what replaces it, where this is seen to do to every path that it matches what
    /// `ReplacePrefixMatch` does: `^/a(/|$)(.*)` with `/\2` is `/a` with nothing. A pattern without regard to case replaces as
    /// many bytes. `None` says nothing.
    #[must_use]
    pub fn as_prefix(&self) -> Option<(&str, &str)> {
        let pattern = self.pattern.strip_prefix("(?i)").unwrap_or(&self.pattern);
        let pattern = pattern.strip_prefix('^')?;
        let pattern = pattern.strip_suffix('$').unwrap_or(pattern);
        let to = |suffix: &str| self.substitution.strip_suffix(suffix);
        // What follows the prefix, and the last part of the substitution that keeps it as it is.
        let (from, to) = if let Some(from) = pattern.strip_suffix("(/|$)(.*)") {
            // The prefix alone becomes what `\1` leaves of it: without it, a slash more unless nothing else is left.
            (from, to(r"\1\2").or_else(|| to(r"/\2").filter(|to| to.is_empty()))?)
        } else if let Some(from) = pattern.strip_suffix("(?:/|$)(.*)") {
            (from, to(r"/\1").filter(|to| to.is_empty())?)
        } else if let Some(from) = pattern.strip_suffix("/(.*)") {
            (from, to(r"/\1")?)
        } else {
            let (from, to) = (pattern.strip_suffix("(.*)")?, to(r"\1")?);
            // Nothing may become nothing, and slashes must stay single.
            if to.is_empty() || to.ends_with('/') || from.ends_with('/') {
                return None;
            }
            (from, to)
        };
        let literal =
            |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/-_~".contains(&byte));
        let is_path = |text: &str| text.is_empty() || text.starts_with('/');
        (literal(from) && literal(to) && is_path(from) && is_path(to)).then_some((from, to))
    }

    /// Appends `path` with every match replaced.
    pub(super) fn replace(&self, path: &str, out: &mut Vec<u8>) -> Result<(), FilterError> {
        let mut copied = 0;
        for captures in self.regex.captures_iter(path) {
            let Some(found) = captures.get_match() else { continue };
            push_span(path, Span { start: copied, end: found.start() }, out);
            self.push_substitution(path, &captures, out);
            if out.len() > MAX_PATH {
                return Err(FilterError::TooLong);
            }
            copied = found.end();
        }
        push_span(path, Span { start: copied, end: path.len() }, out);
        Ok(())
    }

    fn push_substitution(&self, path: &str, captures: &Captures, out: &mut Vec<u8>) {
        for piece in &self.pieces {
            match piece {
                Piece::Literal(text) => out.extend_from_slice(text.as_bytes()),
                Piece::Group(index) => {
                    if let Some(span) = captures.get_group(*index) {
                        push_span(path, span, out);
                    }
                }
            }
        }
    }
}

/// By bytes: a pattern in RE2's dialect may cut a character.
fn push_span(path: &str, span: Span, out: &mut Vec<u8>) {
    out.extend_from_slice(path.as_bytes().get(span.range()).unwrap_or_default());
}

fn pieces(substitution: &str, groups: usize) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let mut literal = Vec::new();
    let mut chars = substitution.chars();
    while let Some(char) = chars.next() {
        if char != '\\' {
            push_escaped(char.encode_utf8(&mut [0; 4]), &mut literal);
            continue;
        }
        match chars.next() {
            Some('\\') => push_escaped("\\", &mut literal),
            Some(digit @ '0'..='9') => {
                let group = digit as usize - '0' as usize;
                if group >= groups {
                    return Err(format!(
                        "the substitution {substitution:?} names group {group}, which it does not have"
                    ));
                }
                flush(&mut literal, &mut pieces);
                pieces.push(Piece::Group(group));
            }
            _ => {
                return Err(format!(
                    "the substitution {substitution:?} has a backslash without a digit after it"
                ));
            }
        }
    }
    flush(&mut literal, &mut pieces);
    Ok(pieces)
}

fn flush(literal: &mut Vec<u8>, pieces: &mut Vec<Piece>) {
    if !literal.is_empty() {
        pieces.push(Piece::Literal(String::from_utf8_lossy(literal).into()));
        literal.clear();
    }
}

/// Equal as written: the compiled form follows from the texts.
impl PartialEq for ReplaceRegexMatch {
    fn eq(&self, other: &Self) -> bool {
        self.pattern == other.pattern && self.substitution == other.substitution
    }
}

impl Eq for ReplaceRegexMatch {}
