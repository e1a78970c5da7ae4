use granit_parser::{ErrorKind, Event, Marker, Parser, ScanError, StrInput};

use super::build::{Builder, Document};
use super::error::{ParseError, Problem};
use super::limits::Limits;
use super::source::{Source, small};
use super::tree::Mark;

/// After so many bad documents in one text the rest is not looked at.
const BAD_DOCUMENTS: usize = 100;

/// The documents of one text, good and bad. A bad one ends at the next `---`.
pub(super) struct Documents<'a> {
    source: &'a Source,
    limits: &'a Limits,
    /// Values that may still be made, over all texts.
    left: &'a mut usize,
    parser: Parser<'a, StrInput<'a>>,
    /// Where the text of the parser begins in the source.
    base: Mark,
    bad: usize,
    ended: bool,
}

impl<'a> Documents<'a> {
    pub(super) fn new(
        source: &'a Source,
        text: &'a str,
        base: Mark,
        limits: &'a Limits,
        left: &'a mut usize,
    ) -> Self {
        let options = granit_parser::options! {
            flow_nesting_limit: limits.depth,
            block_nesting_limit: limits.depth,
            simple_key_max_lookahead: 1 << 16, // 1,024 in YAML, unlimited in JSON
        };
        let parser = Parser::new_from_str_with_options(text, options);
        Self { source, limits, left, parser, base, bad: 0, ended: false }
    }

    /// Reads one document; `None` at the end of the text.
    fn document(&mut self) -> Result<Option<Document>, ParseError> {
        let mut builder = Builder::new(self.source.name.clone(), self.limits.depth, *self.left);
        while let Some(event) = self.parser.next_event() {
            let (event, span) = event.map_err(|error| self.syntax(&error))?;
            let mark = self.mark(&span.start);
            let done = match event {
                Event::DocumentEnd => {
                    *self.left = self.left.saturating_sub(builder.cost());
                    return Ok(Some(builder.finish()));
                }
                Event::Scalar(text, style, anchor, tag) => {
                    builder.scalar(mark, &text, style, tag.as_deref(), anchor)
                }
                Event::SequenceStart(_, anchor, _) => builder.sequence(mark, anchor),
                Event::MappingStart(_, anchor, _) => builder.mapping(mark, anchor),
                Event::SequenceEnd | Event::MappingEnd => builder.close(),
                Event::Alias(anchor) => builder.alias(mark, anchor),
                _ => Ok(()),
            };
            done.map_err(|problem| self.fail(mark, problem))?;
        }
        Ok(None)
    }

    fn mark(&self, marker: &Marker) -> Mark {
        let line = small(marker.line().max(1));
        let column = small(marker.col());
        Mark {
            line: self.base.line.saturating_add(line - 1),
            column: column.saturating_add(if line == 1 { self.base.column } else { 1 }),
        }
    }

    fn syntax(&self, error: &ScanError) -> ParseError {
        let mut mark = self.mark(error.marker());
        let problem = match error.kind() {
            ErrorKind::RecursionLimitExceeded => Problem::TooDeep(self.limits.depth),
            ErrorKind::TabNotAllowed | ErrorKind::TabInBlockIndentation | ErrorKind::TabInIndentation => {
                let before = self.source.line(mark.line).and_then(|text| text.split_once('\t'));
                mark.column = before.map_or(mark.column, |(before, _)| small(before.chars().count() + 1));
                Problem::Tab
            }
            kind => Problem::Syntax(kind.to_string()),
        };
        self.fail(mark, problem)
    }

    /// An unrendered template makes all kinds of errors, in its line or the two after it: say what it really is.
    fn fail(&self, mark: Mark, problem: Problem) -> ParseError {
        if matches!(problem, Problem::Syntax(_) | Problem::ComplexKey | Problem::Tab) {
            for line in (mark.line.saturating_sub(2)..=mark.line).rev() {
                if let Some((before, _)) = self.source.line(line).and_then(|text| text.split_once("{{")) {
                    let mark = Mark { line, column: small(before.chars().count() + 1) };
                    return ParseError { place: mark.place(&self.source.name), problem: Problem::Template };
                }
            }
        }
        ParseError { place: mark.place(&self.source.name), problem }
    }
}

impl Iterator for Documents<'_> {
    type Item = Result<Document, ParseError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        match self.document() {
            Ok(Some(document)) => Some(Ok(document)),
            Ok(None) => {
                self.ended = true;
                None
            }
            Err(error) => {
                self.bad += 1;
                let hopeless = self.bad >= BAD_DOCUMENTS || matches!(error.problem, Problem::TooManyNodes(_));
                self.ended = hopeless || !self.parser.proceed_next_document().unwrap_or(false);
                Some(Err(error))
            }
        }
    }
}
