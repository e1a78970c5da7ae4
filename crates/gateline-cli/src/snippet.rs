//! Findings and errors with the lines they are about.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use gateline::model::{Origin, Place};
use gateline_api::parse::{ParseError, Source, Sources};
use gateline_api::{Finding, Severity};

use crate::output::{self, paint};

/// Draws findings over the texts they are about.
pub(crate) struct Drawer<'a> {
    sources: &'a Sources,
    color: bool,
}

impl<'a> Drawer<'a> {
    pub(crate) fn new(sources: &'a Sources, color: bool) -> Self {
        Self { sources, color }
    }

    /// `file:line:column: error[GL103] no-matching-listener: message`, and what to do.
    pub(crate) fn line(&self, finding: &Finding) -> String {
        let (word, style) = match finding.severity {
            Severity::Error => ("error", output::ERROR),
            Severity::Warning => ("warning", output::WARNING),
            Severity::Info => ("info", output::DIM),
        };
        let place =
            whereabouts(&finding.origin).map(|place| paint(self.color, output::PLACE, &format!("{place}: ")));
        let label = paint(self.color, style, &format!("{word}[{}]", finding.code));
        let first = format!("{}{label} {}", place.unwrap_or_default(), finding.message);
        let help = finding.help.iter().map(|help| format!("help: {help}"));
        let notes = finding.related.iter().map(|(words, origin)| format!("note: {words}: {origin}"));
        help.chain(notes).fold(first, |text, more| format!("{text}\n  {more}"))
    }

    /// The finding with the lines it is about; without a place, as [`Drawer::line`].
    pub(crate) fn block(&self, finding: &Finding) -> String {
        let level = match finding.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
            Severity::Info => Level::INFO,
        };
        let Some(snippet) = self.snippet(&finding.origin, None) else { return self.line(finding) };
        let title = level.primary_title(&finding.message).id(finding.code);
        let mut group = Group::with_title(title).element(snippet);
        for (words, origin) in &finding.related {
            if let Some(snippet) = self.snippet(origin, Some(words)) {
                group = group.element(snippet);
            }
        }
        if let Some(help) = &finding.help {
            group = group.element(Level::HELP.message(help));
        }
        self.render(&[group])
    }

    /// An error of reading, with its line.
    pub(crate) fn error(&self, error: &ParseError) -> String {
        let message = error.problem.to_string();
        let title = Level::ERROR.primary_title(&message);
        match self.at(&error.place, None) {
            Some(snippet) => self.render(&[Group::with_title(title).element(snippet)]),
            None => format!("{} {error}", paint(self.color, output::ERROR, "error:")),
        }
    }

    fn render(&self, report: &[Group<'_>]) -> String {
        let renderer = if self.color { Renderer::styled() } else { Renderer::plain() };
        renderer.render(report)
    }

    fn snippet<'s>(
        &'s self,
        origin: &'s Origin,
        label: Option<&'s str>,
    ) -> Option<Snippet<'s, annotate_snippets::Annotation<'s>>> {
        self.at(origin.place.as_ref()?, label)
    }

    fn at<'s>(
        &'s self,
        place: &'s Place,
        label: Option<&'s str>,
    ) -> Option<Snippet<'s, annotate_snippets::Annotation<'s>>> {
        let source: &Source = self.sources.iter().find(|source| source.name == place.file)?;
        let span = source.word(place)?;
        let kind = if label.is_some() { AnnotationKind::Context } else { AnnotationKind::Primary };
        let mut annotation = kind.span(span);
        if let Some(label) = label {
            annotation = annotation.label(label);
        }
        Some(Snippet::source(&*source.text).path(&*source.name).annotation(annotation))
    }
}

/// The place in a file; of what is in no file the object and the field.
fn whereabouts(origin: &Origin) -> Option<String> {
    match &origin.place {
        Some(place) => Some(place.to_string()),
        None => (!origin.kind.is_empty()).then(|| origin.to_string()),
    }
}
