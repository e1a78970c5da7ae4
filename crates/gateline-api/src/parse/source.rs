use std::ops::Range;
use std::sync::Arc;

use gateline::model::Place;

/// The text of one file.
#[derive(Clone, Debug)]
pub struct Source {
    /// As the user named it; `-` is standard input.
    pub name: Arc<str>,
    /// Without its byte-order mark.
    pub text: Box<str>,
    lines: Box<[usize]>,
}

impl Source {
    pub(super) fn new(name: Arc<str>, text: String) -> Self {
        let starts = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        let lines = std::iter::once(0).chain(starts).collect();
        Self { name, text: text.into(), lines }
    }

    /// A line without its end, from 1.
    #[must_use]
    pub fn line(&self, number: u32) -> Option<&str> {
        let range = self.line_range(number)?;
        Some(self.text.get(range)?.trim_end_matches(['\n', '\r']))
    }

    /// The bytes of the word at a place: a quoted string, or up to the next space, comma, bracket or colon. For underlining.
    #[must_use]
    pub fn word(&self, place: &Place) -> Option<Range<usize>> {
        let line = self.line(place.line)?;
        let column = usize::try_from(place.column).ok()?.checked_sub(1)?;
        let skip = line.char_indices().nth(column).map_or(line.len(), |(at, _)| at);
        let start = self.line_range(place.line)?.start + skip;
        let rest = line.get(skip..)?;
        let quoted =
            rest.strip_prefix(['"', '\'']).and_then(|inner| inner.find(&rest[..1]).map(|end| end + 2));
        let len =
            quoted.unwrap_or_else(|| plain_word(rest)).max(1).min(self.text.len().saturating_sub(start));
        Some(start..start + len)
    }

    /// The place of a byte.
    pub(super) fn place(&self, offset: usize) -> Place {
        let line = self.lines.partition_point(|start| *start <= offset).max(1);
        let start = self.lines.get(line - 1).copied().unwrap_or_default();
        let column = self.text.get(start..offset).map_or(0, |text| text.chars().count()) + 1;
        Place { file: self.name.clone(), line: small(line), column: small(column) }
    }

    fn line_range(&self, number: u32) -> Option<Range<usize>> {
        let index = usize::try_from(number).ok()?.checked_sub(1)?;
        let start = *self.lines.get(index)?;
        Some(start..self.lines.get(index + 1).copied().unwrap_or(self.text.len()))
    }
}

fn plain_word(rest: &str) -> usize {
    let ends = |(at, c): (usize, char)| match c {
        ',' | ']' | '}' | '#' => true,
        c if c.is_whitespace() => true,
        ':' => rest[at + 1..].chars().next().is_none_or(char::is_whitespace),
        _ => false,
    };
    rest.char_indices().find(|at| ends(*at)).map_or(rest.len(), |(at, _)| at)
}

/// Lines and columns beyond four billion are capped; the limits of [`Limits`](super::Limits) make that impossible.
pub(super) fn small(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// The texts of all files, in the order of the input.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    list: Vec<Source>,
}

impl Sources {
    /// The source a place refers to.
    #[must_use]
    pub fn get(&self, file: &str) -> Option<&Source> {
        self.list.iter().find(|source| &*source.name == file)
    }

    /// All sources.
    pub fn iter(&self) -> impl Iterator<Item = &Source> {
        self.list.iter()
    }

    pub(super) fn push(&mut self, source: Source) {
        self.list.push(source);
    }
}
